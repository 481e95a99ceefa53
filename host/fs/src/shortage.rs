//! Recognises that this machine, or this process, has too little of something.

use std::io;

use rustix::io::Errno;

/// Returns true for a lack of memory, processes, threads or file descriptors, and for a file
/// beyond the size that this process may write. It says nothing about the file or program for
/// which it was noticed.
pub fn is_shortage(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    error.kind() == io::ErrorKind::OutOfMemory
        || is_file_size_limit(error)
        || matches!(errno, Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE))
}

/// Returns true for a write beyond `ulimit -f`. See
/// [`ignore_file_size_signal`](crate::termination::ignore_file_size_signal).
pub fn is_file_size_limit(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::FBIG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_resources_is_a_shortage() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN, Errno::FBIG] {
            assert!(is_shortage(&errno.into()), "{errno}");
        }
        assert!(is_shortage(&io::ErrorKind::OutOfMemory.into()));
        for errno in [Errno::ACCESS, Errno::NOENT, Errno::NOSPC, Errno::ISDIR] {
            assert!(!is_shortage(&errno.into()), "{errno}");
        }
    }
}

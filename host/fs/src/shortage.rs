//! Recognises that this machine, or this process, has too little of something.

use std::io;

use rustix::io::Errno;

/// Returns true for a lack of memory, processes or file descriptors. It says nothing about the
/// file or program for which it was noticed.
pub fn is_shortage(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    error.kind() == io::ErrorKind::OutOfMemory
        || matches!(errno, Some(Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_resources_is_a_shortage() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::AGAIN] {
            assert!(is_shortage(&errno.into()), "{errno}");
        }
        assert!(is_shortage(&io::ErrorKind::OutOfMemory.into()));
        for errno in [Errno::ACCESS, Errno::NOENT, Errno::NOSPC, Errno::ISDIR] {
            assert!(!is_shortage(&errno.into()), "{errno}");
        }
    }
}

//! Bounded reads of regular files.
//!
//! A path that a person or a stored document names may lead to a FIFO, a device or an endless
//! file. Opening it never blocks, and reading it never takes more memory than the limit.

use std::fmt;
use std::fs::{File, FileType};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The path does not exist. A symbolic link that leads nowhere is an [`Io`](Self::Io) error.
    #[error("the file does not exist")]
    NotFound,
    /// The path is not a regular file.
    #[error("it is {0}, not a regular file")]
    NotAFile(FileKind),
    /// The file is larger than the limit of the caller.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The system refused to open or read the file.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Removes the byte order mark that some editors write at the start of a file in UTF-8.
pub fn without_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A kind of file that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Folder,
    /// A named pipe.
    Fifo,
    /// A Unix domain socket.
    Socket,
    /// A block or character device.
    Device,
    /// A symbolic link, where links are not followed.
    Symlink,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Fifo => "a FIFO",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Symlink => "a symbolic link",
        })
    }
}

/// Reads a regular file of at most `limit` bytes. Symbolic links are followed.
///
/// # Errors
/// See [`ReadError`].
pub fn read_capped(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let (file, size) = open_regular(path)?;
    if size > limit {
        return Err(ReadError::TooLarge { limit });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // one byte beyond the limit, because a file may grow while it is read
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { limit });
    }
    Ok(bytes)
}

/// Reads a file that a person names as the input of a command, of at most `limit` bytes: `-` is
/// standard input, and a FIFO is read to its end, as process substitution needs.
///
/// # Errors
/// See [`ReadError`].
pub fn read_input(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    if path == Path::new("-") {
        return read_stream(io::stdin().lock(), limit);
    }
    let is_fifo = path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo());
    if is_fifo { read_stream(File::open(path)?, limit) } else { read_capped(path, limit) }
}

fn read_stream(stream: impl io::Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(ReadError::TooLarge { limit });
    }
    Ok(bytes)
}

/// Opens a regular file for reading and returns it with its size in bytes. Symbolic links are
/// followed.
///
/// # Errors
/// See [`ReadError`]; never [`ReadError::TooLarge`].
pub fn open_regular(path: &Path) -> Result<(File, u64), ReadError> {
    // opening alone triggers some devices, and a socket cannot be opened at all
    let metadata = path.metadata().map_err(|error| missing_or_io(path, error))?;
    ensure_regular(metadata.file_type())?;
    // another process may have replaced the file since: do not block on a FIFO, and do not make
    // a terminal the controlling one
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = File::options()
        .read(true)
        .custom_flags(flags)
        .open(path)
        .map_err(|error| missing_or_io(path, error))?;
    let metadata = file.metadata()?;
    ensure_regular(metadata.file_type())?;
    Ok((file, metadata.len()))
}

fn missing_or_io(path: &Path, error: io::Error) -> ReadError {
    if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() {
        ReadError::NotFound
    } else {
        ReadError::Io(error)
    }
}

fn ensure_regular(file_type: FileType) -> Result<(), ReadError> {
    let kind = if file_type.is_file() {
        return Ok(());
    } else if file_type.is_dir() {
        FileKind::Folder
    } else if file_type.is_fifo() {
        FileKind::Fifo
    } else if file_type.is_socket() {
        FileKind::Socket
    } else {
        FileKind::Device
    };
    Err(ReadError::NotAFile(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_limit_is_exact() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a");
        fs::write(&path, "1234").expect("a file");
        assert_eq!(read_capped(&path, 4).expect("read"), b"1234");
        assert!(matches!(read_capped(&path, 3), Err(ReadError::TooLarge { limit: 3 })));
        // a file that has no size to go by, and no end
        assert!(matches!(
            read_capped(Path::new("/proc/self/maps"), 10),
            Err(ReadError::TooLarge { limit: 10 })
        ));
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().expect("a directory");
        let fifo = folder.path().join("fifo");
        let made = rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        );
        made.expect("a FIFO");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        for (path, kind) in [
            (folder.path(), "a folder"),
            (&fifo, "a FIFO"),
            (&socket, "a socket"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let error = read_capped(path, 10).expect_err("refused");
            assert_eq!(error.to_string(), format!("it is {kind}, not a regular file"));
        }
    }

    #[test]
    fn a_dangling_link_is_not_a_missing_file() {
        let folder = tempfile::tempdir().expect("a directory");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).expect("a link");
        assert!(matches!(read_capped(&link, 10), Err(ReadError::Io(_))));
        assert!(matches!(
            read_capped(&folder.path().join("nowhere"), 10),
            Err(ReadError::NotFound)
        ));
    }
}

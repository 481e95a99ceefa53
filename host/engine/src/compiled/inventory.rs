//! Verifies and removes cached code, for `gtc cache`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;
use rustix::fs::OFlags;

use super::checksum::Checksum;
use super::files::{engine_name, private_file, private_folder};
use super::listing::{CompiledCode, CompiledListing, StaleFile};

/// The most that is read of a checksum file, in bytes.
const CHECKSUM_BYTES: u64 = 256;

/// The reason why cached code is not used, or should not be.
#[derive(Debug, thiserror::Error)]
pub enum CompiledCodeError {
    /// Another user owns the file or can write to it.
    #[error("`{}` is not a private file of this user, so it is not used", escape(.path))]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// Another user owns the folder or can write to it.
    #[error("`{}` is not a private folder of this user, so nothing in it is used", escape(.path))]
    OpenFolder {
        /// The folder.
        path: PathBuf,
    },
    /// There is no checksum to compare with.
    #[error("`{}` has no checksum", escape(.path))]
    NoRecord {
        /// The file.
        path: PathBuf,
    },
    /// The content differs from the checksum.
    #[error("`{}` is damaged: its checksum does not match", escape(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file or folder could not be read.
    #[error("`{}` cannot be read", escape(.path))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        source: io::Error,
    },
}

impl CompiledCodeError {
    /// Returns the stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotPrivate { .. } => "not-private",
            Self::OpenFolder { .. } => "open-folder",
            Self::NoRecord { .. } => "no-record",
            Self::Damaged { .. } => "damaged",
            Self::Read { .. } => "io",
        }
    }
}

/// The cache of compiled code, from the point of view of one engine.
#[derive(Clone)]
pub struct CodeInventory<'a> {
    folder: &'a Path,
    engine_name: String,
}

impl<'a> CodeInventory<'a> {
    pub(super) fn new(folder: &'a Path, engine: &wasmtime::Engine) -> Self {
        Self { folder, engine_name: engine_name(engine) }
    }

    /// Lists all files. A missing folder is empty.
    ///
    /// # Errors
    /// [`CompiledCodeError::Read`] when the folder cannot be read.
    pub fn list(&self) -> Result<CompiledListing, CompiledCodeError> {
        CompiledListing::read(self.folder, &self.engine_name)
            .map_err(|source| CompiledCodeError::Read { path: self.folder.to_owned(), source })
    }

    /// Compares code with its checksum.
    ///
    /// # Errors
    /// [`CompiledCodeError`] when they differ, or cannot be read.
    pub fn verify(&self, code: &CompiledCode) -> Result<(), CompiledCodeError> {
        let path = &code.path;
        if private_folder(self.folder).is_none() {
            return Err(CompiledCodeError::OpenFolder { path: self.folder.to_owned() });
        }
        let metadata = private_file(path)
            .ok_or_else(|| CompiledCodeError::NotPrivate { path: path.clone() })?;
        let expected = read_checksum(path)
            .ok_or_else(|| CompiledCodeError::NoRecord { path: path.clone() })?;
        // avoids reading a file of another size, which may be very large
        if metadata.len() != expected.size {
            return Err(CompiledCodeError::Damaged { path: path.clone() });
        }
        let actual = open(path)
            .and_then(|file| Checksum::copy(&mut file.take(expected.size), &mut io::sink()))
            .map_err(|source| CompiledCodeError::Read { path: path.clone(), source })?;
        if actual != expected {
            return Err(CompiledCodeError::Damaged { path: path.clone() });
        }
        Ok(())
    }

    /// Removes code and its checksum. Processes that use it are not affected.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn remove(&self, code: &CompiledCode) -> io::Result<()> {
        remove(&code.path)?;
        remove(&Checksum::path(&code.path))
    }

    /// Removes a file that a killed process left behind.
    ///
    /// # Errors
    /// The error of the operating system.
    pub fn remove_stale_file(&self, file: &StaleFile) -> io::Result<()> {
        remove(&file.path)
    }
}

/// Removes a file, or an empty folder. It may be missing.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn read_checksum(code: &Path) -> Option<Checksum> {
    let path = Checksum::path(code);
    private_file(&path)?;
    let mut text = String::new();
    open(&path).ok()?.take(CHECKSUM_BYTES).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Opens a file without following a link or blocking, in case it was replaced since its
/// metadata were read.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn escape(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

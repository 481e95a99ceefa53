//! Writes the files of a new project. Existing files are never overwritten.

use std::io;
use std::path::Path;

use gtc_fs::folder::{self, ListError};
use gtc_fs::{PathError, atomic};

use super::error::ProjectError;

/// Writes files into a folder that does not exist yet, or that is empty except for a
/// `.git` folder. A file is its path below the folder, and its content.
///
/// # Errors
/// [`ProjectError`] if the folder is not empty, or a file cannot be written.
pub fn create(folder: &Path, files: &[(String, String)]) -> Result<(), ProjectError> {
    ensure_empty(folder)?;
    for (name, content) in files {
        let path = folder.join(name);
        write_new(&path, content).map_err(|source| ProjectError::Write { path, source })?;
    }
    Ok(())
}

fn ensure_empty(folder: &Path) -> Result<(), ProjectError> {
    let not_a_folder =
        || ProjectError::WrongFileType { path: folder.to_owned(), expected: "folder" };
    if folder.as_os_str().is_empty() {
        return Err(not_a_folder());
    }
    // besides `.git`, a single entry is one too many
    match folder::list(folder, 1) {
        Ok(entries) if entries.iter().all(|entry| entry.ends_with(".git")) => Ok(()),
        Ok(_) | Err(ListError::TooMany { .. }) => {
            Err(ProjectError::NotEmpty { folder: folder.to_owned() })
        }
        Err(ListError::Path(PathError { path, source, .. })) => match source.kind() {
            io::ErrorKind::NotFound => Ok(()),
            io::ErrorKind::NotADirectory => Err(not_a_folder()),
            _ => Err(ProjectError::Read { path, source }),
        },
    }
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        folder::create_all(parent).map_err(|error| error.source)?;
    }
    atomic::write_new(path, content.as_bytes(), 0o666)
}

//! Writes the files of a new project. Existing files are never overwritten.

use std::fs;
use std::io;
use std::path::Path;

use gtc_fs::atomic;

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
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(not_a_folder()),
        Err(source) => return Err(ProjectError::Read { path: folder.to_owned(), source }),
    };
    if entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == ".git")) {
        Ok(())
    } else {
        Err(ProjectError::NotEmpty { folder: folder.to_owned() })
    }
}

fn write_new(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    atomic::write_new(path, content.as_bytes(), 0o666)
}

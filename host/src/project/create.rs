//! Writing a new project. Nothing that is there is ever written over.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::ProjectError;

/// Writes files into a folder that is not there yet, or is empty but for what `git init`
/// makes.
///
/// # Errors
/// [`ProjectError`] when something is in the folder, or a file cannot be written.
pub fn create(folder: &Path, files: &[(String, String)]) -> Result<(), ProjectError> {
    if folder.as_os_str().is_empty() {
        return Err(ProjectError::Unexpected { path: folder.to_owned(), expected: "folder" });
    }
    let is_repository =
        |entry: io::Result<fs::DirEntry>| entry.is_ok_and(|entry| entry.file_name() == ".git");
    match fs::read_dir(folder).map(|mut entries| entries.all(is_repository)) {
        Ok(true) => {}
        Ok(false) => return Err(ProjectError::NotEmpty { folder: folder.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(ProjectError::Unexpected { path: folder.to_owned(), expected: "folder" });
        }
        Err(source) => return Err(ProjectError::Read { path: folder.to_owned(), source }),
    }
    for (name, content) in files {
        let path = folder.join(name);
        write(&path, content).map_err(|source| ProjectError::Write { path, source })?;
    }
    Ok(())
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(content.as_bytes())
}

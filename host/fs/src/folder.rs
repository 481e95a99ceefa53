//! Creating and listing folders.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::PathError;

/// Why a folder was not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The folder has more entries than the limit of the caller.
    #[error("{path:?} has more than {limit} entries")]
    TooMany {
        /// The folder.
        path: PathBuf,
        /// The limit.
        limit: usize,
    },
    /// The system refused to open or read the folder.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// Creates a folder and its parents. Folders that exist are left alone.
///
/// # Errors
/// The system refuses it, or another file is in the way.
pub fn create_all(path: &Path) -> Result<(), PathError> {
    fs::create_dir_all(path).map_err(PathError::of("create", path))
}

/// Creates a folder and its parents, and flushes each folder that has a new one, so that they
/// survive a power cut. Folders that exist are left alone.
///
/// # Errors
/// The system refuses it, or another file is in the way.
pub fn create_all_flushed(path: &Path) -> Result<(), PathError> {
    let existing = path.ancestors().find(|part| part.is_dir() || part.as_os_str().is_empty());
    create_all(path)?;
    for folder in path.ancestors().skip(1).take_while(|_| existing != Some(path)) {
        flush(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
        if Some(folder) == existing {
            break;
        }
    }
    Ok(())
}

/// Flushes the names in a folder to disk: files that were created, renamed or removed.
///
/// # Errors
/// The system refuses it.
pub fn flush(path: &Path) -> Result<(), PathError> {
    fs::File::open(path).and_then(|folder| folder.sync_all()).map_err(PathError::of("flush", path))
}

/// Returns the paths of everything in a folder, at most `limit`, in no particular order.
///
/// # Errors
/// See [`ListError`].
pub fn list(path: &Path, limit: usize) -> Result<Vec<PathBuf>, ListError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(PathError::of("read", path))? {
        let entry = entry.map_err(PathError::of("read", path))?;
        if found.len() == limit {
            return Err(ListError::TooMany { path: path.to_owned(), limit });
        }
        found.push(entry.path());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_of_a_listing_is_exact() {
        let folder = tempfile::tempdir().expect("a directory");
        let names = ["a", "b"].map(|name| folder.path().join(name));
        names.iter().for_each(|name| fs::write(name, "").expect("a file"));
        let mut found = list(folder.path(), 2).expect("listed");
        found.sort();
        assert_eq!(found, names);
        assert!(matches!(list(folder.path(), 1), Err(ListError::TooMany { limit: 1, .. })));
    }

    #[test]
    fn missing_parents_are_created() {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("a/b/c");
        for _ in 0..2 {
            create_all_flushed(&path).expect("created");
            assert!(path.is_dir());
        }
        fs::write(folder.path().join("file"), "").expect("a file");
        create_all_flushed(&folder.path().join("file/x")).expect_err("a file is in the way");
    }

    #[test]
    fn errors_name_the_path() {
        let folder = tempfile::tempdir().expect("a directory");
        let file = folder.path().join("a\nb");
        fs::write(&file, "").expect("a file");
        let errors = [
            create_all(&file.join("x")).expect_err("refused").to_string(),
            list(&file, 1).expect_err("refused").to_string(),
        ];
        assert!(errors[0].starts_with("cannot create ") && errors[0].contains("/a\\nb/x\""));
        assert!(errors[1].starts_with("cannot read ") && errors[1].contains("/a\\nb\""));
        create_all(folder.path()).expect("it exists already");
    }
}

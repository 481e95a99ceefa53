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

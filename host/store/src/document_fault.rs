//! Names an element of `environment.json` that is not well-formed.

use std::fmt;
use std::path::PathBuf;

use env_pack_domain::ForeignText;

/// An element of `environment.json` that could not be read as a binding, or as a
/// messaging endpoint. It keeps its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFault {
    /// The file.
    pub path: PathBuf,
    /// The element, such as `packs[4].slot`, in backticks.
    pub place: String,
    /// The problem.
    pub reason: ForeignText,
    /// The slot of the element, if this version of the program does not know it. Other bindings
    /// can be changed then; not if the element is malformed.
    pub unknown_slot: Option<ForeignText>,
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, place, reason, .. } = self;
        let path = ForeignText::new(path.to_string_lossy());
        write!(f, "`{path}` is not well-formed at {place}: {reason}")
    }
}

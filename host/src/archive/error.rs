//! What can be wrong with an archive: one variant for each way to lie.

use env_pack_domain::ForeignText;

/// Why an archive was refused. It is always refused whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// It is larger than anybody may ask us to read.
    #[error("the archive has {bytes} bytes, more than the {limit} allowed")]
    TooLarge {
        /// Its size, in bytes.
        bytes: u64,
        /// The most allowed, in bytes.
        limit: u64,
    },
    /// It is no archive, but a WebAssembly component, or a module of one.
    #[error("it is a WebAssembly component, and no pack")]
    BareComponent,
    /// Two zip readers could differ about it.
    #[error("the archive breaks the canonical zip profile at byte {offset}{}: {rule}", in_entry(.entry))]
    Profile {
        /// The rule it breaks.
        rule: super::ZipRule,
        /// Where.
        offset: usize,
        /// In which entry, if it is in one.
        entry: Option<ForeignText>,
    },
    /// Not even a forgiving reader could be sure of it.
    #[error("the archive cannot be made canonical, because of what is at byte {offset}{}: {rule}", in_entry(.entry))]
    NotRepackable {
        /// The rule it breaks in a way that no honest writer does.
        rule: super::ZipRule,
        /// Where.
        offset: usize,
        /// In which entry, if it is in one.
        entry: Option<ForeignText>,
    },
    /// An entry does not hold what its header says.
    #[error("entry `{entry}` cannot be read: {reason}")]
    Unreadable {
        /// The entry.
        entry: ForeignText,
        /// What the zip reader says.
        reason: ForeignText,
    },
    /// A required entry is not there.
    #[error("the archive has no entry `{entry}`, so it is no Greentic pack")]
    MissingEntry {
        /// The entry.
        entry: &'static str,
    },
    /// It is a pack of another shape, in which there are no components.
    #[error(
        "the archive is an application that greentic-designer wrote, so it holds no env-pack handler"
    )]
    Application,
    /// The manifest or the bill of materials is larger than what is parsed unseen.
    #[error("entry `{entry}` has {bytes} bytes, more than the {limit} allowed")]
    DocumentTooLarge {
        /// The entry.
        entry: &'static str,
        /// Its size, in bytes.
        bytes: u64,
        /// The most allowed, in bytes.
        limit: u64,
    },
    /// A document in the archive is not what it should be.
    #[error("entry `{entry}` is no valid {what}: {reason}")]
    InvalidDocument {
        /// The entry.
        entry: &'static str,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        reason: ForeignText,
    },
    /// The bill of materials lists what is not there.
    #[error("the bill of materials lists `{path}`, which the archive does not hold")]
    ListedButAbsent {
        /// The path.
        path: ForeignText,
    },
    /// The bill of materials does not list what is there.
    #[error("entry `{path}` is not listed in the bill of materials")]
    PresentButUnlisted {
        /// The path.
        path: ForeignText,
    },
    /// The bill of materials lists a path twice.
    #[error("the bill of materials lists `{path}` twice")]
    ListedTwice {
        /// The path.
        path: ForeignText,
    },
    /// An entry is not the one that the bill of materials describes.
    #[error("entry `{path}` does not match the bill of materials: {what} differs")]
    SbomMismatch {
        /// The path.
        path: ForeignText,
        /// What differs: its size or its hash.
        what: &'static str,
    },
    /// The manifest names a component whose file is not there.
    #[error("the manifest names component `{component}`, but the archive holds no `{file}`")]
    MissingComponent {
        /// The component.
        component: ForeignText,
        /// Where its file should be.
        file: ForeignText,
    },
    /// What the pack declares of a handler is not well-formed.
    #[error("the extension `greentic.env-pack.v1` of the manifest is wrong: {reason}")]
    InvalidDeclaration {
        /// What is wrong, and where.
        reason: ForeignText,
    },
    /// A pack to be written cannot be a pack.
    #[error("the pack cannot be written: {reason}")]
    Unwritable {
        /// What stands in the way.
        reason: ForeignText,
    },
}

impl ArchiveError {
    /// A stable name of the rule that was broken, for programs.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "archive-too-large",
            Self::Profile { rule, .. } | Self::NotRepackable { rule, .. } => rule.name(),
            Self::Unreadable { .. } => "entry-unreadable",
            Self::MissingEntry { .. } => "entry-missing",
            Self::Application => "application",
            Self::BareComponent => "bare-component",
            Self::DocumentTooLarge { .. } => "document-too-large",
            Self::InvalidDocument { .. } => "document-invalid",
            Self::ListedButAbsent { .. } => "sbom-lists-absent-entry",
            Self::PresentButUnlisted { .. } => "sbom-omits-entry",
            Self::ListedTwice { .. } => "sbom-lists-entry-twice",
            Self::SbomMismatch { .. } => "sbom-mismatch",
            Self::MissingComponent { .. } => "component-missing",
            Self::InvalidDeclaration { .. } => "declaration-invalid",
            Self::Unwritable { .. } => "unwritable",
        }
    }
}

fn in_entry(entry: &Option<ForeignText>) -> String {
    entry.as_ref().map(|entry| format!(" (entry `{entry}`)")).unwrap_or_default()
}

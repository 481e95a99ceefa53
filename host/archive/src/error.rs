//! Errors of archives.

use env_pack_domain::ForeignText;

use super::rules::ZipRule;

/// The reason an archive was refused. An archive is always refused as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The archive is larger than [`ArchiveLimits::pack_bytes`](super::ArchiveLimits).
    #[error("the archive has {bytes} bytes, more than the {limit} allowed")]
    TooLarge {
        /// Size of the archive, in bytes.
        bytes: u64,
        /// Maximum size, in bytes.
        limit: u64,
    },
    /// The file is a WebAssembly component or core module, not an archive.
    #[error("it is a WebAssembly component, not a pack")]
    BareComponent,
    /// The archive breaks the canonical zip profile.
    #[error(
        "the archive breaks the canonical zip profile at byte {offset}{}: {rule}",
        in_entry(.entry)
    )]
    Profile {
        /// The rule.
        rule: ZipRule,
        /// Offset in the archive, in bytes.
        offset: usize,
        /// The entry, if the offset is in one.
        entry: Option<ForeignText>,
    },
    /// The archive is ambiguous, so it cannot be repacked.
    #[error(
        "the archive cannot be repacked: it is ambiguous at byte {offset}{}: {rule}",
        in_entry(.entry)
    )]
    NotRepackable {
        /// The rule.
        rule: ZipRule,
        /// Offset in the archive, in bytes.
        offset: usize,
        /// The entry, if the offset is in one.
        entry: Option<ForeignText>,
    },
    /// The zip reader cannot read an entry.
    #[error("entry `{entry}` cannot be read: {reason}")]
    Unreadable {
        /// The entry.
        entry: ForeignText,
        /// The message of the zip reader.
        reason: ForeignText,
    },
    /// A required entry is missing.
    #[error("the archive has no entry `{entry}`, so it is not a Greentic pack")]
    MissingEntry {
        /// The entry.
        entry: &'static str,
    },
    /// The archive is an application of greentic-designer, which has no components.
    #[error(
        "the archive is an application made by greentic-designer, so it has no env-pack handler"
    )]
    Application,
    /// The manifest or the bill of materials is larger than
    /// [`ArchiveLimits::manifest_bytes`](super::ArchiveLimits).
    #[error("entry `{entry}` has {bytes} bytes, more than the {limit} allowed")]
    DocumentTooLarge {
        /// The entry.
        entry: &'static str,
        /// Its size, in bytes.
        bytes: u64,
        /// Maximum size, in bytes.
        limit: u64,
    },
    /// The manifest or the bill of materials is malformed.
    #[error("entry `{entry}` is not a valid {what}: {reason}")]
    InvalidDocument {
        /// The entry.
        entry: &'static str,
        /// The expected kind of document.
        what: &'static str,
        /// The problem, with its place if it has one.
        reason: ForeignText,
    },
    /// The bill of materials lists an entry that the archive does not have.
    #[error("the bill of materials lists `{path}`, which is not in the archive")]
    ListedButAbsent {
        /// The listed path.
        path: ForeignText,
    },
    /// The bill of materials does not list an entry of the archive.
    #[error("entry `{path}` is not listed in the bill of materials")]
    PresentButUnlisted {
        /// The entry.
        path: ForeignText,
    },
    /// The bill of materials lists a path twice.
    #[error("the bill of materials lists `{path}` twice")]
    ListedTwice {
        /// The path.
        path: ForeignText,
    },
    /// An entry differs from its description in the bill of materials.
    #[error("entry `{path}` does not match the bill of materials: {what} differs")]
    SbomMismatch {
        /// The entry.
        path: ForeignText,
        /// `size` or `hash`.
        what: &'static str,
    },
    /// The manifest names a component whose file is missing.
    #[error("the manifest names component `{component}`, but the archive has no `{file}`")]
    MissingComponent {
        /// The component.
        component: ForeignText,
        /// The expected path of its file.
        file: ForeignText,
    },
    /// The manifest names more handlers than
    /// [`ArchiveLimits::handlers`](super::ArchiveLimits).
    #[error("the pack has {found} handlers, more than the {limit} allowed")]
    TooManyHandlers {
        /// The number of handlers.
        found: usize,
        /// The maximum number.
        limit: usize,
    },
    /// The extension `greentic.env-pack.v1`, which declares the handlers, is malformed.
    #[error("the extension `greentic.env-pack.v1` of the manifest is invalid: {reason}")]
    InvalidDeclaration {
        /// The problem, with its place.
        reason: ForeignText,
    },
    /// The archive has two bills of materials. Other tools may read either one.
    #[error("the archive has two bills of materials, `sbom.cbor` and `sbom.json`")]
    TwoSboms,
    /// The file of a component is in two places. Other tools may read either one.
    #[error("component `{component}` is in the archive twice, as `{first}` and as `{second}`")]
    ComponentTwice {
        /// The component.
        component: ForeignText,
        /// The place that current tools read.
        first: ForeignText,
        /// The place that older tools read.
        second: ForeignText,
    },
    /// The manifest names a file as a component that no bill of materials lists.
    #[error(
        "the manifest says that component `{component}` is `{file}`, which no bill of materials \
         lists"
    )]
    UnlistedComponent {
        /// The component.
        component: ForeignText,
        /// The entry.
        file: ForeignText,
    },
    /// A new pack does not fit the format.
    #[error("the pack cannot be written: {reason}")]
    Unwritable {
        /// The problem.
        reason: ForeignText,
    },
}

impl ArchiveError {
    /// A stable, machine-readable name of the broken rule, such as `zip-name`.
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
            Self::TooManyHandlers { .. } => "too-many-handlers",
            Self::InvalidDeclaration { .. } => "declaration-invalid",
            Self::TwoSboms => "sbom-ambiguous",
            Self::ComponentTwice { .. } => "component-ambiguous",
            Self::UnlistedComponent { .. } => "component-unlisted",
            Self::Unwritable { .. } => "unwritable",
        }
    }
}

fn in_entry(entry: &Option<ForeignText>) -> String {
    entry.as_ref().map(|entry| format!(" (entry `{entry}`)")).unwrap_or_default()
}

//! Reads the contents of a pack without running it.

use env_pack_domain::{
    CapabilitySlot, ConfigPack, DescriptorPath, EnvPackHandler, ForeignText, PackIdentity, PackRef,
    Permissions, Sha256Digest, with_causes,
};
use serde::Serialize;

use super::deadline::Deadline;
use super::load_pack;
use super::pack_error::InvalidArchive;
use super::trust::{self, SignatureStatus};
use crate::Host;
use crate::answers_schema::{AnswersSchema, Question};
use crate::operation_error::{Explanation, OperationError};
use gtc_archive::{HandlerDeclaration, Pack, PackedHandler};
use gtc_engine::{InspectedInterface, LoadError};
use gtc_fetch::FetchError;

/// The contents of a pack.
#[derive(Debug, Serialize)]
pub struct InspectReport {
    /// Where it is.
    pub pack_ref: PackRef,
    /// The id in the manifest.
    pub id: ForeignText,
    /// The version in the manifest.
    pub version: String,
    /// The publisher in the manifest.
    pub publisher: ForeignText,
    /// The size of the archive, in bytes.
    pub size: usize,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The digest of its OCI manifest, for a pack from a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<Sha256Digest>,
    /// The status of its signature.
    pub signature: SignatureStatus,
    /// The schema of its answers, if it ships one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_schema: Option<InspectedAnswersSchema>,
    /// The handlers in the pack.
    pub handlers: Vec<InspectedHandler>,
    /// The extension that the pack can be bound as, if it has no handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension: Option<InspectedExtension>,
    /// The entries of the archive.
    pub entries: Vec<InspectedEntry>,
}

/// The schema of answers that a pack ships.
#[derive(Debug, Default, Serialize)]
pub struct InspectedAnswersSchema {
    /// The properties, in the order of the schema.
    pub properties: Vec<InspectedProperty>,
    /// The reason why the schema is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A property of answers.
#[derive(Debug, Serialize)]
pub struct InspectedProperty {
    /// The name.
    pub name: ForeignText,
    /// The title, or the name.
    pub title: ForeignText,
    /// A description for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<ForeignText>,
    /// The values to choose from, separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<ForeignText>,
    /// The default, unless it is secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<ForeignText>,
    /// Whether the answers need the property.
    pub required: bool,
}

/// A pack without a handler, as an extension.
#[derive(Debug, Serialize)]
pub struct InspectedExtension {
    /// The descriptor path: the id of the pack.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that it supports: those compatible with its own version.
    pub supported_versions: String,
}

/// A handler in a pack, read without running it.
#[derive(Debug, Serialize)]
pub struct InspectedHandler {
    /// The id of the component.
    pub component: ForeignText,
    /// The world that the manifest declares.
    pub world: ForeignText,
    /// The size of the component, in bytes.
    pub size: usize,
    /// The SHA-256 digest of the component.
    pub sha256: String,
    /// The handler interfaces that the component exports, with their versions.
    pub interfaces: Vec<ForeignText>,
    /// The imports of the component.
    pub imports: Vec<ForeignText>,
    /// The reason why the component cannot be read, or is not supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The component's world as [WIT](https://component-model.bytecodealliance.org/design/wit.html)
    /// text, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wit: Option<ForeignText>,
    /// The pack's declaration of the handler.
    pub declared: Option<InspectedDeclaration>,
}

/// A pack's declaration of a handler.
#[derive(Debug, Serialize)]
pub struct InspectedDeclaration {
    /// The slot that the handler serves.
    pub slot: CapabilitySlot,
    /// The descriptor path that the handler provides.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that the handler supports.
    pub supported_versions: String,
    /// The declared commands.
    pub tools: Vec<String>,
    /// The declared network addresses.
    pub network: Vec<String>,
}

/// An entry of an archive.
#[derive(Debug, Serialize)]
pub struct InspectedEntry {
    /// The name of the entry.
    pub name: ForeignText,
    /// The uncompressed size, in bytes.
    pub size: u64,
    /// The BLAKE3 hash of the content.
    pub blake3: String,
}

/// Reads the contents of a pack. With `with_world`, the report includes the WIT of each
/// component.
///
/// # Errors
/// [`InspectError`] when the pack cannot be fetched, or its archive is refused.
pub fn inspect(
    host: &Host,
    pack_ref: &PackRef,
    with_world: bool,
) -> Result<InspectReport, InspectError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_pack::open_archive(host, &fetched)
        .map_err(|source| InvalidArchive { pack: ForeignText::new(pack_ref.text()), source })?;
    let config = config_pack(&pack);
    let deadline = Deadline::for_pack(&host.limits, &pack.handlers);
    Ok(InspectReport {
        pack_ref: pack_ref.clone(),
        extension: config.map(|config| InspectedExtension {
            descriptor_path: config.descriptor_path().clone(),
            supported_versions: config.supported_versions().to_string(),
        }),
        signature: trust::inspect_signatures(host, pack_ref, &fetched).signature,
        id: pack.id,
        version: pack.version,
        publisher: pack.publisher,
        size: fetched.bytes.len(),
        sha256: fetched.digest.hex(),
        manifest_digest: fetched.manifest(),
        answers_schema: pack.answers_schema.as_deref().map(InspectedAnswersSchema::read),
        handlers: pack
            .handlers
            .into_iter()
            .map(|handler| inspected(host, handler, with_world.then_some(&deadline)))
            .collect(),
        entries: pack
            .entries
            .into_iter()
            .map(|entry| InspectedEntry {
                name: entry.name,
                size: entry.size,
                blake3: entry.blake3,
            })
            .collect(),
    })
}

/// Returns the permissions that the handlers of a pack declare.
///
/// # Errors
/// [`InspectError`] when the pack cannot be fetched, or its archive is refused.
pub fn declared_permissions(host: &Host, pack_ref: &PackRef) -> Result<Permissions, InspectError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_pack::open_archive(host, &fetched)
        .map_err(|source| InvalidArchive { pack: ForeignText::new(pack_ref.text()), source })?;
    Ok(pack.declared_permissions())
}

/// Returns a pack without a handler as the extension that it can be bound as.
pub(super) fn config_pack(pack: &Pack<'_>) -> Option<ConfigPack> {
    let identity = PackIdentity {
        id: pack.id.clone(),
        version: pack.version.clone(),
        publisher: pack.publisher.clone(),
    };
    pack.handlers.is_empty().then(|| ConfigPack::new(&identity).ok()).flatten()
}

/// Describes a handler without running it. With a deadline, prints its WIT if the time is not
/// over.
fn inspected(
    host: &Host,
    handler: PackedHandler<'_>,
    wit_deadline: Option<&Deadline>,
) -> InspectedHandler {
    let bytes = handler.bytes.read();
    let InspectedInterface { imports, interfaces, problem } = gtc_engine::inspect_interface(&bytes);
    let is_readable =
        !matches!(problem, Some(LoadError::NotAComponent { .. } | LoadError::TooComplex { .. }));
    let mut problem = problem.map(|error| with_causes(&error));
    let mut wit = None;
    if let Some(deadline) = wit_deadline.filter(|_| is_readable) {
        match print_wit(host, &bytes, deadline) {
            Ok(text) => wit = Some(text),
            Err(reason) => problem = problem.or(Some(reason)),
        }
    }
    InspectedHandler {
        component: handler.component,
        world: handler.world,
        size: bytes.len(),
        sha256: handler.digest.hex(),
        interfaces,
        imports: imports.iter().map(|name| ForeignText::sentence(name.as_exact())).collect(),
        problem,
        wit,
        declared: handler.declared.map(InspectedDeclaration::from),
    }
}

/// Prints the WIT of a handler, or returns why it is not printed.
fn print_wit(host: &Host, bytes: &[u8], deadline: &Deadline) -> Result<ForeignText, String> {
    if deadline.has_passed() {
        let limit = deadline.limit();
        return Err(format!("its WIT was not printed: that of others took longer than {limit}"));
    }
    host.engine.print_wit(bytes).map_err(|error| with_causes(&error))
}

impl InspectedAnswersSchema {
    fn read(schema: &[u8]) -> Self {
        let questions = match AnswersSchema::parse(schema) {
            Ok(schema) => schema.questions(),
            Err(error) => return Self { problem: Some(error.to_string()), ..Self::default() },
        };
        Self {
            properties: questions.into_iter().map(InspectedProperty::from).collect(),
            problem: None,
        }
    }
}

impl From<Question> for InspectedProperty {
    fn from(question: Question) -> Self {
        Self {
            name: ForeignText::new(&*question.name),
            choices: question.choices(),
            default: question.shown_default(),
            title: question.title,
            description: question.description,
            required: question.is_required,
        }
    }
}

impl From<HandlerDeclaration> for InspectedDeclaration {
    fn from(declared: HandlerDeclaration) -> Self {
        Self {
            slot: declared.slot,
            descriptor_path: declared.descriptor_path,
            supported_versions: declared.supported_versions.to_string(),
            tools: declared.permissions.tools.iter().map(ToString::to_string).collect(),
            network: declared.permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A pack could not be read.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// The pack could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
}

impl OperationError for InspectError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::HostSettings;

    #[test]
    fn no_wit_is_printed_after_the_deadline() {
        let mut settings = HostSettings::quiet("environments".into(), "cache".into());
        settings.limits.load.pack_time = Duration::ZERO;
        settings.limits.engine.compile.seconds = 0;
        let host = Host::new(settings);
        let deadline = Deadline::for_pack(&host.limits, &[]);
        let reason = print_wit(&host, &[], &deadline).expect_err("the time is over");
        assert_eq!(reason, "its WIT was not printed: that of others took longer than 0 s");
    }
}

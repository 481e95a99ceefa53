//! Exports an environment to one document.

use std::path::{Path, PathBuf};

use env_pack_domain::EnvId;
use serde::Serialize;
use serde_json::value::RawValue;

use super::error::ExportError;
use crate::Host;
use crate::ops::json_members::Members;
use crate::ops::output_file::write_private;
use crate::ops::phrases::display_path;
use gtc_engine::is_credential;
use gtc_store::{MAX_PORTABLE_BYTES, PortableEnvironment, PortablePart};

/// The most places of credentials to name in an error.
const MAX_PLACES: usize = 20;

/// A request to export an environment.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The environment.
    pub environment: EnvId,
    /// The file to write; none to only return the document.
    pub output: Option<PathBuf>,
    /// Whether values may look like credentials, as in a backup. The export is refused otherwise.
    pub keeps_credentials: bool,
}

/// An exported environment.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The file that was written.
    pub path: Option<String>,
    /// The size of the document, in bytes.
    pub bytes: usize,
    /// The number of bindings.
    pub bindings: usize,
    /// The number of answers documents.
    pub answers: usize,
    /// The number of trusted keys.
    pub keys: usize,
    /// The document, which a file of the request has.
    #[serde(skip)]
    pub document: String,
}

/// Exports an environment: its document, pins with permissions, trusted keys, and the answers that
/// its bindings name.
///
/// # Errors
/// [`ExportError`] when the environment cannot be read, has credentials, or the file cannot be
/// written.
pub fn export(host: &Host, request: &ExportRequest) -> Result<ExportReport, ExportError> {
    let ExportRequest { environment, output, keeps_credentials } = request;
    let exported = host.store.export(environment)?;
    if !keeps_credentials {
        ensure_without_credentials(&exported)?;
    }
    let path = host.store.place().to_string();
    let parsed = exported.environment(Path::new(&path))?;
    let keys = exported.trust_root(Path::new(&path))?.keys().len();
    let document = exported.render();
    if document.len() as u64 > MAX_PORTABLE_BYTES {
        let environment = environment.clone();
        return Err(ExportError::TooLarge { environment, bytes: document.len() });
    }
    if let Some(output) = output {
        write_private(output, document.as_bytes())?;
    }
    Ok(ExportReport {
        environment_id: environment.clone(),
        path: output.as_ref().map(|path| display_path(path).to_string()),
        bytes: document.len(),
        bindings: parsed.bindings().count(),
        answers: exported.answers_count(),
        keys,
        document,
    })
}

/// Fails if a value of the environment looks like a credential. Trusted keys are public.
fn ensure_without_credentials(exported: &PortableEnvironment) -> Result<(), ExportError> {
    let mut places = Vec::new();
    for PortablePart { path, text } in exported.parts() {
        if path != Path::new("trust-root.json") {
            let file = path.to_string_lossy();
            note_credentials(text, "", &format!("{file}#"), &mut places);
        }
    }
    if places.is_empty() {
        return Ok(());
    }
    let more = places.len().saturating_sub(MAX_PLACES);
    places.truncate(MAX_PLACES);
    Err(ExportError::Credentials { environment: exported.id().clone(), places, more })
}

/// Notes where a value, or a part of it, looks like a credential: the file and a JSON pointer
/// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)). Values of a list have the name of the list.
///
/// Numbers that no type of Rust holds, and doubled members, are legal in stored documents.
fn note_credentials(value: &RawValue, name: &str, place: &str, places: &mut Vec<String>) {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(text).unwrap_or_default();
            if is_credential(name, &text) {
                places.push(place.to_owned());
            }
        }
        Some(b'[') => {
            let values: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            for (at, value) in values.into_iter().enumerate() {
                note_credentials(value, name, &format!("{place}/{at}"), places);
            }
        }
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text).unwrap_or_default();
            for (name, value) in members {
                let step = name.replace('~', "~0").replace('/', "~1");
                note_credentials(value, &name, &format!("{place}/{step}"), places);
            }
        }
        _ => {}
    }
}

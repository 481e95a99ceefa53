//! Runs an untrusted handler to see how it behaves. Validation runs code of a pack nowhere
//! else.
//!
//! Each operation runs twice, each time in a worker and without granted permissions, so that
//! the behaviour depends on the handler alone.

use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, EnvPackHandler, HandlerFault, Permissions, Preflight};

use super::error_codes;
use crate::Host;
use gtc_archive::PackedHandler;
use gtc_engine::{LoadError, LoadedComponent, Provenance};

/// The results of running a handler.
pub(super) struct DryRun {
    /// The handler, with the metadata of its first run.
    pub loaded: LoadedComponent,
    /// The first field of the metadata that differs in the second run.
    pub changed: Result<Option<MetadataChange>, LoadError>,
    /// The result of the first preflight.
    pub preflight: Result<Preflight, HandlerFault>,
    /// The result of the second preflight; `None` if the first one failed.
    pub again: Option<Result<Preflight, HandlerFault>>,
    /// Time that it ran after its first metadata; compiling does not count.
    pub took: Duration,
}

/// A field of the metadata that differs in two runs.
pub(super) struct MetadataChange {
    pub what: &'static str,
    pub first: String,
    pub second: String,
}

/// Runs a handler twice.
///
/// # Errors
/// [`LoadError`] if it reports no metadata in the first run, or this machine cannot run it.
pub(super) fn run(
    host: &Host,
    packed: &PackedHandler<'_>,
    trust: Provenance,
) -> Result<DryRun, LoadError> {
    let bytes = packed.bytes.read();
    let load = || host.engine.load_for_dry_run(&bytes, &packed.digest, trust);
    let loaded = load()?;
    let start = Instant::now();
    let second = match load() {
        Err(error) if error_codes::load_code(&error).is_none() => return Err(error),
        second => second,
    };
    let preflight = loaded.handler.preflight(&nothing_granted());
    let again = match (&preflight, &second) {
        (Ok(_), Ok(second)) => Some(second.handler.preflight(&nothing_granted())),
        _ => None,
    };
    let changed = second.map(|second| changed(loaded.handler.as_ref(), second.handler.as_ref()));
    Ok(DryRun { loaded, changed, preflight, again, took: start.elapsed() })
}

/// The context of a binding without answers and permissions.
fn nothing_granted() -> BindingContext {
    BindingContext {
        env_id: "validate".parse().expect("a valid environment id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
        declared: Permissions::default(),
    }
}

fn changed(first: &dyn EnvPackHandler, second: &dyn EnvPackHandler) -> Option<MetadataChange> {
    let answers = |handler: &dyn EnvPackHandler| {
        [
            ("slot", handler.slot().to_string()),
            ("descriptor-path", handler.descriptor_path().to_string()),
            ("supported-versions", handler.supported_versions().to_string()),
        ]
    };
    let pairs = answers(first).into_iter().zip(answers(second));
    let mut changes = pairs.filter(|((_, first), (_, second))| first != second);
    changes.next().map(|((what, first), (_, second))| MetadataChange { what, first, second })
}

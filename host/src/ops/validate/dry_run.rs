//! Running a handler that nobody trusts, to see how it behaves: the one place where
//! validation runs anything of a pack.
//!
//! Everything is done twice, each time in a worker, and nothing is granted: what a
//! handler does then depends on nothing but itself.

use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, EnvPackHandler, HandlerFault, Permissions, Preflight};

use super::error_codes;
use crate::archive::PackedHandler;
use crate::engine::{LoadError, LoadedComponent, Provenance};
use crate::host::Host;

/// A handler that has been tried.
pub(super) struct DryRun {
    /// The handler, which said who it is.
    pub loaded: LoadedComponent,
    /// What it said of itself the second time that is not what it said the first time.
    pub changed: Result<Option<MetadataChange>, LoadError>,
    /// What came of its preflight.
    pub preflight: Result<Preflight, HandlerFault>,
    /// What came of it the second time, if it came to an answer the first time.
    pub again: Option<Result<Preflight, HandlerFault>>,
    /// How long it ran after it had been compiled and had answered for the first time.
    pub took: Duration,
}

/// An answer that changed.
pub(super) struct MetadataChange {
    pub what: &'static str,
    pub first: String,
    pub second: String,
}

/// Tries a handler.
///
/// # Errors
/// [`LoadError`] when it does not come as far as saying who it is, or this machine cannot
/// run it.
pub(super) fn run(
    host: &Host,
    packed: &PackedHandler,
    trust: Provenance,
) -> Result<DryRun, LoadError> {
    let load = || host.engine.load_for_dry_run(&packed.bytes, &packed.digest, trust);
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

/// A binding to an environment that does not exist.
fn nothing_granted() -> BindingContext {
    BindingContext {
        env_id: "validate".parse().expect("an id of ours"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
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

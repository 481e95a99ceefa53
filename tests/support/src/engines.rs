//! Engines, for tests that use the library.

use env_pack_domain::{BindingContext, Permissions, Sha256Digest};
use gtc_engine::{
    AcceptedVersions, Engine, EngineLimits, EngineSettings, LoadedComponent, Provenance,
    ToolEnvironment, Worker,
};

use crate::{gtc, repository};

/// Returns settings with the shared cache of the suite, `gtc` as worker, and no log.
pub fn settings(limits: EngineLimits) -> EngineSettings {
    EngineSettings {
        limits,
        accepted_versions: AcceptedVersions::Released,
        compiled: Some(repository().join("target/tmp/suite-cache/compiled")),
        worker: Worker::Program(gtc().into()),
        tools: ToolEnvironment::default(),
        offline: false,
        log: Box::new(|_| {}),
        on_compile: Box::new(|_| Box::new(())),
    }
}

/// Creates an engine with these limits.
pub fn engine(limits: EngineLimits) -> Engine {
    Engine::new(settings(limits))
}

/// A binding without answers or grants.
pub fn context() -> BindingContext {
    BindingContext {
        env_id: "local".parse().expect("an id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
        declared: Permissions::default(),
    }
}

/// Loads an external component.
pub fn load(engine: &Engine, component: &[u8]) -> LoadedComponent {
    engine
        .load(component, &Sha256Digest::compute(component), Provenance::External)
        .expect("it loads")
}

//! Engines as the tests use them through the library.

use env_pack_domain::{BindingContext, Permissions, Sha256Digest};
use gtc::engine::{Engine, Limits, Loaded, Settings, ToolEnvironment, Trust, Worker};

use super::repository;

/// What an engine is built from: code is kept where all tests keep it, compiled by `gtc`,
/// and nobody listens.
pub fn settings(limits: Limits) -> Settings {
    Settings {
        limits,
        compiled: Some(repository().join("target/tmp/suite-cache/compiled")),
        worker: Worker::Program(env!("CARGO_BIN_EXE_gtc").into()),
        tools: ToolEnvironment::default(),
        offline: false,
        log: Box::new(|_| {}),
        compiling: Box::new(|_| Box::new(())),
    }
}

/// An engine with these limits.
pub fn engine(limits: Limits) -> Engine {
    Engine::new(settings(limits))
}

/// A binding without answers or grants.
pub fn context() -> BindingContext {
    BindingContext {
        env_id: "local".parse().expect("an id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
    }
}

/// Loads a foreign component, which must be a handler.
pub fn load(engine: &Engine, component: &[u8]) -> Loaded {
    engine.load(component, &Sha256Digest::compute(component), Trust::Foreign).expect("it loads")
}

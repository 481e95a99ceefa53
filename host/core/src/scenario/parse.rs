//! Parses scenarios. The published schema is generated from the type that is parsed.

use std::path::Path;

use env_pack_domain::ForeignText;
use schemars::Schema;

use super::definition::Scenario;
use crate::document;

/// The error of a document that is not a scenario; it names the place in the document.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidScenario {
    reason: ForeignText,
}

impl InvalidScenario {
    fn new(reason: String) -> Self {
        Self { reason: ForeignText::sentence(&reason) }
    }
}

/// The [JSON Schema](https://json-schema.org/draft/2020-12) of a scenario, published as
/// `docs/scenario.schema.json`.
pub fn schema() -> Schema {
    document::schema::<Scenario>()
}

/// Reads a scenario from a document: JSON if its path ends in `.json`, otherwise YAML.
///
/// # Errors
/// [`InvalidScenario`] if the document is not a scenario, or contradicts itself.
pub fn read(bytes: &[u8], path: &Path) -> Result<Scenario, InvalidScenario> {
    let scenario: Scenario = document::parse(bytes, path).map_err(InvalidScenario::new)?;
    match scenario.contradiction() {
        Some(reason) => Err(InvalidScenario::new(reason)),
        None => Ok(scenario),
    }
}

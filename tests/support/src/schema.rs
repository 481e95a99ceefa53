//! Whether a JSON document is one of a JSON Schema, of whichever draft the schema says it
//! is.

use serde_json::Value;

/// The problems of a document, one a line; none if it is valid by the schema.
pub fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator =
        jsonschema::options().should_validate_formats(true).build(schema).expect("a schema");
    let faults = validator.iter_errors(document);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

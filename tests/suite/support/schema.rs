//! Whether a JSON document is one of a JSON Schema, of whichever draft the schema says it
//! is.

use serde_json::Value;

/// What is wrong with a document, a line each; nothing when it is one of the schema.
pub fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator =
        jsonschema::options().should_validate_formats(true).build(schema).expect("a schema");
    let faults = validator.iter_errors(document);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

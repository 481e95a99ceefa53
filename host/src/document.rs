//! Documents that people write, in JSON or YAML.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Reads a document as what its name says it is, and YAML unless it says anything; or says what is wrong with it, and where.
///
/// What a YAML document may make of aliases, nesting and sheer number is bounded by its reader.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    match path.extension().is_some_and(|extension| extension == "json") {
        true => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        false => serde_saphyr::from_slice_with_options(bytes, options()).map_err(|error| yaml_fault(&error)),
    }
}

/// Values are what YAML 1.2 says they are, as JSON Schemas of these documents have it, and not what would be of use: `yes` is a text,
/// and `1.0` is none.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! { strict_booleans: true, no_schema: true }
}

/// What is wrong with a YAML document, and where, without the picture that the reader draws of it.
fn yaml_fault(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.lines().next().unwrap_or_default().to_owned()
}

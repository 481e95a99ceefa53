//! Documents that people write, in JSON or YAML.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Reads a document as what its name says it is, and YAML unless it says anything; or says what is wrong with it, and where.
///
/// In YAML, a value without quotes is what is of use: `7.0` is a text where a text belongs. What a YAML document may make of aliases,
/// nesting and sheer number is bounded by its reader.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    read_with(bytes, path, serde_saphyr::Options::default())
}

/// Reads a document like [`read`], and in YAML, a value without quotes is what YAML 1.2 says it is: `7.0` is a number and `yes` is a
/// text. So the document is one of its schema for every other program, too.
pub(crate) fn read_strictly<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    read_with(bytes, path, serde_saphyr::options! { strict_booleans: true, no_schema: true })
}

fn read_with<T: DeserializeOwned>(bytes: &[u8], path: &Path, options: serde_saphyr::Options) -> Result<T, String> {
    match path.extension().is_some_and(|extension| extension == "json") {
        true => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        false => serde_saphyr::from_slice_with_options(bytes, options).map_err(|error| yaml_fault(&error)),
    }
}

/// What is wrong with a YAML document, and where, without the picture that the reader draws of it.
fn yaml_fault(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.lines().next().unwrap_or_default().to_owned()
}

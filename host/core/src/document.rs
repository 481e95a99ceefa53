//! Parses documents in JSON or YAML, and generates their JSON Schemas.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::Path;

use env_pack_domain::grammar::Grammar;
use gtc_fs::read::without_byte_order_mark;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A JSON value.
pub use serde_json::Value as JsonValue;

/// Parses a document: JSON if its name ends in `.json`, YAML if not. An unquoted YAML value
/// takes the type of its field, so `7.0` can be a string. The YAML parser limits aliases,
/// nesting and the number of nodes.
///
/// # Errors
/// A message with the position of the fault.
pub fn parse<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    parse_with(bytes, path, serde_saphyr::Options::default())
}

/// Parses a document like [`parse`], but gives unquoted YAML values their type in YAML 1.2:
/// `7.0` is a number and `yes` is a string. Other programs then validate the document
/// against its schema with the same result.
pub fn parse_strict<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    parse_with(bytes, path, serde_saphyr::options! { strict_booleans: true, no_schema: true })
}

fn parse_with<T: DeserializeOwned>(
    bytes: &[u8],
    path: &Path,
    options: serde_saphyr::Options,
) -> Result<T, String> {
    let bytes = without_byte_order_mark(bytes);
    if path.extension().is_some_and(|extension| extension == "json") {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_slice_with_options(bytes, options)
            .map_err(|error| yaml_error_message(&error))
    }
}

/// The message of a YAML error, without the excerpt of the document.
fn yaml_error_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.lines().next().unwrap_or_default().to_owned()
}

/// The schema of a document in [JSON Schema 2020-12], without extensions.
///
/// [JSON Schema 2020-12]: https://json-schema.org/draft/2020-12/schema
pub fn schema<T: JsonSchema>() -> Schema {
    let mut simplify = RecursiveTransform(|schema: &mut Schema| {
        // JSON Schema has no formats such as `uint16`
        let is_known = |format: &Value| format == "uri" || format == "date-time";
        if schema.get("format").is_some_and(|format| !is_known(format)) {
            schema.remove("format");
        }
        if let Some(description) = schema.get("description").and_then(Value::as_str) {
            let unwrapped = unwrap_lines(description);
            schema.insert("description".to_owned(), unwrapped.into());
        }
    });
    let mut schema = schemars::schema_for!(T);
    simplify.transform(&mut schema);
    schema
}

/// Joins the lines of each paragraph, which doc comments wrap at the width of the source.
fn unwrap_lines(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The schema of a string in a [`Grammar`]; used as `#[schemars(with = "Text<…>")]`.
pub struct Text<G>(PhantomData<G>);

impl<G: Grammar> JsonSchema for Text<G> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut schema = json_schema!({"type": "string", "pattern": G::PATTERN});
        if let Some(format) = G::FORMAT {
            schema.insert("format".to_owned(), format.into());
        }
        if let Some(most) = G::MAX_CHARS {
            schema.insert("maxLength".to_owned(), most.into());
        }
        schema
    }
}

//! Documents that people write, in JSON or YAML, and their schemas.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::path::Path;

use env_pack_domain::grammar::Grammar;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a document as what its name says it is, and YAML unless it says anything; or
/// says what is wrong with it, and where.
///
/// In YAML, a value without quotes is what is of use: `7.0` is a text where a text
/// belongs. What a YAML document may make of aliases, nesting and sheer number is bounded
/// by its reader.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    read_with(bytes, path, serde_saphyr::Options::default())
}

/// Reads a document like [`read`], and in YAML, a value without quotes is what YAML 1.2
/// says it is: `7.0` is a number and `yes` is a text. So the document is one of its
/// schema for every other program, too.
pub(crate) fn read_strictly<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, String> {
    read_with(bytes, path, serde_saphyr::options! { strict_booleans: true, no_schema: true })
}

fn read_with<T: DeserializeOwned>(
    bytes: &[u8],
    path: &Path,
    options: serde_saphyr::Options,
) -> Result<T, String> {
    match path.extension().is_some_and(|extension| extension == "json") {
        true => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        false => serde_saphyr::from_slice_with_options(bytes, options)
            .map_err(|error| yaml_fault(&error)),
    }
}

/// What is wrong with a YAML document, and where, without the picture that the reader
/// draws of it.
fn yaml_fault(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
    text.lines().next().unwrap_or_default().to_owned()
}

/// The schema of a document, with nothing in it that JSON Schema does not know.
pub(crate) fn schema<T: JsonSchema>() -> Schema {
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

/// A doc comment with a line for each paragraph, however it is wrapped in the source.
fn unwrap_lines(text: &str) -> String {
    text.split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// Stands in a schema for a text that is written in a grammar.
pub(crate) struct Text<G>(PhantomData<G>);

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

//! The part of JSON Schema that schemas of answers may use.
//!
//! References stay within `$defs` and form no circle, and the schema is small with every
//! reference replaced by what it refers to. So a schema cannot make its check take forever, as
//! chains of references that double at each step could.

use serde_json::{Map, Value};

use super::InvalidAnswersSchema;

/// The dialect, which `$schema` may name.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// The most schemas within the schema, counted once for each reference to them.
const MAX_SCHEMAS: usize = 2048;
/// The deepest nesting of schemas, through references too.
const MAX_DEPTH: usize = 32;
/// The most patterns, each of which is compiled.
const MAX_PATTERNS: usize = 64;

/// The value of a keyword.
#[derive(Clone, Copy, PartialEq)]
enum Operand {
    /// A value that holds no schema.
    Value,
    /// A schema.
    Schema,
    /// A list of schemas.
    List,
    /// An object whose members are schemas.
    Members,
}

fn operand(keyword: &str) -> Option<Operand> {
    Some(match keyword {
        "title" | "description" | "default" | "examples" | "deprecated" | "readOnly"
        | "writeOnly" | "format" | "$comment" | "contentMediaType" | "contentEncoding" => {
            Operand::Value
        }
        "type" | "enum" | "const" | "multipleOf" | "maximum" | "exclusiveMaximum" | "minimum"
        | "exclusiveMinimum" | "maxLength" | "minLength" | "pattern" | "maxItems" | "minItems"
        | "uniqueItems" | "maxContains" | "minContains" | "maxProperties" | "minProperties"
        | "required" | "dependentRequired" | "$ref" => Operand::Value,
        "items"
        | "contains"
        | "additionalProperties"
        | "propertyNames"
        | "not"
        | "if"
        | "then"
        | "else" => Operand::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Operand::List,
        "properties" | "patternProperties" | "$defs" | "dependentSchemas" => Operand::Members,
        _ if keyword.starts_with("x-") => Operand::Value,
        _ => return None,
    })
}

/// Checks that a schema describes an object, and uses only what is supported.
pub(super) fn check(document: &Value) -> Result<(), InvalidAnswersSchema> {
    let Some(root) = document.as_object() else {
        return Err(InvalidAnswersSchema::new("", "it is not a JSON object"));
    };
    if root.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
        let reason = format!("its `$schema` is not `{DIALECT}`");
        return Err(InvalidAnswersSchema::new("", &reason));
    }
    if root.get("type").is_none_or(|kind| kind != "object") {
        let reason = "its `type` is not `object`: answers are a JSON object";
        return Err(InvalidAnswersSchema::new("", reason));
    }
    let no_definitions = Map::new();
    let definitions = root.get("$defs").and_then(Value::as_object).unwrap_or(&no_definitions);
    let mut walk = Walk { definitions, following: Vec::new(), schemas: 0, patterns: 0 };
    walk.visit(document, "", 0)
}

/// A walk through a schema, along its references.
struct Walk<'a> {
    definitions: &'a Map<String, Value>,
    /// The definitions that the walk is in.
    following: Vec<&'a str>,
    schemas: usize,
    patterns: usize,
}

impl<'a> Walk<'a> {
    fn visit(
        &mut self,
        schema: &'a Value,
        place: &str,
        depth: usize,
    ) -> Result<(), InvalidAnswersSchema> {
        self.schemas += 1;
        if self.schemas > MAX_SCHEMAS {
            let reason = format!("it has more than {MAX_SCHEMAS} schemas, through references");
            return Err(InvalidAnswersSchema::new("", &reason));
        }
        if depth > MAX_DEPTH {
            let reason = format!("schemas are nested more than {MAX_DEPTH} deep");
            return Err(InvalidAnswersSchema::new(place, &reason));
        }
        let Value::Object(members) = schema else {
            // `true` and `false` are schemas, and the meta-schema refuses the rest
            return Ok(());
        };
        for (keyword, value) in members {
            self.visit_keyword(keyword, value, place, depth)?;
        }
        Ok(())
    }

    fn visit_keyword(
        &mut self,
        keyword: &'a str,
        value: &'a Value,
        place: &str,
        depth: usize,
    ) -> Result<(), InvalidAnswersSchema> {
        if keyword == "$schema" && place.is_empty() {
            return Ok(());
        }
        let place = child(place, keyword);
        let Some(operand) = operand(keyword) else {
            return Err(InvalidAnswersSchema::new(&place, "this keyword is not supported"));
        };
        if keyword == "$ref" {
            return self.follow(value, &place, depth);
        }
        self.count_patterns(keyword, value, &place)?;
        match (operand, value) {
            (Operand::Schema, schema) => self.visit(schema, &place, depth + 1),
            (Operand::List, Value::Array(schemas)) => {
                for (at, schema) in schemas.iter().enumerate() {
                    self.visit(schema, &child(&place, &at.to_string()), depth + 1)?;
                }
                Ok(())
            }
            (Operand::Members, Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    self.visit(schema, &child(&place, name), depth + 1)?;
                }
                Ok(())
            }
            (Operand::List | Operand::Members, _) => {
                Err(InvalidAnswersSchema::new(&place, "it has no schemas"))
            }
            (Operand::Value, _) => Ok(()),
        }
    }

    fn count_patterns(
        &mut self,
        keyword: &str,
        value: &Value,
        place: &str,
    ) -> Result<(), InvalidAnswersSchema> {
        self.patterns += match (keyword, value) {
            ("pattern", _) => 1,
            ("patternProperties", Value::Object(members)) => members.len(),
            _ => 0,
        };
        if self.patterns > MAX_PATTERNS {
            let reason = format!("it has more than {MAX_PATTERNS} patterns");
            return Err(InvalidAnswersSchema::new(place, &reason));
        }
        Ok(())
    }

    /// Visits the schema that a `$ref` refers to.
    fn follow(
        &mut self,
        reference: &'a Value,
        place: &str,
        depth: usize,
    ) -> Result<(), InvalidAnswersSchema> {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
        // with an escape, the name would be spelled in two ways
        let name = name
            .filter(|name| !name.contains(['~', '%', '/']))
            .ok_or("a reference must be `#/$defs/<name>`");
        let found = name.and_then(|name| {
            let schema = self.definitions.get(name).ok_or("it refers to nothing in `$defs`")?;
            if self.following.contains(&name) {
                return Err("references form a circle");
            }
            Ok((name, schema))
        });
        let (name, schema) = found.map_err(|reason| InvalidAnswersSchema::new(place, reason))?;
        self.following.push(name);
        self.visit(schema, &format!("/$defs/{name}"), depth + 1)?;
        self.following.pop();
        Ok(())
    }
}

/// Returns the JSON Pointer of a member.
fn child(place: &str, name: &str) -> String {
    format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))
}

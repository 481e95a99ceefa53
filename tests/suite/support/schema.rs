//! Whether a JSON document is one of a JSON Schema: as much of draft 7 as the schemas here use. What it does not know, it refuses, so
//! that nothing in a schema is passed over.

use serde_json::{Map, Value};

/// What says nothing of a document.
const SILENT: [&str; 7] = ["$schema", "$id", "title", "description", "default", "definitions", "$defs"];

/// What is wrong with a document, a line each; nothing when it is one of the schema.
pub fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Check { root: schema, faults: &mut faults }.value(schema, document, "");
    faults
}

struct Check<'a> {
    root: &'a Value,
    faults: &'a mut Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, at: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{at}: {what}"));
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut faults = Vec::new();
        Check { root: self.root, faults: &mut faults }.value(schema, value, "");
        faults.is_empty()
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let schema = schema.as_object().expect("a schema");
        for (keyword, wanted) in schema {
            self.keyword(keyword, wanted, value, at);
        }
        if let Some(object) = value.as_object() {
            self.object(schema, object, at);
        }
    }

    fn keyword(&mut self, keyword: &str, wanted: &Value, value: &Value, at: &str) {
        let list = || wanted.as_array().expect("a list");
        let number = || wanted.as_f64().expect("a number");
        let holds = match keyword {
            "$ref" => {
                let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#')).expect("a reference within");
                let target = self.root.pointer(pointer).expect("a definition");
                return self.value(target, value, at);
            }
            "type" => match wanted {
                Value::String(name) => is(value, name),
                names => names.as_array().expect("names").iter().any(|name| is(value, name.as_str().expect("a name"))),
            },
            "enum" => list().contains(value),
            "anyOf" => list().iter().any(|schema| self.fits(schema, value)),
            "oneOf" => list().iter().filter(|schema| self.fits(schema, value)).count() == 1,
            "minimum" => value.as_f64().is_none_or(|value| value >= number()),
            "maximum" => value.as_f64().is_none_or(|value| value <= number()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as f64 >= number()),
            "uniqueItems" => value
                .as_array()
                .is_none_or(|items| items.iter().enumerate().all(|(at, item)| !items[..at].contains(item))),
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.value(wanted, item, &format!("{at}/{place}"));
                }
                true
            }
            "format" => value.as_str().is_none_or(|text| has_format(text, wanted.as_str().expect("a format"))),
            // looked at together
            "properties" | "additionalProperties" | "required" => true,
            "pattern" => value.as_str().is_none_or(|text| {
                regex_lite::Regex::new(wanted.as_str().expect("a pattern")).expect("a pattern").is_match(text)
            }),
            silent if SILENT.contains(&silent) => true,
            unknown => panic!("the schema says `{unknown}`, which this check does not know"),
        };
        if !holds {
            self.fault(at, format!("{value} against `{keyword}` {wanted}"));
        }
    }

    fn object(&mut self, schema: &Map<String, Value>, object: &Map<String, Value>, at: &str) {
        for name in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !object.contains_key(name.as_str().expect("a name")) {
                self.fault(at, format!("{name} is missing"));
            }
        }
        for (name, value) in object {
            let place = format!("{at}/{name}");
            match (
                schema.get("properties").and_then(|properties| properties.get(name)),
                schema.get("additionalProperties"),
            ) {
                (Some(schema), _) => self.value(schema, value, &place),
                (None, Some(Value::Bool(false))) => self.fault(&place, "there is no such property"),
                (None, Some(schema @ Value::Object(_))) => self.value(schema, value, &place),
                _ => {}
            }
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("no type `{other}`"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "uri" => url::Url::parse(text).is_ok(),
        "uri-reference" => {
            let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
            let base = url::Url::parse("file:///base/").expect("a URL");
            text.bytes().all(legal) && base.join(text).is_ok()
        }
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        other => panic!("no format `{other}`"),
    }
}

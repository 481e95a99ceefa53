//! Hides values of answers that are or look like credentials, before answers are shown.
//!
//! A value is hidden if a schema of the packs that use the answers marks it, or if its name or its
//! form is that of a credential, by the rule that is used for the output of tools.

use std::ops::Range;

use env_pack_domain::messaging::SecretRef;
use env_pack_domain::{AnswersRef, Environment, ForeignText};
use gtc_engine::{REDACTED, holds_credential, is_credential};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::check::schema_of;
use super::target::users;
use crate::Host;
use crate::answers_schema::{AnswersSchema, ValueSchemas};
use crate::ops::json_members::Members;

/// The bytes at the end of a name that tell whether it is that of a credential.
const MAX_NAME_BYTES: usize = 128;
/// The most places of hidden values that are reported.
const MAX_PLACES: usize = 16;

/// Answers without their credentials.
#[derive(Debug)]
pub(in crate::ops) struct SafeAnswers {
    /// The document, in which each credential is replaced by `"[redacted]"`.
    pub json: Box<RawValue>,
    /// The values that are hidden; none if there are none.
    pub redacted: Option<RedactedValues>,
}

/// Values of answers that are not shown, because they are or look like credentials.
#[derive(Debug, Serialize)]
pub struct RedactedValues {
    /// The number of values.
    pub count: usize,
    /// The places of the first 16, as JSON Pointers.
    pub places: Vec<ForeignText>,
}

/// The schemas of the packs that use a document.
#[derive(Debug)]
enum Marks {
    /// The schemas that they ship.
    Known(Vec<AnswersSchema>),
    /// A pack or its schema could not be read, so any value may be secret.
    Unknown,
}

/// Hides the credentials of stored answers.
pub(in crate::ops) fn hide(
    host: &Host,
    environment: &Environment,
    answers_ref: Option<&AnswersRef>,
    text: &str,
) -> SafeAnswers {
    let marks = answers_ref.map_or(Marks::Known(Vec::new()), |it| marks(host, environment, it));
    hide_marked(&marks, text)
}

fn marks(host: &Host, environment: &Environment, answers_ref: &AnswersRef) -> Marks {
    let mut schemas = Vec::new();
    for binding in users(environment, answers_ref) {
        match schema_of(host, binding).map(|schema| schema.map(|it| AnswersSchema::parse(&it))) {
            Ok(None) => {}
            Ok(Some(Ok(schema))) => schemas.push(schema),
            Ok(Some(Err(_))) | Err(_) => return Marks::Unknown,
        }
    }
    Marks::Known(schemas)
}

/// Hides the credentials of answers, whose text is JSON.
fn hide_marked(marks: &Marks, text: &str) -> SafeAnswers {
    let mut search = Search {
        text,
        hide_all: matches!(marks, Marks::Unknown),
        path: Vec::new(),
        found: Vec::new(),
        places: Vec::new(),
    };
    let schemas = match marks {
        Marks::Known(schemas) => {
            schemas.iter().map(|schema| ValueSchemas::of_answers(schema.document())).collect()
        }
        Marks::Unknown => Vec::new(),
    };
    // the store gives out JSON only
    if let Ok(value) = serde_json::from_str::<&RawValue>(text) {
        search.visit(value, "", &schemas);
    }
    let mut json = String::with_capacity(text.len());
    let mut end = 0;
    for range in &search.found {
        json.push_str(&text[end..range.start]);
        json.push_str(&format!("\"{REDACTED}\""));
        end = range.end;
    }
    json.push_str(&text[end..]);
    let count = search.found.len();
    SafeAnswers {
        json: RawValue::from_string(json).expect("a string in place of a value is JSON too"),
        redacted: (count > 0).then_some(RedactedValues { count, places: search.places }),
    }
}

/// Returns the place of a value that is shown in place of a credential; none if there is none.
pub(super) fn find_placeholder(text: &str) -> Option<ForeignText> {
    fn find(value: &Value, path: &mut Vec<String>) -> bool {
        match value {
            Value::String(text) => text == REDACTED,
            Value::Array(elements) => elements.iter().enumerate().any(|(at, element)| {
                find(element, path) && {
                    path.push(at.to_string());
                    true
                }
            }),
            Value::Object(members) => members.iter().any(|(name, member)| {
                find(member, path) && {
                    path.push(name.clone());
                    true
                }
            }),
            _ => false,
        }
    }
    let mut path = Vec::new();
    let is_found = find(&serde_json::from_str(text).ok()?, &mut path);
    let place: String = path.iter().rev().map(|name| format!("/{}", escaped(name))).collect();
    is_found.then(|| ForeignText::excerpt(&place))
}

/// Escapes a name for a JSON Pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A search for credentials in a document.
struct Search<'a> {
    text: &'a str,
    hide_all: bool,
    /// The names and numbers that lead to the value.
    path: Vec<String>,
    /// The parts of the text to hide, in order.
    found: Vec<Range<usize>>,
    /// The places of the first of them.
    places: Vec<ForeignText>,
}

impl<'a> Search<'a> {
    /// Searches a value. `name` is its name, or that of the list that it is in.
    fn visit(&mut self, value: &'a RawValue, name: &str, schemas: &[ValueSchemas<'_>]) {
        let text = value.get();
        if schemas.iter().any(ValueSchemas::mark_secret) {
            self.hide(text);
            return;
        }
        match text.as_bytes().first() {
            Some(b'{') => {
                let members = serde_json::from_str::<Members<'_>>(text).map(|it| it.0);
                for (name, value) in members.unwrap_or_default() {
                    let schemas: Vec<_> = schemas.iter().map(|it| it.member(&name)).collect();
                    // a name that is longer says no more, and is read for each element of a list
                    let start = name.len().saturating_sub(MAX_NAME_BYTES);
                    let end = name[name.ceil_char_boundary(start)..].to_owned();
                    self.path.push(name);
                    self.visit(value, &end, &schemas);
                    self.path.pop();
                }
            }
            Some(b'[') => {
                let schemas: Vec<_> = schemas.iter().map(ValueSchemas::element).collect();
                let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
                for (at, value) in elements.into_iter().enumerate() {
                    self.path.push(at.to_string());
                    self.visit(value, name, &schemas);
                    self.path.pop();
                }
            }
            // true, false and null say nothing
            Some(b't' | b'f' | b'n') | None => {}
            Some(_) if self.hide_all || looks_secret(name, text) => self.hide(text),
            Some(_) => {}
        }
    }

    fn hide(&mut self, value: &str) {
        // the value is a part of the text
        let start = value.as_ptr().addr() - self.text.as_ptr().addr();
        self.found.push(start..start + value.len());
        if self.places.len() < MAX_PLACES {
            let place: String =
                self.path.iter().map(|name| format!("/{}", escaped(name))).collect();
            self.places.push(ForeignText::excerpt(&place));
        }
    }
}

/// Returns whether a text or a number is or holds a credential. A reference to a secret is none.
fn looks_secret(name: &str, json: &str) -> bool {
    match serde_json::from_str::<String>(json) {
        Ok(text) if text.parse::<SecretRef>().is_ok() => false,
        Ok(text) => is_credential(name, &text) || holds_credential(&text),
        Err(_) => is_credential(name, json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(schema: &str) -> Marks {
        Marks::Known(vec![AnswersSchema::parse(schema.as_bytes()).expect("a schema")])
    }

    #[track_caller]
    fn check(marks: &Marks, text: &str, expected: &str, places: &[&str]) {
        let safe = hide_marked(marks, text);
        assert_eq!(safe.json.get(), expected);
        let found = safe.redacted.map(|values| values.places).unwrap_or_default();
        let found: Vec<_> = found.iter().map(ForeignText::as_exact).collect();
        assert_eq!(found, places);
    }

    #[test]
    fn names_and_forms_of_credentials_are_hidden() {
        let none = Marks::Known(Vec::new());
        check(
            &none,
            r#"{ "client_secret":"hunter2",  "n": 1.00, "pins": [1e400], "Password": 1234 }"#,
            r#"{ "client_secret":"[redacted]",  "n": 1.00, "pins": [1e400], "Password": "[redacted]" }"#,
            &["/client_secret", "/Password"],
        );
        check(
            &none,
            r#"{"a/b~": {"tokens": ["x", {"y": "z", "apiKey": "k"}]}, "use_token": true, "token": null}"#,
            r#"{"a/b~": {"tokens": ["[redacted]", {"y": "z", "apiKey": "[redacted]"}]}, "use_token": true, "token": null}"#,
            &["/a~1b~0/tokens/0", "/a~1b~0/tokens/1/apiKey"],
        );
        check(
            &none,
            r#"{"url": "postgres://app:hunter2@db/app", "pem": "-----BEGIN PRIVATE KEY-----\nMII", "d": "host=db password=hunter2"}"#,
            r#"{"url": "[redacted]", "pem": "[redacted]", "d": "[redacted]"}"#,
            &["/url", "/pem", "/d"],
        );
        check(&none, r#""hvs.CAESIJ8aBcDeFgHiJk""#, r#""[redacted]""#, &[""]);
        // a member that appears twice is hidden twice
        check(
            &none,
            r#"{"token":"a","token":"b"}"#,
            r#"{"token":"[redacted]","token":"[redacted]"}"#,
            &["/token", "/token"],
        );
    }

    #[test]
    fn only_the_first_places_are_reported() {
        let text = format!("{{\"tokens\": [{}]}}", vec!["\"x\""; 100].join(","));
        let safe = hide_marked(&Marks::Known(Vec::new()), &text);
        let redacted = safe.redacted.expect("hidden values");
        assert_eq!((redacted.count, redacted.places.len()), (100, MAX_PLACES));
        assert_eq!(redacted.places[15].as_exact(), "/tokens/15");
    }

    #[test]
    fn other_values_and_references_keep_their_text() {
        let text = r#"{"address" : "https://vault.example:8200", "token_ref": "secret://local/vault/token", "n": 1.0}"#;
        check(&Marks::Known(Vec::new()), text, text, &[]);
    }

    #[test]
    fn what_a_schema_marks_is_hidden_wherever_the_mark_is() {
        let marks = known(
            r##"{"type": "object",
                "$defs": {"phrase": {"allOf": [{"format": "password"}]}},
                "properties": {
                    "pin": {"writeOnly": true},
                    "login": {"type": "object", "properties": {"word": {"$ref": "#/$defs/phrase"}}},
                    "list": {"type": "array", "prefixItems": [{}], "items": {"oneOf": [{"type": "null"}, {"writeOnly": true}]}},
                    "plain": {"writeOnly": false}
                },
                "if": {"properties": {"kind": {"const": "x"}}},
                "then": {"properties": {"extra": {"writeOnly": true}}},
                "patternProperties": {"^k_": {"properties": {"v": {"writeOnly": true}}}},
                "additionalProperties": {"properties": {"w": {"writeOnly": true}}}
            }"##,
        );
        check(
            &marks,
            r#"{"pin": {"a": [1, true]}, "login": {"word": "x", "user": "y"}, "list": ["z"], "plain": "p", "extra": 7, "k_1": {"v": 1}, "other": {"w": false, "v": 2}}"#,
            r#"{"pin": "[redacted]", "login": {"word": "[redacted]", "user": "y"}, "list": ["[redacted]"], "plain": "p", "extra": "[redacted]", "k_1": {"v": "[redacted]"}, "other": {"w": "[redacted]", "v": "[redacted]"}}"#,
            &["/pin", "/login/word", "/list/0", "/extra", "/k_1/v", "/other/w", "/other/v"],
        );
    }

    #[test]
    fn without_the_schema_every_text_and_number_is_hidden() {
        check(
            &Marks::Unknown,
            r#"{"a": "b", "c": [1, true, null], "d": {}}"#,
            r#"{"a": "[redacted]", "c": ["[redacted]", true, null], "d": {}}"#,
            &["/a", "/c/0"],
        );
    }

    #[test]
    fn a_placeholder_is_found() {
        let found = find_placeholder(r#"{"a": ["x", {"b/": "[redacted]"}]}"#);
        assert_eq!(found.expect("a place").as_exact(), "/a/1/b~1");
        assert!(find_placeholder(r#"{"a": "not [redacted]", "[redacted]": 1}"#).is_none());
    }
}

//! Schemas of answers, valid and hostile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

fn parse(schema: &Value) -> Result<AnswersSchema, InvalidAnswersSchema> {
    AnswersSchema::parse(schema.to_string().as_bytes())
}

/// The place and the reason of the refusal of a schema.
#[track_caller]
fn refused(schema: &Value) -> String {
    let error = parse(schema).err().unwrap_or_else(|| panic!("accepted: {schema}"));
    error.to_string()
}

fn vault() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"port": {"type": "integer", "minimum": 1, "maximum": 65535, "default": 8200}},
        "properties": {
            "address": {"type": "string", "title": "Address", "description": "of the server",
                "pattern": "^https?://", "minLength": 8},
            "port": {"$ref": "#/$defs/port"},
            "engine": {"enum": ["kv-1", "kv-2", 3]},
            "tls": {"type": "boolean", "default": true},
            "token": {"type": "string", "writeOnly": true, "maxLength": 3},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["address"],
        "additionalProperties": false,
    })
}

#[test]
fn answers_are_checked() {
    let schema = parse(&vault()).expect("valid");
    assert_eq!(schema.check(&json!({"address": "https://v", "port": 1, "engine": 3})), []);
    for (answers, faults) in [
        (json!({}), r#""address" is a required property"#),
        (json!([]), r#"it is not of type "object""#),
        (json!({"address": "vault.x:1"}), r#"`/address`: it does not match "^https?://""#),
        (json!({"address": "http://v", "port": 0}), "`/port`: it is less than the minimum of 1"),
        (
            json!({"address": "http://v", "engine": "kv-3"}),
            "`/engine`: it is not one of \"kv-1\", \"kv-2\" or 3",
        ),
        (
            json!({"address": "http://v", "x\u{1b}": 1}),
            "Additional properties are not allowed ('x\\u{1b}' was unexpected)",
        ),
    ] {
        assert_eq!(list_faults(&schema.check(&answers)), faults);
    }
}

#[test]
fn a_fault_does_not_repeat_the_value() {
    let schema = parse(&vault()).expect("valid");
    let answers = json!({"address": "hunter2", "token": "hunter2", "port": "hunter2",
        "engine": "hunter2", "tls": "hunter2", "tags": ["hunter2", 1, {"hunter": 2}]});
    let faults = list_faults(&schema.check(&answers));
    assert!(!faults.contains("hunter"), "{faults}");
    assert!(faults.contains("`/token`: it is longer than 3 characters"), "{faults}");
}

#[test]
fn a_schema_is_a_document_of_the_dialect() {
    assert!(AnswersSchema::parse(b"{").is_err());
    assert!(AnswersSchema::parse(&[b' '; MAX_SCHEMA_BYTES + 1]).is_err());
    assert!(AnswersSchema::parse(b"\xef\xbb\xbf{\"type\": \"object\"}").is_ok());
    for schema in [
        json!([]),
        json!(true),
        json!({}),
        json!({"type": ["object", "null"]}),
        json!({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}),
        json!({"type": "object", "$schema": "https://evil.example/schema"}),
        json!({"type": "object", "properties": {"a": {"type": "text"}}}),
        json!({"type": "object", "properties": {"a": 5}}),
        json!({"type": "object", "properties": []}),
        json!({"type": "object", "required": "a"}),
        json!({"type": "object", "properties": {"a": {"multipleOf": 0}}}),
        json!({"type": "object", "properties": {"a": {"minLength": -1}}}),
    ] {
        refused(&schema);
    }
    let error = refused(&json!({"type": "object", "properties": {"a": {"type": "text"}}}));
    assert!(error.contains("at `/properties/a/type`"), "{error}");
}

#[test]
fn references_stay_within_the_schema() {
    for reference in [
        "https://evil.example/schema",
        "http://127.0.0.1:1/schema",
        "file:///etc/passwd",
        "other.json",
        "#",
        "#/properties/a",
        "#/$defs/none",
        "#/$defs/a/items",
        "#/$defs/a%2f",
        "#anchor",
    ] {
        let schema = json!({"type": "object", "$defs": {"a": {"items": true}},
            "properties": {"a": {"$ref": reference}}});
        let error = refused(&schema);
        assert!(error.contains("at `/properties/a/$ref`"), "{reference}: {error}");
    }
    for keyword in [
        "$id",
        "$anchor",
        "$dynamicRef",
        "$dynamicAnchor",
        "$recursiveRef",
        "$vocabulary",
        "definitions",
        "dependencies",
        "unevaluatedProperties",
        "minlength",
    ] {
        let schema = json!({"type": "object", "properties": {"a": {keyword: "https://x"}}});
        assert!(refused(&schema).contains("not supported"), "{keyword}");
    }
    // names of properties and values are not keywords
    let schema = json!({"type": "object", "properties": {"$ref": {"const": {"$ref": "http://x"}}},
        "default": {"$id": "http://x"}, "x-vendor": {"$ref": "http://x"}});
    parse(&schema).expect("valid");
}

#[test]
fn a_hostile_schema_is_refused_at_once() {
    let start = Instant::now();
    let chain = |last: Value| {
        let mut definitions = serde_json::Map::new();
        for at in 0..12 {
            let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
            definitions.insert(format!("d{at}"), json!({"allOf": [next, next]}));
        }
        definitions.insert("d12".to_owned(), last);
        json!({"type": "object", "$defs": definitions, "$ref": "#/$defs/d0"})
    };
    assert!(refused(&chain(json!(true))).contains("through references"));
    assert!(refused(&chain(json!({"$ref": "#/$defs/d0"}))).contains("circle"));
    let mut deep = json!(true);
    for _ in 0..50 {
        deep = json!({"not": deep});
    }
    assert!(refused(&json!({"type": "object", "properties": {"a": deep}})).contains("deep"));
    for pattern in ["(a{1000}){1000}", "(?=a)b", r"(a)\1", "(", &"(".repeat(1000)] {
        let schema = json!({"type": "object", "properties": {"a": {"pattern": pattern}}});
        assert!(refused(&schema).contains("/properties/a/pattern"), "{pattern}");
    }
    let patterns: Vec<Value> =
        (0..65).map(|at| json!({"pattern": format!("(a{{100}}){{{at}}}")})).collect();
    assert!(refused(&json!({"type": "object", "anyOf": patterns})).contains("64 patterns"));
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_pattern_does_not_backtrack() {
    let schema = json!({"type": "object", "properties": {"a": {"pattern": "^(([a-z])+.)+[A-Z]$"}}});
    let schema = parse(&schema).expect("valid");
    let start = Instant::now();
    assert_eq!(schema.check(&json!({"a": "a".repeat(100_000)})).len(), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn each_property_is_a_question() {
    let questions = parse(&vault()).expect("valid").questions();
    let names: Vec<_> = questions.iter().map(|question| question.name.as_str()).collect();
    assert_eq!(names, ["address", "port", "engine", "tls", "token", "tags"]);
    let [address, port, engine, tls, token, tags] = questions.as_slice() else { panic!("six") };
    assert_eq!(address.title.to_string(), "Address");
    assert_eq!(port.title.to_string(), "port");
    assert!(address.is_required && !port.is_required && token.is_secret && !address.is_secret);
    assert_eq!(address.parse(""), Err(UnusableAnswer::Required));
    assert_eq!(address.parse(" x \n"), Ok(Some(json!("x"))));
    assert_eq!(port.parse(""), Ok(Some(json!(8200))));
    assert_eq!(port.parse("1.5"), Ok(Some(json!(1.5))));
    assert_eq!(port.parse("one"), Err(UnusableAnswer::Expected("a number")));
    assert_eq!(engine.parse("kv-2"), Ok(Some(json!("kv-2"))));
    assert_eq!(engine.parse("3"), Ok(Some(json!(3))));
    assert_eq!(engine.parse("kv"), Err(UnusableAnswer::Expected("one of the values")));
    assert_eq!(engine.parse(""), Ok(None));
    assert_eq!(tls.parse("N"), Ok(Some(json!(false))));
    assert_eq!(tls.parse("maybe"), Err(UnusableAnswer::Expected("`y` or `n`")));
    assert_eq!(tags.parse("[\"a\"]"), Ok(Some(json!(["a"]))));
    assert_eq!(tags.parse("a"), Err(UnusableAnswer::Expected("a JSON value")));
}

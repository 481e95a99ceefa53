//! Trust roots: keys are added and removed, and other members keep their exact text.

use std::path::Path;

use super::StoreError;
use crate::trust_root::{TrustRoot, TrustedKey};

const FIXTURE: &str = include_str!("../../../../tests/fixtures/native/fresh/trust-root.json");

/// The fixture, with members that other tools wrote.
fn with_other_members() -> String {
    FIXTURE
        .replace("\"keys\": [", "\"x_policy\": {\"n\":  1.00},\n  \"keys\": [")
        .replace("\"key_id\"", "\"x_note\": 1e400,\n      \"key_id\"")
}

fn parse(text: &str) -> Result<TrustRoot, StoreError> {
    TrustRoot::parse(Some(text), Path::new("trust-root.json"))
}

fn root(text: &str) -> TrustRoot {
    parse(text).expect("a trust root")
}

fn key(digit: &str, public_key_pem: &str) -> TrustedKey {
    TrustedKey {
        key_id: digit.repeat(32).parse().expect("a key id"),
        public_key_pem: public_key_pem.to_owned(),
    }
}

#[test]
fn a_trust_root_is_written_back_byte_for_byte() {
    for text in [FIXTURE.to_owned(), with_other_members()] {
        assert_eq!(root(&text).render(), text);
    }
    let empty = TrustRoot::parse(None, Path::new("trust-root.json")).expect("an empty trust root");
    let text = "{\n  \"schema\": \"greentic.trust-root.v1\",\n  \"keys\": []\n}\n";
    assert_eq!(empty.render(), text);
}

#[test]
fn a_key_is_added_once_and_never_replaced() {
    let before = root(FIXTURE);
    let added = before.with(key("a", "first")).with(key("b", "second"));
    let expected = [before.keys(), &[key("a", "first"), key("b", "second")]].concat();
    assert_eq!(added.keys(), expected);
    let repeated = added.with(key("a", "another"));
    assert_eq!(repeated.keys(), expected);
    assert_eq!(repeated.render(), added.render());
    assert_eq!(root(&added.render()).keys(), expected);
}

#[test]
fn an_added_key_is_the_last_element_of_the_file() {
    let text = with_other_members();
    let id = "a".repeat(32);
    let element = format!(
        "    {{\n      \"key_id\": \"{id}\",\n      \"public_key_pem\": \"PEM\\n\"\n    }}"
    );
    let expected = text.replace("\n  ]", &format!(",\n{element}\n  ]"));
    assert_eq!(root(&text).with(key("a", "PEM\n")).render(), expected);
}

#[test]
fn only_the_removed_key_is_gone() {
    let text = with_other_members();
    let before = root(&text);
    let added = before.with(key("a", "first")).with(key("b", "second"));
    let removed = added.without(&key("a", "").key_id).without(&key("b", "").key_id);
    assert_eq!(removed.keys(), before.keys());
    assert_eq!(removed.render(), text);
    let unknown = added.without(&key("c", "").key_id);
    assert_eq!(unknown.keys(), added.keys());
    let emptied = before.without(&before.keys()[0].key_id);
    assert_eq!(emptied.keys(), []);
    assert!(emptied.render().contains("\"keys\": []"));
}

#[test]
fn a_document_has_the_keys_without_members_of_other_tools() {
    assert_eq!(root(&with_other_members()).to_document(), FIXTURE);
}

#[track_caller]
fn malformed(text: &str, place_and_reason: &str) {
    let error = parse(text).expect_err("malformed").to_string();
    assert_eq!(error, format!("`trust-root.json` is not well-formed at {place_and_reason}"));
}

#[test]
fn a_malformed_trust_root_says_where() {
    let start = FIXTURE.find("    {").expect("an element");
    let end = FIXTURE.find("\n  ]").expect("the end of the list");
    let element = &FIXTURE[start..end];
    malformed(
        &FIXTURE.replace(element, &format!("{element},\n{element}")),
        "`keys[1]`: duplicate key `ff53c19cf65c1d6e4b434750e2cc902d`, first at `keys[0]`",
    );
    malformed(&FIXTURE.replace("key_id", "id"), "`keys[0].key_id`: it is missing");
    malformed(
        &FIXTURE.replace("ff53c19c", ""),
        "`keys[0].key_id`: `f65c1d6e4b434750e2cc902d` is not a key id; \
         expected 32 hexadecimal digits",
    );
    malformed(
        &FIXTURE.replace("\"public_key_pem\": ", "\"public_key_pem\": 1, \"x\": "),
        "`keys[0].public_key_pem`: invalid type: integer `1`, expected a string",
    );
}

#[test]
fn the_trust_root_of_a_bundle_is_utf_8() {
    let path = Path::new("trust-root.json");
    let parsed = TrustRoot::from_document(FIXTURE.as_bytes(), path).expect("a trust root");
    assert_eq!(parsed.keys(), root(FIXTURE).keys());
    let error = TrustRoot::from_document(b"\xff", path).expect_err("not UTF-8").to_string();
    assert!(error.contains("trust-root.json") && error.contains("utf-8"), "{error}");
}

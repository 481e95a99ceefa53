//! Changed bindings in `environment.json`: members of other tools, absent lists, and the binding
//! that a rollback restores.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use env_pack_domain::change::{self, BindingRequest};
use env_pack_domain::{BindingPlace, Environment};

use super::{FIXTURES, local, secrets, vault};
use crate::document::EnvironmentDocument;

/// Changes the environment in a document, and returns the new document.
fn changed(text: &str, change: impl FnOnce(&Environment) -> Environment) -> String {
    let path = Path::new("environment.json");
    let (document, environment, _) =
        EnvironmentDocument::parse(text, path, &local()).expect("parsed");
    let endpoints = &document.endpoints().stored().list;
    document.render(&environment, &change(&environment), endpoints)
}

fn updated(text: &str, request: BindingRequest) -> String {
    changed(text, |environment| {
        change::update(environment.clone(), request, None).expect("bound").environment
    })
}

fn rolled_back(text: &str) -> String {
    changed(text, |environment| {
        change::rollback(environment.clone(), &secrets()).expect("updated").environment
    })
}

/// Adds a member of another tool to the binding of the slot `secrets`.
fn with_note(text: &str) -> String {
    let slot = "\"slot\": \"secrets\",";
    assert!(text.contains(slot), "{text}");
    text.replace(slot, &format!("{slot}\n      \"x_note\": 1.00,"))
}

/// Another tool edits its member after an update; the rollback restores the older value.
#[track_caller]
fn assert_note_is_restored(document: &str) {
    let text = updated(&with_note(document), vault());
    let edited = text.replace("\"x_note\": 1.00", "\"x_note\": 2.00");
    assert_ne!(edited, text);
    let text = rolled_back(&edited);
    assert!(text.contains("\"x_note\": 1.00") && !text.contains("2.00"), "{text}");
}

#[test]
fn a_rollback_restores_the_members_of_others() {
    assert_note_is_restored(FIXTURES[0]);
}

#[test]
fn a_rollback_of_a_second_update_restores_the_members_of_others() {
    assert!(FIXTURES[1].contains("\"previous_binding_ref\""));
    assert_note_is_restored(FIXTURES[1]);
}

#[test]
fn a_rollback_restores_the_members_of_others_though_there_is_an_older_binding() {
    let text = updated(&with_note(FIXTURES[0]), vault());
    let edited = text.replace("\"x_note\": 1.00", "\"x_note\": 2.00");
    assert_ne!(edited, text);
    let (start, rest) = edited.split_once("inline://").expect("a reference");
    let (encoded, end) = rest.split_once('"').expect("a string");
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).expect("base64")).expect("UTF-8");
    let older = json.replacen('{', "{\"previous_binding_ref\":\"vault://older\",", 1);
    let encoded = URL_SAFE_NO_PAD.encode(older);
    let text = rolled_back(&format!("{start}inline://{encoded}\"{end}"));
    assert!(text.contains("\"x_note\": 1.00") && !text.contains("2.00"), "{text}");
    assert!(!text.contains("previous_binding_ref"), "{text}");
}

#[test]
fn a_changed_reference_of_a_binding_that_was_never_updated_keeps_the_members_of_others() {
    let text = with_note(FIXTURES[0]);
    let changed = changed(&text, |environment| {
        let exact = "/packs/exact.gtpack".parse().expect("a reference");
        change::set_pack_ref(environment.clone(), &secrets(), exact).expect("bound").environment
    });
    assert!(changed.contains("\"x_note\": 1.00"), "{changed}");
}

#[test]
fn a_changed_reference_keeps_the_members_of_others() {
    // a refresh gives the previous binding a reference that follows no tag
    let text = updated(&with_note(FIXTURES[0]), vault());
    let refreshed = changed(&text, |environment| {
        let exact = "/packs/exact.gtpack".parse().expect("a reference");
        let before = change::set_pack_ref(environment.clone(), &secrets(), exact).expect("bound");
        change::update(before.environment.clone(), vault(), None).expect("bound").environment
    });
    let restored = rolled_back(&refreshed);
    assert!(restored.contains("\"x_note\": 1.00"), "{restored}");
    assert!(restored.contains("/packs/exact.gtpack"), "{restored}");
}

#[test]
fn an_unchanged_previous_binding_keeps_its_text() {
    let text = updated(&with_note(FIXTURES[0]), vault());
    let changed = changed(&text, |environment| {
        let other = "/packs/other.gtpack".parse().expect("a reference");
        change::set_pack_ref(environment.clone(), &secrets(), other).expect("bound").environment
    });
    assert_eq!(changed, text.replace("/packs/vault.gtpack", "/packs/other.gtpack"));
}

#[test]
fn an_update_removes_the_old_answers_and_the_older_previous_binding() {
    let text = updated(FIXTURES[1], vault());
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let binding = &document["packs"][1];
    assert!(binding.get("answers_ref").is_none(), "{binding}");
    let reference = binding["previous_binding_ref"].as_str().expect("a reference");
    let encoded = reference.strip_prefix("inline://").expect("an inline reference");
    let json = URL_SAFE_NO_PAD.decode(encoded).expect("base64");
    assert_eq!(
        String::from_utf8(json).expect("UTF-8"),
        "{\"answers_ref\":\"env-packs/secrets/answers.json\",\"generation\":1,\
         \"kind\":\"acme.secrets.vault@0.4.2\",\
         \"pack_ref\":\"oci://ghcr.io/acme/greentic-secrets-vault:0.4.2\",\"slot\":\"secrets\"}"
    );
}

#[test]
fn an_absent_list_of_extensions_is_added_with_the_first_one() {
    let absent = FIXTURES[0].replace("\n  \"extensions\": [],", "");
    assert_ne!(absent, FIXTURES[0]);
    assert_eq!(changed(&absent, Clone::clone), absent);
    let request = BindingRequest {
        place: BindingPlace::Extension(None),
        kind: "acme.oauth.auth0@1.0.0".parse().expect("a descriptor"),
        ..vault()
    };
    let text = changed(&absent, |environment| {
        change::add(environment.clone(), request, None).expect("not bound").environment
    });
    let added = "\n  },\n  \"extensions\": [\n    {\n      \"kind\": \"acme.oauth.auth0@1.0.0\",";
    assert!(text.contains(added), "{text}");
}

#[test]
fn a_list_is_empty_after_its_last_binding_is_removed() {
    let text = changed(FIXTURES[1], |environment| {
        let keys: Vec<_> = environment.bindings().map(|binding| binding.key()).collect();
        keys.iter().fold(environment.clone(), |environment, key| {
            change::remove(environment.clone(), key).expect("bound").environment
        })
    });
    for list in ["\"packs\": [],", "\"extensions\": [],"] {
        assert!(text.contains(list), "{text}");
    }
}

/// The sample with a binding of a slot that a later version knows, between the others.
fn with_unknown_slot() -> String {
    let widgets = "{\"slot\":   \"widgets\", \"kind\": [1.00], \"generation\": \"odd\"},\n    ";
    let text =
        FIXTURES[0].replacen("\"packs\": [\n    ", &format!("\"packs\": [\n    {widgets}"), 1);
    assert_ne!(text, FIXTURES[0]);
    text
}

#[test]
fn a_binding_of_an_unknown_slot_keeps_its_text_and_place() {
    let text = with_unknown_slot();
    let path = Path::new("environment.json");
    let (_, environment, faults) =
        EnvironmentDocument::parse(&text, path, &local()).expect("parsed");
    assert_eq!(environment.packs().len(), 5);
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].place, "`packs[0].slot`");
    assert_eq!(
        faults[0].unknown_slot.as_ref().map(ToString::to_string).as_deref(),
        Some("widgets")
    );
    let updated = updated(&text, vault());
    let kept =
        "\"packs\": [\n    {\"slot\":   \"widgets\", \"kind\": [1.00], \"generation\": \"odd\"},";
    assert!(updated.contains(kept), "{updated}");
    assert_eq!(rolled_back(&updated).matches(kept).count(), 1);
}

//! Rules about several arguments of one verb, as JSON Schema states them.

use env_pack_domain::grammar::Grammar;
use env_pack_domain::{DescriptorPath, OciRef, PackDescriptor};
use serde_json::{Value, json};

use super::grammar::ScenarioName;
use crate::document::matching;

/// A grant or its end is about something.
pub fn something_to_grant() -> Value {
    json!([
        {"properties": {"tools": {"minItems": 1}}, "required": ["tools"]},
        {"properties": {"network": {"minItems": 1}}, "required": ["network"]},
        {"properties": {"declared": {"const": true}}, "required": ["declared"]},
    ])
}

/// Never: that instances move to a pack nobody looked at.
pub fn moves_unseen() -> Value {
    json!({
        "properties": {"all_instances": {"const": true}, "no_fetch": {"const": true}},
        "required": ["all_instances", "no_fetch"],
    })
}

/// What is bound stays bound, and what its reference stands for is taken anew.
pub fn is_refresh() -> Value {
    json!({"properties": {"refresh": {"const": true}}, "required": ["refresh"]})
}

/// Then everything but the place of a pack is known already.
pub fn only_slot() -> Value {
    json!({"properties": {
        "kind": {"const": null}, "pack_ref": {"const": null}, "answers_ref": {"const": null}, "no_fetch": {"const": false},
    }})
}

/// Then everything but the extension is known already, and all of its instances move
/// along anyway.
pub fn only_extension() -> Value {
    json!({"properties": {
        "pack_ref": {"const": null}, "answers_ref": {"const": null}, "no_fetch": {"const": false},
        "all_instances": {"const": false},
    }})
}

/// Otherwise the pack has to be named, and nothing is only shown.
pub fn named() -> Value {
    json!({
        "required": ["kind", "pack_ref"],
        "properties": {
            "kind": matching(&PackDescriptor::pattern()), "pack_ref": {"type": "string"},
            "dry_run": {"const": false}, "expect": {"const": null},
        },
    })
}

/// And then instances of an extension do not move to a pack nobody looked at.
pub fn named_and_seen() -> Value {
    json!({"allOf": [named(), {"not": moves_unseen()}]})
}

/// There is a component to pack.
pub fn has_component() -> Value {
    given("component")
}

/// Then the arguments say what it becomes.
pub fn names_the_pack() -> Value {
    json!({"properties": {"version": {"type": "string"}, "project": {"const": null}}, "required": ["version"]})
}

/// Otherwise the file of the project says that.
pub fn is_named_by_its_file() -> Value {
    json!({"properties": {
        "version": {"const": null}, "id": {"const": null}, "publisher": {"const": null},
        "allow_tool": {"maxItems": 0}, "allow_network": {"maxItems": 0},
    }})
}

/// Somebody said which slot a handler fills.
pub fn has_slot() -> Value {
    given("slot")
}

/// Otherwise the path says it.
pub fn path_has_slot() -> Value {
    json!({"properties": {"descriptor_path": matching(&DescriptorPath::pattern_with_slot())}})
}

/// A scenario is recorded.
pub fn is_recording() -> Value {
    given("record")
}

/// Then it takes its answers from one other at most.
pub fn is_like_one() -> Value {
    json!({"properties": {"record": matching(&ScenarioName::pattern()), "scenario": {"maxItems": 1}}})
}

/// Otherwise there is nothing to overwrite and nothing to agree to.
pub fn records_nothing() -> Value {
    json!({"properties": {"replace": {"const": false}, "yes": {"const": false}}})
}

/// An environment is named.
pub fn has_environment() -> Value {
    given("environment_id")
}

/// Then these lists stay empty.
pub fn none_of(list: &str) -> Value {
    json!({"properties": {list: {"maxItems": 0}}})
}

/// Otherwise there has to be something in them.
pub fn some_of(list: &str) -> Value {
    json!({"properties": {list: {"minItems": 1}}, "required": [list]})
}

/// What is signed is in a registry.
pub fn is_published() -> Value {
    json!({"properties": {"archive": {"pattern": "^oci://"}}})
}

/// Then it is what no tag can move to, and the signature goes there too.
pub fn is_pinned() -> Value {
    json!({"properties": {
        "archive": matching(&OciRef::pattern_with_digest()), "output": {"const": null}, "replace": {"const": false},
    }})
}

fn given(argument: &str) -> Value {
    json!({"properties": {argument: {"type": "string"}}, "required": [argument]})
}

//! The documents of an environment: bindings, pins, trusted keys, and the audit log.

use std::process::Command;

use serde_json::{Map, Value, json};

use super::{check, environment, stored};
use test_support::Sandbox;
use test_support::verbs::Gtc;

/// A verb with its exit code and its command.
type Verb = (&'static str, i32, fn(&Sandbox) -> Command);

/// The bindings of this number of extensions.
fn extensions(number: usize) -> (String, Value) {
    let binding = |at| json!({"kind": format!("acme.ext{at}@1.0.0"), "pack_ref": pack_ref(at)});
    ("extensions".to_owned(), (0..number).map(binding).collect())
}

/// The bindings of this number of instances of one extension, each with answers of its own.
fn instances(number: usize) -> (String, Value) {
    let binding = |at| {
        json!({"kind": "acme.ext@1.0.0", "pack_ref": pack_ref(at), "instance_id": format!("i{at}"),
               "answers_ref": format!("answers/{at}.json")})
    };
    ("extensions".to_owned(), (0..number).map(binding).collect())
}

fn pack_ref(at: usize) -> String {
    format!("/packs/{at}.gtpack")
}

/// The pins of [`extensions`].
fn pins(number: usize) -> Value {
    let pin = |at| {
        let pin = json!({
            "pack_ref": pack_ref(at), "generation": 0, "archive_sha256": format!("{at:064x}"), "size": 1,
            "handlers": [{"component": "handler", "component_sha256": format!("{at:064x}"), "slot": "extension",
                "descriptor_path": format!("acme.ext{at}"), "supported_versions": "^1"}],
            "locked_at": "2026-11-30T00:00:00Z",
        });
        (format!("acme.ext{at}"), pin)
    };
    let bindings: Map<String, Value> = (0..number).map(pin).collect();
    json!({"schema": "greentic.env-pack-lock.v2", "bindings": bindings})
}

fn add(sandbox: &Sandbox) -> Command {
    let add = sandbox.extensions().add().kind("acme.new@1.0.0").pack_ref("/packs/new.gtpack");
    add.no_fetch().command()
}

#[test]
fn unknown_members_of_an_environment() {
    check("members", 30_000, 0, |sandbox, number| {
        environment(sandbox, (0..number).map(|at| (format!("x{at}"), Value::Null)));
        sandbox.env().list().command()
    });
    check("members of a binding", 30_000, 0, |sandbox, number| {
        let mut binding = json!({"kind": "acme.ext@1.0.0", "pack_ref": pack_ref(0)});
        for at in 0..number {
            binding[format!("x{at}")] = Value::Null;
        }
        environment(sandbox, [("extensions".to_owned(), json!([binding]))]);
        add(sandbox)
    });
}

#[test]
fn bindings_of_an_environment() {
    let verbs: [Verb; 6] = [
        ("list", 0, |sandbox| sandbox.extensions().list().env("local").command()),
        ("add", 0, add),
        ("remove", 0, |sandbox| {
            sandbox.extensions().remove().kind("acme.ext1@1.0.0").yes().command()
        }),
        ("doctor", 0, |sandbox| sandbox.env().doctor().env("local").command()),
        ("tool-check", 0, |sandbox| sandbox.env().tool_check().env("local").command()),
        ("grants", 0, |sandbox| sandbox.grants().list().env("local").command()),
    ];
    for (verb, code, command) in verbs {
        check(verb, 1_500, code, |sandbox, number| {
            environment(sandbox, [extensions(number)]);
            command(sandbox)
        });
    }
}

#[test]
fn instances_of_an_extension() {
    check("answers list", 1_500, 0, |sandbox, number| {
        environment(sandbox, [instances(number)]);
        sandbox.answers().list().env("local").command()
    });
    check("doctor", 1_500, 1, |sandbox, number| {
        environment(sandbox, [instances(number)]);
        sandbox.env().doctor().env("local").command()
    });
}

#[test]
fn pins_of_bindings() {
    let verbs: [Verb; 4] = [
        ("list", 0, |sandbox| sandbox.extensions().list().env("local").command()),
        ("add", 0, add),
        ("doctor", 1, |sandbox| sandbox.env().doctor().env("local").command()),
        ("cache list", 0, |sandbox| sandbox.cache().list().args(["--cache-dir", "own"]).command()),
    ];
    for (verb, code, command) in verbs {
        check(verb, 1_000, code, |sandbox, number| {
            environment(sandbox, [extensions(number)]);
            stored(sandbox, "packs.lock.json", &pins(number));
            command(sandbox)
        });
    }
    // the form of the first version: one pin for each pack reference
    check("add, with old pins", 1_000, 0, |sandbox, number| {
        environment(sandbox, [extensions(number)]);
        let pins = pins(number)["bindings"].take();
        let old = pins.as_object().expect("an object").values();
        let packs: Map<String, Value> =
            old.zip(0..).map(|(pin, at)| (pack_ref(at), pin.clone())).collect();
        let document = json!({"schema": "greentic.env-pack-lock.v1", "packs": packs});
        stored(sandbox, "packs.lock.json", &document);
        add(sandbox)
    });
}

/// The keys are malformed, so that none is decoded: only their ids are compared.
#[test]
fn keys_of_a_trust_root() {
    check("trust-root list", 10_000, 2, |sandbox, number| {
        environment(sandbox, []);
        let key = |at| json!({"key_id": format!("{at:032x}"), "public_key_pem": ""});
        let keys: Vec<Value> = (0..number).map(key).collect();
        let document = json!({"schema": "greentic.trust-root.v1", "keys": keys});
        stored(sandbox, "trust-root.json", &document);
        sandbox.trust_root().list().env("local").command()
    });
}

#[test]
fn lines_of_an_audit_log() {
    check("add", 10_000, 0, |sandbox, number| {
        environment(sandbox, []);
        let line = json!({"ts": "2026-11-30T00:00:00Z", "noun": "extensions", "verb": "add", "target": {"kind": "other"},
            "idempotency_key": "other", "result": {"outcome": "ok"}});
        let log = format!("{line}\n").repeat(number);
        sandbox.write(sandbox.environment("local").join("audit/events.jsonl"), log);
        let mut add = add(sandbox);
        add.args(["--idempotency-key", "mine"]);
        add
    });
}

/// A command that updates all instances.
fn update(sandbox: &Sandbox, number: usize) -> Gtc<'_> {
    environment(sandbox, [instances(number)]);
    let pack = sandbox.valid_pack("extension", "acme.ext", "*");
    let update = sandbox.extensions().update().kind("acme.ext@2.0.0").pack_ref(pack);
    update.instance_id("i0").all_instances()
}

/// Each instance is updated and rolled back with the others.
#[test]
fn instances_that_change_together() {
    check("update", 750, 0, |sandbox, number| update(sandbox, number).command());
    check("rollback", 750, 0, |sandbox, number| {
        update(sandbox, number).succeeded();
        let rollback = sandbox.extensions().rollback().kind("acme.ext@2.0.0").instance_id("i0");
        rollback.all_instances().command()
    });
}

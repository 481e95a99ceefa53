//! Every document that the host reads takes time in proportion to its size: a document that is
//! twice as large takes about twice as long, whoever wrote it.
//!
//! CPU time is compared, of the best of several runs, so that other programs change little. The
//! sizes are large enough that the start of the program does not count.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value, json};

use test_support::footprint::show;
use test_support::memory::cpu_time;
use test_support::zips::{Zip, bill, cbor, sealed};
use test_support::{Sandbox, repository};

/// How often the time of a document may be that of one of half its size. A search of all members
/// for each member makes it 4.
const MAX_GROWTH: f64 = 2.3;
/// Rounds until the best time of both sizes must be found on a busy machine.
const ROUNDS: usize = 8;

/// Compares the time of a command on a document of `size` elements with that on one of twice as
/// many. `prepare` writes the document, and returns the command, which ends with `exit_code`.
#[track_caller]
fn check(what: &str, size: usize, exit_code: i32, prepare: impl Fn(&Sandbox, usize) -> Command) {
    let mut best = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        for (best, size) in best.iter_mut().zip([size, 2 * size]) {
            let sandbox = Sandbox::new().with_own_cache();
            let (code, time) = cpu_time(&mut prepare(&sandbox, size));
            assert_eq!(code, exit_code, "{what}");
            *best = time.min(*best);
        }
        if growth(&best) <= MAX_GROWTH {
            return show(&format!("{what}: {size} take {:?}, {:.2} times", best[0], growth(&best)));
        }
    }
    let growth = growth(&best);
    panic!("{what}: {size} take {:?}, twice as many {:?}: {growth:.2} times", best[0], best[1]);
}

fn growth([once, twice]: &[Duration; 2]) -> f64 {
    twice.as_secs_f64() / once.as_secs_f64()
}

/// Writes the document of the environment `local`, with these members in addition.
fn environment(sandbox: &Sandbox, members: impl IntoIterator<Item = (String, Value)>) {
    let fixture = repository().join("tests/fixtures/native/fresh/environment.json");
    let text = std::fs::read_to_string(fixture).expect("a fixture");
    let mut document: Map<String, Value> = serde_json::from_str(&text).expect("an object");
    document.extend(members);
    stored(sandbox, "environment.json", &document.into());
}

/// Writes a file of the environment `local`.
fn stored(sandbox: &Sandbox, name: &str, document: &Value) -> PathBuf {
    sandbox.write(sandbox.environment("local").join(name), document.to_string())
}

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
    check("members", 60_000, 0, |sandbox, number| {
        environment(sandbox, (0..number).map(|at| (format!("x{at}"), Value::Null)));
        sandbox.env().list().command()
    });
    check("members of a binding", 60_000, 0, |sandbox, number| {
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
    let verbs: [(&str, i32, fn(&Sandbox) -> Command); 6] = [
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
        check(verb, 3_000, code, |sandbox, number| {
            environment(sandbox, [extensions(number)]);
            command(sandbox)
        });
    }
}

#[test]
fn instances_of_an_extension() {
    check("answers list", 3_000, 0, |sandbox, number| {
        environment(sandbox, [instances(number)]);
        sandbox.answers().list().env("local").command()
    });
    check("doctor", 3_000, 1, |sandbox, number| {
        environment(sandbox, [instances(number)]);
        sandbox.env().doctor().env("local").command()
    });
}

#[test]
fn pins_of_bindings() {
    let verbs: [(&str, i32, fn(&Sandbox) -> Command); 4] = [
        ("list", 0, |sandbox| sandbox.extensions().list().env("local").command()),
        ("add", 0, add),
        ("doctor", 1, |sandbox| sandbox.env().doctor().env("local").command()),
        ("cache list", 0, |sandbox| sandbox.cache().list().command()),
    ];
    for (verb, code, command) in verbs {
        check(verb, 2_000, code, |sandbox, number| {
            environment(sandbox, [extensions(number)]);
            stored(sandbox, "packs.lock.json", &pins(number));
            command(sandbox)
        });
    }
    // the form of the first version: one pin for each pack reference
    check("add, with old pins", 2_000, 0, |sandbox, number| {
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
    check("trust-root list", 20_000, 2, |sandbox, number| {
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
    check("add", 20_000, 0, |sandbox, number| {
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

/// A schema compares the items of a list that must differ.
#[test]
fn answers_and_payloads() {
    check("answers show", 30_000, 0, |sandbox, number| {
        environment(sandbox, []);
        let members: Map<String, Value> =
            (0..number).map(|at| (format!("x{at}"), Value::Null)).collect();
        stored(sandbox, "answers/a.json", &members.into());
        sandbox.answers().show().answers_ref("answers/a.json").command()
    });
    for name in ["payload.json", "payload.yaml"] {
        check(name, 10_000, 1, |sandbox, number| {
            environment(sandbox, []);
            let commands: Vec<String> = (0..number).map(|at| format!("tool{at} version")).collect();
            let payload =
                json!({"environment_id": "local", "kind": "acme.ext@1.0.0", "tools": commands});
            let file = sandbox.write(name, payload.to_string());
            sandbox.verb("op grants add").answers(file).command()
        });
    }
}

/// A legacy manifest with these components and declared handlers, which are not in the archive.
fn manifest(components: usize, declared: usize) -> Value {
    let component = |at| json!({"name": format!("c{at}"), "file_wasm": format!("c{at}.wasm")});
    let handler = |at| {
        json!({"component": format!("c{at}"), "slot": "state", "descriptor_path": "acme.state",
               "supported_versions": "*"})
    };
    let inline: Vec<Value> = (0..declared).map(handler).collect();
    json!({
        "meta": {"pack_id": "acme.state", "version": "1.0.0"},
        "components": (0..components).map(component).collect::<Vec<_>>(),
        "extensions": {"greentic.env-pack.v1":
            {"kind": "greentic.env-pack.v1", "version": "1.0.0", "inline": {"handlers": inline}}},
    })
}

/// Validates a pack without the limits that keep its documents small.
fn validate(sandbox: &Sandbox, archive: &Zip) -> Command {
    let file = sandbox.write("pack.gtpack", archive.bytes());
    let validate = sandbox.pack().validate(file);
    let limits = [
        "archive.manifest-bytes=1GiB",
        "archive.document-items=100000000",
        "archive.entries=60000",
    ];
    limits.into_iter().fold(validate, |validate, limit| validate.limit(limit)).command()
}

#[test]
fn components_and_handlers_of_a_manifest() {
    let pack =
        |manifest: Value| Zip::stored(&sealed(vec![("manifest.cbor".to_owned(), cbor(&manifest))]));
    for (what, components, declared) in [("components", 1, 0), ("declared", 0, 1), ("both", 1, 1)] {
        check(what, 6_000, 1, |sandbox, number| {
            validate(sandbox, &pack(manifest(components * number, declared * number)))
        });
    }
    check("permissions", 10_000, 0, |sandbox, number| {
        let mut manifest = manifest(1, 1);
        let tools: Vec<Value> = (0..number).map(|at| json!({"tool": format!("t{at}")})).collect();
        let network: Vec<String> = (0..number).map(|at| format!("a{at}:1")).collect();
        let inline = &mut manifest["extensions"]["greentic.env-pack.v1"]["inline"];
        inline["handlers"][0]["permissions"] = json!({"tools": tools, "network": network});
        manifest["components"][0]["world"] = "greentic:env-pack/env-pack-handler@0.1.0".into();
        let component = ("c0.wasm".to_owned(), b"\0asm\x0d\0\x01\0".to_vec());
        let entries = vec![("manifest.cbor".to_owned(), cbor(&manifest)), component];
        let file = sandbox.write("pack.gtpack", Zip::stored(&sealed(entries)).bytes());
        let inspect = sandbox.pack().inspect(file).limit("archive.manifest-bytes=1GiB");
        inspect.limit("archive.document-items=100000000").command()
    });
}

#[test]
fn rows_of_a_bill_of_materials() {
    let entries = |number: usize| {
        let manifest = ("manifest.cbor".to_owned(), cbor(&manifest(0, 0)));
        let mut bill = bill(std::slice::from_ref(&manifest));
        let row =
            |at| json!({"path": format!("{at}"), "size": 0, "hash_blake3": "", "media_type": ""});
        bill["files"].as_array_mut().expect("a list").extend((0..number).map(row));
        (manifest, bill)
    };
    check("sbom.cbor", 15_000, 1, |sandbox, number| {
        let (manifest, bill) = entries(number);
        validate(sandbox, &Zip::stored(&[manifest, ("sbom.cbor".to_owned(), cbor(&bill))]))
    });
    check("sbom.json", 15_000, 1, |sandbox, number| {
        let (manifest, bill) = entries(number);
        let bill = ("sbom.json".to_owned(), bill.to_string().into_bytes());
        validate(sandbox, &Zip::stored(&[manifest, bill]))
    });
}

#[test]
fn entries_of_an_archive() {
    let names: [(&str, fn(usize) -> String); 2] =
        [("flat", |at| format!("{at}")), ("deep", |at| format!("{at}{}", "/a".repeat(90)))];
    for (what, name) in names {
        check(what, 5_000, 0, |sandbox, number| {
            let manifest = ("manifest.cbor".to_owned(), cbor(&manifest(0, 0)));
            let empty = (0..number).map(|at| (name(at), Vec::new()));
            let entries = std::iter::once(manifest).chain(empty).collect();
            validate(sandbox, &Zip::stored(&sealed(entries)))
        });
    }
}

#[test]
fn calls_of_a_scenario() {
    let calls = |number: usize| {
        (0..number).fold(String::new(), |mut text, at| {
            writeln!(text, "    tool{at} version: missing").expect("memory");
            text
        })
    };
    let test = |sandbox: &Sandbox, name: &str, scenario: &str| {
        let pack = sandbox.valid_pack("state", "acme.state.a", "^1");
        let scenario = sandbox.write(name, scenario);
        let test = sandbox.pack().test(pack).args(["--scenario"]).arg(scenario);
        test.limit("scenario.file-bytes=1GiB").command()
    };
    check("a scenario in YAML", 4_000, 1, |sandbox, number| {
        let scenario = format!("given:\n  tools:\n{}expect: {{}}\n", calls(number));
        test(sandbox, "scenario.yaml", &scenario)
    });
    check("a scenario in JSON", 4_000, 1, |sandbox, number| {
        let command = |at| (format!("tool{at} version"), json!("missing"));
        let tools: Map<String, Value> = (0..number).map(command).collect();
        let scenario = json!({"given": {"tools": tools}, "expect": {}});
        test(sandbox, "scenario.json", &scenario.to_string())
    });
}

#[test]
fn tables_of_a_project_file() {
    // the handler does not exist, which is noticed after the file was read
    check("permissions", 40_000, 2, |sandbox, number| {
        let tools: Vec<String> = (0..number).map(|at| format!("\"tool{at} version\"")).collect();
        let tools = tools.join(", ");
        let project = format!(
            "language = \"javascript\"\nversion = \"1.0.0\"\n[permissions]\ntools = [{tools}]\n"
        );
        sandbox.write("gtc-pack.toml", project);
        sandbox.verb("pack build").limit("project.file-bytes=1GiB").command()
    });
}

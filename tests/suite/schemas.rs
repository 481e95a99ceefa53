//! `--schema` prints a JSON Schema of 2020-12. It may be looser than the verb: every
//! document here is valid by the schema of its verb, and accepted by the verb.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::verbs;
use test_support::schema::faults;
use test_support::{Sandbox, repository};

/// Documents in YAML, each with the verb whose arguments it holds. They use every argument,
/// and texts at the edge of what the parsers accept.
const EXAMPLES: &[(&str, &str)] = &[
    ("cache gc", "dry_run: true"),
    ("cache list", "{}"),
    ("cache path", "{}"),
    ("cache verify", "keep: true"),
    ("completions", "shell: fish"),
    ("doctor limits", "{}"),
    ("doctor self", "{}"),
    (
        "op answers edit",
        "{environment_id: local, kind: a.b@1.0.0, instance_id: eu, idempotency_key: '1'}",
    ),
    ("op answers list", "environment_id: local"),
    ("op answers put", "{environment_id: local, kind: a.b, file: none.json}"),
    (
        "op answers put",
        "{environment_id: local, answers_ref: a//b/./c, file: none.json, idempotency_key: null}",
    ),
    ("op answers show", "{environment_id: local, answers_ref: none.json}"),
    ("op audit list", "{environment_id: local, since: 2026-11-30, noun: env, verb: init, last: 1}"),
    (
        "op audit prune",
        "{environment_id: local, before: 2026-11-30, dry_run: true, yes: true, idempotency_key: '1', if_revision: 1}",
    ),
    ("op audit show", "{environment_id: local, event: 1}"),
    ("op audit verify", "environment_id: local"),
    ("op history", "{environment_id: local, kind: a.b@1.0.0, instance_id: eu, last: 1}"),
    ("op history", "{environment_id: local, slot: secrets}"),
    ("op request show", "{environment_id: local, key: k}"),
    ("op env backup", "{environment_id: local, output: x.json}"),
    ("op env create", "{environment_id: '...', name: '東京 (EU)', listen_addr: '[::1]:0'}"),
    (
        "op env create",
        "{environment_id: prod-eu.1, listen_addr: '127.0.0.1:8080', empty: true, idempotency_key: a b}",
    ),
    (
        "op env delete",
        "{environment_id: local, confirm: local, if_revision: 1, idempotency_key: a}",
    ),
    ("op env doctor", "{environment_id: local, strict: true}"),
    ("op env export", "{environment_id: local, output: x.json}"),
    (
        "op env import",
        "{file: no.json, environment_id: prod, replace: prod, if_revision: 1, idempotency_key: a}",
    ),
    ("op env doctor", "{environment_id: 'l*', all: true, strict: true, kind: a.b, pack_ref: x}"),
    ("op env init", "idempotency_key: '1'"),
    ("op env list", "{}"),
    ("op env migrate", "{environment_id: local, apply: true, if_revision: 1, idempotency_key: a}"),
    ("op env migrate", "all: true"),
    ("op env rename", "{environment_id: local, to: prod, if_revision: 1, idempotency_key: a}"),
    ("op env show", "environment_id: local"),
    ("op env tool-check", "environment_id: local"),
    ("op env tool-check", "{all: true, kind: 'greentic.*', pack_ref: '*'}"),
    (
        "op env update",
        "{environment_id: local, name: '東京 (EU)', region: eu-west-1, tenant_org_id: 'urn:x/1', listen_addr: '[::1]:0', public_base_url: 'https://[2001:db8::1]:8443/base', gui_enabled: true, if_revision: 1, idempotency_key: a b}",
    ),
    (
        "op env update",
        "{environment_id: local, clear: [region, tenant-org-id, listen-addr, public-base-url, gui-enabled]}",
    ),
    (
        "op env-packs add",
        "{environment_id: local, slot: secrets, kind: acme.secrets.vault@1.0.0-rc.1+0.00, pack_ref: ./vault.gtpack, answers_ref: a//b/./c, idempotency_key: null, grants: {tools: [vault token lookup, \"x a\\\\ b '' *\"], network: ['[::1]:443', '_:65535'], all: declared}}",
    ),
    (
        "op env-packs add",
        "{environment_id: local, slot: state, kind: 0.-@18446744073709551615.0.0, pack_ref: 'oci://[::ffff:1.2.3.4]:443/a/b_c.d--e__f:_A-1.b', no_fetch: true, grants: {all: null}}",
    ),
    ("op env-packs list", "environment_id: local"),
    (
        "op env-packs list",
        "{environment_id: 'l[a-o]c*', all: true, kind: '*@1.0.?', pack_ref: none.gtpack}",
    ),
    ("op env-packs remove", "{environment_id: local, slot: state, dry_run: true, yes: true}"),
    ("op env-packs rollback", "{environment_id: local, slot: state, to: 3, dry_run: true}"),
    (
        "op env-packs rollback",
        "{environment_id: 'l*', slot: state, dry_run: true, keep_going: true, yes: true}",
    ),
    (
        "op env-packs update",
        "{environment_id: local, slot: state, kind: a.b@1.2.3, pack_ref: 'file:///x y.gtpack', answers_ref: ..a/b}",
    ),
    (
        "op env-packs update",
        "{environment_id: local, slot: state, refresh: true, dry_run: true, expect: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef}",
    ),
    (
        "op extensions add",
        "{environment_id: local, kind: acme.oauth.auth0@1.0.0, pack_ref: repo://acme/auth0, instance_id: '-', answers_ref: x.json, all_instances: true}",
    ),
    ("op extensions list", "environment_id: local"),
    ("op extensions list", "{all: true, pack_ref: 'oci://ghcr.io/*'}"),
    ("op extensions remove", "{environment_id: local, kind: acme.oauth.auth0, instance_id: eu-1}"),
    ("op extensions resolve", "reference: ext://acme.oauth.auth0/primary"),
    ("op extensions resolve", "{reference: 'ext://a.b', environment_id: local}"),
    (
        "op env-packs pin",
        "{environment_id: local, slot: secrets, grants: {all: declared}, if_generation: 3}",
    ),
    ("op extensions pin", "{environment_id: local, kind: acme.oauth.auth0, instance_id: eu}"),
    (
        "op extensions rollback",
        "{environment_id: local, kind: acme.oauth.auth0@1.0.0, all_instances: true}",
    ),
    (
        "op extensions update",
        "{environment_id: local, kind: acme.oauth.auth0@1.0.0, pack_ref: x.gtpack, all_instances: true}",
    ),
    (
        "op extensions update",
        "{environment_id: local, kind: acme.oauth.auth0, refresh: true, expect: 'sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}",
    ),
    ("op grants add", "{environment_id: local, kind: a.b, tools: [vault]}"),
    ("op grants list", "environment_id: local"),
    ("op grants revoke", "{environment_id: local, kind: a.b@1.0.0, network: ['vault.example:1']}"),
    ("op grants revoke", "{environment_id: local, kind: a.b, declared: true}"),
    (
        "op messaging endpoint add",
        "{environment_id: local, provider_type: messaging.teams.bot, provider_id: '東京 (EU)', display_name: Legal, secret_refs: ['secret://local/a/b:c'], webhook_secret_ref: secret://local/_, updated_by: op, idempotency_key: '1'}",
    ),
    ("op messaging endpoint list", "environment_id: local"),
    (
        "op messaging endpoint link-bundle",
        "{environment_id: local, endpoint_id: 01m83w7way4y7wm2zj8jz66t2w, bundle_id: legal, if_generation: 0}",
    ),
    (
        "op messaging endpoint remove",
        "{environment_id: local, endpoint_id: 7ZZZZZZZZZZZZZZZZZZZZZZZZZ, updated_by: op}",
    ),
    (
        "op messaging endpoint rotate-webhook-secret",
        "{environment_id: local, endpoint_id: 01M83W7WAY4Y7WM2ZJ8JZ66T2W, webhook_secret_ref: secret://local/a}",
    ),
    (
        "op messaging endpoint set-welcome-flow",
        "{environment_id: local, endpoint_id: 01M83W7WAY4Y7WM2ZJ8JZ66T2W, bundle_id: b, pack_id: p, flow_id: f}",
    ),
    (
        "op messaging endpoint set-welcome-flow",
        "{environment_id: local, endpoint_id: 01M83W7WAY4Y7WM2ZJ8JZ66T2W, clear: true}",
    ),
    (
        "op messaging endpoint show",
        "{environment_id: local, endpoint_id: 01M83W7WAY4Y7WM2ZJ8JZ66T2W}",
    ),
    (
        "op messaging endpoint unlink-bundle",
        "{environment_id: local, endpoint_id: 01M83W7WAY4Y7WM2ZJ8JZ66T2W, bundle_id: legal}",
    ),
    ("op trust-root add", "{environment_id: local, key: no.pub}"),
    ("op trust-root list", "environment_id: local"),
    ("op trust-root remove", "{environment_id: local, key_id: aF0123456789abcdef0123456789abcd}"),
    ("pack bench", "{pack_ref: no.gtpack, turns: 1}"),
    (
        "pack build",
        "{component: no.wasm, version: 1.0.0-0.a-.1, id: a.b, publisher: acme, allow_tool: [x *], allow_network: ['a:1'], answers_schema: no.json, output: x.gtpack}",
    ),
    ("pack build", "project: nowhere"),
    ("pack inspect", "{pack_ref: no.gtpack, wit: true}"),
    ("pack keygen", "output: new.key"),
    ("pack load", "{layout: no.tar, output: out, force: true, trust_in: local}"),
    ("pack new", "{descriptor_path: acme.x.demo, slot: state, lang: python, dir: demo}"),
    (
        "pack pull",
        "{pack_ref: 'oci://r.example/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', output: x.gtpack, force: true}",
    ),
    (
        "pack push",
        "{archive: no.gtpack, pack_ref: 'oci://localhost:5000/a:1', source: 'https://acme.example/x', created: '2024-02-29T23:59:59+01:00'}",
    ),
    ("pack repack", "{archive: no.gtpack, output: new.gtpack}"),
    ("pack save", "{pack_refs: [no.gtpack], output: x.tar, trust_root_of: local}"),
    ("pack save", "{environment_id: local, output: x.tar}"),
    ("pack sign", "{archive: no.gtpack, key: no.key, output: x.sig, replace: true}"),
    ("pack test", "{target: no.gtpack, scenario: [a.yaml, b.yaml]}"),
    ("pack test", "{target: no.gtpack, record: new_one-1, replace: true, yes: true}"),
    (
        "pack validate",
        "{pack_refs: [no.gtpack], strict: true, require_handler: true, require_signature: true, keys: [no.pub], report: json}",
    ),
    ("pack verify", "{pack_ref: no.gtpack, keys: [no.pub], signatures: [no.sig]}"),
    ("pack verify", "{pack_ref: no.gtpack, environment_id: local}"),
];

fn schema(verb: &[String]) -> Value {
    let schema =
        Sandbox::new().gtc(verb.iter().map(String::as_str).chain(["--schema"])).succeeded();
    let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{verb:?}: {schema}");
    schema
}

#[test]
fn every_example_is_valid_and_accepted() {
    let mut verbs_with_examples = BTreeSet::new();
    for (verb, example) in EXAMPLES {
        let verb: Vec<String> = verb.split(' ').map(str::to_owned).collect();
        let document: Value = serde_saphyr::from_str(example).expect("YAML");
        assert_eq!(faults(&schema(&verb), &document), [""; 0], "{verb:?}: {example}");
        for (name, content) in
            [("arguments.yaml", example), ("arguments.json", &document.to_string().as_str())]
        {
            let sandbox = Sandbox::with_local();
            sandbox.write(name, content);
            let flags = ["--answers", name, "--offline"];
            let ran = sandbox.gtc(verb.iter().map(String::as_str).chain(flags));
            assert!(!ran.stderr.contains("invalid-argument"), "{verb:?} {name}: {}", ran.stderr);
        }
        verbs_with_examples.insert(verb);
    }
    let all: BTreeSet<_> = verbs().into_iter().collect();
    assert_eq!(verbs_with_examples, all, "each verb has an example");
}

#[test]
fn wrong_types_words_and_patterns_are_invalid_and_refused() {
    let wrong = [
        ("cache gc", "dry_run: 1"),
        ("completions", "shell: tcsh"),
        ("op env create", "environment_id: a b"),
        ("op env create", "{}"),
        ("op env create", "{environment_id: x, listen_addr: localhost}"),
        ("op env update", "{environment_id: local, public_base_url: 'https://u:p@a.example'}"),
        ("op env update", "{environment_id: local, clear: [name]}"),
        ("op env-packs list", "{all: true, kind: ''}"),
        ("op env-packs remove", "{environment_id: local, slot: no-such-slot}"),
        ("op extensions resolve", "reference: acme.oauth.auth0"),
        ("op trust-root remove", "{environment_id: local, key_id: abc}"),
        ("pack bench", "{pack_ref: x, turns: 0}"),
        ("pack inspect", "pack_ref: ''"),
        ("pack push", "{archive: x, pack_ref: 'oci://r/a', created: yesterday}"),
        ("pack validate", "pack_refs: []"),
        ("pack validate", "{pack_refs: [x], report: SARIF}"),
    ];
    for (verb, document) in wrong {
        let verb: Vec<String> = verb.split(' ').map(str::to_owned).collect();
        let value: Value = serde_saphyr::from_str(document).expect("YAML");
        assert!(!faults(&schema(&verb), &value).is_empty(), "{verb:?}: {document}");
        let sandbox = Sandbox::with_local();
        sandbox.write("arguments.yaml", document);
        sandbox
            .gtc(verb.iter().map(String::as_str).chain(["--answers", "arguments.yaml"]))
            .refused(2, "invalid-argument");
    }
}

/// A published schema, which editors check files with.
fn published(name: &str) -> Value {
    let text = std::fs::read_to_string(repository().join("docs").join(name)).expect("a schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
    schema
}

#[test]
fn published_schemas_take_the_files_that_are_here() {
    let (scenario, project) =
        (published("scenario.schema.json"), published("gtc-pack.schema.json"));
    let examples = std::fs::read_dir(repository().join("examples")).expect("a folder");
    let folders = examples
        .map(|entry| entry.expect("an entry").path())
        .filter(|folder| folder.join("tests").is_dir());
    let mut seen = 0;
    for folder in folders {
        let text = std::fs::read_to_string(folder.join("gtc-pack.toml")).expect("a project");
        let file: Value = toml::from_str(&text).expect("TOML");
        assert_eq!(faults(&project, &file), [""; 0], "{}", folder.display());
        for entry in std::fs::read_dir(folder.join("tests")).expect("a folder") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a scenario");
            let file: Value = serde_saphyr::from_str(&text).expect("YAML");
            assert_eq!(faults(&scenario, &file), [""; 0], "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} scenarios");
}

//! `gtc op extensions`: any number of instances, identified by path and instance id.

use serde_json::{Value, json};

use test_support::wat::Handler;
use test_support::{Output, Sandbox, packs, repository};

const KIND: &str = "acme.oauth.auth0@1.0.0";

fn extensions(sandbox: &Sandbox, verb: &str, flags: &[&str]) -> Output {
    sandbox.gtc(["op", "extensions", verb, "--env", "local"].iter().chain(flags))
}

/// A sandbox whose environment binds the default instance and two named ones.
fn three_instances() -> (Sandbox, String) {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1").display().to_string();
    let answers = "extensions/acme.oauth.auth0-primary/answers.json";
    sandbox.write(
        format!(".greentic/environments/local/{answers}"),
        "{\n  \"tenant\": \"acme\", \"big\": 1.50\n}\n",
    );
    let bind = ["--kind", KIND, "--pack-ref", &pack];
    extensions(&sandbox, "add", &bind).succeeded();
    extensions(
        &sandbox,
        "add",
        &[&bind[..], &["--instance-id", "primary", "--answers-ref", answers]].concat(),
    )
    .succeeded();
    extensions(&sandbox, "add", &[&bind[..], &["--instance-id", "secondary"]].concat()).succeeded();
    (sandbox, pack)
}

fn instances(sandbox: &Sandbox) -> Vec<Value> {
    let list = sandbox.extensions().list().succeeded().result();
    list["extensions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|bound| bound["instance_id"].clone())
        .collect()
}

#[test]
fn named_instances_and_a_default_coexist() {
    let (sandbox, pack) = three_instances();
    assert_eq!(instances(&sandbox), [json!(null), json!("primary"), json!("secondary")]);
    sandbox.extensions().list().human().succeeded().shows(&["(default)", "primary", "secondary"]);
    let report = sandbox.env().doctor().succeeded().result();
    assert_eq!(report["extensions"]["count"], 3);
    assert_eq!(
        report["duplicate_registrations"],
        json!([]),
        "one archive bound by several instances registers once"
    );
    for instance in [&[][..], &["--instance-id", "primary"]] {
        let flags = [&["--kind", "acme.oauth.auth0@1.5.0", "--pack-ref", &pack], instance].concat();
        let message = extensions(&sandbox, "add", &flags).refused(1, "conflict");
        assert!(
            message.contains("extension `acme.oauth.auth0`") && message.contains("`update`"),
            "{message}"
        );
    }
}

#[test]
fn the_version_is_not_part_of_the_identity() {
    let (sandbox, pack) = three_instances();
    let primary = ["--instance-id", "primary"];
    let update =
        [&["--kind", "acme.oauth.auth0@1.1.0", "--pack-ref", &pack][..], &primary].concat();
    let report = extensions(&sandbox, "update", &update).succeeded().result();
    assert_eq!((&report["generation"], &report["has_previous"]), (&json!(1), &json!(true)));
    let report = extensions(
        &sandbox,
        "rollback",
        &[&["--kind", "acme.oauth.auth0@7.7.7"][..], &primary].concat(),
    )
    .succeeded();
    assert_eq!(report.result()["kind"], KIND);
    assert_eq!(
        sandbox.document("local")["extensions"][1]["answers_ref"],
        "extensions/acme.oauth.auth0-primary/answers.json"
    );
    extensions(&sandbox, "remove", &[&["--kind", "acme.oauth.auth0"][..], &primary].concat())
        .succeeded();
    assert_eq!(instances(&sandbox), [json!(null), json!("secondary")]);
    extensions(&sandbox, "rollback", &[&["--kind", KIND][..], &primary].concat())
        .refused(1, "not-found");
    extensions(&sandbox, "remove", &["--kind", "acme.oauth.other"]).refused(1, "not-found");
    extensions(&sandbox, "remove", &["--kind", KIND, "--instance-id", "Primary"])
        .refused(2, "invalid-argument");
}

#[test]
fn instances_share_one_archive_and_are_updated_together() {
    let (sandbox, _) = three_instances();
    let other = other_archive(&sandbox);
    let update =
        ["--kind", "acme.oauth.auth0@1.2.0", "--pack-ref", &other, "--instance-id", "primary"];
    let message = extensions(&sandbox, "update", &update).refused(1, "conflict");
    assert!(
        message.contains("another archive") && message.contains("--all-instances"),
        "{message}"
    );
    let report = extensions(&sandbox, "update", &[&update[..], &["--all-instances"]].concat())
        .succeeded()
        .result();
    assert_eq!(report["moved"].as_array().map(Vec::len), Some(2));
    assert_eq!(refs(&sandbox), [json!(other), json!(other), json!(other)]);
    sandbox.env().doctor().succeeded();
}

/// Another archive for the same path.
fn other_archive(sandbox: &Sandbox) -> String {
    let handler = Handler::new("extension", "acme.oauth.auth0", "^1, <1.9");
    let other = packs::archive(
        "extension",
        "acme.oauth.auth0",
        "^1, <1.9",
        handler.component(),
        Default::default(),
    );
    sandbox.write("packs/other.gtpack", other).display().to_string()
}

fn refs(sandbox: &Sandbox) -> Vec<Value> {
    let document = sandbox.document("local");
    document["extensions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|bound| bound["pack_ref"].clone())
        .collect()
}

#[test]
fn instances_updated_together_are_rolled_back_together() {
    let (sandbox, pack) = three_instances();
    let other = other_archive(&sandbox);
    let primary = ["--kind", "acme.oauth.auth0@1.2.0", "--instance-id", "primary"];
    let update = [&primary[..], &["--pack-ref", &other, "--all-instances"]].concat();
    extensions(&sandbox, "update", &update).succeeded();

    let before = sandbox.document("local");
    let message = extensions(&sandbox, "rollback", &primary).refused(1, "conflict");
    assert!(
        message.contains("was not rolled back") && message.contains("`--all-instances`"),
        "{message}"
    );
    assert_eq!(sandbox.document("local"), before);

    let report = extensions(&sandbox, "rollback", &[&primary[..], &["--all-instances"]].concat())
        .succeeded()
        .result();
    assert_eq!(
        (&report["generation"], report["moved"].as_array().map(Vec::len)),
        (&json!(2), Some(2))
    );
    assert_eq!(refs(&sandbox), [json!(pack), json!(pack), json!(pack)]);
    sandbox.env().doctor().succeeded();

    // each updated instance has an event of its own
    let log = std::fs::read_to_string(sandbox.environment("local").join("audit/events.jsonl"))
        .expect("a log");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let moved = |verb: &str, generation: u64| -> Vec<Value> {
        let moved =
            lines.iter().filter(|line| line["verb"] == verb && line["result"]["outcome"] == "ok");
        let moved = moved.filter(|line| {
            line["new_generation"] == generation && line["previous_generation"] == generation - 1
        });
        moved.map(|line| line["target"]["instance_id"].clone()).collect()
    };
    assert_eq!(moved("update", 1), [json!("primary"), json!(null), json!("secondary")]);
    assert_eq!(moved("rollback", 2), [json!("primary"), json!(null), json!("secondary")]);
}

#[test]
fn an_instance_without_a_previous_binding_keeps_the_others() {
    let (sandbox, _) = three_instances();
    let other = other_archive(&sandbox);
    let primary = ["--kind", "acme.oauth.auth0@1.2.0", "--instance-id", "primary"];
    extensions(
        &sandbox,
        "update",
        &[&primary[..], &["--pack-ref", &other, "--all-instances"]].concat(),
    )
    .succeeded();
    let late = ["--kind", "acme.oauth.auth0@1.2.0", "--instance-id", "late", "--pack-ref", &other];
    extensions(&sandbox, "add", &late).succeeded();
    let message = extensions(&sandbox, "rollback", &[&primary[..], &["--all-instances"]].concat());
    let message = message.refused(1, "conflict");
    assert!(
        message.contains("`late`") && message.contains("`update --all-instances`"),
        "{message}"
    );
}

#[test]
fn the_advice_for_diverging_instances_works() {
    let (sandbox, _) = three_instances();
    let other = other_archive(&sandbox);
    let add = ["--kind", "acme.oauth.auth0@1.2.0", "--instance-id", "new", "--pack-ref", &other];
    let message = extensions(&sandbox, "add", &add).refused(1, "conflict");
    assert!(message.contains("add `--all-instances`"), "{message}");
    extensions(&sandbox, "add", &[&add[..], &["--all-instances"]].concat()).succeeded();
    assert_eq!(refs(&sandbox), vec![json!(other); 4]);
    let answers = sandbox.document("local")["extensions"][1]["answers_ref"].clone();
    assert_eq!(
        answers, "extensions/acme.oauth.auth0-primary/answers.json",
        "the others keep their answers"
    );
}

#[test]
fn a_pack_of_another_slot_is_not_an_extension() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^1").display().to_string();
    let message =
        extensions(&sandbox, "add", &["--kind", "acme.secrets.vault@1.0.0", "--pack-ref", &pack]);
    let message = message.refused(1, "slot-mismatch");
    assert!(message.contains("serves slot `secrets`, cannot be bound to `extension`"), "{message}");
}

#[test]
fn a_workload_resolves_the_answers_or_nothing() {
    let (sandbox, _) = three_instances();
    let resolve = |reference: &str| sandbox.extensions().resolve(reference).run();
    let primary = "ext://acme.oauth.auth0/primary";
    assert_eq!(
        resolve(primary).succeeded().result()["answers"],
        json!({"tenant": "acme", "big": 1.50})
    );
    let line = resolve(primary).stdout;
    assert!(line.ends_with("\"answers\":{\"tenant\":\"acme\",\"big\":1.50}}}\n"), "{line}");
    let exact = sandbox.extensions().resolve(primary).human().succeeded();
    assert_eq!(exact.stdout, "{\n  \"tenant\": \"acme\", \"big\": 1.50\n}\n");
    assert_eq!(resolve("ext://acme.oauth.auth0").succeeded().result()["answers"], json!({}));
    assert_eq!(
        sandbox.extensions().resolve("ext://acme.oauth.auth0/secondary").human().run().stdout,
        "{}\n"
    );
    resolve("ext://acme.oauth.auth0/tertiary").refused(1, "not-found");
    resolve("ext://acme.oauth.other").refused(1, "not-found");
    for bad in [
        "acme.oauth.auth0",
        "ext://",
        "ext://acme.oauth.auth0/",
        "ext://acme.oauth.auth0@1.0.0",
        "ext://a.b/c/d",
    ] {
        resolve(bad).refused(2, "invalid-argument");
    }
    let answers =
        sandbox.environment("local").join("extensions/acme.oauth.auth0-primary/answers.json");
    std::fs::write(&answers, "{").expect("a file");
    let message = resolve(primary).refused(1, "answers-parse");
    assert!(message.contains("is not a JSON document"), "{message}");
    std::fs::remove_file(&answers).expect("removed");
    assert!(resolve(primary).refused(1, "answers-parse").contains("there is no answers file"));
    std::os::unix::fs::symlink("/etc/hostname", &answers).expect("a link");
    assert!(
        resolve(primary)
            .refused(1, "answers-parse")
            .contains("leads out of the environment's folder")
    );
    let bind = [
        "--kind",
        KIND,
        "--pack-ref",
        "x",
        "--instance-id",
        "new",
        "--answers-ref",
        "../../secret.json",
    ];
    extensions(&sandbox, "add", &bind).refused(2, "invalid-argument");
}

#[test]
fn lists_and_tool_checks_keep_the_native_form() {
    let sandbox = Sandbox::with_fixture("busy");
    let native = |file: &str| -> Value {
        let text =
            std::fs::read_to_string(repository().join("tests/fixtures/native/busy").join(file))
                .expect("a fixture");
        serde_json::from_str::<Value>(&text).expect("JSON")["result"].clone()
    };
    let ours = sandbox.extensions().list().succeeded().result();
    let without_answers = |mut list: Value| {
        let bound = list["extensions"].as_array_mut().expect("a list");
        bound
            .iter_mut()
            .for_each(|bound| drop(bound.as_object_mut().map(|bound| bound.remove("answers_ref"))));
        list
    };
    assert_eq!(without_answers(ours), native("extensions-list.json"));
    let ours = sandbox.env_packs().list().succeeded().result();
    let mut expected = native("env-packs-list.json");
    expected["bindings"][1]["answers_ref"] = json!("env-packs/secrets/answers.json");
    assert_eq!(ours, expected);
    assert_eq!(sandbox.env().show().succeeded().result(), native("env-show.json"));
    let ours = sandbox.env().tool_check().exited(1).result();
    for field in ["bindings", "total_checks", "failed_checks", "extension_bindings"] {
        assert_eq!(ours[field], native("tool-check.json")[field], "{field}");
    }
    let kinds = |report: &Value, list: &str| -> Vec<Value> {
        report[list].as_array().expect("a list").iter().map(|entry| entry["kind"].clone()).collect()
    };
    for list in ["unresolved_bindings", "extension_unresolved_bindings"] {
        assert_eq!(kinds(&ours, list), kinds(&native("tool-check.json"), list));
    }
}

//! Addresses that a pack leaves to the operator's answers: `${answers.<name>}`.

use std::net::TcpListener;

use serde_json::{Value, json};
use snapbox::str;

use test_support::snapshots::assert_json;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, assert_contains, packs, text};

const KIND: &str = "acme.secrets.vault@0.4.2";
const PATH: &str = "acme.secrets.vault";
const REF: &str = "vault.json";

/// An environment with a pack that reaches the address in the answer `address`, the programs
/// that it needs, and the file of the pack.
fn with_vault(flags: &[&str]) -> (Sandbox, String) {
    let mut sandbox = Sandbox::with_local();
    sandbox.program("vault", "[ \"$1\" = version ] && echo 'Vault v1.15.2' || echo 'id x'");
    let pack = sandbox.built_pack(test_artifacts::vault(), "0.4.2", flags);
    let pack = pack.display().to_string();
    (sandbox, pack)
}

fn update<'a>(sandbox: &'a Sandbox, pack: &str) -> Gtc<'a> {
    sandbox.env_packs().update("secrets").kind(KIND).pack_ref(pack)
}

fn answer(sandbox: &Sandbox, address: &str) {
    let file = sandbox.write("new.json", json!({"address": address}).to_string());
    sandbox.answers().put().answers_ref(REF).file(file).succeeded();
}

fn grants(sandbox: &Sandbox) -> Value {
    let listed = sandbox.grants().list().succeeded().result();
    listed["bindings"][0]["grants"]["network"].clone()
}

fn findings(output: &Output, code: &str) -> Vec<Value> {
    let report = output.result();
    let findings = report["findings"].as_array().expect("findings").iter();
    findings.filter(|finding| finding["code"] == code).cloned().collect()
}

/// Runs the command in backquotes that begins with these words.
#[track_caller]
fn run_suggested(sandbox: &Sandbox, message: &str, start: &str) {
    let command = message.split('`').find(|part| part.starts_with(start));
    let words = shell_words::split(command.expect("a command")).expect("words");
    sandbox.gtc(&words[1..]).succeeded();
}

#[test]
fn binding_shows_and_grants_the_address_of_the_answers() {
    let (sandbox, pack) = with_vault(&["--network", "${answers.address}"]);
    let inspected = sandbox.pack().inspect(&pack).succeeded().result();
    assert_eq!(inspected["handlers"][0]["declared"]["network"], json!(["${answers.address}"]));
    answer(&sandbox, "https://Vault.example/v1");
    let update = update(&sandbox, &pack).answers_ref(REF);
    let refused = update.clone().grant_tool("vault token lookup").refused(1, "unauthorized");
    assert_contains(&refused, &["to reach `vault.example:443`", "--network vault.example:443"]);
    update.clone().grant_network("other.example:443").refused(1, "unauthorized");
    let invalid = update.clone().grant_network("${answers.address}").refused(2, "invalid-argument");
    assert_contains(&invalid, &["grant the address that the answers name"]);
    let bound = update.grant_declared().succeeded().result();
    assert_eq!(bound["grants"]["network"], json!(["vault.example:443"]));
    assert_eq!(grants(&sandbox), json!(["vault.example:443"]));
    sandbox.env().doctor().succeeded();
    sandbox
        .env_packs()
        .update("secrets")
        .refresh()
        .succeeded()
        .has(&["unchanged"], str!["unchanged: true"]);
}

#[test]
fn answers_that_change_the_address_make_it_ungranted() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (sandbox, pack) = with_vault(&["--network", "${answers.address}"]);
    answer(&sandbox, "https://vault.example:8200");
    update(&sandbox, &pack).answers_ref(REF).grant_declared().succeeded();
    sandbox.env().doctor().succeeded();

    answer(&sandbox, &format!("http://{address}/v1"));
    let doctor = sandbox.env().doctor().exited(1);
    assert_json(
        &findings(&doctor, "permission-not-granted")[0],
        str![[r#"
{
  "code": "permission-not-granted",
  "severity": "finding",
  "subject": "slot `secrets` (`acme.secrets.vault@0.4.2`)",
  "reason": "it requires permissions that are not granted: to reach `[HOST]`",
  "next": "grant them with `gtc op grants add --env local --kind acme.secrets.vault --network [HOST]`"
}
"#]],
    );
    let checked = sandbox.env().tool_check().exited(1);
    let bindings = checked.result()["bindings"].clone();
    let secrets = bindings.as_array().expect("a list").iter();
    let secrets = secrets.clone().find(|binding| binding["slot"] == "secrets").expect("bound");
    assert_eq!(secrets["missing_grants"]["network"], json!([address]));
    assert!(
        secrets["checks"].to_string().contains("is declared by the pack, but not granted"),
        "{secrets}"
    );
    let next = text(&secrets["missing_grants"]["next"]);
    let human = sandbox.env().tool_check().human().exited(1);
    human.shows(&["next: `acme.secrets.vault@0.4.2`: it requires permissions", next]);
    // a refresh asks for it too
    let refused = sandbox.env_packs().update("secrets").refresh().refused(1, "unauthorized");
    assert_contains(&refused, &[&address]);

    run_suggested(&sandbox, next, "gtc op grants add");
    sandbox.env().doctor().succeeded();
    sandbox.env().tool_check().succeeded();
    // the old address is granted still, but nothing declares it, so it allows nothing
    assert_eq!(grants(&sandbox), json!(["vault.example:8200", address]));
    answer(&sandbox, "https://vault.example:8200");
    sandbox.env().doctor().succeeded();
}

#[test]
fn without_answers_the_permission_is_unresolved() {
    let (sandbox, pack) = with_vault(&["--network", "${answers.address}"]);
    let bound = update(&sandbox, &pack).grant_declared().succeeded().result();
    assert_eq!(
        bound["warnings"],
        json!([
            "slot `secrets`: `${answers.address}` is not answered, so its permission allows nothing"
        ])
    );
    assert_eq!(bound["grants"]["network"], json!([]));
    let doctor = sandbox.env().doctor().succeeded();
    let [unresolved] = &findings(&doctor, "permission-unresolved")[..] else { panic!("one") };
    assert_eq!(unresolved["severity"], "information");
    assert_contains(text(&unresolved["reason"]), &["`${answers.address}` is not answered"]);
    sandbox.env().doctor().strict().exited(1);
    sandbox.env().tool_check().succeeded();
    sandbox.grants().add(PATH).network("vault.example:1").refused(1, "unauthorized");

    // the commands of the finding give it answers, which doctor then finds ungranted
    let next = text(&unresolved["next"]);
    run_suggested(&sandbox, next, "gtc op env-packs update");
    sandbox.write("new.json", r#"{"address": "vault.example:8200"}"#);
    run_suggested(&sandbox, &next.replace("<file>", "new.json"), "gtc op answers put");
    sandbox.env().doctor().exited(1);
    sandbox.grants().add(PATH).declared().succeeded();
    assert_eq!(grants(&sandbox), json!(["vault.example:8200"]));
    sandbox.env().doctor().succeeded();
}

#[test]
fn an_answer_that_is_not_an_address_is_a_finding() {
    let (sandbox, pack) = with_vault(&["--network", "${answers.address}"]);
    answer(&sandbox, "hunter2");
    update(&sandbox, &pack).answers_ref(REF).grant_declared().succeeded();
    let doctor = sandbox.env().doctor().exited(1);
    let [invalid] = &findings(&doctor, "permission-unresolved")[..] else { panic!("one") };
    assert_eq!(invalid["severity"], "finding");
    assert!(!invalid.to_string().contains("hunter2"), "{invalid}");
    let file = sandbox.write("new.json", r#"{"address": {"host": "vault.example"}}"#);
    sandbox.answers().put().answers_ref(REF).file(file).succeeded();
    assert_eq!(findings(&sandbox.env().doctor().exited(1), "permission-unresolved").len(), 1);
}

#[test]
fn a_denial_says_that_the_pack_does_not_declare_the_address() {
    let (sandbox, pack) = with_vault(&["--network", "vault.example:8200"]);
    answer(&sandbox, "https://other.example:8200");
    update(&sandbox, &pack).answers_ref(REF).grant_declared().succeeded();
    let checked = sandbox.env().tool_check().exited(1);
    assert_contains(&checked.stdout, &["`other.example:8200` is not declared by the pack"]);
    assert!(!checked.stdout.contains("missing_grants"), "{checked:?}");
}

#[test]
fn each_instance_is_granted_the_address_of_its_own_answers() {
    let sandbox = Sandbox::with_local();
    let pack = |version: &str| {
        let mut handler = Handler::new("extension", "acme.oauth.oidc", "^1");
        handler.imports =
            "(import \"greentic:env-pack/network@0.1.0\" \"reach\" (func (param i32 i32 i32 i32)))"
                .to_owned();
        handler.fields = format!("(@custom \"version\" \"{version}\")");
        let permissions = packs::permissions(&[], &["${answers.issuer}", "id.example:443"]);
        sandbox.write("packs/oidc.gtpack", handler.archive_with(permissions)).display().to_string()
    };
    for instance in ["eu", "us"] {
        let file =
            sandbox.write("new.json", format!("{{\"issuer\": \"https://{instance}.example\"}}"));
        let answers_ref = format!("{instance}.json");
        sandbox.answers().put().answers_ref(&answers_ref).file(file).succeeded();
        let add = sandbox.extensions().add().kind("acme.oauth.oidc@1.0.0").pack_ref(pack("1"));
        add.instance_id(instance).answers_ref(&answers_ref).grant_declared().succeeded();
    }
    // a new version for both needs no new grants
    let update = sandbox.extensions().update().kind("acme.oauth.oidc@1.0.0").pack_ref(pack("2"));
    update.instance_id("eu").all_instances().succeeded();
    let listed = sandbox.grants().list().succeeded().result();
    let network = |at: usize| listed["bindings"][at]["grants"]["network"].clone();
    assert_eq!(network(0), json!(["eu.example:443", "id.example:443"]));
    assert_eq!(network(1), json!(["us.example:443", "id.example:443"]));
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_malformed_path_is_refused() {
    let sandbox = Sandbox::new();
    for path in ["${answers}", "${answers.}", "${answers.a b}", "${env.HOME}", "${answers.a}:80"] {
        let build = sandbox.pack().build(test_artifacts::vault()).version("0.4.2");
        let refused = build.allow_network(path).refused(2, "invalid-argument");
        assert_contains(&refused, &["is not a valid permission"]);
    }
}

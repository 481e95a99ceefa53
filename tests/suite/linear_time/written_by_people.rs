//! The documents that people write: answers, arguments in a file, scenarios, and project files.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{check, environment, stored};
use test_support::Sandbox;
use test_support::wat::Handler;

#[test]
fn answers_and_payloads() {
    check("answers show", 15_000, 0, |sandbox, number| {
        environment(sandbox, []);
        let members: Map<String, Value> =
            (0..number).map(|at| (format!("x{at}"), Value::Null)).collect();
        stored(sandbox, "answers/a.json", &members.into());
        sandbox.answers().show().answers_ref("answers/a.json").command()
    });
    for name in ["payload.json", "payload.yaml"] {
        check(name, 5_000, 1, |sandbox, number| {
            environment(sandbox, []);
            let commands: Vec<String> = (0..number).map(|at| format!("tool{at} version")).collect();
            let payload =
                json!({"environment_id": "local", "kind": "acme.ext@1.0.0", "tools": commands});
            let file = sandbox.write(name, payload.to_string());
            sandbox.verb("op grants add").answers(file).command()
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
    check("a scenario in YAML", 2_000, 1, |sandbox, number| {
        let scenario = format!("given:\n  tools:\n{}expect: {{}}\n", calls(number));
        test(sandbox, "scenario.yaml", &scenario)
    });
    check("a scenario in JSON", 2_000, 1, |sandbox, number| {
        let command = |at| (format!("tool{at} version"), json!("missing"));
        let tools: Map<String, Value> = (0..number).map(command).collect();
        let scenario = json!({"given": {"tools": tools}, "expect": {}});
        test(sandbox, "scenario.json", &scenario.to_string())
    });
}

#[test]
fn tables_of_a_project_file() {
    // the handler does not exist, which is noticed after the file was read
    check("permissions", 20_000, 2, |sandbox, number| {
        let tools: Vec<String> = (0..number).map(|at| format!("\"tool{at} version\"")).collect();
        let tools = tools.join(", ");
        let project = format!(
            "language = \"javascript\"\nversion = \"1.0.0\"\n[permissions]\ntools = [{tools}]\n"
        );
        sandbox.write("gtc-pack.toml", project);
        sandbox.verb("pack build").limit("project.file-bytes=1GiB").command()
    });
}

/// The items of a list that must differ are not compared with each other.
#[test]
fn answers_with_a_schema() {
    check("answers put", 10_000, 0, |sandbox, number| {
        environment(sandbox, []);
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "properties": {"all": {"type": "array", "uniqueItems": true}},
        });
        let handler = Handler::new("state", "acme.state.a", "^1");
        let pack = handler.archive_with_schema("1.0.0", &schema.to_string());
        let pack = sandbox.write("a.gtpack", pack);
        let update = sandbox.env_packs().update("state").kind("acme.state.a@1.0.0").pack_ref(pack);
        update.answers_ref("answers/a.json").succeeded();
        let all: Vec<String> = (0..number).map(|at| format!("item {at}")).collect();
        let file = sandbox.write("a.json", json!({"all": all}).to_string());
        sandbox.answers().put().answers_ref("answers/a.json").file(file).command()
    });
}

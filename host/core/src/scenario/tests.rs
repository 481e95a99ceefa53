//! Recorded scenarios parse back unchanged.

use std::path::Path;

use env_pack_domain::{CheckOutcome, ForeignText, ToolCheck};

use super::*;

fn read_yaml(text: &str) -> Result<Scenario, InvalidScenario> {
    read(text.as_bytes(), Path::new("x.yaml"))
}

#[track_caller]
fn round_trip(stdout: &str) {
    let reply =
        Shorthand::Full(CommandResult { stdout: stdout.to_owned(), ..CommandResult::default() });
    let handler = "a.b".parse().expect("a path");
    let environment = "local".parse().expect("an id");
    let tools =
        vec![(CommandLine(vec!["x".to_owned(), stdout.to_owned()]), vec![reply.clone(), reply])];
    let name = ForeignText::new(format!("n {stdout}"));
    let outcome = CheckOutcome::Missing { install_hint: ForeignText::new(stdout) };
    let check = ToolCheck { name: name.clone(), description: ForeignText::default(), outcome };
    let answers = serde_json::json!({ stdout: [stdout, 1.5, u64::MAX, null, true, {}] });
    let text = to_yaml(&RecordedRun {
        handler: &handler,
        environment_id: &environment,
        instance_id: None,
        answers: Some(&answers),
        tools: tools.clone(),
        network: vec![(HostPort::new("::1", 1), vec![Shorthand::Word(ConnectionStatus::TimedOut)])],
        checks: &Ok(vec![check]),
    });
    let scenario = read_yaml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let tools_again: Vec<_> =
        scenario.given.tools.0.into_iter().map(|(command, replies)| (command, replies.0)).collect();
    assert_eq!(tools_again, tools, "{text}");
    assert_eq!(scenario.given.answers, Some(answers), "{text}");
    let [
        (
            name_again,
            Shorthand::Full(ExpectedFields { install_hint: Some(Shorthand::Word(hint)), .. }),
        ),
    ] = &scenario.expect.checks.0[..]
    else {
        panic!("{text}")
    };
    assert_eq!((name_again.as_str(), hint.as_str()), (name.as_exact(), stdout), "{text}");
}

#[test]
fn recorded_scenarios_parse_back_unchanged() {
    for stdout in [
        "",
        " ",
        "x",
        "a: b",
        "- a",
        "#",
        "null",
        "~",
        "1.0",
        "yes",
        "No",
        "Y",
        "NULL",
        "a ",
        "a  b",
        "é",
        "a\n",
        "a\nb",
        "a\nb\n",
        "a\nb\n\n",
        "\n",
        "\n\n",
        " a\nb\n",
        "a\n  b\n\n c\n",
        "a\n \nb\n",
        "a\tb\n\tc\n",
        "a\r\nb\r\n",
        "---\nx\n",
        "...\nx\n",
        "a\n---\nb\n",
        "a #b\n: c\n",
        "\"",
        "'",
        "\\",
        "\\n",
        "a\u{0}b",
        "\u{1b}[0m",
        "\u{85}",
        "\u{2028}\nx\n",
        "\u{feff}x\n",
        "\u{202e}\ny\n",
        "\u{e0041}",
        "é🦀\n東京\n",
        "%YAML\nx\n",
        "{a\n[b\n",
        "|\n>\n",
        "\u{7f}",
        "\u{ffff}",
        "x y\nz  \n",
        &"long ".repeat(400),
    ] {
        round_trip(stdout);
    }
}

#[test]
fn host_calls_match_any_spelling() {
    let command = HostCall::Command(CommandLine(vec!["vault".to_owned(), "a b".to_owned()]));
    assert!(
        command.matches("vault 'a b'")
            && command.matches("vault \"a b\"")
            && !command.matches("vault a b")
            && !command.matches("'")
    );
    let address = HostCall::Address(HostPort::new("Host.Example", 80));
    assert!(
        address.matches("host.example:80")
            && address.matches("HOST.EXAMPLE:80")
            && !address.matches("host.example:81")
    );
    assert!(HostCall::Address(HostPort::new("::1", 80)).matches("[::1]:80"));
    assert_eq!(HostPort::new("::1", 80).to_string(), "[::1]:80");
}

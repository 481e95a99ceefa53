//! The command line itself: schemas, formats, help, completions, exit codes.

use serde_json::{Value, json};

use test_support::{Sandbox, assert_contains, gtc, run, text};

/// All commands, each as its path of subcommands.
pub(crate) fn verbs() -> Vec<Vec<String>> {
    fn walk(command: &clap::Command, words: &[String], verbs: &mut Vec<Vec<String>>) {
        if command.get_subcommands().next().is_none() {
            verbs.push(words.to_vec());
        }
        for subcommand in command.get_subcommands().filter(|command| !command.is_hide_set()) {
            walk(subcommand, &[words, &[subcommand.get_name().to_owned()]].concat(), verbs);
        }
    }
    let mut verbs = Vec::new();
    walk(&gtc::command_tree(), &[], &mut verbs);
    assert!(verbs.len() > 20, "{verbs:?}");
    verbs
}

fn schema(verb: &[&str]) -> Value {
    let schema = Sandbox::new().gtc(verb.iter().chain(&["--schema"])).succeeded();
    serde_json::from_str(&schema.stdout).expect("JSON")
}

#[test]
fn schema_flag_prints_a_schema_and_touches_nothing() {
    for verb in verbs() {
        let sandbox = Sandbox::new().with_own_cache();
        let schema = sandbox.gtc(verb.iter().map(String::as_str).chain(["--schema"])).succeeded();
        let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{verb:?}");
        assert_eq!(
            (text(&schema["type"]), &schema["additionalProperties"]),
            ("object", &Value::Bool(false)),
            "{verb:?}"
        );
        let touched: Vec<_> = std::fs::read_dir(sandbox.home()).expect("a folder").collect();
        assert!(touched.is_empty(), "{verb:?}: {touched:?}");
    }
    assert_eq!(
        schema(&["op", "env-packs", "add"])["required"],
        json!(["environment_id", "slot", "kind", "pack_ref"])
    );
}

#[test]
fn every_verb_reads_an_answers_file() {
    let sandbox = Sandbox::new();
    let unknown = sandbox.write("unknown.json", r#"{"no_such_argument": 1}"#).display().to_string();
    for verb in verbs() {
        let verb = verb.iter().map(String::as_str);
        let message =
            sandbox.gtc(verb.chain(["--answers", &unknown])).refused(2, "invalid-argument");
        assert_contains(&message, &["unknown.json", "no_such_argument"]);
    }
    let shell = sandbox.write("shell.yaml", "shell: fish\n").display().to_string();
    sandbox.gtc(["completions", "--answers", &shell]).succeeded().shows(&["GTC_COMPLETE=fish"]);
    let shell = sandbox.write("shell.json", r#"{"shell": "tcsh"}"#).display().to_string();
    let message = sandbox.gtc(["completions", "--answers", &shell]).refused(2, "invalid-argument");
    assert!(message.contains("`tcsh` is not one of bash"), "{message}");
}

#[test]
fn answers_come_from_standard_input_or_a_fifo() {
    let sandbox = Sandbox::new();
    let from_stdin = |text: &str| {
        let answers = sandbox.write("answers", text);
        let mut gtc = sandbox.gtc_command();
        gtc.args(["op", "env", "create", "--answers", "-"]);
        run(gtc.stdin(std::fs::File::open(answers).expect("a file")))
    };
    let json = "\u{feff}{\t\"environment_id\": \"one\", \"name\": \"\\ud83d\\ude00\\/\"}";
    from_stdin(json).succeeded();
    from_stdin("environment_id: two\n").succeeded();
    let refused = from_stdin("environment_id: {\n").refused(2, "invalid-argument");
    assert_contains(&refused, &["invalid arguments in standard input"]);
    from_stdin(&" ".repeat((1 << 20) + 1)).refused(2, "archive-too-large");
    let fifo = "mkfifo fifo; echo 'environment_id: three' > fifo & $0 op env create --answers fifo";
    run(sandbox.command("/bin/sh").args(["-c", fifo, gtc()])).succeeded();
    let pipe = "$0 op env create --answers <(echo '{\"environment_id\": \"four\"}')";
    run(sandbox.command("/bin/bash").args(["-c", pipe, gtc()])).succeeded();
    let listed = sandbox.gtc(["op", "env", "list"]).succeeded().result();
    let ids = test_support::members(&listed["environments"], "environment_id");
    assert_eq!(ids, [json!("four"), json!("one"), json!("three"), json!("two")]);
    assert_eq!(sandbox.document("one")["name"], "\u{1f600}/");
}

#[test]
fn schemas_list_allowed_values() {
    let slots = json!(["deployer", "secrets", "telemetry", "sessions", "state", "revocation"]);
    for verb in ["add", "update", "remove", "rollback"] {
        assert_eq!(
            schema(&["op", "env-packs", verb])["properties"]["slot"]["enum"],
            slots,
            "{verb}"
        );
    }
    for noun in ["env-packs", "extensions"] {
        let schema = schema(&["op", noun, "add"]);
        let all = &schema["$defs"]["GrantsPayload"]["properties"]["all"];
        assert_eq!(all["enum"], json!(["declared", null]), "{all}");
    }
    assert_eq!(schema(&["completions"])["properties"]["shell"]["enum"][0], "bash");
}

#[test]
fn environment_is_a_positional_or_a_flag() {
    let sandbox = Sandbox::new();
    sandbox.gtc(["op", "env", "create", "one"]).succeeded();
    sandbox.gtc(["op", "env", "init", "two"]).succeeded();
    sandbox.gtc(["op", "env", "init", "--env", "three"]).succeeded();
    for (named, slot) in [(&["one"][..], "state"), (&["--env", "one"], "sessions")] {
        for verb in
            [["env", "show"], ["env", "doctor"], ["env-packs", "list"], ["extensions", "list"]]
        {
            sandbox.gtc(["op"].iter().chain(&verb).chain(named)).succeeded();
        }
        let slot = ["--slot", slot];
        sandbox.gtc(["op", "env-packs", "remove"].iter().chain(&slot).chain(named)).succeeded();
        sandbox.gtc(["op", "env", "init"].iter().chain(named)).succeeded();
        sandbox
            .gtc(["op", "extensions", "resolve", "ext://a.b"].iter().chain(named))
            .refused(1, "not-found");
    }
    let both =
        sandbox.gtc(["op", "env", "show", "one", "--env", "two"]).refused(2, "invalid-argument");
    assert!(both.contains("cannot be used with"), "{both}");
    let none = sandbox
        .gtc(["op", "env-packs", "remove", "--slot", "state"])
        .refused(2, "invalid-argument");
    assert!(none.contains("--env <ENV>"), "{none}");
}

#[test]
fn format_defaults_to_json_off_a_terminal() {
    let sandbox = Sandbox::with_local();
    assert!(
        sandbox
            .gtc(["op", "env", "list"])
            .stdout
            .starts_with("{\"op\":\"list\",\"noun\":\"env\",\"result\":{")
    );
    let human = sandbox.human(["op", "env", "list"]).stdout;
    assert!(human.contains("ENVIRONMENT") && !human.contains('\u{1b}'), "{human}");
    let mut command = sandbox.gtc_command();
    command.args(["op", "env", "list", "--format", "human"]).env("CLICOLOR_FORCE", "1");
    assert!(run(&mut command).stdout.contains('\u{1b}'), "`CLICOLOR_FORCE` forces colour");
    command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    assert!(!run(&mut command).stdout.contains('\u{1b}'));
}

#[test]
fn json_output_is_one_line() {
    let sandbox = Sandbox::with_fixture("busy");
    let path = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&path)
        .expect("a file")
        .replace("\"retention\": {}", "\"retention\": {\"days\": 1.50}");
    std::fs::write(&path, &text).expect("a file");
    let shown = sandbox.gtc(["op", "env", "show", "local"]).succeeded();
    assert_eq!(shown.stdout.lines().count(), 1, "{}", shown.stdout);
    assert!(shown.stdout.contains("\"retention\":{\"days\":1.50}"));
    let human = sandbox.human(["op", "env", "show", "local"]).succeeded().stdout;
    assert!(human.contains(&text), "text output keeps the layout of the file: {human}");
}

#[test]
fn usage_errors_exit_2_and_are_json_off_a_terminal() {
    let sandbox = Sandbox::new();
    let message = sandbox.gtc(["op", "env", "frobnicate"]).refused(2, "invalid-argument");
    assert!(message.contains("unrecognized subcommand 'frobnicate'"), "{message}");
    let message =
        sandbox.gtc(["op", "env-packs", "add", "--env", "local"]).refused(2, "invalid-argument");
    assert!(message.contains("--slot") && message.contains("--pack-ref"), "{message}");
    let human = sandbox.human(["op", "env-packs", "add"]).exited(2);
    assert!(human.stderr.contains("Usage: gtc op env-packs add"), "{human:?}");
    let none = sandbox.gtc::<&str>([]).refused(2, "invalid-argument");
    assert!(none.starts_with("a command is missing: one of `op`, `pack`"), "{none}");
    let check = |arguments: &[&str], noun: Value, op: Value, message: &str| {
        let ran = sandbox.gtc(arguments).exited(2);
        let envelope: Value = serde_json::from_str(&ran.stderr).expect("JSON");
        assert_eq!((&envelope["noun"], &envelope["op"]), (&noun, &op), "{envelope}");
        assert_eq!(text(&envelope["error"]["message"]), message);
    };
    check(&["op", "env", "frob"], json!("env"), json!(null), "unrecognized subcommand 'frob'");
    check(&["op", "frob"], json!(null), json!(null), "unrecognized subcommand 'frob'");
    check(
        &["op", "--format", "json", "env-packs", "remove", "--env", "local"],
        json!("env-packs"),
        json!("remove"),
        "the following required arguments were not provided: --slot <SLOT>",
    );
    check(
        &["op", "env-packs", "remove", "--env"],
        json!("env-packs"),
        json!("remove"),
        "a value is required for '--env <ENV>' but none was supplied",
    );
    check(
        &["pack"],
        json!("pack"),
        json!(null),
        "a command is missing: one of `new`, `build`, `inspect`, `bench`, `validate`, `test`, `repack`, `push`, `pull`, `save`, `load`, `keygen`, `sign`, `verify`",
    );
}

#[test]
fn help_and_version() {
    let sandbox = Sandbox::new();
    sandbox.gtc(["--version"]).succeeded().shows(&["gtc 0.1.0"]);
    sandbox.gtc(["--help"]).succeeded().shows(&["op", "pack", "completions"]);
}

#[test]
fn examples_in_pack_help_parse() {
    let tree = gtc::command_tree();
    let pack = tree.find_subcommand("pack").expect("it is there");
    for verb in pack.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let help =
            verb.get_after_help().unwrap_or_else(|| panic!("{}", verb.get_name())).to_string();
        let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  gtc ")).collect();
        assert!(!examples.is_empty() && help.lines().all(|line| line.len() <= 80), "{help}");
        for example in examples {
            let words = shell_words::split(example).expect("words");
            assert_eq!(words[1..3], ["pack", verb.get_name()], "{example}");
            let parsed = gtc::command_tree().try_get_matches_from(words);
            parsed.unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }
    Sandbox::new()
        .human(["pack", "test", "--help"])
        .succeeded()
        .shows(&["Examples:", "  gtc pack test vault.gtpack"]);
}

#[test]
fn missing_home_names_the_variables_to_set() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.gtc_command();
    command.args(["op", "env", "list"]).env("HOME", "somewhere").env_remove("GTC_CACHE_DIR");
    let ran = run(&mut command).exited(2);
    assert!(ran.stderr.contains("set HOME"), "{ran:?}");
    command
        .env("GTC_STORE_ROOT", sandbox.home().join("store"))
        .env("GTC_CACHE_DIR", sandbox.home().join("cache"));
    run(&mut command).succeeded();
}

#[test]
fn closed_pipe_is_not_an_error() {
    let sandbox = Sandbox::with_local();
    let mut command = sandbox.command("/bin/sh");
    command.arg("-c").arg(format!("{} op env show local | head -c 1; exit 0", gtc()));
    let ran = run(&mut command).succeeded();
    assert_eq!(ran.stderr, "");
}

#[test]
fn limits_can_be_changed_but_not_disabled() {
    let sandbox = Sandbox::with_local();
    let listed =
        sandbox.gtc(["doctor", "limits", "--limit", "handler.memory=32MiB"]).succeeded().result();
    let memory = listed["limits"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|limit| limit["name"] == "handler.memory");
    assert_eq!(memory.expect("it is listed")["shown"], "32 MiB");
    sandbox.human(["doctor", "limits"]).succeeded().shows(&[
        "archive.bytes ",
        " 64 MiB\n",
        "handler.preflight-time ",
        " 30 s\n",
    ]);

    let inspect = ["pack", "inspect", "greentic.state.in-memory@0.1.0"];
    let refused = sandbox
        .gtc(inspect.iter().chain(&["--limit", "archive.bytes=1KiB"]))
        .refused(1, "archive-too-large");
    assert!(refused.contains("more than the 1024 allowed"), "{refused}");
    let mut command = sandbox.gtc_command();
    let ran = run(command.args(inspect).env("GTC_LIMITS", "probe.number=1,archive.entries=2"));
    ran.refused(1, "zip-entry-count");
    for bad in [
        "archive.bytes=0",
        "archive.bytes=unlimited",
        "archive.size=1",
        "archive.bytes",
        "\u{1b}[2J=1",
    ] {
        let refused =
            sandbox.gtc(inspect.iter().chain(&["--limit", bad])).refused(2, "invalid-argument");
        assert!(!refused.contains('\u{1b}'), "{refused}");
    }
}

#[test]
fn of_a_repeated_flag_the_last_one_counts() {
    let sandbox = Sandbox::new();
    let list = |flags: &[&str]| sandbox.gtc([&["op", "env", "list"], flags].concat());
    let human = list(&["--format", "json", "--format", "human"]).succeeded();
    assert!(!human.stdout.starts_with('{'), "{human:?}");
    let other = sandbox.home().join("other").display().to_string();
    let report = list(&["--store-root", "/nowhere", "--store-root", &other]).succeeded();
    assert_eq!(report.result()["store_root"], other);
    // lists add up, and other flags of a verb are given once
    let limits = ["--limit", "archive.bytes=1MiB", "--limit", "archive.entries=7"];
    let report = sandbox.gtc(["doctor", "limits"].into_iter().chain(limits)).succeeded();
    assert!(report.stdout.contains("1 MiB") || report.stdout.contains("1048576"), "{report:?}");
    sandbox.env_packs().remove("state").args(["--slot", "state"]).exited(2);
}

#[test]
fn suggested_commands_repeat_the_folders_of_a_run() {
    let sandbox = Sandbox::with_local();
    let root = sandbox.home().join("my envs").display().to_string();
    let flags = format!(" --store-root '{root}' --cache-dir ./cache`");
    let gtc = |arguments: &[&str]| {
        sandbox.gtc([arguments, &["--store-root", &root, "--cache-dir", "./cache"]].concat())
    };
    let refusal = gtc(&["op", "env", "show", "prod"]).refused(1, "not-found");
    let create = format!("`gtc op env create --env prod{flags}");
    assert_contains(&refusal, &[&create, &format!("`gtc op env list{flags}")]);

    gtc(&["op", "env", "create", "--env", "prod", "--empty"]).succeeded();
    let doctor = gtc(&["op", "env", "doctor", "prod"]).succeeded().result();
    let next = doctor["findings"][0]["next"].as_str().unwrap_or_default();
    assert_contains(next, &["`gtc op env-packs add --env prod --slot deployer", &flags]);
    let human = gtc(&["op", "env", "doctor", "prod", "--format", "human"]).succeeded();
    assert!(human.stdout.contains(&flags), "{}", human.stdout);
    assert!(!human.stdout.contains(&format!("{0}{0}", &flags[..flags.len() - 1])), "{human:?}");

    // a variable holds for the next command too
    let show = ["op", "env", "show", "prod"];
    let mut command = sandbox.gtc_command();
    let shown = run(command.args(show).env("GTC_STORE_ROOT", sandbox.home()));
    assert!(!shown.refused(1, "not-found").contains("--store-root"));
}

#[test]
fn a_noun_without_op_gets_a_suggestion() {
    let sandbox = Sandbox::new();
    for noun in ["env", "env-packs", "extensions", "grants", "trust-root"] {
        let failed = sandbox.gtc([noun, "list"]).exited(2);
        assert!(failed.stderr.contains(&format!("'op {noun}'")), "{failed:?}");
    }
    let unknown = sandbox.gtc(["widgets"]).exited(2);
    assert!(!unknown.stderr.contains("'op"), "{unknown:?}");
}

#[test]
fn files_may_begin_with_a_byte_order_mark() {
    let sandbox = Sandbox::with_local();
    let folder = sandbox.environment("local");
    let document = std::fs::read_to_string(folder.join("environment.json")).expect("a file");
    std::fs::write(folder.join("environment.json"), format!("\u{feff}{document}")).expect("a file");
    std::fs::write(folder.join("answers.json"), "\u{feff}{\"a\": 1}").expect("a file");
    sandbox.env().doctor().succeeded();
    sandbox.write("remove.json", "\u{feff}{\"environment_id\": \"local\", \"slot\": \"state\"}");
    sandbox.gtc(["op", "env-packs", "remove", "--answers", "remove.json"]).succeeded();
    sandbox.write("remove.yaml", "\u{feff}environment_id: local\nslot: sessions\n");
    sandbox.gtc(["op", "env-packs", "remove", "--answers", "remove.yaml"]).succeeded();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    let add = sandbox.extensions().add().kind("acme.oauth.auth0@1.0.0").pack_ref(pack);
    add.answers_ref("answers.json").succeeded();
    let answers = sandbox.extensions().resolve("ext://acme.oauth.auth0").succeeded().result();
    assert_eq!(answers["answers"], json!({"a": 1}));
}

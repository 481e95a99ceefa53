//! The command line itself: schemas, formats, help, completions, exit codes.

use serde_json::Value;

use crate::support::{Sandbox, text};

const VERBS: [&[&str]; 20] = [
    &["op", "env", "init"],
    &["op", "env", "create"],
    &["op", "env", "list"],
    &["op", "env", "show"],
    &["op", "env", "doctor"],
    &["op", "env", "tool-check"],
    &["op", "env-packs", "add"],
    &["op", "env-packs", "update"],
    &["op", "env-packs", "remove"],
    &["op", "env-packs", "rollback"],
    &["op", "env-packs", "list"],
    &["op", "extensions", "add"],
    &["op", "extensions", "update"],
    &["op", "extensions", "remove"],
    &["op", "extensions", "rollback"],
    &["op", "extensions", "list"],
    &["op", "extensions", "resolve"],
    &["pack", "build"],
    &["pack", "inspect"],
    &["pack", "repack"],
];

#[test]
fn every_verb_describes_its_arguments_and_does_nothing() {
    for verb in VERBS {
        let sandbox = Sandbox::new().with_own_cache();
        let schema = sandbox.gtc(verb.iter().chain(&["--schema"])).succeeded();
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
    let schema = Sandbox::new().gtc(["op", "env-packs", "add", "--schema"]).stdout;
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["required"], serde_json::json!(["environment_id", "slot", "kind", "pack_ref"]));
}

#[test]
fn every_verb_in_the_help_is_one_of_those_tested() {
    let sandbox = Sandbox::new();
    let mut groups = vec![vec!["op", "env"], vec!["op", "env-packs"], vec!["op", "extensions"], vec!["pack"]];
    for group in &mut groups {
        let help = sandbox.gtc(group.iter().chain(&["--help"])).succeeded().stdout;
        let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        for name in names {
            let verb = [&group[..], &[name]].concat();
            assert!(VERBS.contains(&verb.as_slice()), "{verb:?} is in the help and not in the tests");
        }
    }
}

#[test]
fn the_format_follows_who_reads_unless_somebody_says() {
    let sandbox = Sandbox::with_local();
    assert!(sandbox.gtc(["op", "env", "list"]).stdout.starts_with("{\"op\":\"list\",\"noun\":\"env\",\"result\":{"));
    let human = sandbox.human(["op", "env", "list"]).stdout;
    assert!(human.contains("ENVIRONMENT") && !human.contains('\u{1b}'), "{human}");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    command.args(["op", "env", "list", "--format", "human"]).env("CLICOLOR_FORCE", "1");
    assert!(crate::support::run(&mut command).stdout.contains('\u{1b}'), "colour where somebody insists");
    command.env("NO_COLOR", "1").env_remove("CLICOLOR_FORCE");
    assert!(!crate::support::run(&mut command).stdout.contains('\u{1b}'));
}

#[test]
fn wrong_arguments_are_exit_code_2_and_json_for_programs() {
    let sandbox = Sandbox::new();
    let message = sandbox.gtc(["op", "env", "frobnicate"]).refused(2, "invalid-argument");
    assert!(message.contains("unrecognized subcommand 'frobnicate'"), "{message}");
    let message = sandbox.gtc(["op", "env-packs", "add", "--env", "local"]).refused(2, "invalid-argument");
    assert!(message.contains("--slot") && message.contains("--pack-ref"), "{message}");
    let human = sandbox.human(["op", "env-packs", "add"]).exited(2);
    assert!(human.stderr.contains("Usage: gtc op env-packs add"), "{human:?}");
    assert_eq!(sandbox.gtc::<&str>([]).code, 2);
}

#[test]
fn help_version_and_completions_are_there() {
    let sandbox = Sandbox::new();
    sandbox.gtc(["--version"]).succeeded().shows(&["gtc 0.1.0"]);
    sandbox.gtc(["--help"]).succeeded().shows(&["op", "pack", "completions"]);
    for shell in ["bash", "zsh", "fish"] {
        sandbox.gtc(["completions", shell]).succeeded().shows(&["env-packs", "tool-check"]);
    }
}

#[test]
fn without_a_home_it_says_what_to_set() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    command.args(["op", "env", "list"]).env("HOME", "somewhere").env_remove("GTC_CACHE_DIR");
    let ran = crate::support::run(&mut command).exited(2);
    assert!(ran.stderr.contains("set HOME"), "{ran:?}");
    command.env("GTC_STORE_ROOT", sandbox.home().join("store")).env("GTC_CACHE_DIR", sandbox.home().join("cache"));
    crate::support::run(&mut command).succeeded();
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let sandbox = Sandbox::with_local();
    let mut command = sandbox.command("/bin/sh");
    command.arg("-c").arg(format!("{} op env show local | head -c 1; exit 0", env!("CARGO_BIN_EXE_gtc")));
    let ran = crate::support::run(&mut command).succeeded();
    assert_eq!(ran.stderr, "");
}

#[test]
fn a_limit_is_changed_by_flag_or_variable_and_never_taken_away() {
    let sandbox = Sandbox::with_local();
    let listed = sandbox.gtc(["doctor", "limits", "--limit", "handler.memory=32MiB"]).succeeded().result();
    let memory = listed["limits"].as_array().expect("a list").iter().find(|limit| limit["name"] == "handler.memory");
    assert_eq!(memory.expect("it is listed")["shown"], "32 MiB");
    sandbox.human(["doctor", "limits"]).succeeded().shows(&[
        "archive.bytes ",
        " 64 MiB\n",
        "handler.preflight-time ",
        " 30 s\n",
    ]);

    let inspect = ["pack", "inspect", "greentic.state.in-memory@0.1.0"];
    let refused = sandbox.gtc(inspect.iter().chain(&["--limit", "archive.bytes=1KiB"])).refused(1, "archive-too-large");
    assert!(refused.contains("more than the 1024 allowed"), "{refused}");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    let ran = crate::support::run(command.args(inspect).env("GTC_LIMITS", "probe.number=1,archive.entries=2"));
    ran.refused(1, "zip-entry-count");
    for bad in ["archive.bytes=0", "archive.bytes=unlimited", "archive.size=1", "archive.bytes", "\u{1b}[2J=1"] {
        let refused = sandbox.gtc(inspect.iter().chain(&["--limit", bad])).refused(2, "invalid-argument");
        assert!(!refused.contains('\u{1b}'), "{refused}");
    }
}

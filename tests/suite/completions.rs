//! Completions, in the shells that ask for them.

use std::process::Command;

use test_support::{Sandbox, assert_contains, gtc_folder, run, terminal};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// The environments `edge` and `prod`, with an extension that has two instances in `edge`. In the
/// folder are a pack and files with names that a shell would obey.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.env().init().arg("edge").succeeded();
    sandbox.env().init().arg("prod").succeeded();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    for instance in ["eu", "us"] {
        let add = sandbox.extensions().add().env("edge").kind("acme.oauth.auth0@1.0.0");
        add.pack_ref(&pack).instance_id(instance).succeeded();
    }
    sandbox.write("vault.gtpack", "");
    sandbox.write("$(touch ran).gtpack", "");
    sandbox
}

/// The completions of the last word, as fish gets them, without their descriptions.
#[track_caller]
fn completions(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let mut command = sandbox.gtc_command();
    command.env("GTC_COMPLETE", "fish").args(["--", "gtc"]).args(words);
    let ran = run(&mut command).succeeded();
    assert_eq!(ran.stderr, "");
    let value = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    ran.stdout.lines().map(value).collect()
}

#[test]
fn every_shell_has_a_script() {
    let sandbox = Sandbox::new();
    for shell in SHELLS {
        sandbox.gtc(["completions", shell]).succeeded().shows(&["GTC_COMPLETE", "gtc"]);
    }
    let script = sandbox.gtc(["completions", "bash"]).stdout;
    let path = sandbox.write("completions", script);
    run(sandbox.command("/bin/bash").arg("-n").arg(path)).succeeded();
    let help = sandbox.gtc(["completions", "--help"]).succeeded().stdout;
    assert_contains(&help, &["~/.bashrc", "~/.zshrc", "config.fish"]);
}

#[test]
fn names_come_from_the_environments() {
    let sandbox = sandbox();
    let complete = |words: &str| completions(&sandbox, &words.split(' ').collect::<Vec<_>>());
    for (words, expected) in [
        ("op env-packs li", &["list"][..]),
        ("op env show e", &["edge"]),
        ("op env-packs remove --env p", &["prod"]),
        ("op env-packs remove --env=p", &["--env=prod"]),
        ("op env-packs add --env edge --slot te", &["telemetry"]),
        ("op env-packs add --slot s", &["secrets", "sessions", "state"]),
        (
            "op env-packs update --env edge --slot secrets --kind gre",
            &["greentic.secrets.dev-store@0.1.0"],
        ),
        ("op env-packs remove --env edge --slot dep", &["deployer"]),
        ("op extensions add --env edge --kind ac", &["acme.oauth.auth0@1.0.0"]),
        ("op extensions remove --env edge --kind ac", &["acme.oauth.auth0"]),
        ("op extensions remove edge --kind acme.oauth.auth0 --instance-id ", &["eu", "us"]),
        ("op extensions remove edge --kind another --instance-id ", &[]),
        ("op extensions remove --env prod --instance-id ", &[]),
        (
            "op extensions resolve --env edge ext",
            &["ext://acme.oauth.auth0/eu", "ext://acme.oauth.auth0/us"],
        ),
        ("op grants add --env edge --kind acme", &["acme.oauth.auth0"]),
        ("pack new acme.mail --lang py", &["python"]),
        ("pack inspect greentic.st", &["greentic.state.in-memory@0.1.0"]),
        ("pack inspect va", &["vault.gtpack"]),
        ("doctor limits --limit tool-check", &["tool-check.preflights-at-a-time="]),
        ("completions fi", &["fish"]),
        ("op env list --store-r", &["--store-root"]),
    ] {
        assert_eq!(complete(words), expected, "{words}");
    }
    let elsewhere = sandbox.home().display().to_string();
    assert!(
        completions(&sandbox, &["--store-root", &elsewhere, "op", "env", "show", "e"]).is_empty()
    );
}

#[test]
fn endpoints_and_bundles_come_from_the_environment() {
    let sandbox = Sandbox::with_fixture("busy");
    let teams = "01M83W7WAY4Y7WM2ZJ8JZ66T2W";
    let complete = |words: &str| completions(&sandbox, &words.split(' ').collect::<Vec<_>>());
    let endpoint = "op messaging endpoint";
    let ids = complete(&format!("{endpoint} show local --endpoint-id "));
    assert_eq!(ids, [teams, "01M83W7WBFW7B6ZQ8CZHY4MJGR"]);
    let bundles = |verb: &str| {
        complete(&format!("{endpoint} {verb} local --endpoint-id {teams} --bundle-id "))
    };
    assert_eq!(bundles("link-bundle"), ["legal-advisor"]);
    assert!(bundles("unlink-bundle").is_empty());
    let link = sandbox.endpoint().link_bundle("legal-advisor");
    link.endpoint_id(teams).succeeded();
    assert_eq!(bundles("unlink-bundle"), ["legal-advisor"]);
    assert_eq!(bundles("set-welcome-flow"), ["legal-advisor"]);
    let document = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&document).expect("a file");
    std::fs::write(&document, text.replace("\"legal-advisor\"", "\"$(x)\"")).expect("a file");
    assert!(bundles("link-bundle").is_empty() && bundles("unlink-bundle").is_empty());
}

#[test]
fn names_that_a_shell_would_obey_are_not_offered() {
    let sandbox = sandbox();
    for name in ["$(touch ran)", "e;touch ran", "e\u{1b}[2J", "e f", "-e"] {
        std::fs::create_dir_all(sandbox.environment(name)).expect("a folder");
        std::fs::write(sandbox.environment(name).join("environment.json"), "{}").expect("a file");
    }
    let document = sandbox.environment("edge").join("environment.json");
    let text = std::fs::read_to_string(&document).expect("a file");
    std::fs::write(&document, text.replace("\"us\"", "\"u;s $(x)\"")).expect("a file");
    assert_eq!(completions(&sandbox, &["op", "env", "show", "e"]), ["edge"]);
    let instances =
        completions(&sandbox, &["op", "extensions", "remove", "edge", "--instance-id", ""]);
    assert!(instances.iter().all(|instance| instance == "eu"), "{instances:?}");
    // an environment that cannot be read offers nothing, and breaks nothing
    std::fs::write(&document, "{").expect("a file");
    assert!(
        completions(&sandbox, &["op", "extensions", "remove", "edge", "--kind", ""]).is_empty()
    );
    assert_eq!(completions(&sandbox, &["op", "env", "show", "e"]), ["edge"]);
}

#[test]
fn completing_starts_and_writes_nothing() {
    let sandbox = sandbox().with_own_cache();
    let audit = sandbox.audit_log("edge");
    completions(&sandbox, &["op", "extensions", "remove", "edge", "--kind", ""]);
    completions(&sandbox, &["pack", "inspect", "oci://127.0.0.1:1/"]);
    assert_eq!(sandbox.audit_log("edge"), audit);
    assert!(!sandbox.cache_folder().exists());
    let mut unknown = sandbox.gtc_command();
    let ran = run(unknown.env("GTC_COMPLETE", "tcsh").args(["--", "gtc", "op"])).exited(2);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
}

/// Types a line into a shell that is at a terminal, after the completions are loaded, with a Tab at
/// its end. Returns the words that the line then has.
fn typed_in(sandbox: &Sandbox, shell: &mut Command, load: &str, line: &str) -> Vec<String> {
    // Ctrl-A goes to the start of the line
    let typed = format!("{load}\n{line}\t\u{1}printf '<%s>' \nexit\n");
    let path = format!("{}:/usr/bin:/bin", gtc_folder());
    shell.env("PATH", path).env("TERM", "dumb");
    let (_, screen) = terminal::talk(shell, &typed);
    let line = screen.lines().rev().find_map(|line| line.find("<gtc>").map(|at| &line[at..]));
    let line = line.unwrap_or_else(|| panic!("{screen}"));
    let end = line.rfind('>').expect("a word");
    assert!(!sandbox.home().join("ran").exists(), "{screen}");
    line[1..end].split("><").map(str::to_owned).collect()
}

#[test]
fn bash_completes_at_a_terminal() {
    let sandbox = sandbox();
    let words = |line: &str| {
        let mut bash = sandbox.command("/bin/bash");
        bash.args(["--norc", "--noprofile", "-i"]);
        typed_in(&sandbox, &mut bash, "source <(gtc completions bash)", line).pop().expect("a word")
    };
    for (line, last) in [
        ("gtc op env-packs li", "list"),
        ("gtc op env show ed", "edge"),
        ("gtc op env-packs remove --env=pr", "--env=prod"),
        ("gtc doctor limits --format=", "--format="),
        ("gtc op env-packs add --kind greentic.secrets", "greentic.secrets.dev-store@0.1.0"),
        (
            "gtc op env-packs add --kind greentic.secrets.dev-store@0",
            "greentic.secrets.dev-store@0.1.0",
        ),
        (
            "gtc op env-packs add --kind greentic.secrets.dev-store@",
            "greentic.secrets.dev-store@0.1.0",
        ),
        (
            "gtc op extensions resolve --env edge ext://acme.oauth.auth0/e",
            "ext://acme.oauth.auth0/eu",
        ),
        ("gtc op extensions resolve --env edge e", "ext://acme.oauth.auth0/"),
        ("gtc   op env show   ed", "edge"),
        ("gtc pack inspect vau", "vault.gtpack"),
        ("gtc pack inspect \\$", "$(touch ran).gtpack"),
        ("gtc doctor limits --limit archive.b", "archive.bytes="),
    ] {
        assert_eq!(words(line), last, "{line}");
    }
}

#[test]
#[ignore = "needs zsh; `cargo xtask test` runs it"]
fn zsh_completes_at_a_terminal() {
    let sandbox = sandbox();
    let load = "autoload -U compinit && compinit -D -u; bindkey -e; source <(gtc completions zsh)";
    for (line, last) in [
        ("gtc op env show ed", "edge"),
        (
            "gtc op env-packs add --kind greentic.secrets.dev-store@",
            "greentic.secrets.dev-store@0.1.0",
        ),
        (
            "gtc op extensions resolve --env edge ext://acme.oauth.auth0/e",
            "ext://acme.oauth.auth0/eu",
        ),
        ("gtc pack inspect vau", "vault.gtpack"),
        ("gtc pack inspect \\$", "$(touch ran).gtpack"),
    ] {
        let mut zsh = sandbox.command("zsh");
        zsh.args(["-f", "-i"]);
        assert_eq!(typed_in(&sandbox, &mut zsh, load, line).pop().as_deref(), Some(last), "{line}");
    }
}

#[test]
#[ignore = "needs fish; `cargo xtask test` runs it"]
fn fish_completes() {
    let sandbox = sandbox();
    for (line, completion) in [
        ("gtc op env show ed", "edge"),
        (
            "gtc op env-packs add --kind greentic.secrets.dev-store@",
            "greentic.secrets.dev-store@0.1.0",
        ),
        (
            "gtc op extensions resolve --env edge ext://acme.oauth.auth0/e",
            "ext://acme.oauth.auth0/eu",
        ),
        ("gtc pack inspect vau", "vault.gtpack"),
    ] {
        let mut fish = sandbox.command("fish");
        fish.env("PATH", format!("{}:/usr/bin:/bin", gtc_folder())).arg("--no-config").arg("-c");
        let ran = run(fish.arg(format!("gtc completions fish | source; complete -C '{line}'")));
        assert_eq!(ran.succeeded().stdout.trim_end(), completion, "{line}");
    }
}

//! Output at terminals of a certain width, and in locales that are not UTF-8.

use serde_json::Value;

use test_support::{Sandbox, assert_contains, run, terminal};

#[test]
fn a_schema_is_indented_at_a_terminal_only() {
    let sandbox = Sandbox::new();
    let schema = sandbox.verb("op env-packs add").arg("--schema");
    let piped = schema.clone().succeeded().stdout;
    assert_eq!(piped.lines().count(), 1, "{piped}");
    let (code, screen) = terminal::talk(&mut schema.command(), "");
    assert!(code == 0 && screen.contains("\n  \"type\": \"object\","), "{screen}");
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parse(&screen), parse(&piped));
}

#[test]
fn tables_fold_to_the_width_of_a_terminal() {
    let sandbox = Sandbox::with_local();
    let list = sandbox.env_packs().list();
    let (_, wide) = terminal::talk_at(&mut list.command(), "", 200);
    assert!(wide.contains("SLOT       KIND"), "{wide}");
    let (_, narrow) = terminal::talk_at(&mut list.command(), "", 80);
    let narrow = anstream::adapter::strip_str(&narrow).to_string();
    for line in narrow.lines() {
        assert!(line.chars().count() <= 80, "{line}: {narrow}");
    }
    // nothing is lost
    let parts = ["greentic.", "deployer.local-", "process@0.1.0"];
    assert!(parts.iter().all(|part| narrow.contains(part)), "{narrow}");
    let piped = list.human().succeeded().stdout;
    assert!(piped.lines().any(|line| line.chars().count() > 80), "{piped}");
}

#[test]
fn signs_are_ascii_in_a_locale_that_is_not_utf_8() {
    let sandbox = Sandbox::with_local();
    let print = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = sandbox.gtc_command();
        command.args(arguments).args(["--format", "human"]).envs(variables.iter().copied());
        let output = run(&mut command);
        output.stdout + &output.stderr
    };
    let list = ["op", "env", "list"];
    let doctor = ["op", "env", "doctor"];
    let legacy: &[&[(&str, &str)]] = &[
        &[("LC_ALL", "C")],
        &[("LC_ALL", ""), ("LC_CTYPE", "POSIX"), ("LANG", "en_US.UTF-8")],
        &[("LANG", "de_DE@euro")],
    ];
    for variables in legacy {
        for arguments in [&list[..], &doctor, &["op", "env-packs", "add", "--help"]] {
            let text = print(arguments, variables);
            assert!(text.is_ascii(), "{variables:?}: {text}");
        }
        assert_contains(&print(&doctor, variables), &["+ "]);
    }
    let utf8: &[&[(&str, &str)]] =
        &[&[], &[("LC_ALL", "C.UTF-8"), ("LANG", "C")], &[("LANG", "en_US.utf8")]];
    for variables in utf8 {
        assert_contains(&print(&doctor, variables), &["✓"]);
    }
    // JSON is UTF-8 everywhere, and keeps what others wrote
    sandbox.env().create("named").arg("--name").arg("a ✓").succeeded();
    let mut show = sandbox.env().show().arg("named").command();
    assert_contains(&run(show.env("LC_ALL", "C")).succeeded().stdout, &["a ✓"]);
}

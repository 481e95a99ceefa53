//! The help page of every command, as `gtc … --help` prints it.
//!
//! Set `BLESS=1` to write the pages to `tests/snapshots/help`.

use std::collections::BTreeMap;
use std::fs;

use test_support::{Sandbox, repository, run};

#[test]
fn every_help_page_agrees_with_its_snapshot() {
    let mut pages = BTreeMap::new();
    collect(&Sandbox::new(), &gtc::command_tree(), &[], &mut pages);
    let folder = repository().join("tests/snapshots/help");
    if std::env::var_os("BLESS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        for (name, page) in &pages {
            fs::write(folder.join(name), page).expect("a snapshot");
        }
    }
    let mut recorded = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("a folder of snapshots") {
        let entry = entry.expect("an entry");
        let page = fs::read_to_string(entry.path()).expect("UTF-8");
        recorded.insert(entry.file_name().into_string().expect("UTF-8"), page);
    }
    for (name, page) in &pages {
        let expected = recorded.get(name).map_or("", String::as_str);
        assert_eq!(page, expected, "{name}; `BLESS=1` writes the new page, then read the diff");
    }
    assert!(recorded.keys().eq(pages.keys()), "{:?} {:?}", recorded.keys(), pages.keys());
}

/// Adds the help page of a command and of each command below it, as it is on a terminal of 80
/// columns.
fn collect(
    sandbox: &Sandbox,
    command: &clap::Command,
    words: &[&str],
    pages: &mut BTreeMap<String, String>,
) {
    let arguments = words.iter().chain(&["--help"]);
    let mut gtc = sandbox.gtc_command();
    let page = run(gtc.args(arguments).env("COLUMNS", "80")).succeeded().stdout;
    for line in page.lines() {
        assert!(line.chars().count() <= 80, "{words:?}: {line}");
    }
    let name = ["gtc"].iter().chain(words).copied().collect::<Vec<_>>().join("-");
    pages.insert(name + ".txt", page);
    for child in command.get_subcommands() {
        if child.get_name() != "help" {
            collect(sandbox, child, &[words, &[child.get_name()]].concat(), pages);
        }
    }
}

#[test]
fn usage_shows_required_arguments_and_what_takes_their_place() {
    let sandbox = Sandbox::new();
    let usage = |words: &str| {
        let page = sandbox.gtc(words.split(' ').chain(["--help"])).succeeded().stdout;
        let (_, rest) = page.split_once("Usage: ").expect("a usage");
        rest.split("\n\n").next().expect("a paragraph").to_owned()
    };
    assert_eq!(
        usage("op env-packs add"),
        "gtc op env-packs add [OPTIONS] --env <ENV> --slot <SLOT>\n         \
         --kind <DESCRIPTOR> --pack-ref <REF>"
    );
    assert_eq!(
        usage("op extensions update"),
        "gtc op extensions update [OPTIONS] --env <ENV> --kind <DESCRIPTOR>\n         \
         --pack-ref <REF>\n       \
         gtc op extensions update [OPTIONS] --env <ENV> --kind <DESCRIPTOR>\n         --refresh"
    );
    assert_eq!(
        usage("op extensions resolve"),
        "gtc op extensions resolve [OPTIONS] <REFERENCE> [ENV]"
    );
    let missing = sandbox.human(["op", "env-packs", "add"]).exited(2);
    assert!(missing.stderr.contains("add [OPTIONS] --env <ENV> --slot <SLOT>"), "{missing:?}");
    // the arguments are not required when something takes their place
    sandbox.gtc(["op", "env-packs", "update", "--schema"]).succeeded();
    sandbox
        .gtc(["op", "env-packs", "update", "local", "--slot", "state", "--refresh"])
        .refused(1, "not-found");
}

#[test]
fn global_options_have_a_page_of_their_own() {
    let sandbox = Sandbox::new();
    let page = sandbox.gtc(["help", "options"]).succeeded().stdout;
    assert_eq!(sandbox.gtc(["options"]).succeeded().stdout, page);
    for option in gtc::command_tree().get_arguments().filter(|option| option.is_global_set()) {
        let name = option.get_long().expect("a name");
        assert!(page.contains(&format!("--{name}")), "{name} is missing: {page}");
        let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
        if let Some(variable) = variable {
            assert!(page.contains(&format!("[env: {variable}]")), "{variable} is missing: {page}");
        }
    }
    let verb = sandbox.gtc(["op", "env", "list", "--help"]).succeeded().stdout;
    assert!(verb.contains("See `gtc help options`") && !verb.contains("--store-root"), "{verb}");
}

#[test]
fn every_command_has_a_manual_page() {
    let sandbox = Sandbox::new();
    clap_mangen::generate_to(gtc::manual_tree(), sandbox.home()).expect("pages");
    for verb in crate::cli::verbs() {
        let page = sandbox.read_text(format!("gtc-{}.1", verb.join("-")));
        assert!(page.contains("gtc(1)") && !page.contains("store\\-root"), "{verb:?}: {page}");
    }
    let page = sandbox.read_text("gtc-op-env-packs-add.1");
    let synopsis = page.lines().skip_while(|line| *line != ".SH SYNOPSIS").nth(1);
    let synopsis = synopsis.expect("a synopsis").replace("\\fB", "").replace("\\fR", "");
    assert!(synopsis.contains("<\\-\\-slot>"), "{synopsis}");
    // the page of the program lists the global options, with variables but without their values
    let page = sandbox.read_text("gtc.1");
    assert!(page.contains("store\\-root") && page.contains("GTC_STORE_ROOT"), "{page}");
}

//! The help page of every command, as `gtc … --help` prints it.
//!
//! Set `BLESS=1` to write the pages to `tests/snapshots/help`.

use std::collections::BTreeMap;
use std::fs;

use test_support::{Sandbox, repository};

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

/// Adds the help page of a command and of each command below it. Without a terminal,
/// pages are 100 columns wide.
fn collect(
    sandbox: &Sandbox,
    command: &clap::Command,
    words: &[&str],
    pages: &mut BTreeMap<String, String>,
) {
    let arguments = words.iter().chain(&["--help"]);
    let page = sandbox.gtc(arguments).succeeded().stdout;
    let name = ["gtc"].iter().chain(words).copied().collect::<Vec<_>>().join("-");
    pages.insert(name + ".txt", page);
    for child in command.get_subcommands() {
        if child.get_name() != "help" {
            collect(sandbox, child, &[words, &[child.get_name()]].concat(), pages);
        }
    }
}

//! `guide.md` lists the statements of the authoring guide and the tests that show them.

use std::path::Path;

use test_support::repository;

/// The section of ARCHITECTURE.md that explains the rows that are `different`.
const SECTION: &str = "## Where it differs from the authoring guide";

struct Row<'a> {
    statement: &'a str,
    state: &'a str,
    tests: Vec<&'a str>,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let lines = table.lines().filter(|line| line.starts_with("| "));
    let rows = lines.skip(2).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, statement, state, tests] = cells[..] else { panic!("{line}") };
        Row { statement, state, tests: tests.split('`').skip(1).step_by(2).collect() }
    });
    rows.collect()
}

/// The tests of the suite and of the crates.
fn code() -> String {
    let folders = ["tests/suite", "host"].map(|folder| repository().join(folder));
    folders.iter().map(|folder| sources(folder)).collect()
}

fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .map(|path| match path.extension() {
            _ if path.is_dir() => sources(&path),
            Some(extension) if extension == "rs" => {
                std::fs::read_to_string(path).expect("a source")
            }
            _ => String::new(),
        })
        .collect()
}

#[test]
fn every_statement_of_the_guide_has_a_test() {
    let folder = repository();
    let table = std::fs::read_to_string(folder.join("tests/suite/guide.md")).expect("the table");
    let architecture = std::fs::read_to_string(folder.join("ARCHITECTURE.md")).expect("a document");
    let (_, section) = architecture.split_once(SECTION).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let code = code();
    let rows = rows(&table);
    assert!(rows.len() > 40, "{} rows", rows.len());
    for Row { statement, state, tests } in rows {
        assert!(!tests.is_empty(), "no test shows: {statement}");
        for test in tests {
            let is_test =
                code.contains(&format!("fn {test}(")) || code.contains(&format!("    {test} ="));
            assert!(is_test, "`{test}` is not a test; it is to show: {statement}");
        }
        match state.split_once(": ") {
            None => assert_eq!(state, "ok", "{statement}"),
            Some((state, heading)) => {
                assert_eq!(state, "different", "{statement}");
                let heading = heading.trim_matches('"');
                let is_explained = section.contains(&format!("- **{heading}.**"));
                assert!(
                    is_explained,
                    "ARCHITECTURE.md does not explain \"{heading}\": {statement}"
                );
            }
        }
    }
}

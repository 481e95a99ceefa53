//! Code in pages: it stands in a file that is built or run by a test, word for word, and
//! the page says which.

use super::{pages, text_of};
use crate::support::repository;

/// What blocks may be in that hold no code of anybody: text, commands, and what is read
/// by a test of its own.
const OTHER: [&str; 5] = ["text", "sh", "console", "yaml recipe", "json"];
/// What stands above a block of code.
const SOURCE: &str = "<!-- part of ";

/// The blocks of a page: the line above, the language, the content.
pub(super) fn blocks(text: &str) -> Vec<(&str, &str, String)> {
    let (mut blocks, mut before) = (Vec::new(), "");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let content =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n"));
            blocks.push((before, language, content.collect()));
        }
        before = line;
    }
    blocks
}

#[test]
fn code_is_what_is_built() {
    for page in pages() {
        let text = text_of(&page);
        for (before, language, code) in blocks(&text) {
            if OTHER.contains(&language) {
                continue;
            }
            let source = before.strip_prefix(SOURCE).and_then(|rest| rest.strip_suffix(" -->"));
            let source = source.unwrap_or_else(|| {
                panic!("{page}: nothing says which file this is part of:\n{code}")
            });
            let file = std::fs::read_to_string(repository().join(source)).expect(source);
            assert!(file.contains(&code), "{page}: this is no part of {source}:\n{code}");
        }
    }
}

#[test]
fn blocks_are_found() {
    let found = blocks("a\n<!-- part of x -->\n```rust\nfn f() {}\n```\n```sh\n```\n");
    assert_eq!(
        found,
        [
            ("<!-- part of x -->", "rust", "fn f() {}\n".to_owned()),
            ("```rust", "sh", String::new())
        ]
    );
}

//! Code blocks in pages are part of a file that a test builds or runs. A comment above the block
//! names the file.

use super::{pages, text_of};
use test_support::repository;

/// The languages of other blocks: text, commands, and blocks with a test of their own.
const OTHER: [&str; 5] = ["text", "sh", "console", "yaml recipe", "json"];
/// The beginning of the comment above a code block.
const SOURCE: &str = "<!-- part of ";

/// The blocks of a page: the line above, the language, the content.
pub(super) fn blocks(text: &str) -> Vec<(&str, &str, String)> {
    let mut blocks = Vec::new();
    let mut before = "";
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
fn code_blocks_match_their_files() {
    for page in pages() {
        let text = text_of(&page);
        for (before, language, code) in blocks(&text) {
            if OTHER.contains(&language) {
                continue;
            }
            let source = before.strip_prefix(SOURCE).and_then(|rest| rest.strip_suffix(" -->"));
            let source = source.unwrap_or_else(|| {
                panic!("{page}: no comment names the file of this code:\n{code}")
            });
            let file = std::fs::read_to_string(repository().join(source)).expect(source);
            assert!(file.contains(&code), "{page}: this is not part of {source}:\n{code}");
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

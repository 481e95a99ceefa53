//! Links between pages lead to existing files and headings.

use super::{pages, text_of};
use test_support::repository;

/// The targets of the links in a page, except for URLs.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let allowed = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    allowed.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_have_existing_targets() {
    for page in pages() {
        let path = repository().join(&page);
        for link in links(&text_of(&page)) {
            let (file, heading) =
                link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            assert!(target.exists(), "{page}: `{link}` does not exist");
            let Some(heading) = heading else { continue };
            let there = std::fs::read_to_string(&target).expect("a page");
            let mut headings = there.lines().filter(|line| line.starts_with('#')).map(anchor);
            assert!(headings.any(|there| there == heading), "{page}: `{link}` is not a heading");
        }
    }
}

#[test]
fn headings_have_anchors() {
    for (heading, address) in
        [("## In Rust", "in-rust"), ("### zip-name", "zip-name"), ("# `a`: b, c?", "a-b-c")]
    {
        assert_eq!(anchor(heading), address);
    }
}

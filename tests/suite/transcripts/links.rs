//! Links between pages: they lead to files and headings that are there.

use super::{pages, text_of};
use crate::support::repository;

/// The targets of the links in a page, without what is on the web.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://"))
}

/// What a heading is called in an address.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let (text, place) = (text_of(&page), repository().join(&page));
        for link in links(&text) {
            let (file, heading) =
                link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
            let target = if file.is_empty() { place.clone() } else { place.with_file_name(file) };
            assert!(target.exists(), "{page}: `{link}` leads nowhere");
            let Some(heading) = heading else { continue };
            let there = std::fs::read_to_string(&target).expect("a page");
            let mut headings = there.lines().filter(|line| line.starts_with('#')).map(anchor);
            assert!(headings.any(|there| there == heading), "{page}: `{link}` names no heading");
        }
    }
}

#[test]
fn headings_have_addresses() {
    for (heading, address) in
        [("## In Rust", "in-rust"), ("### zip-name", "zip-name"), ("# `a`: b, c?", "a-b-c")]
    {
        assert_eq!(anchor(heading), address);
    }
}

//! Text that reports on the cache share: digests, pins, and archives that are missing.

use crate::render::{NOTICE, join_or_none};
use crate::table::Style;
use gtc_core::ops::cache::{MissingArchive, PinnedBy, UnreadableEnvironment};

/// Number of hex digits of a digest that are shown.
const DIGITS: usize = 16;

pub(super) fn missing(missing: &[MissingArchive]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    missing
        .iter()
        .map(|missing| {
            let digest = short(&missing.sha256);
            let by = pinned_by(&missing.pinned_by);
            format!("{sign} archive {digest} is pinned by {by} but is not in the cache\n")
        })
        .collect()
}

pub(super) fn unreadable(environments: &[UnreadableEnvironment]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    environments
        .iter()
        .map(|environment| {
            let id = &environment.environment_id;
            let error = &environment.error;
            format!("{sign} could not read the pins of environment `{id}`: {error}\n")
        })
        .collect()
}

pub(super) fn pinned_by(pins: &[PinnedBy]) -> String {
    join_or_none(pins.iter().map(|by| match &by.store_root {
        Some(root) => format!("`{}` of {root} ({})", by.environment_id, by.pack_ref),
        None => format!("`{}` ({})", by.environment_id, by.pack_ref),
    }))
}

/// Shortens a name that begins with a digest.
pub(super) fn short(name: &str) -> String {
    let is_digest = name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
    if is_digest { format!("{}…", &name[..DIGITS]) } else { name.to_owned() }
}

//! Text that reports on the cache share: digests, pins, and archives that are missing.

use crate::render::{NOTICE, join_or_none, short};
use crate::table::Style;
use gtc_core::ops::cache::{MissingArchive, PinnedBy, UnreadableEnvironment};

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

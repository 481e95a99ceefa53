//! `gtc cache verify`: hash all cached files again and remove damaged ones.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::report::{missing, pinned_by, unreadable};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, GOOD, RenderHuman, plural, short};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::cache;
use gtc_core::ops::cache::verify::{CacheFault, CacheVerifyReport};

/// Options of `cache verify`.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CacheVerifyPayload {
    /// Report damaged files without removing them
    #[arg(long)]
    #[serde(default)]
    pub keep: bool,
}

impl Payload for CacheVerifyPayload {
    type Request = bool;

    fn into_request(self) -> Result<bool, UsageError> {
        Ok(self.keep)
    }
}

pub(super) fn run(runner: &Runner, input: Input<CacheVerifyPayload>) -> io::Result<u8> {
    runner.check(
        "cache",
        "verify",
        input,
        |keep| Ok(cache::verify::verify(&runner.host, keep)?),
        |report| report.is_sound(),
    )
}

impl RenderHuman for CacheVerifyReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text: String = self.faults.iter().map(fault).collect();
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let signatures = match self.signatures {
            0 => String::new(),
            count => format!("{}, ", plural(count, "signature")),
        };
        let archives = plural(self.archives, "archive");
        let checked =
            format!("{archives}, {signatures}{}", plural(self.compiled, "compiled component"));
        let (sign, verdict, style) = match self.faults.len() {
            0 => (GOOD, "no damage found".to_owned(), Style::Good),
            count => (BAD, plural(count, "fault"), Style::Bad),
        };
        text + &format!("{} {checked}: {verdict}\n", style.paint(sign))
    }
}

fn fault(fault: &CacheFault) -> String {
    let heading = Style::Bad.paint(&format!("{BAD} {}:", fault.code));
    let mut text =
        format!("{heading} {} {}\n    {}\n", fault.what, short(&fault.sha256), fault.reason);
    if !fault.pinned_by.is_empty() {
        text.push_str(&format!("    pinned by {}\n", pinned_by(&fault.pinned_by)));
    }
    let consequence = match (fault.removed, &fault.not_removed) {
        (true, _) if fault.what == "signature" && !fault.pinned_by.is_empty() => {
            "removed; put the signature next to the pack and run `update` to cache it again"
                .to_owned()
        }
        (true, _) if fault.what == "compiled" => {
            "removed; it is compiled again when needed".to_owned()
        }
        (true, _) if fault.pinned_by.is_empty() => "removed".to_owned(),
        (true, _) => "removed; bind the pack again with `update` to cache it again".to_owned(),
        (false, Some(error)) => format!("could not be removed: {error}"),
        (false, None) => "not removed, but not used".to_owned(),
    };
    text + &format!("    {consequence}\n")
}

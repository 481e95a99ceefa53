//! Text of the reports of `pack push` and `pack pull`.

use super::{GOOD, RenderHuman, shown};
use crate::cli::table::Style;
use crate::ops::registry::{PullReport, PushReport};

impl RenderHuman for PushReport {
    fn render_human(&self, _verb: &str) -> String {
        let signed = if self.signed { ", with its signature" } else { "" };
        let mut text = format!(
            "{} pushed pack `{}` {}{signed}\n",
            Style::Good.paint(GOOD),
            self.id,
            self.version
        );
        text.push_str(&format!("  sha256  {}\n", self.sha256));
        text + &format!("  pin it  {}\n", self.pack_ref)
    }
}

impl RenderHuman for PullReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text =
            format!("{} pulled {}\n", Style::Good.paint(GOOD), shown(&self.path.to_string_lossy()));
        if let Some(path) = &self.signature_path {
            text.push_str(&format!("  signature  {}\n", shown(&path.to_string_lossy())));
        }
        text.push_str(&format!("  sha256     {}\n", self.sha256));
        text + &format!("  pin it     {}\n", self.pack_ref)
    }
}

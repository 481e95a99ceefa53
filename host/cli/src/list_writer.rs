//! Writes a report on many environments while it is made, so that it need not fit in memory.

use std::io;

use serde::Serialize;

use crate::global::Format;
use crate::output::{Output, json_text, print, print_bytes};

/// Writes `{"op": …, "noun": …, "result": {"environments": […], "totals": …}}`, or text.
pub(crate) struct ListWriter<'a> {
    output: Output<'a>,
    is_first: bool,
}

impl<'a> ListWriter<'a> {
    /// Begins the report.
    pub(crate) fn begin(output: Output<'a>) -> io::Result<Self> {
        if output.format == Format::Json {
            let op = serde_json::to_string(output.verb)?;
            let noun = serde_json::to_string(output.noun)?;
            let head = format!("{{\"op\":{op},\"noun\":{noun},\"result\":{{\"environments\":[");
            print_bytes(head.as_bytes())?;
        }
        Ok(Self { output, is_first: true })
    }

    /// Writes an environment: as JSON, or as the text that `render` returns.
    pub(crate) fn item(
        &mut self,
        item: &impl Serialize,
        render: impl FnOnce() -> String,
    ) -> io::Result<()> {
        match self.output.format {
            Format::Human => self.text(&render()),
            Format::Json => {
                let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
                print_bytes(&[comma.as_bytes(), &json_text(item)?].concat())
            }
        }
    }

    /// Ends the report: with the totals, as JSON or as the text that `render` returns.
    pub(crate) fn finish(
        self,
        totals: &impl Serialize,
        render: impl FnOnce() -> String,
    ) -> io::Result<()> {
        match self.output.format {
            Format::Human => self.text(&render()),
            Format::Json => {
                let totals = json_text(totals)?;
                print_bytes(&[&b"],\"totals\":"[..], &totals, b"}}\n"].concat())
            }
        }
    }

    fn text(&self, text: &str) -> io::Result<()> {
        print(&crate::locale::with_signs(&self.output.repeated_flags.complete(text)))
    }
}

//! Redacts and truncates the captured output of a tool.

use gtc_fs::pipes::Captured;

use super::redact::redact;
use crate::probes::reply::ToolOutput;

/// Output that is read beyond the limit, in bytes. A credential that begins before the limit
/// is recognised only with its end; the longest private keys in use fit.
pub(super) const MARGIN_BYTES: usize = 16 << 10;

/// Returns the cleaned text up to `limit` bytes, and true if it was truncated.
pub(super) fn into_text(
    captured: &Captured,
    limit: usize,
    clean: impl FnOnce(String) -> String,
) -> (String, bool) {
    let mut text = clean(String::from_utf8_lossy(&captured.bytes).into_owned());
    // half a credential is not recognised, so the text before the end is dropped
    let margin = if captured.is_cut() { MARGIN_BYTES.min(text.len()) } else { 0 };
    let end = text.floor_char_boundary((text.len() - margin).min(limit));
    let is_cut = end < text.len();
    text.truncate(end);
    (text, is_cut)
}

/// Redacts and truncates output in the same way as that of a real tool.
pub(crate) fn redact_and_truncate(output: ToolOutput, text_bytes: usize) -> ToolOutput {
    let mut truncated = output.truncated;
    let mut clean = |text| {
        let mut text = redact(text, &[]);
        let end = text.floor_char_boundary(text_bytes.min(text.len()));
        truncated |= end < text.len();
        text.truncate(end);
        text
    };
    let stdout = clean(output.stdout);
    let stderr = clean(output.stderr);
    ToolOutput { exit_code: output.exit_code, stdout, stderr, truncated }
}

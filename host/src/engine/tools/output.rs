//! The output of a program as a handler gets it: cleaned of secrets and cut to a limit.

use gtc_fs::pipes::Captured;

/// Bytes read beyond the limit of what is passed on. A credential that begins before the cut is
/// recognized only when its end is there too; the longest private keys in use fit.
pub(super) const MARGIN_BYTES: usize = 16 << 10;

/// The text up to `limit` bytes, cleaned first, and whether it was cut.
pub(super) fn into_text(
    captured: &Captured,
    limit: usize,
    clean: impl FnOnce(String) -> String,
) -> (String, bool) {
    let mut text = clean(String::from_utf8_lossy(&captured.bytes).into_owned());
    // half a credential is not recognized, so the text next to the cut is dropped
    let margin = if captured.is_cut() { MARGIN_BYTES.min(text.len()) } else { 0 };
    let end = text.floor_char_boundary((text.len() - margin).min(limit));
    let is_cut = end < text.len();
    text.truncate(end);
    (text, is_cut)
}

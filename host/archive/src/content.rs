//! Streams the content of one zip entry and checks it against the entry's header.

use super::error::ArchiveError;
use super::records::{CentralHeader, DEFLATE};
use super::rule_violation::violation;
use super::rules::ZipRule;

/// Reads the entry whose data `stored` begins at byte `at`, and passes it to `sink` in
/// pieces.
///
/// Never passes on more bytes than the header states.
///
/// # Errors
/// [`ArchiveError::Profile`] when size, stream or checksum differ from the header.
pub(super) fn read_verified(
    stored: &[u8],
    at: usize,
    header: &CentralHeader<'_>,
    mut sink: impl FnMut(&[u8]),
) -> Result<(), ArchiveError> {
    let mut crc = flate2::Crc::new();
    let mut checked_sink = |bytes: &[u8]| {
        crc.update(bytes);
        sink(bytes);
    };
    if header.method == DEFLATE {
        inflate(stored, at, u64::from(header.size), &mut checked_sink)?;
    } else {
        checked_sink(stored);
    }
    if crc.sum() != header.crc {
        return Err(violation(ZipRule::Checksum, at));
    }
    Ok(())
}

/// Inflates a stream that must use up all of `stored` and produce exactly `size` bytes.
fn inflate(
    stored: &[u8],
    at: usize,
    size: u64,
    sink: &mut impl FnMut(&[u8]),
) -> Result<(), ArchiveError> {
    let bad_stream = |consumed: u64| violation(ZipRule::DeflateStream, at + consumed as usize);
    let mut inflate = flate2::Decompress::new(false);
    let mut chunk = [0; 32 << 10];
    loop {
        let consumed = inflate.total_in();
        let produced = inflate.total_out();
        let rest = &stored[consumed as usize..];
        let status = inflate
            .decompress(rest, &mut chunk, flate2::FlushDecompress::None)
            .map_err(|_| bad_stream(consumed))?;
        let step = (inflate.total_out() - produced) as usize;
        if inflate.total_out() > size {
            return Err(bad_stream(consumed));
        }
        sink(&chunk[..step]);
        if status == flate2::Status::StreamEnd {
            break;
        }
        let is_stuck = step == 0 && inflate.total_in() == consumed;
        if is_stuck {
            return Err(bad_stream(consumed));
        }
    }
    if inflate.total_in() != stored.len() as u64 || inflate.total_out() != size {
        return Err(bad_stream(inflate.total_in()));
    }
    Ok(())
}

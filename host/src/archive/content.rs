//! The content of one entry, handed out piece by piece and held to its header.

use super::ArchiveError;
use super::records::{CentralHeader, DEFLATE};
use super::rules::{ZipRule, violation};

/// Reads an entry out of `stored`, which lies at byte `at`, and checks that it is exactly
/// what its header says. Never hands out more than the size in the header.
pub(super) fn read_verified(
    stored: &[u8],
    at: usize,
    header: &CentralHeader<'_>,
    mut sink: impl FnMut(&[u8]),
) -> Result<(), ArchiveError> {
    let mut crc = flate2::Crc::new();
    let mut piece = |bytes: &[u8]| {
        crc.update(bytes);
        sink(bytes);
    };
    match header.method {
        DEFLATE => inflate(stored, at, u64::from(header.size), &mut piece)?,
        _ => piece(stored),
    }
    match crc.sum() == header.crc {
        true => Ok(()),
        false => Err(violation(ZipRule::Checksum, at)),
    }
}

/// Inflates a stream that must end exactly at both sizes.
fn inflate(
    stored: &[u8],
    at: usize,
    size: u64,
    sink: &mut impl FnMut(&[u8]),
) -> Result<(), ArchiveError> {
    let wrong = |consumed: u64| violation(ZipRule::DeflateStream, at + consumed as usize);
    let mut inflate = flate2::Decompress::new(false);
    let mut chunk = [0; 32 << 10];
    loop {
        let (consumed, produced) = (inflate.total_in(), inflate.total_out());
        let rest = &stored[consumed as usize..];
        let status = inflate
            .decompress(rest, &mut chunk, flate2::FlushDecompress::None)
            .map_err(|_| wrong(consumed))?;
        let step = (inflate.total_out() - produced) as usize;
        if inflate.total_out() > size {
            return Err(wrong(consumed));
        }
        sink(&chunk[..step]);
        if status == flate2::Status::StreamEnd {
            break;
        }
        if step == 0 && inflate.total_in() == consumed {
            return Err(wrong(consumed));
        }
    }
    match inflate.total_in() == stored.len() as u64 && inflate.total_out() == size {
        true => Ok(()),
        false => Err(wrong(inflate.total_in())),
    }
}

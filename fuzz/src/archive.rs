//! Fuzzes archives: the canonical profile, the bill of materials and the manifest.

use std::sync::LazyLock;

use gtc_archive::{ArchiveError, ArchiveLimits, Pack};

/// Smaller limits than the host's, so that small inputs reach them.
static LIMITS: LazyLock<ArchiveLimits> = LazyLock::new(|| ArchiveLimits {
    pack_bytes: 1 << 20,
    entry_bytes: 1 << 20,
    total_bytes: 2 << 20,
    manifest_bytes: 64 << 10,
    ..ArchiveLimits::default()
});

/// Opens the input as an archive.
pub(crate) fn archive(data: &[u8]) {
    let opened = gtc_archive::open(data, &LIMITS);
    assert_same_fault(data, opened.as_ref().err());
    if let Ok(pack) = opened {
        assert_within_limits(&pack, data.len());
    }
}

/// Opens an archive with a valid container, and the input as manifest and bill of materials.
/// The first two bytes are the length of the manifest.
pub(crate) fn documents(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<2>() else { return };
    let (manifest, sbom) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    let bytes = stored(&[
        ("manifest.cbor", manifest),
        ("components/handler.wasm", b"\0asm"),
        ("sbom.cbor", sbom),
    ]);
    let opened = gtc_archive::open(&bytes, &LIMITS);
    assert_same_fault(&bytes, opened.as_ref().err());
    if let Err(error) = &opened {
        assert!(!error.rule().starts_with("zip-"), "the container is valid: {error}");
    }
    if let Ok(pack) = opened {
        assert_within_limits(&pack, bytes.len());
    }
}

/// The diagnosis includes the reason that an archive is refused for, and is empty for one that
/// is not refused.
fn assert_same_fault(bytes: &[u8], refused: Option<&ArchiveError>) {
    let faults = gtc_archive::diagnose(bytes, &LIMITS, &mut |_, _| {}).faults;
    match refused {
        None => assert!(faults.is_empty(), "{faults:?}"),
        Some(error) => assert!(
            faults.iter().any(|fault| fault.rule() == error.rule()),
            "{faults:?} without {error}"
        ),
    }
}

fn assert_within_limits(pack: &Pack, bytes: usize) {
    let total: u64 = pack.entries.iter().map(|entry| entry.size).sum();
    assert!(total <= LIMITS.total_bytes && pack.entries.len() <= LIMITS.entries);
    assert!(total <= bytes as u64 * LIMITS.ratio);
    for entry in &pack.entries {
        let name = entry.name.as_exact();
        assert!(
            !name.starts_with('/') && name.split('/').all(|part| !matches!(part, "" | "." | "..")),
            "{name}"
        );
    }
}

/// A zip archive with uncompressed entries, in the canonical profile.
fn stored(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut local = Vec::new();
    let mut central = Vec::new();
    for (name, content) in entries {
        let offset = local.len() as u32;
        let mut common = Vec::new();
        common.extend([20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]);
        common.extend(crc32(content).to_le_bytes());
        common.extend(
            [content.len() as u32, content.len() as u32].iter().flat_map(|size| size.to_le_bytes()),
        );
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        local.extend(*b"PK\x03\x04");
        local.extend(&common);
        local.extend(name.bytes().chain(content.iter().copied()));
        central.extend(*b"PK\x01\x02");
        central.extend([20, 0]);
        central.extend(&common);
        central.extend([0; 10]);
        central.extend(offset.to_le_bytes());
        central.extend(name.bytes());
    }
    let count = (entries.len() as u16).to_le_bytes();
    let end = [*b"PK\x05\x06", [0; 4]].concat();
    let sizes = [central.len() as u32, local.len() as u32].map(u32::to_le_bytes).concat();
    [&local[..], &central, &end, &count, &count, &sizes, &[0, 0]].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

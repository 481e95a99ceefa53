//! Hostile layouts: each is refused for the right reason, completely, and at little cost.

use std::io::{self, Seek, SeekFrom};

use super::*;

/// A valid layout to which entries can be added.
fn base() -> Tar {
    Tar::with_index(&[])
}

fn folder(header: &mut Header) {
    header.set_entry_type(EntryType::Directory);
}

#[track_caller]
fn check(bytes: Vec<u8>, message: &str) {
    match read(bytes) {
        Ok(_) => panic!("it is accepted"),
        Err(error) => assert!(error.to_string().contains(message), "{error}"),
    }
}

#[test]
fn only_names_of_a_layout_are_accepted() {
    let hex = Sha256Digest::compute(b"").hex();
    let upper = format!("blobs/sha256/{}", hex.to_uppercase());
    let deep = format!("blobs/sha256/{hex}/x");
    let absolute = format!("/blobs/sha256/{hex}");
    let names = [
        "../../etc/passwd",
        "/etc/passwd",
        "blobs/../index.json",
        "blobs/sha256/../../x",
        "blobs/sha256/abc",
        "blobs/sha512/abc",
        "blobs\\sha256\\x",
        "./index.json",
        "INDEX.JSON",
        "index.json/",
        "blobs",
        "",
        "manifest.json",
        &upper,
        &deep,
        &absolute,
    ];
    for name in names {
        check(base().file(name, b"").end(), "is not a file of an image layout");
    }
    check(base().file("a\u{1b}[2J", b"").end(), r"`a\u{1b}[2J` is not a file");
    let no_text = |header: &mut Header| header.as_old_mut().name[0] = 0xff;
    check(base().entry("xindex.json", b"", no_text).end(), "is not a file of an image layout");
    for name in ["../", "/", "", "index.json", "blobs/sha256//", "blobs/sha1"] {
        check(base().entry(name, b"", folder).end(), "is not a file of an image layout");
    }
}

/// Names and sizes that readers interpret differently.
#[test]
fn ambiguous_names_and_sizes_are_refused() {
    let prefix = |header: &mut Header| {
        header.as_ustar_mut().expect("ustar").prefix[..5].copy_from_slice(b"blobs")
    };
    check(base().entry("x", b"", prefix).end(), "its name is in two parts");
    let behind = |header: &mut Header| header.as_old_mut().name[50] = b'x';
    check(base().entry("blobs", b"", behind).end(), "its name is in two parts");
    let old = |header: &mut Header| header.as_mut_bytes()[257..265].fill(0);
    check(base().entry("blobs", b"", old).end(), "unknown format");
    let sizes: [&[u8; 12]; 6] = [
        b"\x80\0\0\0\0\0\0\0\0\0\0\x01",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"0000000001\0\0",
        b"         01\0",
        b"-0000000001\0",
        b"000000000001",
    ];
    for size in sizes {
        let change = |header: &mut Header| header.as_old_mut().size = *size;
        check(base().entry(&blob_name(b"x"), b"x", change).end(), "there is no valid tar header");
    }
}

#[test]
fn only_files_and_folders_are_accepted() {
    let kinds = [
        (EntryType::Link, "a hard link"),
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a FIFO"),
        (EntryType::Continuous, "of an unknown kind"),
        (EntryType::GNUSparse, "a sparse file"),
        (EntryType::GNULongName, "an extension of GNU tar"),
        (EntryType::GNULongLink, "an extension of GNU tar"),
        (EntryType::XHeader, "an extension of pax"),
        (EntryType::XGlobalHeader, "an extension of pax"),
        (EntryType::new(b'V'), "of an unknown kind"),
        (EntryType::new(b'D'), "of an unknown kind"),
        (EntryType::new(0xff), "of an unknown kind"),
    ];
    for (kind, words) in kinds {
        let change = |header: &mut Header| header.set_entry_type(kind);
        check(base().entry(&blob_name(b"x"), b"", change).end(), words);
    }
    // an extension that overrides the size and name of the next entry
    let pax = b"16 size=1000000\n24 path=../../etc/passwd\n";
    let extension = |header: &mut Header| header.set_entry_type(EntryType::XHeader);
    check(base().entry("x", pax, extension).blob(b"x").end(), "an extension of pax");
}

#[test]
fn duplicate_entries_are_refused() {
    check(base().blob(b"x").blob(b"x").end(), "occurs twice");
    check(base().file(INDEX, b"{}").end(), "`index.json` occurs twice");
    check(base().file(MARKER, b"{}").end(), "`oci-layout` occurs twice");
    check(
        base().entry("blobs", b"", folder).entry("blobs/", b"", folder).end(),
        "`blobs` occurs twice",
    );
}

#[test]
fn a_blob_without_the_digest_of_its_name_is_refused() {
    let (name, digest) = (blob_name(b"valid!"), Sha256Digest::compute(b"valid!"));
    let copied = |bytes: Vec<u8>| {
        let mut layout = read(bytes).expect("blobs are not read yet");
        layout.copy(&digest, &mut Vec::new()).expect_err("a wrong digest")
    };
    assert_eq!(copied(base().file(&name, b"forged").end()).kind(), "damaged");
    let mut hidden = base().file(&name, b"valid!");
    *hidden.0.last_mut().expect("bytes") = b'x';
    let error = copied(hidden.end()).to_string();
    assert!(error.contains("after the end of a blob"), "{error}");
    // listed manifests are verified immediately
    check(Tar::with_index(&[b"valid!"]).file(&name, b"forged").end(), "is damaged");
    check(
        Tar::with_index(&[b"valid!"]).file(&name, b"longer than it").end(),
        "has 14 bytes instead of 6",
    );
    check(Tar::with_index(&[b"valid!"]).end(), "there is no `blobs/sha256/");
}

#[test]
fn invalid_documents_are_refused() {
    let empty = br#"{"schemaVersion":2,"manifests":[]}"#;
    let marker = |text: &str| Tar::new().file(MARKER, text.as_bytes()).file(INDEX, empty).end();
    check(marker("{}"), "`oci-layout` is not JSON of the expected form");
    check(marker(r#"{"imageLayoutVersion":"2.0.0"}"#), "has the version `2.0.0`");
    check(marker(r#"{"imageLayoutVersion":"\u001b[2J"}"#), r"has the version `\u{1b}[2J`");
    check(Tar::new().file(MARKER, MARKER_TEXT.as_bytes()).end(), "there is no `index.json`");
    check(Tar::new().file(INDEX, empty).end(), "there is no `oci-layout`");
    let index = |text: &str| {
        Tar::new().file(MARKER, MARKER_TEXT.as_bytes()).file(INDEX, text.as_bytes()).end()
    };
    check(index(""), "`index.json` is not JSON");
    check(index(&"[".repeat(100_000)), "`index.json` is not JSON");
    check(index(r#"{"schemaVersion":1,"manifests":[]}"#), "not an image index of version 2");
    check(
        index(r#"{"schemaVersion":2,"mediaType":"text/html","manifests":[]}"#),
        "not an image index",
    );
    let list = |list: &str| index(&format!(r#"{{"schemaVersion":2,"manifests":[{list}]}}"#));
    let descriptor = |digest: &str, more: &str| {
        format!(r#"{{"mediaType":"m","digest":"{digest}","size":2{more}}}"#)
    };
    check(list(&descriptor("sha512:00", "")), "is not a digest");
    check(list(&descriptor("../../x", "")), "is not a digest");
    check(list(&descriptor("sha256:00", r#","size":3"#)), "duplicate field");
    let name = r#","annotations":{"org.opencontainers.image.ref.name":"a:1"}"#;
    let named = descriptor(&Sha256Digest::compute(b"{}").to_string(), name);
    check(list(&format!("{named},{named}")), "two manifests for `a:1`");
}

#[test]
fn large_entries_are_refused_by_their_header() {
    let sized = |size: u64| move |header: &mut Header| header.set_size(size);
    let huge = base().entry(&blob_name(b"x"), b"", sized((8 << 30) - 1)).end();
    check(huge, "has 8589934591 bytes, more than the limit of 67108864");
    check(Tar::new().entry(INDEX, b"", sized(2 << 20)).end(), "more than the limit of 1048576");
    let full = |header: &mut Header| {
        folder(header);
        header.set_size(1);
    };
    check(base().entry("blobs", b"", full).end(), "more than the limit of 0");
    // the content is missing
    check(base().entry(&blob_name(b"x"), b"", sized(60 << 20)).end(), "the file is truncated");
    let refused = |limits: LayoutLimits, bytes: Vec<u8>, message: &str| {
        let error = Layout::read(Cursor::new(bytes), &limits).expect_err("too much").to_string();
        assert!(error.contains(message), "{error}");
    };
    let layout =
        || Tar::with_index(&[b"123456", b"1234567"]).blob(b"123456").blob(b"1234567").end();
    let limits = LayoutLimits::default;
    refused(
        LayoutLimits { total_bytes: 80, ..limits() },
        layout(),
        "the entries have more than 80 bytes together",
    );
    refused(
        LayoutLimits { all_manifest_bytes: 12, ..limits() },
        layout(),
        "the manifests have more than 12 bytes together",
    );
    refused(LayoutLimits { manifest_bytes: 6, ..limits() }, layout(), "more than the limit of 6");
    refused(LayoutLimits { entries: 3, ..limits() }, layout(), "more than 3 entries");
}

/// Truncation at any place, and a flipped bit anywhere in a header, are noticed.
#[test]
fn truncation_and_flipped_bits_are_noticed() {
    let complete = written(&two_entries(), &[b"a pack", b"{}"]);
    for length in (0..complete.len()).step_by(64).chain([complete.len() - 1]) {
        assert!(
            read(complete[..length].to_vec()).is_err(),
            "{length} of {} bytes are accepted",
            complete.len()
        );
    }
    for at in 0..512 {
        let mut flipped = complete.clone();
        flipped[at] ^= 1;
        assert!(read(flipped).is_err(), "a flipped bit in byte {at} is accepted");
    }
}

#[test]
fn data_after_the_end_is_refused() {
    let mut more = base().end();
    more.extend_from_slice(&base().end());
    check(more, "after the end of the archive");
    let mut one = base().0;
    one.resize(one.len() + 512, 0);
    check(one, "the end of the archive is missing");
    let mut byte = base().end();
    byte.resize(byte.len() + 4096, 0);
    *byte.last_mut().expect("bytes") = 1;
    check(byte, "after the end of the archive");
}

/// A generated file, which counts how much of it is read.
struct GeneratedFile<F> {
    byte: F,
    length: u64,
    at: u64,
    read: u64,
}

impl<F: Fn(usize) -> u8> Read for GeneratedFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.length - self.at).unwrap_or(usize::MAX));
        let at = usize::try_from(self.at).expect("a place");
        buffer[..count]
            .iter_mut()
            .enumerate()
            .for_each(|(offset, byte)| *byte = (self.byte)(at + offset));
        self.at += count as u64;
        self.read += count as u64;
        Ok(count)
    }
}

impl<F> Seek for GeneratedFile<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(offset) => self.length.checked_add_signed(offset).expect("a place"),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset).expect("a place"),
        };
        Ok(self.at)
    }
}

/// A million entries, and a tebibyte of zeros, are refused early.
#[test]
fn endless_files_are_not_read_to_their_end() {
    let entry = Tar::new().entry("blobs", b"", folder).0;
    let entries =
        GeneratedFile { byte: |at| entry[at % entry.len()], length: 512_000_000, at: 0, read: 0 };
    let head = base().0;
    let zeros = GeneratedFile {
        byte: |at| head.get(at).copied().unwrap_or_default(),
        length: 1 << 40,
        at: 0,
        read: 0,
    };
    check_refused(entries, "more than 4096 entries");
    check_refused(zeros, "after the end of the archive");
}

#[track_caller]
fn check_refused(mut file: GeneratedFile<impl Fn(usize) -> u8>, message: &str) {
    let error =
        Layout::read(&mut file, &LayoutLimits::default()).err().expect("too much").to_string();
    assert!(error.contains(message), "{error}");
    assert!(file.read < 3 << 20, "{} bytes", file.read);
}

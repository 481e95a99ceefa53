//! Layouts that are valid, and layouts that are not.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use env_pack_domain::Sha256Digest;
use tar::{EntryType, Header};

use super::entry::{BLOBS, INDEX, MARKER, MARKER_TEXT};
use super::*;

mod hostile;

/// A tar file under construction.
#[derive(Clone)]
struct Tar(Vec<u8>);

impl Tar {
    fn new() -> Self {
        Self(Vec::new())
    }

    /// The documents of a layout with these manifests.
    fn with_index(manifests: &[&[u8]]) -> Self {
        let descriptor = |manifest: &&[u8]| {
            let digest = Sha256Digest::compute(manifest);
            format!(
                r#"{{"mediaType":"{MANIFEST_TYPE}","digest":"{digest}","size":{}}}"#,
                manifest.len()
            )
        };
        let list = manifests.iter().map(descriptor).collect::<Vec<_>>().join(",");
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{list}]}}"#);
        Self::new().file(MARKER, MARKER_TEXT.as_bytes()).file(INDEX, index.as_bytes())
    }

    fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(name, content, |_| ())
    }

    fn blob(self, content: &[u8]) -> Self {
        self.file(&blob_name(content), content)
    }

    /// Adds an entry whose header is edited before its checksum is computed.
    fn entry(mut self, name: &str, content: &[u8], change: impl FnOnce(&mut Header)) -> Self {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        change(&mut header);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn blob_name(content: &[u8]) -> String {
    format!("{BLOBS}{}", Sha256Digest::compute(content).hex())
}

fn read(bytes: Vec<u8>) -> Result<Layout<Cursor<Vec<u8>>>, LayoutError> {
    Layout::read(Cursor::new(bytes), &LayoutLimits::default())
}

fn blob(content: &'static [u8]) -> (Sha256Digest, LayoutBlob<'static>) {
    let open = move || Ok::<Box<dyn Read>, _>(Box::new(content));
    (
        Sha256Digest::compute(content),
        LayoutBlob { bytes: content.len() as u64, open: Box::new(open) },
    )
}

fn written(entries: &[LayoutEntry], contents: &[&'static [u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, entries, contents.iter().map(|content| blob(content)).collect())
        .expect("written");
    out
}

fn two_entries() -> [LayoutEntry; 2] {
    let entry =
        |name: &str, manifest: &str| LayoutEntry::new(Some(name.to_owned()), manifest.into());
    [entry("ghcr.io/team/vault:2", "{\"b\":1}"), entry("ghcr.io/team/vault:1", "{\"a\":1}")]
}

#[test]
fn written_layouts_are_read_back() {
    let [second, first] = two_entries();
    let bytes = written(&[second.clone(), first.clone()], &[b"a pack", b"", b"{}"]);
    let mut layout = read(bytes).expect("a layout");
    assert_eq!(layout.entries(), [first, second]);
    let blobs: Vec<_> = layout.blobs().collect();
    assert_eq!(blobs.len(), 5);
    for (digest, size) in blobs {
        let mut content = Vec::new();
        assert_eq!(layout.copy(&digest, &mut content).expect("a blob"), size);
        assert_eq!((Sha256Digest::compute(&content), content.len() as u64), (digest, size));
    }
    let absent = layout.copy(&Sha256Digest::compute(b"absent"), &mut Vec::new());
    assert!(matches!(absent, Err(LayoutError::Missing { .. })), "{absent:?}");
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let [second, first] = two_entries();
    let bytes = written(&[second.clone(), first.clone()], &[b"one", b"two"]);
    assert_eq!(bytes, written(&[first.clone(), second.clone(), first], &[b"two", b"one"]));
    assert_ne!(bytes, written(&[second], &[b"two", b"one"]));
    let header = Header::from_byte_slice(&bytes[..512]);
    assert_eq!(header.path_bytes().as_ref(), b"oci-layout");
    let numbers =
        [header.mtime(), header.uid(), header.gid()].map(|number| number.expect("a number"));
    assert_eq!((header.mode().expect("a mode"), numbers), (0o644, [0; 3]));
    assert_eq!(header.username(), Ok(Some("")));
    assert_eq!(Sha256Digest::compute(&bytes).to_string(), GOLDEN, "the format changed");
}

/// The digest of the layout in the test above, which other versions of this program must
/// write, too.
const GOLDEN: &str = "sha256:331683100badcaa41d1fee92787e6e1c5b8a610796d77d8c0e43bbf220917196";

#[test]
fn an_empty_layout_is_valid() {
    let layout = read(written(&[], &[])).expect("a layout");
    assert!(layout.entries().is_empty());
    assert_eq!(layout.blobs().count(), 0);
}

/// Other tools write folders, another order, no media type of the index, and padding to whole
/// records.
#[test]
fn layouts_of_other_tools_are_read() {
    let folder = |header: &mut Header| header.set_entry_type(EntryType::Directory);
    let manifest = b"{}".as_slice();
    let documents = Tar::with_index(&[manifest]).0;
    let mut bytes = Tar::new()
        .entry("blobs/", b"", folder)
        .entry("blobs/sha256", b"", folder)
        .blob(b"x")
        .blob(manifest);
    bytes.0.extend_from_slice(&documents);
    bytes.0.resize(bytes.0.len().next_multiple_of(10 << 10), 0);
    let mut gnu = bytes.0.clone();
    let layout = read(bytes.0).expect("a layout");
    assert_eq!(layout.entries(), [LayoutEntry::new(None, manifest.to_vec())]);
    // the magic of GNU tar
    for at in (0..gnu.len()).step_by(512) {
        if gnu[at + 257..at + 263] == *b"ustar\0" {
            gnu[at + 257..at + 265].copy_from_slice(b"ustar  \0");
            let mut header = Header::new_old();
            header.as_mut_bytes().copy_from_slice(&gnu[at..at + 512]);
            header.set_cksum();
            gnu[at..at + 512].copy_from_slice(header.as_bytes());
        }
    }
    assert_eq!(read(gnu).expect("a layout").entries(), layout.entries());
}

#[test]
fn a_blob_without_its_digest_is_not_written() {
    let check = |bytes: u64, content: &'static [u8]| {
        let open = Box::new(move || Ok::<Box<dyn Read>, _>(Box::new(content)));
        let blobs = BTreeMap::from([(Sha256Digest::compute(b"four"), LayoutBlob { bytes, open })]);
        write(Vec::new(), &[], blobs).expect_err("a wrong digest").kind()
    };
    assert_eq!(check(4, b"five"), "damaged");
    assert_eq!(check(4, b"fou"), "damaged");
    assert_eq!(check(4, b"fours"), "damaged");
    assert_eq!(check(3, b"four"), "damaged");
    let open = Box::new(|| Err(std::io::Error::other("gone")));
    let blobs = BTreeMap::from([(Sha256Digest::compute(b"four"), LayoutBlob { bytes: 4, open })]);
    assert!(matches!(write(Vec::new(), &[], blobs), Err(LayoutError::Source { .. })));
    let twice = ["a", "b"].map(|text| LayoutEntry::new(Some("x:1".to_owned()), text.into()));
    assert!(matches!(
        write(Vec::new(), &twice, BTreeMap::new()),
        Err(LayoutError::Ambiguous { .. })
    ));
}

/// Only regular files are opened, and a FIFO does not block.
#[test]
fn only_regular_layout_files_are_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let kind = |path: &std::path::Path| {
        Layout::open(path, &LayoutLimits::default()).expect_err("no layout").kind()
    };
    assert_eq!(kind(folder.path()), "not-a-file");
    assert_eq!(kind(&folder.path().join("absent")), "file-not-found");
    let path = folder.path().join("packs.tar");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::from_raw_mode(0o600))
        .expect("a FIFO");
    assert_eq!(kind(&path), "not-a-file");
    std::fs::remove_file(&path).expect("removed");
    std::fs::write(&path, written(&two_entries(), &[b"x"])).expect("a file");
    assert_eq!(Layout::open(&path, &LayoutLimits::default()).expect("a layout").entries().len(), 2);
}

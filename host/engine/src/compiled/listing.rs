//! Lists the files in the cache.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use env_pack_domain::Sha256Digest;
use gtc_fs::atomic::temporary_of;

use super::files::age;

/// A temporary file of this age was left by a killed process, because writing takes
/// seconds.
const STALE_AGE: Duration = Duration::from_secs(10 * 60);

/// The compiled code of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledCode {
    /// The digest of the component.
    pub component: Sha256Digest,
    /// True if this engine can run it.
    pub fits: bool,
    /// Size, in bytes.
    pub size: u64,
    /// When it was last used, with a resolution of one day.
    pub last_used: SystemTime,
    /// The file.
    pub path: PathBuf,
}

/// A file that a killed process left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleFile {
    /// The file.
    pub path: PathBuf,
    /// Size, in bytes.
    pub size: u64,
}

/// All files in the cache, each list sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompiledListing {
    /// Files with a name of compiled code, whatever their content.
    pub code: Vec<CompiledCode>,
    /// Old temporary files, and checksums without code.
    pub stale_files: Vec<StaleFile>,
    /// Files with any other name, which are never touched.
    pub unknown_files: Vec<PathBuf>,
}

impl CompiledListing {
    /// Lists a folder, from the point of view of an engine. A missing folder is empty.
    pub(super) fn read(folder: &Path, engine: &str) -> io::Result<Self> {
        let mut listing = Self::default();
        let mut entries = match fs::read_dir(folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(error),
        };
        entries.sort_by_key(DirEntry::file_name);
        let now = SystemTime::now();
        for entry in entries {
            // it may have been removed meanwhile; links are not followed
            let Ok(metadata) = entry.metadata() else { continue };
            listing.add(&entry, &metadata, engine, now);
        }
        Ok(listing)
    }

    fn add(&mut self, entry: &DirEntry, metadata: &Metadata, engine: &str, now: SystemTime) {
        let path = entry.path();
        let size = metadata.len();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let target = temporary_of(&name);
        let (stem, extension) = target.unwrap_or(&name).split_once('.').unwrap_or((&name, ""));
        let Some((component, of_engine)) = parse_stem(stem) else {
            return self.unknown_files.push(path);
        };
        let is_stale = !metadata.is_dir() && age(metadata, now) >= STALE_AGE;
        match extension {
            "cwasm" | "blake3" if target.is_some() => {
                if is_stale {
                    self.stale_files.push(StaleFile { path, size });
                }
            }
            "cwasm" => {
                let last_used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let fits = of_engine == engine;
                self.code.push(CompiledCode { component, fits, size, last_used, path });
            }
            "blake3" if path.with_extension("cwasm").symlink_metadata().is_ok() => {}
            // a checksum is written shortly before its code
            "blake3" if is_stale => self.stale_files.push(StaleFile { path, size }),
            "blake3" => {}
            _ => self.unknown_files.push(path),
        }
    }
}

/// Parses `<digest in hex>-<engine name>`.
fn parse_stem(stem: &str) -> Option<(Sha256Digest, &str)> {
    let (hex, engine) = stem.split_once('-')?;
    let is_engine =
        engine.len() == 16 && engine.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    Some((format!("sha256:{hex}").parse().ok()?, engine)).filter(|_| is_engine)
}

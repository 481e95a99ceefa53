//! What is in the store of compiled code, whether it is what was written there, and how
//! it goes away.

use std::fs::{self, DirEntry, File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use env_pack_domain::{ForeignText, Sha256Digest};
use gtc_fs::atomic::temporary_of;
use rustix::fs::OFlags;

use super::record::Record;
use super::{CompiledStore, STALE_AGE, age, engine_name, private};
use crate::engine::Engine;

/// More than a record ever has, in bytes.
const RECORD_BYTES: u64 = 256;

/// What a component was compiled to, as it lies in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledCode {
    /// The digest of the component.
    pub component: Sha256Digest,
    /// Whether this engine can run it.
    pub fits: bool,
    /// Its size, in bytes.
    pub size: u64,
    /// When it was used last, to the day.
    pub last_used: SystemTime,
    /// The file.
    pub path: PathBuf,
}

/// What a process that was killed left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleFile {
    /// The file.
    pub path: PathBuf,
    /// Its size, in bytes.
    pub size: u64,
}

/// Everything in the folder of compiled code, each part sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompiledListing {
    /// What is named as code is, whatever is in it.
    pub code: Vec<CompiledCode>,
    /// Half-written files that nobody writes any more, and records of code that is gone.
    pub leftovers: Vec<StaleFile>,
    /// What has a name that we give to nothing. It is never touched.
    pub strangers: Vec<PathBuf>,
}

/// Why compiled code is not used, or should not be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodeFault {
    /// Somebody else could have put it there.
    #[error("`{}` is no file of this user alone, so it is not used", shown(.path))]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// Somebody else could have put anything there.
    #[error("`{}` is no folder of this user alone, so nothing in it is used", shown(.path))]
    OpenFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing says what was written.
    #[error("`{}` has no record of what was written", shown(.path))]
    NoRecord {
        /// The file.
        path: PathBuf,
    },
    /// It is not what was written.
    #[error("`{}` is damaged: it is not what was written", shown(.path))]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The system did not let us read it.
    #[error("`{}` cannot be read", shown(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl CodeFault {
    /// A stable name of the kind of fault, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotPrivate { .. } => "not-private",
            Self::OpenFolder { .. } => "open-folder",
            Self::NoRecord { .. } => "no-record",
            Self::Damaged { .. } => "damaged",
            Self::Read { .. } => "io",
        }
    }
}

/// The store of compiled code of one engine.
#[derive(Clone, Copy)]
pub struct KeptCode<'a> {
    store: &'a CompiledStore,
    engine: &'a Engine,
}

impl Engine {
    /// The compiled code that is kept, if any is.
    pub fn kept_code(&self) -> Option<KeptCode<'_>> {
        self.compiled.as_ref().map(|store| KeptCode { store, engine: self })
    }
}

impl KeptCode<'_> {
    /// Lists what is there; nothing when there is no folder yet.
    ///
    /// # Errors
    /// [`CodeFault::Read`] when the folder cannot be read.
    pub fn list(&self) -> Result<CompiledListing, CodeFault> {
        let failed = |source| CodeFault::Read { path: self.store.folder.clone(), source };
        self.store.list(&engine_name(&self.engine.wasmtime)).map_err(failed)
    }

    /// Holds code against what was written down of it.
    ///
    /// # Errors
    /// [`CodeFault`] when it is not what was written, or it cannot be known.
    pub fn verify(&self, code: &CompiledCode) -> Result<(), CodeFault> {
        let path = || code.path.clone();
        if private(&self.store.folder, true).is_none() {
            return Err(CodeFault::OpenFolder { path: self.store.folder.clone() });
        }
        let metadata =
            private(&code.path, false).ok_or_else(|| CodeFault::NotPrivate { path: path() })?;
        let record = read_record(&code.path).ok_or_else(|| CodeFault::NoRecord { path: path() })?;
        // a file of another size is not read, however large it is
        if metadata.len() != record.size {
            return Err(CodeFault::Damaged { path: path() });
        }
        let read = open(&code.path)
            .and_then(|file| Record::copy(&mut file.take(record.size), &mut io::sink()));
        match read.map_err(|source| CodeFault::Read { path: path(), source })? {
            found if found == record => Ok(()),
            _ => Err(CodeFault::Damaged { path: path() }),
        }
    }

    /// Takes code away, and its record. Whoever uses it at the moment goes on; the next
    /// one compiles again.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove(&self, code: &CompiledCode) -> io::Result<()> {
        self.remove_file(&code.path)?;
        self.remove_file(&Record::path(&code.path))
    }

    /// Takes away what a killed process left.
    ///
    /// # Errors
    /// What the system said.
    pub fn remove_leftover(&self, leftover: &StaleFile) -> io::Result<()> {
        self.remove_file(&leftover.path)
    }

    /// A folder goes away only when it is empty, because nothing of ours is in one. What
    /// is gone already is no error.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let removed = match fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl CompiledStore {
    pub(super) fn list(&self, engine: &str) -> io::Result<CompiledListing> {
        let mut listing = CompiledListing::default();
        let mut entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(error),
        };
        entries.sort_by_key(DirEntry::file_name);
        let now = SystemTime::now();
        for entry in entries {
            // it may be gone by now; and a link counts as itself
            let Ok(metadata) = entry.metadata() else { continue };
            listing.add(&entry, &metadata, engine, now);
        }
        Ok(listing)
    }
}

impl CompiledListing {
    fn add(&mut self, entry: &DirEntry, metadata: &Metadata, engine: &str, now: SystemTime) {
        let (name, path, size) = (entry.file_name(), entry.path(), metadata.len());
        let name = name.to_string_lossy();
        let target = temporary_of(&name);
        let (stem, extension) = target.unwrap_or(&name).split_once('.').unwrap_or((&name, ""));
        // <hex>-<engine>.<extension>
        let Some((component, of_engine)) = parse(stem) else { return self.strangers.push(path) };
        let is_stale = !metadata.is_dir() && age(metadata, now) >= STALE_AGE;
        match extension {
            "cwasm" | "blake3" if target.is_some() => {
                if is_stale {
                    self.leftovers.push(StaleFile { path, size });
                }
            }
            "cwasm" => {
                let last_used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let fits = of_engine == engine;
                self.code.push(CompiledCode { component, fits, size, last_used, path });
            }
            "blake3" if path.with_extension("cwasm").symlink_metadata().is_ok() => {}
            // a record comes before its code, and not long before
            "blake3" if is_stale => self.leftovers.push(StaleFile { path, size }),
            "blake3" => {}
            _ => self.strangers.push(path),
        }
    }
}

fn parse(stem: &str) -> Option<(Sha256Digest, &str)> {
    let (hex, engine) = stem.split_once('-')?;
    let is_engine =
        engine.len() == 16 && engine.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    Some((format!("sha256:{hex}").parse().ok()?, engine)).filter(|_| is_engine)
}

fn read_record(code: &Path) -> Option<Record> {
    let path = Record::path(code);
    private(&path, false)?;
    let mut text = String::new();
    open(&path).ok()?.take(RECORD_BYTES).read_to_string(&mut text).ok()?;
    text.parse().ok()
}

/// Opens a file that was looked at; without following a link or waiting, should it have
/// been exchanged since.
fn open(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn shown(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

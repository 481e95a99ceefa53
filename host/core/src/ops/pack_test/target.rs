//! Finds and loads the pack to test, and its scenarios.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gtc_fs::folder::{self, ListError};
use gtc_fs::metadata;

use super::error::{ScenarioError, TestError};
use crate::Host;
use crate::ops::build;
use crate::ops::input_file::{self, InputError};
use crate::ops::load_pack::{self, LoadedHandler, LoadedPack};
use crate::ops::pack_error::PackError;
use crate::scenario::{self, Scenario};
use gtc_engine::Engine;
use gtc_fetch::PackFormat;

/// The folder of scenarios next to a pack.
const FOLDER: &str = "tests";
/// The most entries of a folder that is searched for packs or scenarios.
const MAX_ENTRIES: usize = 100_000;
/// The first bytes of every zip archive.
const ZIP: &[u8] = b"PK\x03\x04";

/// The pack to test.
pub(super) struct TestTarget {
    /// The file.
    pub path: PathBuf,
    /// The folder of its scenarios.
    pub scenarios: PathBuf,
    /// The loaded pack.
    pub pack: LoadedPack,
}

/// A scenario in a file.
pub(super) struct ScenarioFile {
    pub path: PathBuf,
    pub scenario: Scenario,
}

impl ScenarioFile {
    /// Returns the name of the scenario: the file name without its extension.
    pub(super) fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads a scenario.
    pub(super) fn read(host: &Host, path: &Path) -> Result<Self, ScenarioError> {
        let bytes = input_file::read(host, path, host.limits.scenario.file_bytes)?;
        if bytes.starts_with(gtc_archive::WASM) || bytes.starts_with(ZIP) {
            return Err(ScenarioError::IsPack { path: path.to_owned() });
        }
        let scenario = scenario::read(&bytes, path);
        let scenario =
            scenario.map_err(|source| ScenarioError::Invalid { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), scenario })
    }
}

impl TestTarget {
    /// Loads the pack or component at a path. In a folder, loads the newest pack.
    pub(super) fn load(host: &Host, target: &Path) -> Result<Self, TestError> {
        let (path, folder) = if metadata::is_folder(target) {
            (newest_pack(target)?, target.to_owned())
        } else {
            (target.to_owned(), target.parent().unwrap_or(target).to_owned())
        };
        let unusable = |source: PackError| TestError::Pack { path: path.clone(), source };
        let mut fetched = host.fetcher.fetch_file(&path).map_err(InputError::from)?;
        if fetched.bytes.starts_with(gtc_archive::WASM) {
            fetched.format = PackFormat::Component;
        }
        let mut pack = load_pack::load_archive(host, &fetched, Engine::load_isolated)
            .and_then(LoadedPack::ensure_handler)
            .map_err(unusable)?;
        if fetched.format == PackFormat::Component {
            // a pack built from this component would declare its embedded permissions
            let permissions = build::embedded_permissions(host, &path, &fetched.bytes)?;
            pack.handlers.iter_mut().for_each(|loaded| loaded.permissions = permissions.clone());
        }
        Ok(Self { path, scenarios: folder.join(FOLDER), pack })
    }

    /// Returns the handler that a scenario names; the only handler if it names none.
    pub(super) fn handler(&self, file: &ScenarioFile) -> Result<&LoadedHandler, ScenarioError> {
        let asked = file.scenario.handler.as_ref().map(|asked| &asked.0);
        let handlers = &self.pack.handlers;
        let found = match (asked, handlers.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(asked), _) => {
                handlers.iter().find(|loaded| loaded.handler.descriptor_path() == asked)
            }
        };
        found.ok_or_else(|| ScenarioError::Handler {
            path: file.path.clone(),
            asked: asked.cloned(),
            handlers: self.pack.paths().cloned().collect(),
        })
    }
}

/// Reads the scenarios at these paths. For a folder, reads all scenarios in it.
pub(super) fn read_named_scenarios(
    host: &Host,
    paths: &[PathBuf],
) -> Result<Vec<ScenarioFile>, ScenarioError> {
    let mut files = Vec::new();
    for path in paths {
        if metadata::is_folder(path) {
            files.extend(scenarios_in(path)?);
        } else {
            files.push(path.clone());
        }
    }
    read_all(host, &files)
}

/// Reads the scenarios in a folder, ordered by name.
pub(super) fn read_scenarios_in(
    host: &Host,
    folder: &Path,
) -> Result<Vec<ScenarioFile>, ScenarioError> {
    read_all(host, &scenarios_in(folder)?)
}

fn read_all(host: &Host, paths: &[PathBuf]) -> Result<Vec<ScenarioFile>, ScenarioError> {
    let limit = host.limits.scenario.files;
    if paths.len() > limit {
        return Err(ScenarioError::TooMany { found: paths.len(), limit });
    }
    paths.iter().map(|path| ScenarioFile::read(host, path)).collect()
}

/// Returns the files in a folder with one of these extensions, ordered by name.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, ScenarioError> {
    let entries = folder::list(folder, MAX_ENTRIES).map_err(|error| match error {
        ListError::Path(error) => {
            ScenarioError::Folder { folder: error.path, source: error.source }
        }
        ListError::TooMany { path, limit } => ScenarioError::LargeFolder { folder: path, limit },
    })?;
    let mut found = Vec::new();
    for path in entries {
        let is_one = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|extension| extensions.contains(&extension));
        if is_one && metadata::is_file(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn newest_pack(folder: &Path) -> Result<PathBuf, TestError> {
    let packs = files(folder, &["gtpack"])?;
    packs
        .into_iter()
        .max_by_key(|path: &PathBuf| metadata::modified(path).unwrap_or(SystemTime::UNIX_EPOCH))
        .ok_or_else(|| TestError::NoPack { folder: folder.to_owned() })
}

fn scenarios_in(folder: &Path) -> Result<Vec<PathBuf>, ScenarioError> {
    let none = || ScenarioError::NoScenario { folder: folder.to_owned() };
    let found = if metadata::is_folder(folder) {
        files(folder, &["yaml", "yml", "json"])?
    } else {
        Vec::new()
    };
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

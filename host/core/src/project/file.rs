//! Reads the project file, `gtc-pack.toml`. The published schema is generated from the
//! type that is parsed.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use env_pack_domain::{
    ForeignText, InvalidPermission, NetworkPermission, PackId, Permissions, ToolPermission, Version,
};
use gtc_archive::ANSWERS_SCHEMA;
use gtc_fs::metadata;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use super::error::ProjectError;
use super::file_name::FILE_NAME;
use super::language::Language;
use super::limits::ProjectLimits;
use super::paths;
use crate::document::{self, Text};

/// A project: a folder that a pack is built from.
#[derive(Debug)]
pub struct Project {
    /// The canonical path of the folder.
    pub folder: PathBuf,
    /// The language of the handler; `None` for a pack without one.
    pub language: Option<Language>,
    /// The id of the pack; `None` for the descriptor path of its handler.
    pub id: Option<PackId>,
    /// The version of the pack; `None` for the version in `Cargo.toml`.
    pub version: Option<Version>,
    /// The publisher; `None` for the first segment of the descriptor path.
    pub publisher: Option<String>,
    /// The schema of the operator's answers: `answers.schema.json`, if there is one.
    pub answers_schema: Option<PathBuf>,
    /// The permissions that the project file declares, in addition to the handler's checks.
    pub permissions: Permissions,
    /// The source that the toolchain builds, relative to the folder.
    pub source: PathBuf,
    /// The folder of the component's WIT world, relative to the project.
    pub wit: PathBuf,
}

/// The pattern of a relative path in the schema; the parser also refuses `..`.
const RELATIVE_PATH: &str = "^[^/]";

/// Instructions for `gtc pack build` to build a pack from the folder of this file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gtc-pack.toml", extend(
    "oneOf" = serde_json::json!([
        {"properties": {"language": {"const": "rust"}, "handler": {"const": true}},
         "required": ["language"]},
        {"properties": {"language": {"not": {"const": "rust"}}, "handler": {"const": true}},
         "required": ["language", "version"]},
        {"properties": {"handler": {"const": false}, "language": false, "source": false,
                        "wit": false, "permissions": false},
         "required": ["handler", "id", "version"]},
    ]),
))]
struct ProjectFile {
    /// The language of the handler; required if the pack has one
    #[serde(default)]
    language: Option<Language>,
    /// Whether the pack has a handler; without one, it can only be bound as an extension
    #[serde(default = "has_handler")]
    handler: bool,
    /// The id of the pack; default: the descriptor path of its handler. Without a handler, it is
    /// the descriptor path
    #[serde(default)]
    #[schemars(with = "Option<Text<PackId>>")]
    id: Option<String>,
    /// The version of the pack, in SemVer; default for Rust: the version in Cargo.toml
    #[serde(default)]
    #[schemars(with = "Option<Text<Version>>")]
    version: Option<String>,
    /// The publisher; default: the first segment of the descriptor path
    #[serde(default)]
    publisher: Option<String>,
    /// The folder of Cargo.toml (default: `.`), or the file of the handler (default:
    /// `handler.py`, `handler.js`); relative to the project
    #[serde(default)]
    #[schemars(extend("pattern" = RELATIVE_PATH))]
    source: Option<PathBuf>,
    /// The folder of the WIT world `handler` of a component in Python or JavaScript;
    /// default: `wit`
    #[serde(default)]
    #[schemars(extend("pattern" = RELATIVE_PATH))]
    wit: Option<PathBuf>,
    /// The permissions that the handler needs on the operator's machine
    #[serde(default)]
    permissions: PermissionsTable,
}

fn has_handler() -> bool {
    true
}

/// The permissions that a handler needs on the operator's machine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct PermissionsTable {
    /// Commands to run, written as in a shell, such as `vault version`; `*` matches one
    /// argument
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    tools: Vec<String>,
    /// Addresses to connect to, such as `vault.acme.example:8200`
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    network: Vec<String>,
}

/// The [JSON Schema](https://json-schema.org/draft/2020-12) of the project file,
/// published as `docs/gtc-pack.schema.json`.
pub fn schema() -> Schema {
    document::schema::<ProjectFile>()
}

/// Reads the project in a folder.
///
/// # Errors
/// [`ProjectError`] if the folder has no project file, or the file is invalid.
pub fn read(folder: &Path, limits: &ProjectLimits) -> Result<Project, ProjectError> {
    let folder = metadata::resolve(folder)
        .map_err(|error| ProjectError::Read { path: error.path, source: error.source })?;
    let path = folder.join(FILE_NAME);
    if !metadata::is_taken(&path) {
        return Err(ProjectError::NoProjectFile { folder });
    }
    let path = paths::resolve_file(&folder, Path::new(FILE_NAME))?;
    let text = paths::read_text(&path, limits.file_bytes)?;
    let file: ProjectFile =
        toml::from_str(&text).map_err(|error| malformed(&path, &text, &error))?;
    ensure_consistent(&path, &file)?;
    let default_source = match file.language {
        Some(Language::Python) => "handler.py",
        Some(Language::JavaScript) => "handler.js",
        Some(Language::Rust) | None => ".",
    };
    Ok(Project {
        language: file.language,
        id: parse_optional(&path, "id", file.id)?,
        version: parse_optional(&path, "version", file.version)?,
        publisher: file.publisher,
        permissions: permissions(&path, &file.permissions)?,
        source: relative(&path, "source", file.source, default_source)?,
        wit: relative(&path, "wit", file.wit, "wit")?,
        answers_schema: answers_schema(&folder)?,
        folder,
    })
}

/// Finds the schema of the operator's answers.
fn answers_schema(folder: &Path) -> Result<Option<PathBuf>, ProjectError> {
    if !metadata::is_taken(&folder.join(ANSWERS_SCHEMA)) {
        return Ok(None);
    }
    paths::resolve_file(folder, Path::new(ANSWERS_SCHEMA)).map(Some)
}

/// Fails if members are missing, or have no meaning in combination with others.
fn ensure_consistent(path: &Path, file: &ProjectFile) -> Result<(), ProjectError> {
    let missing = |member, reason: String| Err(invalid_member(path, member, reason));
    match file.language {
        _ if !file.handler => ensure_without_handler(path, file),
        None => missing(
            "language",
            "required; a pack without a handler has `handler = false` instead".to_owned(),
        ),
        Some(language) if file.version.is_none() && language != Language::Rust => {
            missing("version", format!("required for language `{language}`"))
        }
        Some(_) => Ok(()),
    }
}

/// Fails if members of a project without a handler are missing, or are about a handler.
fn ensure_without_handler(path: &Path, file: &ProjectFile) -> Result<(), ProjectError> {
    let permissions = &file.permissions;
    for (member, is_given) in [
        ("language", file.language.is_some()),
        ("source", file.source.is_some()),
        ("wit", file.wit.is_some()),
        ("permissions", !permissions.tools.is_empty() || !permissions.network.is_empty()),
    ] {
        if is_given {
            let reason = "only for a pack with a handler".to_owned();
            return Err(invalid_member(path, member, reason));
        }
    }
    for (member, is_given) in [("id", file.id.is_some()), ("version", file.version.is_some())] {
        if !is_given {
            let reason = "required for a pack without a handler".to_owned();
            return Err(invalid_member(path, member, reason));
        }
    }
    Ok(())
}

fn parse_optional<T: FromStr<Err: Display>>(
    path: &Path,
    member: &'static str,
    text: Option<String>,
) -> Result<Option<T>, ProjectError> {
    text.map(|text| text.parse())
        .transpose()
        .map_err(|error: T::Err| invalid_member(path, member, error.to_string()))
}

fn relative(
    path: &Path,
    member: &'static str,
    value: Option<PathBuf>,
    default: &str,
) -> Result<PathBuf, ProjectError> {
    let value = value.unwrap_or_else(|| default.into());
    if paths::is_relative(&value) {
        Ok(value)
    } else {
        let reason = "expected a relative path without `..`".to_owned();
        Err(invalid_member(path, member, reason))
    }
}

fn permissions(path: &Path, table: &PermissionsTable) -> Result<Permissions, ProjectError> {
    Ok(Permissions {
        tools: parse_all(path, "permissions.tools", &table.tools)?,
        network: parse_all(path, "permissions.network", &table.network)?,
    })
}

fn parse_all<P: FromStr<Err = InvalidPermission>>(
    path: &Path,
    member: &'static str,
    texts: &[String],
) -> Result<Vec<P>, ProjectError> {
    texts
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, P::Err>>()
        .map_err(|error| invalid_member(path, member, error.to_string()))
}

fn invalid_member(path: &Path, member: &'static str, reason: String) -> ProjectError {
    ProjectError::InvalidMember { path: path.to_owned(), member, reason }
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ProjectError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    ProjectError::Malformed {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        reason: ForeignText::sentence(error.message()),
    }
}

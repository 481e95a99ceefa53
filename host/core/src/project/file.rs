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
    /// The language of the handler.
    pub language: Language,
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
    "if" = serde_json::json!({"properties": {"language": {"const": "rust"}}, "required": ["language"]}),
    "else" = serde_json::json!({"required": ["version"]}),
))]
struct ProjectFile {
    /// The language of the handler
    language: Language,
    /// The id of the pack; default: the descriptor path of its handler
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
    if file.version.is_none() && file.language != Language::Rust {
        let reason = format!("required for language `{}`", file.language);
        return Err(invalid_member(&path, "version", reason));
    }
    let default_source = match file.language {
        Language::Rust => ".",
        Language::Python => "handler.py",
        Language::JavaScript => "handler.js",
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

//! The project file, `gtc-pack.toml`: what a folder is to become. One type is what is
//! parsed and what the published schema is of.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use env_pack_domain::{
    ForeignText, InvalidPermission, NetworkPermission, PackId, Permissions, ToolPermission, Version,
};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use super::{Language, Limits, ProjectError, inside};
use crate::document::{self, Text};

/// What the file is called.
pub const FILE_NAME: &str = "gtc-pack.toml";

/// A folder that a pack is built from.
#[derive(Debug)]
pub struct Project {
    /// The folder, in full.
    pub folder: PathBuf,
    /// What it is written in.
    pub language: Language,
    /// The id of the pack, unless its handler's path.
    pub id: Option<PackId>,
    /// The version of the pack, unless cargo knows it.
    pub version: Option<Version>,
    /// Who publishes it.
    pub publisher: Option<String>,
    /// What the handler asks of the operator's machine.
    pub permissions: Permissions,
    /// What the toolchain begins with, relative to the folder.
    pub source: PathBuf,
    /// Where the interface of the component is, relative to the folder.
    pub wit: PathBuf,
}

/// What matches a relative path that does not climb.
const BELOW: &str = r"^(?!/)(?!(?:[^\u0000]*/)?\.\.(?:/|$))[^\u0000]+$";

/// What `gtc pack build` makes of the folder that this file lies in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "gtc-pack.toml", extend(
    "if" = serde_json::json!({"properties": {"language": {"const": "rust"}}, "required": ["language"]}),
    "else" = serde_json::json!({"required": ["version"]}),
))]
struct ProjectFile {
    /// What the handler is written in
    language: Language,
    /// The id of the pack; the descriptor path of its handler, unless given
    #[serde(default)]
    #[schemars(with = "Option<Text<PackId>>")]
    id: Option<String>,
    /// The version of the pack, in SemVer; for Rust that of Cargo.toml, unless given
    #[serde(default)]
    #[schemars(with = "Option<Text<Version>>")]
    version: Option<String>,
    /// Who publishes it; the first segment of the descriptor path, unless given
    #[serde(default)]
    publisher: Option<String>,
    /// The folder of Cargo.toml (`.`), or the file that holds the handler (`handler.py`,
    /// `handler.js`); relative to the project
    #[serde(default)]
    #[schemars(extend("pattern" = BELOW))]
    source: Option<PathBuf>,
    /// The folder that describes the world `handler`, of which a component in Python or
    /// JavaScript is made: `wit`, unless given
    #[serde(default)]
    #[schemars(extend("pattern" = BELOW))]
    wit: Option<PathBuf>,
    /// What the handler asks of the operator's machine
    #[serde(default)]
    permissions: PermissionsTable,
}

/// What a handler asks of the operator's machine.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct PermissionsTable {
    /// Commands that it runs, as in a shell, such as `vault version`; `*` stands for one
    /// argument
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    tools: Vec<String>,
    /// Addresses that it connects to, such as `vault.acme.example:8200`
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    network: Vec<String>,
}

/// The JSON Schema of the project file.
pub fn schema() -> Schema {
    document::schema::<ProjectFile>()
}

/// Reads the project that lies in a folder.
///
/// # Errors
/// [`ProjectError`] when there is none, or its file makes no sense.
pub fn read(folder: &Path, limits: &Limits) -> Result<Project, ProjectError> {
    let folder = folder
        .canonicalize()
        .map_err(|source| ProjectError::Read { path: folder.to_owned(), source })?;
    let path = folder.join(FILE_NAME);
    if path.symlink_metadata().is_err() {
        return Err(ProjectError::NoProject { folder });
    }
    let path = inside::file(&folder, Path::new(FILE_NAME))?;
    let text = inside::text(&path, limits.file_bytes)?;
    let file: ProjectFile =
        toml::from_str(&text).map_err(|error| malformed(&path, &text, &error))?;
    let member = |member, error: &dyn std::error::Error| wrong(&path, member, error.to_string());
    let below = |member, given: Option<PathBuf>, usual: &str| {
        let given = given.unwrap_or_else(|| usual.into());
        let reason = || "expected a relative path without `..`".to_owned();
        if inside::is_relative(&given) { Ok(given) } else { Err(wrong(&path, member, reason())) }
    };
    if file.version.is_none() && file.language != Language::Rust {
        return Err(wrong(
            &path,
            "version",
            format!("a pack in {} has its version here", file.language),
        ));
    }
    let usual_source = match file.language {
        Language::Rust => ".",
        Language::Python => "handler.py",
        Language::JavaScript => "handler.js",
    };
    Ok(Project {
        language: file.language,
        id: file.id.map(|id| id.parse()).transpose().map_err(|error| member("id", &error))?,
        version: file
            .version
            .map(|version| version.parse())
            .transpose()
            .map_err(|error| member("version", &error))?,
        publisher: file.publisher,
        permissions: permissions(&path, &file.permissions)?,
        source: below("source", file.source, usual_source)?,
        wit: below("wit", file.wit, "wit")?,
        folder,
    })
}

fn permissions(path: &Path, table: &PermissionsTable) -> Result<Permissions, ProjectError> {
    Ok(Permissions {
        tools: all(path, "permissions.tools", &table.tools)?,
        network: all(path, "permissions.network", &table.network)?,
    })
}

fn all<P: FromStr<Err = InvalidPermission>>(
    path: &Path,
    member: &'static str,
    texts: &[String],
) -> Result<Vec<P>, ProjectError> {
    let parse = |text: &String| {
        text.parse().map_err(|error: P::Err| wrong(path, member, error.to_string()))
    };
    texts.iter().map(parse).collect()
}

fn wrong(path: &Path, member: &'static str, reason: String) -> ProjectError {
    ProjectError::Member { path: path.to_owned(), member, reason }
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ProjectError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    ProjectError::Malformed {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        reason: ForeignText::sentence(error.message()),
    }
}

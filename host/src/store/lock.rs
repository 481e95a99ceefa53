//! `packs.lock.json`, schema `greentic.env-pack-lock.v1`: which bytes each pack reference stood for when it was bound.

use std::collections::BTreeMap;
use std::path::Path;

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackRef, Permissions, Sha256Digest, ToolPermission, VersionReq,
};
use serde::{Deserialize, Serialize};

use super::StoreError;

const SCHEMA: &str = "greentic.env-pack-lock.v1";

/// The pinned packs of an environment, by the text of their references.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackLock {
    /// The packs.
    pub packs: BTreeMap<String, LockedPack>,
}

impl PackLock {
    /// The pin of a reference.
    pub fn get(&self, pack_ref: &PackRef) -> Option<&LockedPack> {
        self.packs.get(&pack_ref.text())
    }
}

/// A pinned pack.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedPack {
    /// The digest of the archive.
    pub archive: Sha256Digest,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// What the handlers inside answered.
    pub handlers: Vec<LockedHandler>,
    /// What the operator allowed the pack.
    pub grants: Permissions,
    /// When it was pinned, as an RFC 3339 timestamp.
    pub locked_at: String,
}

/// What a handler of a pinned pack answered.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The digest of its component.
    pub digest: Sha256Digest,
    /// The slot it serves.
    pub slot: CapabilitySlot,
    /// The path it answers for.
    pub descriptor_path: DescriptorPath,
    /// The versions it supports.
    pub supported_versions: VersionReq,
}

#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    packs: BTreeMap<String, Pack>,
}

#[derive(Serialize, Deserialize)]
struct Pack {
    archive_sha256: String,
    size: u64,
    handlers: Vec<Handler>,
    #[serde(default)]
    grants: Grants,
    locked_at: String,
}

#[derive(Serialize, Deserialize)]
struct Handler {
    component: String,
    component_sha256: String,
    slot: String,
    descriptor_path: String,
    supported_versions: String,
}

#[derive(Default, Serialize, Deserialize)]
struct Grants {
    #[serde(default)]
    tools: Vec<Tool>,
    #[serde(default)]
    network: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Tool {
    tool: String,
    args: Vec<String>,
}

type Fault = Box<dyn std::error::Error>;

/// Reads the file.
pub(super) fn parse(text: &str, path: &Path) -> Result<PackLock, StoreError> {
    let malformed = |place: String, reason: String| StoreError::Malformed {
        path: path.to_owned(),
        place,
        reason: ForeignText::sentence(&reason),
    };
    let file: File = serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))?;
    if file.schema != SCHEMA {
        return Err(malformed("`schema`".to_owned(), format!("it is `{}`, expected `{SCHEMA}`", file.schema)));
    }
    let pack = |(pack_ref, pack): (String, Pack)| match pack.parse() {
        Ok(pack) => Ok((pack_ref, pack)),
        Err(fault) => Err(malformed(format!("`packs.{}`", ForeignText::excerpt(&pack_ref)), fault.to_string())),
    };
    Ok(PackLock { packs: file.packs.into_iter().map(pack).collect::<Result<_, _>>()? })
}

/// The text of the file.
pub(super) fn render(lock: &PackLock) -> String {
    let packs = lock.packs.iter().map(|(pack_ref, pack)| (pack_ref.clone(), Pack::from(pack))).collect();
    let file = File { schema: SCHEMA.to_owned(), packs };
    let mut text = serde_json::to_string_pretty(&file).expect("text and numbers make JSON");
    text.push('\n');
    text
}

impl Pack {
    fn parse(self) -> Result<LockedPack, Fault> {
        let tool = |tool: Tool| ToolPermission::new(tool.tool, tool.args);
        Ok(LockedPack {
            archive: digest(&self.archive_sha256)?,
            size: self.size,
            handlers: self.handlers.into_iter().map(Handler::parse).collect::<Result<_, _>>()?,
            grants: Permissions {
                tools: self.grants.tools.into_iter().map(tool).collect::<Result<_, _>>()?,
                network: self.grants.network.iter().map(|address| address.parse()).collect::<Result<_, _>>()?,
            },
            locked_at: self.locked_at,
        })
    }
}

impl Handler {
    fn parse(self) -> Result<LockedHandler, Fault> {
        Ok(LockedHandler {
            component: ForeignText::new(self.component),
            digest: digest(&self.component_sha256)?,
            slot: self.slot.parse()?,
            descriptor_path: self.descriptor_path.parse()?,
            supported_versions: self.supported_versions.parse()?,
        })
    }
}

fn digest(hex: &str) -> Result<Sha256Digest, Fault> {
    Ok(format!("sha256:{hex}").parse()?)
}

impl From<&LockedPack> for Pack {
    fn from(pack: &LockedPack) -> Self {
        let tool = |tool: &ToolPermission| Tool { tool: tool.tool().to_owned(), args: tool.args().to_vec() };
        Self {
            archive_sha256: pack.archive.hex(),
            size: pack.size,
            handlers: pack.handlers.iter().map(Handler::from).collect(),
            grants: Grants {
                tools: pack.grants.tools.iter().map(tool).collect(),
                network: pack.grants.network.iter().map(ToString::to_string).collect(),
            },
            locked_at: pack.locked_at.clone(),
        }
    }
}

impl From<&LockedHandler> for Handler {
    fn from(handler: &LockedHandler) -> Self {
        Self {
            component: handler.component.as_exact().to_owned(),
            component_sha256: handler.digest.hex(),
            slot: handler.slot.to_string(),
            descriptor_path: handler.descriptor_path.to_string(),
            supported_versions: handler.supported_versions.to_string(),
        }
    }
}

//! `packs.lock.json`, schema `greentic.env-pack-lock.v1`: which bytes each pack reference
//! stood for when it was bound.

use std::collections::BTreeMap;
use std::path::Path;

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackRef, Permissions, Sha256Digest,
    ToolPermission, VersionReq,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::StoreError;
use super::object::Object;

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
    /// The digest of the manifest in the registry that the pack came from, if it came
    /// from one.
    pub manifest: Option<Sha256Digest>,
    /// The digest of the archive.
    pub archive: Sha256Digest,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// What the handlers inside answered.
    pub handlers: Vec<LockedHandler>,
    /// What the operator allowed the pack.
    pub grants: Permissions,
    /// Whose signature was verified when it was pinned, for people: it is verified again
    /// whenever the pack is loaded.
    pub signer: Option<ForeignText>,
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

/// The file in memory: the pins that are ours to change, and everything else exactly as
/// it was.
#[derive(Clone, Debug, Default)]
pub(super) struct LockDocument {
    object: Object,
    /// The member `packs` of it.
    pins: Object,
}

#[derive(Serialize, Deserialize)]
struct Pack {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest_digest: Option<String>,
    archive_sha256: String,
    size: u64,
    handlers: Vec<Handler>,
    #[serde(default)]
    grants: Grants,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
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

impl LockDocument {
    /// Reads the file, and the pins in it.
    pub fn parse(text: &str, path: &Path) -> Result<(Self, PackLock), StoreError> {
        let object = Object::document(text, path, SCHEMA)?;
        let pins: Object = object.require("packs", path)?;
        let pin = |(pack_ref, text): (&str, &RawValue)| match parse(text) {
            Ok(pack) => Ok((pack_ref.to_owned(), pack)),
            Err(reason) => Err(StoreError::malformed(
                path,
                format!("`packs.{}`", ForeignText::excerpt(pack_ref)),
                reason,
            )),
        };
        let packs = pins.members().map(pin).collect::<Result<_, _>>()?;
        Ok((Self { object, pins }, PackLock { packs }))
    }

    /// The text of the file with these pins in it.
    pub fn render(&self, lock: &PackLock) -> String {
        let mut pins = self.pins.clone();
        pins.retain(|pack_ref| lock.packs.contains_key(pack_ref));
        for (pack_ref, pack) in &lock.packs {
            pins.set(pack_ref, pin(self.pins.get(pack_ref), pack));
        }
        let mut object = self.object.clone();
        object.set("schema", raw(SCHEMA, 1));
        object
            .set("packs", RawValue::from_string(pins.render(1)).expect("an object of JSON values"));
        object.render(0) + "\n"
    }
}

fn parse(text: &RawValue) -> Result<LockedPack, String> {
    let pack: Pack =
        serde_json::from_str(text.get()).map_err(|error| StoreError::reason(&error))?;
    pack.parse().map_err(|fault| fault.to_string())
}

/// A pin as it stands in the file: as it stood when it did not change.
fn pin(old: Option<&RawValue>, pack: &LockedPack) -> Box<RawValue> {
    let old = old.and_then(|text| Some((text, parse(text).ok()?)));
    match old {
        Some((text, before)) if before == *pack => text.to_owned(),
        Some((text, before)) if before.archive == pack.archive => changed(text, &before, pack),
        // what others noted about another archive, such as who signed it, is not true of this one
        _ => raw(Pack::from(pack), 2),
    }
}

/// A changed pin of the same archive. Members that are not ours stay.
fn changed(text: &RawValue, before: &LockedPack, pack: &LockedPack) -> Box<RawValue> {
    let object = |text: Option<&RawValue>| -> Object {
        text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
    };
    let mut pin = object(Some(text));
    let new = Pack::from(pack);
    if let Some(manifest) = new.manifest_digest.filter(|_| before.manifest != pack.manifest) {
        pin.set("manifest_digest", raw(manifest, 3));
    }
    if before.handlers != pack.handlers {
        pin.set("handlers", raw(new.handlers, 3));
    }
    if before.grants != pack.grants {
        let mut grants = object(pin.get("grants"));
        grants.set("tools", raw(new.grants.tools, 4));
        grants.set("network", raw(new.grants.network, 4));
        pin.set(
            "grants",
            RawValue::from_string(grants.render(3)).expect("an object of JSON values"),
        );
    }
    // who signed it is true of the archive, even if nobody asked this time
    if let Some(signer) = new.signer {
        pin.set("signer", raw(signer, 3));
    }
    pin.set("locked_at", raw(new.locked_at, 3));
    RawValue::from_string(pin.render(2)).expect("an object of JSON values")
}

/// A value as text, for a place this deep in the file.
fn raw(value: impl Serialize, depth: usize) -> Box<RawValue> {
    let text = serde_json::to_string_pretty(&value).expect("text and numbers make JSON");
    // no line break stands in a JSON string
    let text = text.replace('\n', &format!("\n{}", "  ".repeat(depth)));
    RawValue::from_string(text).expect("it is JSON")
}

impl Pack {
    fn parse(self) -> Result<LockedPack, Fault> {
        let tool = |tool: Tool| ToolPermission::new(tool.tool, tool.args);
        Ok(LockedPack {
            manifest: self.manifest_digest.map(|text| text.parse()).transpose()?,
            archive: digest(&self.archive_sha256)?,
            size: self.size,
            handlers: self.handlers.into_iter().map(Handler::parse).collect::<Result<_, _>>()?,
            grants: Permissions {
                tools: self.grants.tools.into_iter().map(tool).collect::<Result<_, _>>()?,
                network: self
                    .grants
                    .network
                    .iter()
                    .map(|address| address.parse())
                    .collect::<Result<_, _>>()?,
            },
            signer: self.signer.map(ForeignText::new),
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
        let tool = |tool: &ToolPermission| Tool {
            tool: tool.tool().to_owned(),
            args: tool.args().to_vec(),
        };
        Self {
            manifest_digest: pack.manifest.map(|digest| digest.to_string()),
            archive_sha256: pack.archive.hex(),
            size: pack.size,
            handlers: pack.handlers.iter().map(Handler::from).collect(),
            grants: Grants {
                tools: pack.grants.tools.iter().map(tool).collect(),
                network: pack.grants.network.iter().map(ToString::to_string).collect(),
            },
            signer: pack.signer.as_ref().map(|signer| signer.as_exact().to_owned()),
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

//! Reads and writes `packs.lock.json`, schema `greentic.env-pack-lock.v1`: the digest, the
//! handlers and the grants of each pack reference when it was bound.

use std::collections::BTreeMap;
use std::path::Path;

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, PackRef, Permissions, Sha256Digest,
    ToolPermission, VersionReq,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::JsonObject;

const SCHEMA: &str = "greentic.env-pack-lock.v1";

/// The pinned packs of an environment, by the text of their references.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PackPins {
    /// Pins by pack reference.
    pub packs: BTreeMap<String, PinnedPack>,
}

impl PackPins {
    /// Returns the pin of a reference, if it is pinned.
    pub fn get(&self, pack_ref: &PackRef) -> Option<&PinnedPack> {
        self.packs.get(&pack_ref.text())
    }
}

/// The bytes, handlers and permissions that a pack reference had when it was bound.
#[derive(Clone, Debug, PartialEq)]
pub struct PinnedPack {
    /// The digest of the OCI manifest, for a pack from a registry.
    pub manifest: Option<Sha256Digest>,
    /// The digest of the archive.
    pub archive: Sha256Digest,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// The handlers in the pack.
    pub handlers: Vec<PinnedHandler>,
    /// The permissions that the operator granted to the pack.
    pub grants: Permissions,
    /// The id of the key whose signature was verified when the pack was bound. For people
    /// only: the signature is verified again each time the pack is loaded.
    pub signer: Option<ForeignText>,
    /// The time of pinning, as an [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)
    /// timestamp.
    pub locked_at: String,
}

/// The metadata that a handler returned when its pack was bound.
#[derive(Clone, Debug, PartialEq)]
pub struct PinnedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The digest of its component.
    pub digest: Sha256Digest,
    /// The slot that the handler serves.
    pub slot: CapabilitySlot,
    /// The descriptor path that the handler serves.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that the handler supports.
    pub supported_versions: VersionReq,
}

/// The parsed file. Members that other tools wrote keep their exact text.
#[derive(Clone, Debug, Default)]
pub(super) struct PinsDocument {
    object: JsonObject,
    /// The member `packs`.
    pins: JsonObject,
}

#[derive(Serialize, Deserialize)]
struct PinRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest_digest: Option<String>,
    archive_sha256: String,
    size: u64,
    handlers: Vec<HandlerRecord>,
    #[serde(default)]
    grants: GrantsRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    locked_at: String,
}

#[derive(Serialize, Deserialize)]
struct HandlerRecord {
    component: String,
    component_sha256: String,
    slot: String,
    descriptor_path: String,
    supported_versions: String,
}

#[derive(Default, Serialize, Deserialize)]
struct GrantsRecord {
    #[serde(default)]
    tools: Vec<ToolRecord>,
    #[serde(default)]
    network: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ToolRecord {
    tool: String,
    args: Vec<String>,
}

type ParseFault = Box<dyn std::error::Error>;

impl PinsDocument {
    /// Parses the file and the pins in it.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<(Self, PackPins), StoreError> {
        let object = JsonObject::document(text, path, SCHEMA)?;
        let pins: JsonObject = object.require("packs", path)?;
        let mut packs = BTreeMap::new();
        for (pack_ref, text) in pins.members() {
            let pack = parse(text).map_err(|reason| {
                let place = format!("`packs.{}`", ForeignText::excerpt(pack_ref));
                StoreError::malformed(path, place, reason)
            })?;
            packs.insert(pack_ref.to_owned(), pack);
        }
        Ok((Self { object, pins }, PackPins { packs }))
    }

    /// Returns the text of the file with these pins.
    pub(crate) fn render(&self, pins: &PackPins) -> String {
        let mut members = self.pins.clone();
        members.retain(|pack_ref| pins.packs.contains_key(pack_ref));
        for (pack_ref, pack) in &pins.packs {
            members.set(pack_ref, render_pin(self.pins.get(pack_ref), pack));
        }
        let mut object = self.object.clone();
        object.set("schema", raw(SCHEMA, 1));
        object.set(
            "packs",
            RawValue::from_string(members.render(1)).expect("an object of JSON values"),
        );
        object.render(0) + "\n"
    }
}

fn parse(text: &RawValue) -> Result<PinnedPack, String> {
    let pack: PinRecord =
        serde_json::from_str(text.get()).map_err(|error| StoreError::reason(&error))?;
    pack.parse().map_err(|fault| fault.to_string())
}

/// Returns the JSON of a pin: the original text if the pin did not change.
fn render_pin(old: Option<&RawValue>, pack: &PinnedPack) -> Box<RawValue> {
    let old = old.and_then(|text| Some((text, parse(text).ok()?)));
    match old {
        Some((text, before)) if before == *pack => text.to_owned(),
        Some((text, before)) if before.archive == pack.archive => update_pin(text, &before, pack),
        // members that other tools wrote were about another archive
        _ => raw(PinRecord::from(pack), 2),
    }
}

/// Returns the JSON of a changed pin of the same archive, and keeps the members that other
/// tools wrote.
fn update_pin(text: &RawValue, before: &PinnedPack, pack: &PinnedPack) -> Box<RawValue> {
    let object = |text: Option<&RawValue>| -> JsonObject {
        text.and_then(|text| serde_json::from_str(text.get()).ok()).unwrap_or_default()
    };
    let mut pin = object(Some(text));
    let new = PinRecord::from(pack);
    // a manifest digest is never removed: the archive came from that registry once
    if before.manifest != pack.manifest
        && let Some(manifest) = new.manifest_digest
    {
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
    // keep the earlier signer of the archive if no signature was required this time
    if let Some(signer) = new.signer {
        pin.set("signer", raw(signer, 3));
    }
    pin.set("locked_at", raw(new.locked_at, 3));
    RawValue::from_string(pin.render(2)).expect("an object of JSON values")
}

/// Serializes a value, indented for this depth in the file.
fn raw(value: impl Serialize, depth: usize) -> Box<RawValue> {
    let text = serde_json::to_string_pretty(&value).expect("text and numbers make JSON");
    // a JSON string contains no line break, so this indents structure only
    let text = text.replace('\n', &format!("\n{}", "  ".repeat(depth)));
    RawValue::from_string(text).expect("it is JSON")
}

impl PinRecord {
    fn parse(self) -> Result<PinnedPack, ParseFault> {
        Ok(PinnedPack {
            manifest: self.manifest_digest.map(|text| text.parse()).transpose()?,
            archive: digest(&self.archive_sha256)?,
            size: self.size,
            handlers: self
                .handlers
                .into_iter()
                .map(HandlerRecord::parse)
                .collect::<Result<_, _>>()?,
            grants: Permissions {
                tools: self
                    .grants
                    .tools
                    .into_iter()
                    .map(|tool| ToolPermission::new(tool.tool, tool.args))
                    .collect::<Result<_, _>>()?,
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

impl HandlerRecord {
    fn parse(self) -> Result<PinnedHandler, ParseFault> {
        Ok(PinnedHandler {
            component: ForeignText::new(self.component),
            digest: digest(&self.component_sha256)?,
            slot: self.slot.parse()?,
            descriptor_path: self.descriptor_path.parse()?,
            supported_versions: self.supported_versions.parse()?,
        })
    }
}

fn digest(hex: &str) -> Result<Sha256Digest, ParseFault> {
    Ok(format!("sha256:{hex}").parse()?)
}

impl From<&PinnedPack> for PinRecord {
    fn from(pack: &PinnedPack) -> Self {
        Self {
            manifest_digest: pack.manifest.map(|digest| digest.to_string()),
            archive_sha256: pack.archive.hex(),
            size: pack.size,
            handlers: pack.handlers.iter().map(HandlerRecord::from).collect(),
            grants: GrantsRecord {
                tools: pack
                    .grants
                    .tools
                    .iter()
                    .map(|tool| ToolRecord {
                        tool: tool.tool().to_owned(),
                        args: tool.args().to_vec(),
                    })
                    .collect(),
                network: pack.grants.network.iter().map(ToString::to_string).collect(),
            },
            signer: pack.signer.as_ref().map(|signer| signer.as_exact().to_owned()),
            locked_at: pack.locked_at.clone(),
        }
    }
}

impl From<&PinnedHandler> for HandlerRecord {
    fn from(handler: &PinnedHandler) -> Self {
        Self {
            component: handler.component.as_exact().to_owned(),
            component_sha256: handler.digest.hex(),
            slot: handler.slot.to_string(),
            descriptor_path: handler.descriptor_path.to_string(),
            supported_versions: handler.supported_versions.to_string(),
        }
    }
}

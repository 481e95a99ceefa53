//! The JSON of a pin.

use env_pack_domain::{
    Binding, ForeignText, PackIdentity, Permissions, Pin, PinnedHandler, Sha256Digest,
    ToolPermission,
};
use serde::{Deserialize, Serialize};

use super::object::{JsonObject, raw};

/// A pin as it is stored.
#[derive(Deserialize)]
pub(super) struct PinRecord {
    #[serde(default)]
    pub pack_ref: Option<String>,
    #[serde(default)]
    pub generation: Option<u64>,
    #[serde(default)]
    manifest_digest: Option<String>,
    archive_sha256: String,
    size: u64,
    #[serde(default)]
    pack: Option<IdentityRecord>,
    handlers: Vec<HandlerRecord>,
    #[serde(default)]
    grants: GrantsRecord,
    #[serde(default)]
    signer: Option<String>,
    locked_at: String,
}

#[derive(Serialize, Deserialize)]
struct IdentityRecord {
    id: String,
    version: String,
    publisher: String,
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

impl PinRecord {
    fn new(binding: &Binding, pin: &Pin) -> Self {
        Self {
            pack_ref: Some(binding.pack_ref.text()),
            generation: Some(binding.generation),
            manifest_digest: pin.manifest.map(|digest| digest.to_string()),
            archive_sha256: pin.archive.hex(),
            size: pin.size,
            pack: pin.pack.as_ref().map(|pack| IdentityRecord {
                id: pack.id.as_exact().to_owned(),
                version: pack.version.clone(),
                publisher: pack.publisher.as_exact().to_owned(),
            }),
            handlers: pin.handlers.iter().map(HandlerRecord::from).collect(),
            grants: GrantsRecord {
                tools: pin.grants.tools.iter().map(ToolRecord::from).collect(),
                network: pin.grants.network.iter().map(ToString::to_string).collect(),
            },
            signer: pin.signer.as_ref().map(|signer| signer.as_exact().to_owned()),
            locked_at: pin.locked_at.clone(),
        }
    }

    /// Sets the members of an object to those of a pin. `before` is the pin that the object was
    /// read from, if there was one. The identity, handlers and permissions keep their text, with
    /// the members of other tools, if they are the same as before.
    pub(super) fn write(
        binding: &Binding,
        pin: &Pin,
        before: Option<&Pin>,
        depth: usize,
        object: &mut JsonObject<'_>,
    ) {
        let record = Self::new(binding, pin);
        let depth = depth + 1;
        object.set("pack_ref", raw(record.pack_ref, depth));
        object.set("generation", raw(record.generation, depth));
        object.put("manifest_digest", record.manifest_digest.map(|text| raw(text, depth)));
        object.set("archive_sha256", raw(record.archive_sha256, depth));
        object.set("size", raw(record.size, depth));
        if before.is_none_or(|before| before.pack != pin.pack) {
            object.put("pack", record.pack.map(|pack| raw(pack, depth)));
        }
        if before.is_none_or(|before| before.handlers != pin.handlers) {
            object.set("handlers", raw(record.handlers, depth));
        }
        if before.is_none_or(|before| before.grants != pin.grants) {
            let mut grants = object.child("grants");
            grants.set("tools", raw(record.grants.tools, depth + 1));
            grants.set("network", raw(record.grants.network, depth + 1));
            let grants = grants.into_raw(depth);
            object.set("grants", grants);
        }
        object.put("signer", record.signer.map(|signer| raw(signer, depth)));
        object.set("locked_at", raw(record.locked_at, depth));
    }

    /// Parses the members.
    pub(super) fn parse(&self) -> Result<Pin, String> {
        self.parse_members().map_err(|fault| fault.to_string())
    }

    fn parse_members(&self) -> Result<Pin, ParseFault> {
        let grants = &self.grants;
        let tools = grants
            .tools
            .iter()
            .map(|tool| ToolPermission::new(tool.tool.clone(), tool.args.clone()))
            .collect::<Result<_, _>>()?;
        let network =
            grants.network.iter().map(|address| address.parse()).collect::<Result<_, _>>()?;
        Ok(Pin {
            manifest: self.manifest_digest.as_ref().map(|text| text.parse()).transpose()?,
            archive: digest(&self.archive_sha256)?,
            size: self.size,
            pack: self.pack.as_ref().map(|pack| PackIdentity {
                id: ForeignText::new(pack.id.clone()),
                version: pack.version.clone(),
                publisher: ForeignText::new(pack.publisher.clone()),
            }),
            handlers: self
                .handlers
                .iter()
                .map(HandlerRecord::parse)
                .collect::<Result<_, ParseFault>>()?,
            grants: Permissions { tools, network },
            signer: self.signer.clone().map(ForeignText::new),
            locked_at: self.locked_at.clone(),
        })
    }
}

impl HandlerRecord {
    fn parse(&self) -> Result<PinnedHandler, ParseFault> {
        Ok(PinnedHandler {
            component: ForeignText::new(self.component.clone()),
            digest: digest(&self.component_sha256)?,
            slot: self.slot.parse()?,
            descriptor_path: self.descriptor_path.parse()?,
            supported_versions: self.supported_versions.parse()?,
        })
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

impl From<&ToolPermission> for ToolRecord {
    fn from(permission: &ToolPermission) -> Self {
        Self { tool: permission.tool().to_owned(), args: permission.args().to_vec() }
    }
}

fn digest(hex: &str) -> Result<Sha256Digest, ParseFault> {
    Ok(format!("sha256:{hex}").parse()?)
}

//! What a pack declares of its handlers, in the manifest extension
//! `greentic.env-pack.v1`.

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, InvalidPermission, NetworkPermission, Permissions,
    ToolPermission, VersionReq,
};
use serde::{Deserialize, Serialize};

use super::{ArchiveError, OnFault};

/// The kind of the extension.
pub(super) const EXTENSION: &str = "greentic.env-pack.v1";
/// The version of the extension that this code writes.
pub(super) const EXTENSION_VERSION: &str = "1.0.0";

/// What a pack says of one of its handlers. The handler itself must answer the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerDeclaration {
    /// The slot it fills.
    pub slot: CapabilitySlot,
    /// The path it answers for.
    pub descriptor_path: DescriptorPath,
    /// The versions it supports.
    pub supported_versions: VersionReq,
    /// What it wants to be allowed.
    pub permissions: Permissions,
}

#[derive(Serialize, Deserialize)]
struct ExtensionDocument {
    handlers: Vec<HandlerDocument>,
}

#[derive(Serialize, Deserialize)]
struct HandlerDocument {
    component: String,
    slot: String,
    descriptor_path: String,
    supported_versions: String,
    #[serde(default)]
    permissions: PermissionsDocument,
}

#[derive(Default, Serialize, Deserialize)]
struct PermissionsDocument {
    #[serde(default)]
    tools: Vec<ToolDocument>,
    #[serde(default)]
    network: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct ToolDocument {
    tool: String,
    #[serde(default)]
    args: Vec<String>,
}

/// Parses the extension's inline value: component ids with what is declared of each.
pub(super) fn parse(
    inline: &serde_json::Value,
    on_fault: OnFault<'_>,
) -> Result<Vec<(String, HandlerDeclaration)>, ArchiveError> {
    let mut wrong = |reason: String| {
        on_fault(ArchiveError::InvalidDeclaration { reason: ForeignText::sentence(&reason) })
    };
    let extension = match ExtensionDocument::deserialize(inline) {
        Ok(extension) => extension,
        Err(error) => return wrong(error.to_string()).map(|()| Vec::new()),
    };
    let mut declared: Vec<(String, HandlerDeclaration)> =
        Vec::with_capacity(extension.handlers.len());
    for (at, handler) in extension.handlers.into_iter().enumerate() {
        let component = handler.component.clone();
        if declared.iter().any(|(other, _)| *other == component) {
            wrong(format!("handlers[{at}] declares component `{component}` again"))?;
            continue;
        }
        match handler.parse() {
            Ok(parsed) => declared.push((component, parsed)),
            Err(reason) => wrong(format!("handlers[{at}]: {reason}"))?,
        }
    }
    Ok(declared)
}

/// Permissions as a component states them: a JSON object of the form that they have in
/// the extension, and nothing beside it.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_permissions(json: &[u8]) -> Result<Permissions, ForeignText> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Section {
        tools: Vec<Command>,
        network: Vec<String>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Command {
        tool: String,
        args: Vec<String>,
    }
    let wrong = |error: &dyn std::error::Error| ForeignText::sentence(&error.to_string());
    let section: Section = serde_json::from_slice(json).map_err(|error| wrong(&error))?;
    let mut permissions = Permissions::default();
    for Command { tool, args } in section.tools {
        let tool = ToolPermission::new(tool, args).map_err(|error| wrong(&error))?;
        permissions = permissions.union(&Permissions { tools: vec![tool], network: vec![] });
    }
    for address in section.network {
        let address = address.parse().map_err(|error: InvalidPermission| wrong(&error))?;
        permissions = permissions.union(&Permissions { tools: vec![], network: vec![address] });
    }
    Ok(permissions)
}

/// The inline value that declares these handlers.
pub(super) fn to_value<'a>(
    handlers: impl IntoIterator<Item = (&'a str, &'a HandlerDeclaration)>,
) -> Result<serde_json::Value, serde_json::Error> {
    let handler = |(component, declared): (&str, &HandlerDeclaration)| HandlerDocument {
        component: component.to_owned(),
        slot: declared.slot.to_string(),
        descriptor_path: declared.descriptor_path.to_string(),
        supported_versions: declared.supported_versions.to_string(),
        permissions: PermissionsDocument::from(&declared.permissions),
    };
    serde_json::to_value(ExtensionDocument {
        handlers: handlers.into_iter().map(handler).collect(),
    })
}

impl HandlerDocument {
    fn parse(self) -> Result<HandlerDeclaration, Box<dyn std::error::Error>> {
        let tool = |tool: ToolDocument| ToolPermission::new(tool.tool, tool.args);
        let network = |address: String| address.parse::<NetworkPermission>();
        Ok(HandlerDeclaration {
            slot: self.slot.parse()?,
            descriptor_path: self.descriptor_path.parse()?,
            supported_versions: self.supported_versions.parse()?,
            permissions: Permissions {
                tools: self.permissions.tools.into_iter().map(tool).collect::<Result<_, _>>()?,
                network: self
                    .permissions
                    .network
                    .into_iter()
                    .map(network)
                    .collect::<Result<_, _>>()?,
            },
        })
    }
}

impl From<&Permissions> for PermissionsDocument {
    fn from(permissions: &Permissions) -> Self {
        let tool = |tool: &ToolPermission| ToolDocument {
            tool: tool.tool().to_owned(),
            args: tool.args().to_vec(),
        };
        Self {
            tools: permissions.tools.iter().map(tool).collect(),
            network: permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

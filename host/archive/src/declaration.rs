//! The manifest extension `greentic.env-pack.v1`, in which a pack declares its handlers
//! and the permissions they request.

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, InvalidPermission, NetworkPermission, Permissions,
    ToolPermission, VersionReq,
};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::error::ArchiveError;
use super::on_fault::OnFault;

/// The kind of the extension.
pub(super) const EXTENSION: &str = "greentic.env-pack.v1";
/// The version of the extension that this host writes. It reads every `1.x`.
pub(super) const EXTENSION_VERSION: &str = "1.0.0";

/// Maximum length of a version requirement, in bytes.
const MAX_VERSIONS_BYTES: usize = 256;

/// The metadata that a pack declares for one of its handlers.
///
/// The host compares it with the handler's own answers, and refuses a pack in which they
/// differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerDeclaration {
    /// The slot that the handler serves.
    pub slot: CapabilitySlot,
    /// The path under which it is registered.
    pub descriptor_path: DescriptorPath,
    /// The descriptor versions that it implements.
    pub supported_versions: VersionReq,
    /// The permissions that it requests.
    pub permissions: Permissions,
}

/// Declarations by the id of their component, in the order of the manifest. One that was taken
/// for a handler is `None`.
pub(super) type Declarations = IndexMap<String, Option<HandlerDeclaration>>;

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

/// Parses the inline value of the extension: component ids with their declarations.
pub(super) fn parse(
    inline: &serde_json::Value,
    on_fault: OnFault<'_>,
) -> Result<Declarations, ArchiveError> {
    let mut report = |reason: String| {
        on_fault(ArchiveError::InvalidDeclaration { reason: ForeignText::sentence(&reason) })
    };
    let extension = match ExtensionDocument::deserialize(inline) {
        Ok(extension) => extension,
        Err(error) => {
            report(error.to_string())?;
            return Ok(Declarations::new());
        }
    };
    let mut declarations = Declarations::new();
    for (at, handler) in extension.handlers.into_iter().enumerate() {
        let component = handler.component.clone();
        if declarations.contains_key(&component) {
            report(format!("handlers[{at}] declares component `{component}` again"))?;
            continue;
        }
        match handler.parse() {
            Ok(declaration) => drop(declarations.insert(component, Some(declaration))),
            Err(reason) => report(format!("handlers[{at}]: {reason}"))?,
        }
    }
    Ok(declarations)
}

/// Parses the permissions section of a component: a JSON object like `permissions` in the
/// extension, but with all members required and no others allowed. Repeated permissions
/// are merged.
///
/// ```
/// let section = br#"{"tools": [{"tool": "vault", "args": ["version"]}], "network": []}"#;
/// let permissions = gtc_archive::parse_permissions(section).expect("valid");
/// assert_eq!(permissions.tools[0].to_string(), "vault version");
/// ```
///
/// # Errors
/// The problem and its place, as a sentence.
pub fn parse_permissions(json: &[u8]) -> Result<Permissions, ForeignText> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct PermissionsSection {
        tools: Vec<SectionTool>,
        network: Vec<String>,
    }
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct SectionTool {
        tool: String,
        args: Vec<String>,
    }
    let invalid = |error: &dyn std::error::Error| ForeignText::sentence(&error.to_string());
    let section: PermissionsSection =
        serde_json::from_slice(json).map_err(|error| invalid(&error))?;
    let mut permissions = Permissions::default();
    for SectionTool { tool, args } in section.tools {
        permissions.tools.push(ToolPermission::new(tool, args).map_err(|error| invalid(&error))?);
    }
    for address in section.network {
        let address = address.parse().map_err(|error: InvalidPermission| invalid(&error))?;
        permissions.network.push(address);
    }
    Ok(permissions.merged())
}

/// Renders the inline value of the extension.
pub(super) fn to_value<'a>(
    handlers: impl IntoIterator<Item = (&'a str, &'a HandlerDeclaration)>,
) -> Result<serde_json::Value, serde_json::Error> {
    let handlers = handlers.into_iter().map(|(component, declared)| HandlerDocument {
        component: component.to_owned(),
        slot: declared.slot.to_string(),
        descriptor_path: declared.descriptor_path.to_string(),
        supported_versions: declared.supported_versions.to_string(),
        permissions: PermissionsDocument::from(&declared.permissions),
    });
    serde_json::to_value(ExtensionDocument { handlers: handlers.collect() })
}

impl HandlerDocument {
    fn parse(self) -> Result<HandlerDeclaration, Box<dyn std::error::Error>> {
        let bytes = self.supported_versions.len();
        if bytes > MAX_VERSIONS_BYTES {
            return Err(format!(
                "its supported versions have {bytes} bytes, more than {MAX_VERSIONS_BYTES}"
            )
            .into());
        }
        Ok(HandlerDeclaration {
            slot: self.slot.parse()?,
            descriptor_path: self.descriptor_path.parse()?,
            supported_versions: self.supported_versions.parse()?,
            permissions: self.permissions.parse()?,
        })
    }
}

impl PermissionsDocument {
    fn parse(self) -> Result<Permissions, InvalidPermission> {
        let mut permissions = Permissions::default();
        for ToolDocument { tool, args } in self.tools {
            permissions.tools.push(ToolPermission::new(tool, args)?);
        }
        for address in self.network {
            permissions.network.push(address.parse::<NetworkPermission>()?);
        }
        Ok(permissions)
    }
}

impl From<&ToolPermission> for ToolDocument {
    fn from(permission: &ToolPermission) -> Self {
        Self { tool: permission.tool().to_owned(), args: permission.args().to_vec() }
    }
}

impl From<&Permissions> for PermissionsDocument {
    fn from(permissions: &Permissions) -> Self {
        Self {
            tools: permissions.tools.iter().map(ToolDocument::from).collect(),
            network: permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permissions_section_is_read_and_merged() {
        let section =
            br#"{"tools": [{"tool": "vault", "args": ["version"]}, {"tool": "id", "args": []},
            {"tool": "id", "args": []}], "network": ["a.example:1", "a.example:1"]}"#;
        let permissions = parse_permissions(section).expect("valid");
        let tools: Vec<_> = permissions.tools.iter().map(ToString::to_string).collect();
        assert_eq!(tools, ["vault version", "id"]);
        let network: Vec<_> = permissions.network.iter().map(ToString::to_string).collect();
        assert_eq!(network, ["a.example:1"]);
    }

    #[test]
    fn a_permissions_section_has_exactly_its_members() {
        for (section, reason) in [
            (r#"{"tools": []}"#, "missing field `network`"),
            (r#"{"network": []}"#, "missing field `tools`"),
            (r#"{"tools": [], "network": [], "files": []}"#, "unknown field `files`"),
            (r#"{"tools": [{"tool": "id"}], "network": []}"#, "missing field `args`"),
            (r#"{"tools": [{"tool": "../sh", "args": []}], "network": []}"#, "../sh"),
            (r#"{"tools": [], "network": ["no-port"]}"#, "no-port"),
        ] {
            let error = parse_permissions(section.as_bytes()).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}

//! The permissions to grant to a pack: `--tool`, `--network` and `--declared`.

use clap::{Args, ValueEnum};
use env_pack_domain::{NetworkPermission, Permissions, ToolPermission};
use schemars::JsonSchema;
use serde::Deserialize;

use super::parse_value_enum;
use crate::error::UsageError;
use crate::parse::parse_argument;
use gtc_core::document::Text;
use gtc_core::ops::bind::GrantSelection;

/// Permissions to grant, in addition to version queries; a pack gets only those that it
/// declares.
#[derive(Debug, Default, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GrantsPayload {
    /// Allow the pack to run a command, such as 'vault token lookup'
    #[arg(long = "tool", alias = "grant-tool", value_name = "COMMAND")]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// Allow the pack to connect to an address
    #[arg(long = "network", alias = "grant-network", value_name = "HOST:PORT")]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// Grant all permissions that the pack declares
    #[arg(long)]
    pub declared: bool,
    /// `declared`: the same as `declared: true`
    #[arg(long = "grant", value_name = "WHAT", hide = true)]
    #[schemars(with = "Option<String>", extend("enum" = ["declared", null]))]
    pub all: Option<GrantPreset>,
}

/// A named set of permissions.
#[derive(Clone, Copy, Debug, ValueEnum, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum GrantPreset {
    /// All permissions that the pack declares
    Declared,
}

impl TryFrom<String> for GrantPreset {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        parse_value_enum(&name)
    }
}

impl GrantsPayload {
    /// Fails if permissions are granted to a pack that is not fetched: nothing says what it
    /// declares.
    pub(crate) fn ensure_fetched(&self, no_fetch: bool) -> Result<(), UsageError> {
        let grants = self.declared
            || self.all.is_some()
            || !self.tools.is_empty()
            || !self.network.is_empty();
        if no_fetch && grants {
            return Err(UsageError::new(
                "grants",
                "cannot be combined with `--no-fetch`: the declared permissions are not known \
                 before the pack is fetched; grant them with `pin`",
            ));
        }
        Ok(())
    }

    pub(crate) fn parse(&self) -> Result<GrantSelection, UsageError> {
        Ok(GrantSelection {
            permissions: parse_grants(
                ["grants.tools", "grants.network"],
                &self.tools,
                &self.network,
            )?,
            declared: self.declared || self.all.is_some(),
        })
    }
}

/// Parses permissions to grant, which name addresses and not answers.
pub(crate) fn parse_grants(
    arguments: [&'static str; 2],
    tools: &[String],
    network: &[String],
) -> Result<Permissions, UsageError> {
    let permissions = parse_permissions(arguments, tools, network)?;
    match permissions.answer() {
        Some(path) => Err(UsageError::new(
            arguments[1],
            format!("`{path}` is declared by packs; grant the address that the answers name"),
        )),
        None => Ok(permissions),
    }
}

/// Parses permissions. `arguments` names the arguments that hold tools and network, for
/// errors.
pub(crate) fn parse_permissions(
    arguments: [&'static str; 2],
    tools: &[String],
    network: &[String],
) -> Result<Permissions, UsageError> {
    let [tool_argument, network_argument] = arguments;
    Ok(Permissions {
        tools: tools
            .iter()
            .map(|command| parse_argument(tool_argument, command))
            .collect::<Result<_, _>>()?,
        network: network
            .iter()
            .map(|address| parse_argument(network_argument, address))
            .collect::<Result<_, _>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each way to grant permissions, and the ones that it selects.
    fn grants() -> [(GrantsPayload, GrantSelection); 4] {
        let tool = GrantsPayload { tools: vec!["vault status".to_owned()], ..Default::default() };
        let network =
            GrantsPayload { network: vec!["a.example:1".to_owned()], ..Default::default() };
        let declared = GrantsPayload { declared: true, ..Default::default() };
        let preset = GrantsPayload { all: Some(GrantPreset::Declared), ..Default::default() };
        let selected = |tools: &[&str], network: &[&str], declared| GrantSelection {
            permissions: Permissions {
                tools: tools.iter().map(|tool| tool.parse().expect(tool)).collect(),
                network: network.iter().map(|address| address.parse().expect(address)).collect(),
            },
            declared,
        };
        [
            (tool, selected(&["vault status"], &[], false)),
            (network, selected(&[], &["a.example:1"], false)),
            (declared, selected(&[], &[], true)),
            (preset, selected(&[], &[], true)),
        ]
    }

    #[test]
    fn each_argument_selects_permissions() {
        let nothing = GrantsPayload::default().parse().expect("nothing");
        assert!(nothing.permissions.is_empty() && !nothing.declared);
        for (payload, selection) in grants() {
            let parsed = payload.parse().expect("well-formed");
            assert_eq!(parsed.permissions, selection.permissions, "{payload:?}");
            assert_eq!(parsed.declared, selection.declared, "{payload:?}");
        }
    }

    #[test]
    fn nothing_is_granted_to_a_pack_that_is_not_fetched() {
        GrantsPayload::default().ensure_fetched(true).expect("no grants");
        for (payload, _) in grants() {
            payload.ensure_fetched(false).expect("fetched");
            let error = payload.ensure_fetched(true).expect_err("not fetched");
            assert!(format!("{error:?}").contains("`--no-fetch`"), "{error:?}");
        }
    }

    #[test]
    fn a_malformed_permission_is_named() {
        for (tools, network, argument) in
            [(&["/bin/sh"][..], &[][..], "grants.tools"), (&[], &["nowhere"], "grants.network")]
        {
            let payload = GrantsPayload {
                tools: tools.iter().copied().map(str::to_owned).collect(),
                network: network.iter().copied().map(str::to_owned).collect(),
                ..Default::default()
            };
            let error = payload.parse().expect_err("malformed");
            assert!(format!("{error:?}").contains(argument), "{error:?}");
        }
    }
}

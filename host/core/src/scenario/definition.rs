//! The parts of a scenario: the machine, the configuration, and the expected result.

use env_pack_domain::{DescriptorPath, EnvId, InstanceId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::expectation::Expect;
use super::host_call::{CommandLine, HostPort};
use super::reply::{NetworkReply, ToolReply};
use super::shorthand::{FromText, OneOrMany, UniqueMap};
use crate::document::Text;

/// A machine, and what the preflight of a handler is expected to return on it. A file
/// holds one scenario.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario of an env-pack")]
pub struct Scenario {
    /// A description for people
    #[serde(default)]
    pub about: Option<String>,
    /// The descriptor path of the handler; required if the pack has several handlers
    #[serde(default)]
    #[schemars(with = "Option<Text<DescriptorPath>>")]
    pub handler: Option<FromText<DescriptorPath>>,
    /// The machine and the configuration; without it, the machine has no programs and no
    /// network
    #[serde(default)]
    pub given: Given,
    /// The expected result of the preflight
    pub expect: Expect,
}

/// The machine, and the operator's configuration.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    /// The environment; default: `local`
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<FromText<EnvId>>,
    /// The instance of an extension; without it, the default instance
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<FromText<InstanceId>>,
    /// The operator's answers; default: `{}`
    pub answers: Option<serde_json::Value>,
    /// Replies to commands. A key is a command as in a shell; a list of replies is used
    /// in order, the last one repeatedly. Any other program is missing.
    pub tools: UniqueMap<CommandLine, OneOrMany<ToolReply>>,
    /// Replies to connections, by `<host>:<port>`. The name of any other host does not
    /// resolve.
    pub network: UniqueMap<HostPort, OneOrMany<NetworkReply>>,
}

impl Scenario {
    /// The first statement of the scenario that contradicts another one.
    pub(super) fn contradiction(&self) -> Option<String> {
        let Self { given, expect, .. } = self;
        if expect.fault.is_some() && !expect.checks.0.is_empty() {
            return Some("`expect`: a preflight that ends with a fault has no checks".to_owned());
        }
        for (command, replies) in &given.tools.0 {
            if replies.0.iter().any(ToolReply::is_contradictory) {
                return Some(format!(
                    "`given.tools`, `{command}`: what is `denied` or `failed` has no output, \
                     and is not both"
                ));
            }
        }
        for (address, replies) in &given.network.0 {
            if replies.0.iter().any(NetworkReply::is_contradictory) {
                return Some(format!(
                    "`given.network`, `{address}`: expected either `denied` or `failed`"
                ));
            }
        }
        None
    }
}

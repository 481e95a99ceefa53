//! The arguments that say which answers a verb of `gtc op answers` is about.

use clap::Args;
use env_pack_domain::AnswersRef;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::instance::InstanceArg;
use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::DescriptorOrPath;
use crate::parse::{Payload, parse_argument, parse_optional};
use gtc_core::document::Text;
use gtc_core::ops::answers::{AnswersSelector, AnswersTarget};

shared_arguments! {
    /// Descriptor path of the binding that uses the answers; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Option<Text<DescriptorOrPath>>")]
    UserArg { kind: Option<String> }

    /// File of the answers, relative to the folder of the environment, instead of a binding
    #[arg(long, value_name = "PATH", conflicts_with_all = ["kind", "instance_id"])]
    #[schemars(with = "Option<Text<AnswersRef>>")]
    DocumentArg { answers_ref: Option<String> }
}

/// Answers to print.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswersTargetPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    #[serde(default)]
    pub kind: UserArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    #[command(flatten)]
    #[serde(default)]
    pub answers_ref: DocumentArg,
}

impl Payload for AnswersTargetPayload {
    type Request = AnswersTarget;

    fn into_request(self) -> Result<AnswersTarget, UsageError> {
        parse_target(&self.environment_id, &self.kind, &self.instance_id, &self.answers_ref)
    }
}

/// Parses the arguments that say which answers a verb is about.
pub(super) fn parse_target(
    environment: &EnvironmentArg,
    kind: &UserArg,
    instance: &InstanceArg,
    document: &DocumentArg,
) -> Result<AnswersTarget, UsageError> {
    let selector = match (kind.as_deref(), parse_optional("answers_ref", document.as_deref())?) {
        (Some(kind), None) => AnswersSelector::Binding {
            kind: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
            instance: instance.parse()?,
        },
        (None, Some(answers_ref)) if instance.is_none() => AnswersSelector::Document(answers_ref),
        _ => {
            return Err(UsageError::new(
                "kind",
                "name the answers with either `--kind` or `--answers-ref`",
            ));
        }
    };
    Ok(AnswersTarget { environment: environment.parse()?, selector })
}

//! Arguments of `gtc op extensions`.

use env_pack_domain::{BindingKey, InstanceId};

use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::{DescriptorOrPath, NewPackRef};
use crate::parse::{parse_argument, parse_optional};
use gtc_core::document::Text;

shared_arguments! {
    /// Descriptor of the extension; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    ExtensionKindArg { kind: String }

    /// Pack: a path, `file://…`, or `oci://…`
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    ExtensionPackRefArg { pack_ref: String }

    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Option<Text<InstanceId>>")]
    InstanceArg { instance_id: Option<String> }

    /// Also move all other instances of the extension to this pack
    #[arg(long)]
    AllInstances { all_instances: bool }
}

impl InstanceArg {
    pub(super) fn parse(&self) -> Result<Option<InstanceId>, UsageError> {
        parse_optional("instance_id", self.as_deref())
    }
}

pub(super) fn parse_key(kind: &str, instance: &InstanceArg) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension {
        path: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
        instance: instance.parse()?,
    })
}

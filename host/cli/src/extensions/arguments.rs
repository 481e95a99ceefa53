//! Arguments of `gtc op extensions`.

use env_pack_domain::BindingKey;

use crate::args::instance::InstanceArg;
use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::{DescriptorOrPath, NewPackRef};
use crate::parse::parse_argument;
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

    /// Also move all other instances of the extension to this pack
    #[arg(long)]
    AllInstances { all_instances: bool }
}

pub(super) fn parse_key(kind: &str, instance: &InstanceArg) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension {
        path: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
        instance: instance.parse()?,
    })
}

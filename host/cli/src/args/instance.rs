//! `--instance-id`, for every verb about a single extension.

use env_pack_domain::InstanceId;

use crate::error::UsageError;
use crate::parse::parse_optional;
use gtc_core::document::Text;

shared_arguments! {
    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Option<Text<InstanceId>>")]
    InstanceArg { instance_id: Option<String> }
}

impl InstanceArg {
    pub(crate) fn parse(&self) -> Result<Option<InstanceId>, UsageError> {
        parse_optional("instance_id", self.as_deref())
    }
}

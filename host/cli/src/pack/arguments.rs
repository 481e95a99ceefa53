//! Arguments that verbs of `gtc pack` share.

use env_pack_domain::PackRef;

use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::parse::parse_pack_ref;
use gtc_core::document::Text;

shared_arguments! {
    /// Pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    PackRefArg { pack_ref: String }
}

impl PackRefArg {
    pub(super) fn parse(&self) -> Result<PackRef, UsageError> {
        parse_pack_ref("pack_ref", self)
    }
}

/// The error of `--key` and `--env`, which both say which keys to trust.
pub(super) fn key_and_environment() -> UsageError {
    UsageError::new("keys", "`--key` and `--env` cannot be given together")
}

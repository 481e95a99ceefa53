//! The permissions of a preflight.

use env_pack_domain::{BindingContext, Permissions};

/// The permissions of one preflight.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProbePermissions {
    /// The permissions that the operator granted; nothing else is allowed.
    pub granted: Permissions,
    /// The permissions that the pack declares, to explain a denial.
    pub declared: Permissions,
}

impl ProbePermissions {
    pub(crate) fn of(binding: &BindingContext) -> Self {
        Self { granted: binding.grants.clone(), declared: binding.declared.clone() }
    }
}

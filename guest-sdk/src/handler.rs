//! The one trait a guest implements, and the macro that turns it into a component.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::bindings::exports::greentic::env_pack::handler::Guest;
use crate::checks::{self, Check};
use crate::{DescriptorPath, Slot, ToolCheck, VersionReq, limits};

/// A handler of an env-pack.
///
/// The three constants are what the host asks once, when it loads the pack. They are
/// constants of the type so that a wrong descriptor path or version requirement does not
/// compile.
///
/// ```
/// use env_pack_sdk::{DescriptorPath, VersionReq};
/// const PATH: DescriptorPath = DescriptorPath::new("acme.secrets.vault");
/// const VERSIONS: VersionReq = VersionReq::new("^0.4");
/// ```
///
/// ```compile_fail,E0080
/// use env_pack_sdk::{DescriptorPath, VersionReq};
/// const PATH: DescriptorPath = DescriptorPath::new("acme.Secrets.vault");
/// const VERSIONS: VersionReq = VersionReq::new("^0.4");
/// ```
///
/// ```compile_fail,E0080
/// use env_pack_sdk::{DescriptorPath, VersionReq};
/// const PATH: DescriptorPath = DescriptorPath::new("acme.secrets.vault");
/// const VERSIONS: VersionReq = VersionReq::new("^0.4 or so");
/// ```
pub trait Handler {
    /// The slot it fills.
    const SLOT: Slot;
    /// The path of the descriptor it answers for, without a version.
    const DESCRIPTOR_PATH: DescriptorPath;
    /// The versions of the descriptor it implements.
    const SUPPORTED_VERSIONS: VersionReq;

    /// All that it asks of the operator's machine, as far as it is known when it
    /// compiles. `gtc pack build` makes the permissions of the pack of it. A handler
    /// that needs nothing leaves it out.
    const CHECKS: &'static [Check] = &[];

    /// Checks that what it needs on the operator's machine is there, for one binding;
    /// runs [`CHECKS`](Self::CHECKS), unless told otherwise.
    ///
    /// The host gives it thirty seconds in all, and takes at most 256 checks of distinct
    /// names and texts of 64 KiB. What is more than that, the SDK leaves out and says
    /// so; the second check of one name is told as `name (2)`.
    fn preflight() -> Vec<ToolCheck> {
        checks::run(Self::CHECKS)
    }
}

/// What the bindings ask, answered by a [`Handler`].
#[doc(hidden)]
pub struct Exported<H>(PhantomData<H>);

impl<H: Handler> Guest for Exported<H> {
    fn slot() -> Slot {
        H::SLOT
    }

    fn descriptor_path() -> String {
        H::DESCRIPTOR_PATH.as_str().to_string()
    }

    fn supported_versions() -> String {
        H::SUPPORTED_VERSIONS.as_str().to_string()
    }

    fn preflight() -> Vec<ToolCheck> {
        #[cfg(all(feature = "std", target_family = "wasm"))]
        crate::runtime::report_panics();
        limits::enforce_limits(H::preflight())
    }
}

/// Exports a [`Handler`] from the component, once per crate.
#[macro_export]
macro_rules! export {
    ($handler:ty) => {
        // Looked at on every target, so that `cargo check` already finds a wrong constant.
        const _: () = {
            let _ = <$handler as $crate::Handler>::DESCRIPTOR_PATH;
            let _ = <$handler as $crate::Handler>::SUPPORTED_VERSIONS;
            let _ = $crate::permissions::length(<$handler as $crate::Handler>::CHECKS);
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "greentic:env-pack/permissions@0.1.0")]
            static PERMISSIONS: [u8; $crate::permissions::length(
                <$handler as $crate::Handler>::CHECKS,
            )] = $crate::permissions::json(<$handler as $crate::Handler>::CHECKS);

            type EnvPackHandler = $crate::Exported<$handler>;
    $crate::bindings::__export_component!(EnvPackHandler with_types_in $crate::bindings);
        };
    };
}

//! The trait that a guest implements, and the macro that exports it from the component.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::marker::PhantomData;

use crate::bindings::exports::greentic::env_pack::handler::Guest;
use crate::checks::{self, Check};
use crate::{DescriptorPath, Slot, ToolCheck, VersionReq, limits};

/// A handler of an env-pack.
///
/// The host reads the three constants once, when it loads the pack. They are associated
/// constants so that an invalid descriptor path or version requirement does not compile.
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
    /// The capability slot that the handler fills.
    const SLOT: Slot;
    /// The descriptor path of the handler, without a version.
    const DESCRIPTOR_PATH: DescriptorPath;
    /// The versions of the descriptor that the handler implements.
    const SUPPORTED_VERSIONS: VersionReq;

    /// The requirements on the operator's machine that are known at compile time. `gtc pack
    /// build` derives the permissions of the pack from them. Default: none.
    const CHECKS: &'static [Check] = &[];

    /// Checks the operator's machine for one binding. The default implementation runs
    /// [`CHECKS`](Self::CHECKS).
    ///
    /// The host allows 30 seconds, and accepts at most 256 checks with distinct names and
    /// texts of 64 KiB. The SDK removes the excess with a note, and renames the second check
    /// of a name to `name (2)`.
    fn preflight() -> Vec<ToolCheck> {
        checks::run(Self::CHECKS)
    }
}

/// Implements the exports of the component with a [`Handler`].
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
        // evaluated on every target, so that `cargo check` finds an invalid constant
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

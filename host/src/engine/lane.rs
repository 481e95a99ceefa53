//! Which version of the handler interface a component speaks: looked up once, here, and
//! nowhere else.

use std::sync::Arc;

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, ForeignText, HandlerFault, ToolCheck, VersionReq,
};
use serde::{Deserialize, Serialize};
use wasmtime::component::{Component, Linker};

use super::bench::Times;
use super::guest::{Guest, Questions};
use super::{LoadError, Shared, lane_0_1, wasi};

/// The versions this host speaks, for people.
pub(super) const SUPPORTED: &str = "`greentic:env-pack/handler@0.1.x`";

const HANDLER: &str = "greentic:env-pack/handler";

/// A version of the handler interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Lane {
    /// `greentic:env-pack@0.1.x`
    V0_1,
}

/// What a handler says of itself.
#[derive(Clone, Debug)]
pub(super) struct Introduction {
    pub slot: CapabilitySlot,
    pub descriptor_path: DescriptorPath,
    pub supported_versions: VersionReq,
}

/// A component of some lane whose imports were found. Every operation has a guest of its
/// own, and so a store of its own.
pub(super) trait Prepared: Send + Sync {
    /// Asks for the three constants.
    fn introduce(&self, guest: Guest) -> Result<Introduction, LoadError>;

    /// Runs the preflight; its checks, and who heard its questions unless none could be
    /// asked.
    fn preflight(&self, guest: Guest) -> (Result<Vec<ToolCheck>, HandlerFault>, Questions);

    /// Takes the time of an instance and of its calls.
    fn bench(&self, shared: &Arc<Shared>, wasi: bool, times: &mut Times) -> Result<(), LoadError>;
}

/// What guests may import: our interfaces in every lane, and WASI if they need it.
pub(super) fn linker(engine: &wasmtime::Engine, wasi: bool) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    lane_0_1::link(&mut linker)?;
    if wasi {
        wasi::link(&mut linker)?;
    }
    Ok(linker)
}

impl Lane {
    /// Finds what a component of this lane imports.
    pub fn prepare(
        self,
        linker: &Linker<Guest>,
        component: &Component,
    ) -> Result<Box<dyn Prepared>, LoadError> {
        match self {
            Self::V0_1 => Ok(Box::new(lane_0_1::prepare(linker, component)?)),
        }
    }

    /// Whether this is the name of the handler interface, in any version.
    pub fn is_of_handlers(export: &str) -> bool {
        export.strip_prefix(HANDLER).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
    }

    /// The lane of a component with these exports.
    pub fn choose<'a>(exports: impl IntoIterator<Item = &'a str>) -> Result<Self, LoadError> {
        let versioned = |export: &'a str| {
            export.strip_prefix(HANDLER).filter(|rest| rest.is_empty() || rest.starts_with('@'))
        };
        let mut found = exports.into_iter().filter_map(versioned).peekable();
        let first = *found.peek().ok_or(LoadError::NoHandler)?;
        let known = |version: &str| {
            version
                .strip_prefix("@0.1.")
                .is_some_and(|patch| patch.bytes().all(|b| b.is_ascii_digit()))
        };
        match found.any(known) {
            true => Ok(Self::V0_1),
            false => Err(LoadError::UnsupportedWit {
                found: ForeignText::excerpt(&format!("{HANDLER}{first}")),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_interface_decides() {
        let kind =
            |exports: &[&str]| Lane::choose(exports.iter().copied()).map_err(|error| error.kind());
        assert_eq!(
            kind(&["wasi:cli/run@0.2.0", "greentic:env-pack/handler@0.1.0"]),
            Ok(Lane::V0_1)
        );
        assert_eq!(kind(&["greentic:env-pack/handler@0.1.7"]), Ok(Lane::V0_1));
        assert_eq!(
            kind(&["greentic:env-pack/handler@0.2.0", "greentic:env-pack/handler@0.1.0"]),
            Ok(Lane::V0_1)
        );
        assert_eq!(kind(&[]), Err("no-handler"));
        assert_eq!(kind(&["greentic:env-pack/handlers@0.1.0"]), Err("no-handler"));
        for other in [
            "greentic:env-pack/handler",
            "greentic:env-pack/handler@0.2.0",
            "greentic:env-pack/handler@0.1.0-rc.1",
        ] {
            assert_eq!(kind(&[other]), Err("unsupported-wit-version"), "{other}");
        }
    }
}

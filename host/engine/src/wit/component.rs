//! A component of any version, as the rest of the engine sees it.

use std::sync::Arc;

use env_pack_domain::{CapabilitySlot, DescriptorPath, HandlerFault, ToolCheck, VersionReq};

use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::measurements::HandlerMeasurements;

/// The answers of the three metadata calls.
#[derive(Clone, Debug)]
pub(crate) struct HandlerMetadata {
    pub slot: CapabilitySlot,
    pub descriptor_path: DescriptorPath,
    pub supported_versions: VersionReq,
}

/// A compiled component whose imports are linked. Each operation runs in a fresh store.
pub(crate) trait PreparedComponent: Send + Sync {
    /// Makes the three metadata calls.
    fn query_metadata(&self, guest: Guest) -> Result<HandlerMetadata, LoadError>;

    /// Runs the preflight.
    fn preflight(&self, guest: Guest) -> Result<Vec<ToolCheck>, HandlerFault>;

    /// Measures instantiation and each call once, and adds the times.
    fn measure(
        &self,
        context: &Arc<EngineContext>,
        wasi: bool,
        measurements: &mut HandlerMeasurements,
    ) -> Result<(), LoadError>;
}

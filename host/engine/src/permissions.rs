//! Finds the custom section in which an SDK records the permissions of a component.
//!
//! No code of the component runs. The section has the form of the pack's manifest, which
//! the archive reads.

use env_pack_domain::ForeignText;
use env_pack_domain::abi::PERMISSIONS_SECTION;
use wasmparser::{Parser, Payload};

use super::complexity::limits::ComplexityLimits;
use super::error::LoadError;

/// Returns the permissions section of a component that
/// [has been loaded](crate::Engine::load), or `None` when it is missing or empty.
/// It may be in the component itself or in a module inside it.
///
/// # Errors
/// [`LoadError::TooComplex`] when there are two sections or one is too large, and
/// [`LoadError::NotAComponent`].
pub fn permissions_section<'a>(
    bytes: &'a [u8],
    limits: &ComplexityLimits,
) -> Result<Option<&'a [u8]>, LoadError> {
    let mut section: Option<&[u8]> = None;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| LoadError::NotAComponent {
            reason: ForeignText::sentence(&error.to_string()),
        })?;
        let Payload::CustomSection(custom) = payload else { continue };
        let data = custom.data();
        if custom.name() != PERMISSIONS_SECTION || data.is_empty() {
            continue;
        }
        if data.len() as u64 > limits.permissions_bytes {
            return Err(LoadError::TooComplex {
                what: "bytes of permissions",
                found: data.len() as u64,
                limit: limits.permissions_bytes,
            });
        }
        if section.replace(data).is_some() {
            return Err(LoadError::TooComplex {
                what: "sections of permissions",
                found: 2,
                limit: 1,
            });
        }
    }
    Ok(section)
}

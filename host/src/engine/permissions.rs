//! What a component says of the permissions it needs: a section that its SDK wrote when
//! it was compiled. Nothing of it runs.
//!
//! This room finds the section. What stands in it has the form of the pack's manifest,
//! which is another room's.

use env_pack_domain::ForeignText;
use wasmparser::{Parser, Payload};

use super::{LoadError, ShapeLimits};

/// The name of the section, in the component itself or in a module inside.
pub const PERMISSIONS_SECTION: &str = "greentic:env-pack/permissions@0.1.0";

/// The section of a component that [has been loaded](super::Engine::load), so that it is
/// of sane shape; none when nobody wrote one, or when it is empty.
///
/// # Errors
/// [`LoadError::TooComplex`] when there are two of them, or there is too much in it, and
/// [`LoadError::NotAComponent`].
pub fn permissions_section<'a>(
    bytes: &'a [u8],
    limits: &ShapeLimits,
) -> Result<Option<&'a [u8]>, LoadError> {
    let mut found: Option<&[u8]> = None;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| LoadError::NotAComponent {
            reason: ForeignText::sentence(&error.to_string()),
        })?;
        let Payload::CustomSection(section) = payload else { continue };
        let data = section.data();
        if section.name() != PERMISSIONS_SECTION || data.is_empty() {
            continue;
        }
        if data.len() as u64 > limits.permissions_bytes {
            let (found, limit) = (data.len() as u64, limits.permissions_bytes);
            return Err(LoadError::TooComplex { what: "bytes of permissions", found, limit });
        }
        if found.replace(data).is_some() {
            return Err(LoadError::TooComplex {
                what: "sections of permissions",
                found: 2,
                limit: 1,
            });
        }
    }
    Ok(found)
}

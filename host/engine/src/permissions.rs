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

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty component with these custom sections.
    fn component(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (name, data) in sections {
            // both lengths are small enough for one byte of LEB128 each
            let size = u8::try_from(1 + name.len() + data.len()).expect("a small section");
            assert!(size < 128, "a small section");
            bytes.extend([0, size, name.len() as u8]);
            bytes.extend(name.as_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    fn limits(permissions_bytes: u64) -> ComplexityLimits {
        ComplexityLimits { permissions_bytes, ..ComplexityLimits::default() }
    }

    #[test]
    fn the_section_of_this_name_is_found() {
        let found = |sections: &[(&str, &[u8])]| {
            let bytes = component(sections);
            let section = permissions_section(&bytes, &limits(100)).expect("a component");
            section.map(<[u8]>::to_vec)
        };
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("name", b"x")]), None);
        assert_eq!(found(&[(PERMISSIONS_SECTION, b"")]), None);
        assert_eq!(found(&[(PERMISSIONS_SECTION, b"{}")]), Some(b"{}".to_vec()));
        let among_others: &[(&str, &[u8])] = &[
            ("name", b"x"),
            (PERMISSIONS_SECTION, b""),
            (PERMISSIONS_SECTION, b"{}"),
            ("producers", b"y"),
        ];
        assert_eq!(found(among_others), Some(b"{}".to_vec()));
    }

    #[test]
    fn one_section_up_to_its_limit_is_allowed() {
        let error = |sections: &[(&str, &[u8])]| {
            permissions_section(&component(sections), &limits(2))
                .expect_err("a refusal")
                .to_string()
        };
        let exact = component(&[(PERMISSIONS_SECTION, b"{}")]);
        assert_eq!(permissions_section(&exact, &limits(2)).expect("exact"), Some(&b"{}"[..]));
        let large = error(&[(PERMISSIONS_SECTION, b"{ }")]);
        assert!(large.contains("3 bytes of permissions"), "{large}");
        let two = error(&[(PERMISSIONS_SECTION, b"{}"), (PERMISSIONS_SECTION, b"{}")]);
        assert!(two.contains("2 sections of permissions"), "{two}");
    }

    #[test]
    fn other_bytes_are_not_a_component() {
        let error = permissions_section(b"\0asm", &limits(2)).expect_err("too short");
        assert!(matches!(error, LoadError::NotAComponent { .. }), "{error}");
    }
}

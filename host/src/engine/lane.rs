//! Which version of the handler interface a component speaks: looked up once, here, and nowhere else.

use env_pack_domain::ForeignText;

use super::LoadError;

/// The versions this host speaks, for people.
pub(super) const SUPPORTED: &str = "`greentic:env-pack/handler@0.1.x`";

const HANDLER: &str = "greentic:env-pack/handler";

/// A version of the handler interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// `greentic:env-pack@0.1.x`
    V0_1,
}

impl Lane {
    /// The lane of a component with these exports.
    pub fn choose<'a>(exports: impl IntoIterator<Item = &'a str>) -> Result<Self, LoadError> {
        let versioned =
            |export: &'a str| export.strip_prefix(HANDLER).filter(|rest| rest.is_empty() || rest.starts_with('@'));
        let mut found = exports.into_iter().filter_map(versioned).peekable();
        let first = *found.peek().ok_or(LoadError::NoHandler)?;
        let known = |version: &str| {
            version.strip_prefix("@0.1.").is_some_and(|patch| patch.bytes().all(|b| b.is_ascii_digit()))
        };
        match found.any(known) {
            true => Ok(Self::V0_1),
            false => Err(LoadError::UnsupportedWit { found: ForeignText::excerpt(&format!("{HANDLER}{first}")) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_interface_decides() {
        let kind = |exports: &[&str]| Lane::choose(exports.iter().copied()).map_err(|error| error.kind());
        assert_eq!(kind(&["wasi:cli/run@0.2.0", "greentic:env-pack/handler@0.1.0"]), Ok(Lane::V0_1));
        assert_eq!(kind(&["greentic:env-pack/handler@0.1.7"]), Ok(Lane::V0_1));
        assert_eq!(kind(&["greentic:env-pack/handler@0.2.0", "greentic:env-pack/handler@0.1.0"]), Ok(Lane::V0_1));
        assert_eq!(kind(&[]), Err("no-handler"));
        assert_eq!(kind(&["greentic:env-pack/handlers@0.1.0"]), Err("no-handler"));
        for other in
            ["greentic:env-pack/handler", "greentic:env-pack/handler@0.2.0", "greentic:env-pack/handler@0.1.0-rc.1"]
        {
            assert_eq!(kind(&[other]), Err("unsupported-wit-version"), "{other}");
        }
    }
}

//! Descriptor paths, validated at compile time.

/// The part of a descriptor before the `@`, such as `acme.secrets.vault`.
///
/// Two or more segments of lowercase ASCII letters, digits and `-`, joined by `.`, 200
/// bytes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorPath(&'static str);

const MAX_BYTES: usize = 200;

impl DescriptorPath {
    /// Validates a path. In a constant, that happens at compile time.
    ///
    /// # Panics
    /// If `path` is not a descriptor path.
    pub const fn new(path: &'static str) -> Self {
        match error(path.as_bytes()) {
            None => Self(path),
            Some(error) => panic!("{}", error),
        }
    }

    /// The path as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn error(path: &[u8]) -> Option<&'static str> {
    if path.is_empty() {
        return Some("the descriptor path is empty");
    }
    if path.len() > MAX_BYTES {
        return Some("the descriptor path is longer than 200 bytes");
    }
    let mut at = 0;
    let mut dots = 0;
    let mut segment = 0;
    while at < path.len() {
        match path[at] {
            b'.' if segment == 0 => return Some("the descriptor path has an empty segment"),
            b'.' => {
                dots += 1;
                segment = 0;
            }
            b'a'..=b'z' | b'0'..=b'9' | b'-' => segment += 1,
            b'@' => {
                return Some(
                    "the descriptor path contains a version; remove the `@` and what follows",
                );
            }
            _ => {
                return Some(
                    "the descriptor path may contain only lowercase ASCII letters, digits, `-` and `.`",
                );
            }
        }
        at += 1;
    }
    match (segment, dots) {
        (0, _) => Some("the descriptor path has an empty segment"),
        (_, 0) => Some("the descriptor path needs at least one `.`"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn accepts_the_same_paths_as_the_host() {
        for good in ["a.b", "acme.secrets.vault", "a-1.b-2.c", &["a.", &"b".repeat(198)].concat()] {
            assert_eq!(error(good.as_bytes()), None, "{good}");
        }
        for bad in [
            "",
            "a",
            ".",
            "a.",
            ".a",
            "a..b",
            "A.b",
            "a.b@1.0.0",
            "a_b.c",
            "ä.b",
            "a b.c",
            &"a.b".repeat(100),
        ] {
            assert!(error(bad.as_bytes()).is_some(), "{bad}");
        }
    }
}

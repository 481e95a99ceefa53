//! Descriptor paths that are checked while the guest compiles.

/// The part of a descriptor before the `@`, such as `acme.secrets.vault`.
///
/// Two or more segments of lowercase ASCII letters, digits and `-`, joined by `.`, 200
/// bytes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorPath(&'static str);

const MAX_BYTES: usize = 200;

impl DescriptorPath {
    /// Checks a path; as a constant, that happens at compile time.
    ///
    /// # Panics
    /// When `path` is no descriptor path.
    pub const fn new(path: &'static str) -> Self {
        match fault(path.as_bytes()) {
            None => Self(path),
            Some(fault) => panic!("{}", fault),
        }
    }

    /// The path as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

const fn fault(path: &[u8]) -> Option<&'static str> {
    if path.is_empty() {
        return Some("the descriptor path is empty");
    }
    if path.len() > MAX_BYTES {
        return Some("the descriptor path is longer than 200 bytes");
    }
    let (mut at, mut dots, mut segment) = (0, 0, 0);
    while at < path.len() {
        match path[at] {
            b'.' if segment == 0 => return Some("the descriptor path has an empty segment"),
            b'.' => (dots, segment) = (dots + 1, 0),
            b'a'..=b'z' | b'0'..=b'9' | b'-' => segment += 1,
            b'@' => {
                return Some(
                    "the descriptor path holds a version; leave out the `@` and what follows",
                );
            }
            _ => {
                return Some(
                    "the descriptor path may hold only lowercase ASCII letters, digits, `-` and `.`",
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
    use super::fault;

    #[test]
    fn paths_as_the_host_reads_them() {
        for good in ["a.b", "acme.secrets.vault", "a-1.b-2.c", &["a.", &"b".repeat(198)].concat()] {
            assert_eq!(fault(good.as_bytes()), None, "{good}");
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
            assert!(fault(bad.as_bytes()).is_some(), "{bad}");
        }
    }
}

//! Versions in the output of tools.

/// A version that a tool printed: two or more numbers joined by dots, and an optional suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    text: &'a str,
    numbers: [u64; 3],
    is_prerelease: bool,
}

/// Prefixes of a suffix that marks a pre-release. Any other suffix is a vendor's, as in
/// `1.32.4-gke.100`.
const PRERELEASES: [&str; 8] =
    ["alpha", "beta", "rc", "pre", "dev", "snapshot", "nightly", "preview"];

impl<'a> Version<'a> {
    /// Parses a version; a leading `v` is ignored.
    pub fn parse(word: &'a str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word).trim_end_matches(['.', '-', '+']);
        let release = word.split(['-', '+']).next()?;
        let mut numbers = [0; 3];
        let mut count = 0;
        let mut suffix = "";
        for part in release.split('.') {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            // after two numbers, letters begin a suffix: `3.13.0rc1`, `2.47.0.72.gef8ce8f`
            if number.is_empty() && rest.is_empty() || !rest.is_empty() && count < 2 {
                return None;
            }
            if let Some(place) = numbers.get_mut(count).filter(|_| !number.is_empty()) {
                *place = number.parse().ok()?;
            }
            if !rest.is_empty() {
                suffix = rest;
                break;
            }
            count += 1;
        }
        let after_dash = word.get(release.len()..)?.strip_prefix('-').unwrap_or_default();
        let is_prerelease = is_prerelease(suffix) || is_prerelease(after_dash);
        (count >= 2).then_some(Self { text: word, numbers, is_prerelease })
    }

    /// The version as it was printed, without a leading `v`.
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Returns true for `minimum` and later versions. A pre-release of `minimum` is earlier.
    pub fn is_at_least(self, minimum: [u64; 3]) -> bool {
        self.numbers > minimum || self.numbers == minimum && !self.is_prerelease
    }
}

fn is_prerelease(suffix: &str) -> bool {
    PRERELEASES.iter().any(|prerelease| {
        suffix.get(..prerelease.len()).is_some_and(|start| start.eq_ignore_ascii_case(prerelease))
    })
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_read() {
        for (printed, read) in [
            ("1.5.7", "1.5.7"),
            ("v3.12.0+gc9f554d", "3.12.0+gc9f554d"),
            ("1.12", "1.12"),
            ("v1.32.4-gke.100.", "1.32.4-gke.100"),
            ("1.2.3.4", "1.2.3.4"),
            ("2.47.0.72.gef8ce8f", "2.47.0.72.gef8ce8f"),
            ("3.13.0rc1", "3.13.0rc1"),
        ] {
            assert_eq!(Version::parse(printed).map(Version::as_str), Some(read), "{printed}");
        }
        for odd in [
            "",
            "v",
            "1",
            "1.",
            ".1",
            "1..2",
            "1.x",
            "vv1.2",
            "+1.2",
            "1.-2",
            "a1.2",
            "99999999999999999999.1",
            "١.٢",
        ] {
            assert_eq!(Version::parse(odd), None, "{odd}");
        }
    }

    fn is_enough(text: &str) -> bool {
        Version::parse(text).expect(text).is_at_least([1, 5, 0])
    }

    #[test]
    fn versions_are_compared_as_releases() {
        for enough in [
            "1.5",
            "1.5.0",
            "1.10.0",
            "2.0",
            "1.5.0+rc1",
            "1.5.0-gke.1",
            "1.5.1-rc1",
            "1.5.0-eks-f69f56f",
            "1.5.0.72.gef8c",
        ] {
            assert!(is_enough(enough), "{enough}");
        }
        for old in [
            "1.4.99",
            "0.99",
            "1.5.0-rc1",
            "1.5.0-RC.1",
            "1.5.0-alpha20230101",
            "1.5-dev",
            "1.5.0rc1",
            "1.5.0.rc0",
        ] {
            assert!(!is_enough(old), "{old}");
        }
    }
}

//! Versions as tools print them.

/// A version that a tool printed: two or more numbers joined by dots, and whatever its
/// makers append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    text: &'a str,
    numbers: [u64; 3],
    is_early: bool,
}

/// How what follows `-` begins in a version that comes before its release. Anything else
/// is a vendor's mark, as in `1.32.4-gke.100`.
const EARLY: [&str; 8] = ["alpha", "beta", "rc", "pre", "dev", "snapshot", "nightly", "preview"];

impl<'a> Version<'a> {
    /// Reads a version; a `v` may stand before it.
    pub fn parse(word: &'a str) -> Option<Self> {
        let word = word.strip_prefix('v').unwrap_or(word).trim_end_matches(['.', '-', '+']);
        let release = word.split(['-', '+']).next()?;
        let mut numbers = [0; 3];
        let (mut count, mut mark) = (0, "");
        for part in release.split('.') {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            // behind two numbers, letters are a mark as well: `3.13.0rc1`, `2.47.0.72.gef8ce8f`
            if number.is_empty() && rest.is_empty() || !rest.is_empty() && count < 2 {
                return None;
            }
            if let Some(place) = numbers.get_mut(count).filter(|_| !number.is_empty()) {
                *place = number.parse().ok()?;
            }
            if !rest.is_empty() {
                mark = rest;
                break;
            }
            count += 1;
        }
        let begins = |mark: &str| {
            let is = |early: &&str| {
                mark.get(..early.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(early))
            };
            EARLY.iter().any(is)
        };
        let behind = word.get(release.len()..)?.strip_prefix('-').unwrap_or_default();
        (count >= 2).then(|| Self { text: word, numbers, is_early: begins(mark) || begins(behind) })
    }

    /// The version as it was printed, without a `v` before it.
    pub fn as_str(self) -> &'a str {
        self.text
    }

    /// Whether it is this release or a later one. A release candidate of the minimum
    /// comes before it.
    pub fn is_at_least(self, minimum: [u64; 3]) -> bool {
        self.numbers > minimum || self.numbers == minimum && !self.is_early
    }
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

    #[test]
    fn versions_are_compared_as_releases() {
        let is_enough = |text: &str| Version::parse(text).expect(text).is_at_least([1, 5, 0]);
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

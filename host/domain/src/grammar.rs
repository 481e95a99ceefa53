//! The grammars of texts that people write, as patterns: what a JSON Schema needs to say
//! exactly what a parser takes.
//!
//! A pattern is a regular expression as ECMA-262 has it with its flag `u`, kept to what
//! other dialects read the same way. Each stands for what `from_str` of its type does;
//! the tests of this crate compare the two.

use std::str::FromStr;

use semver::Version;

use crate::foreign::UNSAFE;
use crate::{
    AnswersRef, CapabilitySlot, DescriptorPath, DisplayName, EnvId, ExtRef, InstanceId, KeyId,
    MAX_DESCRIPTOR_BYTES, NetworkPermission, OciRef, PackDescriptor, PackId, Sha256Digest,
    ToolPermission,
};

/// A kind of text whose grammar can be stated as a pattern.
pub trait Grammar: FromStr {
    /// The most characters that such a text has, where the pattern does not say so
    /// itself.
    const MAX_CHARS: Option<usize> = None;

    /// What matches the whole of such a text, and of no other that is not too long,
    /// without anchors.
    fn pattern() -> String;
}

const WORD: &str = r"(?!\.\.?$)[A-Za-z0-9._-]{1,128}";
const INSTANCE: &str = "[a-z0-9-]{1,128}";
const PATH: &str = r"[a-z0-9-]+(?:\.[a-z0-9-]+)+";
const DIGEST: &str = "sha256:[0-9a-f]{64}";
const LABEL: &str = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const NAME: &str = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*";
const TAG: &str = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";

impl Grammar for EnvId {
    fn pattern() -> String {
        WORD.to_owned()
    }
}

impl Grammar for PackId {
    fn pattern() -> String {
        WORD.to_owned()
    }
}

impl Grammar for InstanceId {
    fn pattern() -> String {
        INSTANCE.to_owned()
    }
}

impl Grammar for DisplayName {
    fn pattern() -> String {
        // what is not seen of it is blank, and what cannot be seen is a control character
        let blank = r"[\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";
        format!(r"(?!{blank}*$)[^\u0000-\u001f\u007f-\u009f]{{1,128}}")
    }
}

impl Grammar for DescriptorPath {
    const MAX_CHARS: Option<usize> = Some(MAX_DESCRIPTOR_BYTES);

    fn pattern() -> String {
        PATH.to_owned()
    }
}

impl DescriptorPath {
    /// What matches the paths whose second segment names a slot, as [`slot`](Self::slot)
    /// reads it.
    pub fn pattern_with_slot() -> String {
        let slots = CapabilitySlot::ALL.map(CapabilitySlot::as_str).join("|");
        format!(r"[a-z0-9-]+\.(?:{slots})(?:\.[a-z0-9-]+)*")
    }
}

impl Grammar for PackDescriptor {
    const MAX_CHARS: Option<usize> = Some(MAX_DESCRIPTOR_BYTES);

    fn pattern() -> String {
        format!("{PATH}@{}", Version::pattern())
    }
}

impl Grammar for Version {
    fn pattern() -> String {
        let number = format!("(?:0|{})", at_most(&u64::MAX.to_string()));
        let part = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
        let build = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";
        format!(r"{number}\.{number}\.{number}(?:-{part}(?:\.{part})*)?(?:\+{build})?")
    }
}

impl Grammar for ExtRef {
    fn pattern() -> String {
        format!("ext://(?=[^/]{{1,{MAX_DESCRIPTOR_BYTES}}}(?:/|$)){PATH}(?:/{INSTANCE})?")
    }
}

impl Grammar for AnswersRef {
    fn pattern() -> String {
        let any = r"[^\u0000\\]";
        // not absolute, no segment that leads up, and one that leads somewhere
        format!(r"(?!/)(?!(?:{any}*/)?\.\.(?:/|$))(?!(?:\.?/)*\.?$){any}+")
    }
}

impl Grammar for Sha256Digest {
    fn pattern() -> String {
        DIGEST.to_owned()
    }
}

impl Grammar for KeyId {
    fn pattern() -> String {
        "[0-9a-fA-F]{32}".to_owned()
    }
}

impl Grammar for OciRef {
    fn pattern() -> String {
        format!("oci://{}(?::{TAG})?(?:@{DIGEST})?", Self::repository_pattern())
    }
}

impl OciRef {
    /// What matches the references that may carry a tag, and carry no digest.
    pub fn pattern_without_digest() -> String {
        format!("oci://{}(?::{TAG})?", Self::repository_pattern())
    }

    /// What matches the references that carry a digest.
    pub fn pattern_with_digest() -> String {
        format!("oci://{}(?::{TAG})?@{DIGEST}", Self::repository_pattern())
    }

    /// What matches registry and repository.
    fn repository_pattern() -> String {
        let port = at_most(&u16::MAX.to_string());
        let host = format!(r"(?:\[{}\]|{LABEL}(?:\.{LABEL})*)", ipv6());
        format!(
            "(?=[^/]{{1,260}}/){host}(?::{port})?/(?=[^:@]{{1,255}}(?:[:@]|$)){NAME}(?:/{NAME})*"
        )
    }
}

impl Grammar for NetworkPermission {
    fn pattern() -> String {
        format!(r"(?:\[{}\]|[A-Za-z0-9._-]{{1,253}}):{}", ipv6(), at_most(&u16::MAX.to_string()))
    }
}

impl Grammar for ToolPermission {
    const MAX_CHARS: Option<usize> = Some(Self::MAX_CHARS);

    fn pattern() -> String {
        let none_of = |others: &str| format!("[^{others}{}]", unsafe_characters());
        let any = none_of("");
        let piece = |plain: &str| {
            let (single, double) = (none_of("'"), none_of(r#""\\"#));
            format!(r#"(?:{plain}|\\{any}|'{single}*'|"(?:{double}|\\{any})*")"#)
        };
        // what begins with `#` is no word but a remark
        let (first, further) = (piece(&none_of(r#" #'"\\"#)), piece(&none_of(r#" '"\\"#)));
        format!(
            r"(?!{any}*\\$)[A-Za-z0-9_+][A-Za-z0-9_.+-]{{0,63}}(?: +{first}{further}*){{0,32}} *"
        )
    }
}

/// The characters that a terminal does not show as themselves, as they stand in a class.
fn unsafe_characters() -> String {
    let written = |c: char| match u16::try_from(u32::from(c)) {
        Ok(unit) => format!(r"\u{unit:04x}"),
        // dialects differ in how these are escaped
        Err(_) => c.to_string(),
    };
    UNSAFE
        .iter()
        .map(|range| format!("{}-{}", written(*range.start()), written(*range.end())))
        .collect()
}

/// What matches the decimal numbers from 1 to `most`, which are written without zeros
/// before them.
pub fn at_most(most: &str) -> String {
    let digits = most.len();
    let any = |count: usize| match count {
        0 => String::new(),
        1 => "[0-9]".to_owned(),
        count => format!("[0-9]{{{count}}}"),
    };
    let mut alternatives = Vec::new();
    if digits > 1 {
        alternatives.push(format!("[1-9][0-9]{{0,{}}}", digits - 2));
    }
    for (at, digit) in most.bytes().enumerate() {
        let lowest = if at == 0 { b'1' } else { b'0' };
        if digit > lowest {
            let below = format!("[{}-{}]", char::from(lowest), char::from(digit - 1));
            alternatives.push(format!("{}{below}{}", &most[..at], any(digits - at - 1)));
        }
    }
    alternatives.push(most.to_owned());
    format!("(?:{})", alternatives.join("|"))
}

/// What matches the addresses of version 4 of the Internet Protocol.
pub fn ipv4() -> String {
    let byte = format!("(?:0|{})", at_most("255"));
    format!(r"{byte}(?:\.{byte}){{3}}")
}

/// What matches the addresses of version 6, as RFC 3986 has them.
pub fn ipv6() -> String {
    let group = "[0-9a-fA-F]{1,4}";
    let last = format!("(?:{group}:{group}|{})", ipv4());
    let mut alternatives = vec![format!("(?:{group}:){{6}}{last}")];
    for after in (0..=5).rev() {
        let before = match 5 - after {
            0 => String::new(),
            most => format!("(?:(?:{group}:){{0,{}}}{group})?", most - 1),
        };
        alternatives.push(format!("{before}::(?:{group}:){{{after}}}{last}"));
    }
    alternatives.push(format!("(?:(?:{group}:){{0,5}}{group})?::{group}"));
    alternatives.push(format!("(?:(?:{group}:){{0,6}}{group})?::"));
    format!("(?:{})", alternatives.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURNS: u32 = 4_000;

    /// Numbers that are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % end
        }

        fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
            &all[self.below(all.len())]
        }
    }

    /// What is put into texts: everything that means something in one of the grammars,
    /// and what means nothing in any.
    const PIECES: [&str; 56] = [
        "",
        "a",
        "Z",
        "f",
        "g",
        "x",
        "0",
        "1",
        "9",
        "00",
        "65535",
        "65536",
        "255",
        "256",
        "18446744073709551615",
        "18446744073709551616",
        ".",
        "..",
        "-",
        "_",
        "__",
        "___",
        "--",
        "+",
        "/",
        "//",
        "/./",
        "/../",
        ":",
        "::",
        "@",
        "#",
        " ",
        "  ",
        " #",
        "'",
        "\"",
        "\\",
        "\\\\",
        "*",
        "$",
        "`",
        "[",
        "]",
        "\0",
        "\n",
        "\t",
        "\u{7f}",
        "\u{a0}",
        "\u{3000}",
        "\u{202e}",
        "\u{e0041}",
        "é",
        "🦀",
        "oci://",
        "sha256:",
    ];

    fn changed(dice: &mut Dice, samples: &[&str]) -> String {
        let mut text: Vec<char> = dice.one_of(samples).chars().collect();
        for _ in 0..dice.below(4) {
            let at = dice.below(text.len() + 1);
            let end = (at + dice.below(3)).min(text.len());
            let piece: Vec<char> = match dice.below(8) {
                0 => text[at..end].repeat(dice.below(140)),
                1 => dice.one_of(samples).chars().collect(),
                _ => dice.one_of(&PIECES).chars().collect(),
            };
            text.splice(at..end, piece);
        }
        text.into_iter().collect()
    }

    /// Whether parser and pattern agree about the samples, and about what becomes of them
    /// when they are changed.
    #[track_caller]
    fn agree(samples: &[&str], most: Option<usize>, pattern: &str, parses: impl Fn(&str) -> bool) {
        let pattern =
            regress::Regex::with_flags(&format!("^(?:{pattern})$"), "u").expect("a pattern");
        let matches = |text: &str| {
            most.is_none_or(|most| text.chars().count() <= most) && pattern.find(text).is_some()
        };
        for sample in samples {
            assert!(parses(sample) && matches(sample), "{sample:?} is a good one");
        }
        let mut dice = Dice(0x5eed);
        let mut good = 0;
        for _ in 0..TURNS {
            let text = changed(&mut dice, samples);
            assert_eq!(matches(&text), parses(&text), "{text:?}");
            good += u32::from(parses(&text));
        }
        assert!((TURNS / 20..TURNS * 19 / 20).contains(&good), "{good} of {TURNS} are good ones");
    }

    #[track_caller]
    fn is_exact<G: Grammar>(samples: &[&str]) {
        agree(samples, G::MAX_CHARS, &G::pattern(), |text| text.parse::<G>().is_ok());
    }

    #[test]
    fn names() {
        let long = "x".repeat(128);
        is_exact::<EnvId>(&["local", "prod-eu.1", "A_b", "...", &long]);
        is_exact::<PackId>(&["acme.secrets.vault", "...", &long]);
        is_exact::<InstanceId>(&["primary", "eu-1", "-", &long]);
        is_exact::<DisplayName>(&["local", "Production (EU)", "東京", " x ", &"é".repeat(128)]);
    }

    #[test]
    fn descriptors() {
        let long = format!("a.{}", "b".repeat(MAX_DESCRIPTOR_BYTES - 2));
        is_exact::<DescriptorPath>(&["acme.secrets.vault", "0.-", &long]);
        is_exact::<PackDescriptor>(&[
            "acme.secrets.vault@0.4.2",
            "a.b@1.0.0-rc.1+0.00",
            "a.b@18446744073709551615.0.0",
        ]);
        is_exact::<Version>(&["1.2.3", "0.0.0-0.a-.1", "10.20.30+001.-", "1.0.0-rc.1+build.5"]);
        is_exact::<ExtRef>(&[
            "ext://acme.oauth.auth0/primary",
            "ext://a.b",
            &format!("ext://{long}/x"),
        ]);
        let has_slot =
            |text: &str| text.parse::<DescriptorPath>().is_ok_and(|path| path.slot().is_some());
        let samples = ["acme.secrets.vault", "a.extension", "state.state.state"];
        agree(&samples, DescriptorPath::MAX_CHARS, &DescriptorPath::pattern_with_slot(), has_slot);
    }

    #[test]
    fn references() {
        let digest = format!("oci://[::1]:443/a/b_c.d--e__f@sha256:{}", "0a".repeat(32));
        let tagged = format!("oci://r/a:{}", "_".repeat(128));
        let samples = [
            "oci://ghcr.io/acme/vault:0.4.2",
            "oci://localhost:5000/a",
            "oci://[::ffff:1.2.3.4]/a:1",
            &digest,
            &tagged,
        ];
        is_exact::<OciRef>(&samples);
        let parsed = |text: &str| text.parse::<OciRef>().ok();
        let with = |text: &str| parsed(text).is_some_and(|reference| reference.digest().is_some());
        agree(&[&digest], None, &OciRef::pattern_with_digest(), with);
        let without =
            |text: &str| parsed(text).is_some_and(|reference| reference.digest().is_none());
        agree(&samples[..3], None, &OciRef::pattern_without_digest(), without);
        is_exact::<AnswersRef>(&["answers.json", "./a", "a//b/./c", "a/", "..a/b..", "é\n"]);
    }

    #[test]
    fn digests_and_keys() {
        is_exact::<Sha256Digest>(&[&format!("sha256:{}", "0f".repeat(32))]);
        is_exact::<KeyId>(&[&"aF".repeat(16)]);
    }

    #[test]
    fn permissions() {
        is_exact::<NetworkPermission>(&[
            "vault.acme.example:8200",
            "[::1]:443",
            "127.0.0.1:1",
            "_:65535",
        ]);
        is_exact::<ToolPermission>(&[
            "vault",
            "vault token lookup",
            r#"gcloud version '--format=value("Google Cloud SDK")'"#,
            r#"az version --query "\"azure-cli\"""#,
            r"x a\ b '' *",
            &format!("x{}", " y".repeat(32)),
        ]);
    }

    #[test]
    fn addresses() {
        use std::net::{Ipv4Addr, Ipv6Addr};
        agree(&["127.0.0.1", "0.0.0.0", "255.255.255.255"], None, &ipv4(), |text| {
            text.parse::<Ipv4Addr>().is_ok()
        });
        let samples = [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2::7:8",
            "::1.2.3.4",
            "1:2:3:4:5:6:7::",
            "1::8:1.2.3.4",
        ];
        agree(&samples, None, &ipv6(), |text| text.parse::<Ipv6Addr>().is_ok());
    }

    #[test]
    fn numbers() {
        let is_number = |text: &str| {
            !text.starts_with('0')
                && text.bytes().all(|b| b.is_ascii_digit())
                && text.parse().is_ok_and(|n: u16| n < 1025)
        };
        agree(&["1", "9", "1024", "999"], None, &at_most("1024"), is_number);
    }
}

//! Writes the permissions that a handler's checks need into a custom section of the
//! component, at compile time. `gtc pack build` copies them into the manifest of the pack.
//!
//! The section has the JSON form of the manifest:
//! `{"tools":[{"tool":…,"args":[…]}],"network":["<host>:<port>"]}`. A handler without
//! checks has no section.

use crate::checks::{Ask, Check};

/// The size of the section, in bytes.
pub const fn length(checks: &[Check]) -> usize {
    if checks.is_empty() { 0 } else { write::<0>(checks).at }
}

/// The content of the section; `N` is its [`length`].
pub const fn json<const N: usize>(checks: &[Check]) -> [u8; N] {
    if checks.is_empty() { [0; N] } else { write::<N>(checks).bytes }
}

/// Writes into a fixed buffer. Bytes that do not fit are counted, but not written.
struct ByteWriter<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

const fn write<const N: usize>(checks: &[Check]) -> ByteWriter<N> {
    let writer = ByteWriter { bytes: [0; N], at: 0 }.text("{\"tools\":[");
    let writer = entries(writer, checks, true).text("],\"network\":[");
    entries(writer, checks, false).text("]}")
}

/// Writes the commands if `tools` is true, otherwise the addresses.
const fn entries<const N: usize>(
    mut writer: ByteWriter<N>,
    checks: &[Check],
    tools: bool,
) -> ByteWriter<N> {
    let mut at = 0;
    let mut is_first = true;
    while at < checks.len() {
        let ask = checks[at].ask();
        if matches!(ask, Ask::Tool { .. }) == tools {
            writer = if is_first { writer } else { writer.byte(b',') };
            writer = writer.ask(ask);
            is_first = false;
        }
        at += 1;
    }
    writer
}

impl<const N: usize> ByteWriter<N> {
    const fn byte(mut self, byte: u8) -> Self {
        if self.at < N {
            self.bytes[self.at] = byte;
        }
        self.at += 1;
        self
    }

    const fn text(mut self, text: &str) -> Self {
        let mut at = 0;
        while at < text.len() {
            self = self.byte(text.as_bytes()[at]);
            at += 1;
        }
        self
    }

    /// Writes the content of a JSON string, with escapes.
    const fn escaped(mut self, text: &str) -> Self {
        let mut at = 0;
        while at < text.len() {
            let byte = text.as_bytes()[at];
            assert!(
                byte >= b' ' && byte != 0x7f,
                "a command or an address must not contain control characters"
            );
            if matches!(byte, b'"' | b'\\') {
                self = self.byte(b'\\');
            }
            self = self.byte(byte);
            at += 1;
        }
        self
    }

    const fn ask(self, ask: Ask) -> Self {
        match ask {
            Ask::Tool { program, args } => {
                assert!(
                    is_program(program),
                    "a program must be a bare name, which is looked up on PATH"
                );
                assert!(args.len() <= 32, "a command has at most 32 arguments");
                let mut writer = self.text("{\"tool\":\"").escaped(program).text("\",\"args\":[");
                let mut at = 0;
                while at < args.len() {
                    assert!(args[at].len() <= 4096, "an argument has at most 4,096 bytes");
                    writer = if at == 0 { writer } else { writer.byte(b',') };
                    writer = writer.byte(b'"').escaped(args[at]).byte(b'"');
                    at += 1;
                }
                writer.text("]}")
            }
            Ask::Network { host, port } => {
                assert!(
                    port != 0 && is_host(host),
                    "an address must be a name or an IP address, without a scheme, and a port"
                );
                let writer = if has_colon(host) {
                    self.text("\"[").escaped(host).text("]:")
                } else {
                    self.byte(b'"').escaped(host).byte(b':')
                };
                writer.number(port).byte(b'"')
            }
            Ask::Answer { path } => {
                assert!(
                    is_answer_path(path),
                    "an answer is named by at most 8 names of letters, digits, `_` and `-`, with dots between them"
                );
                self.text("\"${answers.").text(path).text("}\"")
            }
        }
    }

    const fn number(self, number: u16) -> Self {
        let writer = if number >= 10 { self.number(number / 10) } else { self };
        writer.byte(b'0' + (number % 10) as u8)
    }
}

const fn is_program(name: &str) -> bool {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        match name[at] {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'+' => {}
            b'-' | b'.' if at > 0 => {}
            _ => return false,
        }
        at += 1;
    }
    !name.is_empty() && name.len() <= 64
}

/// Returns true for a host that a pack may declare: a name, or an IPv4 or IPv6 address
/// without brackets.
const fn is_host(host: &str) -> bool {
    let bytes = host.as_bytes();
    let is_ipv6 = has_colon(host);
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'.' => {}
            b':' if is_ipv6 => {}
            b'g'..=b'z' | b'G'..=b'Z' | b'-' | b'_' if !is_ipv6 => {}
            _ => return false,
        }
        at += 1;
    }
    !host.is_empty() && host.len() <= 253
}

/// Returns true for the names of an answer that a pack may declare, separated by dots.
const fn is_answer_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut names = 1;
    let mut length = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'.' if length > 0 => {
                names += 1;
                length = 0;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => length += 1,
            b'0'..=b'9' | b'-' if length > 0 => length += 1,
            _ => return false,
        }
        if length > 64 {
            return false;
        }
        at += 1;
    }
    length > 0 && names <= 8
}

const fn has_colon(host: &str) -> bool {
    let mut at = 0;
    while at < host.len() {
        if host.as_bytes()[at] == b':' {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{is_answer_path, is_host, json, length};
    use crate::checks::{Address, AnsweredAddress, Check, Tool, access, catalogue};

    const PLAIN: Tool = Tool::new("x", &["a\"b\\c", "ä", ""]);
    const HERE: Address = Address::new("::1", 65535);
    const THERE: Address = Address::new("x.example", 80);
    const ANSWERED: AnsweredAddress = AnsweredAddress::new("server.http-address");
    const CHECKS: &[Check] = &[
        Check::address(&HERE),
        Check::tool(&PLAIN),
        Check::later(access::VAULT_TOKEN.ask()),
        Check::tool(&catalogue::GCLOUD),
        Check::address(&THERE),
        Check::answered(&ANSWERED),
    ];
    static SECTION: [u8; length(CHECKS)] = json(CHECKS);

    #[test]
    fn the_section_is_json_in_the_order_of_the_checks() {
        let expected = concat!(
            r#"{"tools":[{"tool":"x","args":["a\"b\\c","ä",""]},{"tool":"vault","args":["token","lookup"]},"#,
            r#"{"tool":"gcloud","args":["version","--format=value(\"Google Cloud SDK\")"]}],"#,
            r#""network":["[::1]:65535","x.example:80","${answers.server.http-address}"]}"#,
        );
        assert_eq!(str::from_utf8(&SECTION), Ok(expected));
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for good in [
            "x",
            "vault.acme.example",
            "127.0.0.1",
            "::1",
            "fe80::1:127.0.0.1",
            "a_b-c",
            &"x".repeat(253),
        ] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "https://x", "x/y", "x y", "[::1]", "x:y", "ä", "u@x", &"x".repeat(254)] {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn an_answer_is_named_as_the_host_reads_it() {
        let eight = "a.a.a.a.a.a.a.a";
        for good in ["a", "_a-1.B", eight, &"x".repeat(64)] {
            assert!(is_answer_path(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "1a",
            "-a",
            "a b",
            "a}",
            "ä",
            &"x".repeat(65),
            "a.a.a.a.a.a.a.a.a",
        ] {
            assert!(!is_answer_path(bad), "{bad}");
        }
    }

    #[test]
    fn a_handler_without_checks_has_no_section() {
        assert_eq!(length(&[]), 0);
        let section: [u8; 0] = json(&[]);
        assert!(section.is_empty());
    }
}

//! What a handler asks of the operator's machine, written down while it compiles: the
//! section of the component that `gtc pack build` makes the permissions of the pack from.
//!
//! It is JSON in the form of the manifest:
//! `{"tools":[{"tool":…,"args":[…]}],"network":["<host>:<port>"]}`. A handler that
//! lists no checks has no section.

use crate::checks::{Ask, Check};

/// How many bytes the section takes.
pub const fn length(checks: &[Check]) -> usize {
    match checks.is_empty() {
        true => 0,
        false => write::<0>(checks).at,
    }
}

/// The section.
pub const fn json<const N: usize>(checks: &[Check]) -> [u8; N] {
    match checks.is_empty() {
        true => [0; N],
        false => write::<N>(checks).bytes,
    }
}

/// Writes as many bytes as there is room for, and counts them all.
struct ByteWriter<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

const fn write<const N: usize>(checks: &[Check]) -> ByteWriter<N> {
    let pen = ByteWriter { bytes: [0; N], at: 0 }.text("{\"tools\":[");
    let pen = entries(pen, checks, true).text("],\"network\":[");
    entries(pen, checks, false).text("]}")
}

/// Writes the commands, or the addresses.
const fn entries<const N: usize>(
    mut pen: ByteWriter<N>,
    checks: &[Check],
    tools: bool,
) -> ByteWriter<N> {
    let (mut at, mut is_first) = (0, true);
    while at < checks.len() {
        let ask = checks[at].ask();
        if matches!(ask, Ask::Tool { .. }) == tools {
            pen = if is_first { pen } else { pen.byte(b',') };
            pen = pen.ask(ask);
            is_first = false;
        }
        at += 1;
    }
    pen
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

    /// Text as it stands between quotes.
    const fn escaped(mut self, text: &str) -> Self {
        let mut at = 0;
        while at < text.len() {
            let byte = text.as_bytes()[at];
            assert!(
                byte >= b' ' && byte != 0x7f,
                "no control character may stand in a command or an address"
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
                    "a program is a bare name, which is looked up on PATH"
                );
                assert!(args.len() <= 32, "a command has at most 32 arguments");
                let mut pen = self.text("{\"tool\":\"").escaped(program).text("\",\"args\":[");
                let mut at = 0;
                while at < args.len() {
                    assert!(args[at].len() <= 4096, "an argument has at most 4,096 bytes");
                    pen = if at == 0 { pen } else { pen.byte(b',') };
                    pen = pen.byte(b'"').escaped(args[at]).byte(b'"');
                    at += 1;
                }
                pen.text("]}")
            }
            Ask::Network { host, port } => {
                assert!(
                    port != 0 && is_host(host),
                    "an address is a name or an IP address, without a scheme, and a port"
                );
                let pen = match has_colon(host) {
                    true => self.text("\"[").escaped(host).text("]:"),
                    false => self.byte(b'"').escaped(host).byte(b':'),
                };
                pen.number(port).byte(b'"')
            }
        }
    }

    const fn number(self, number: u16) -> Self {
        let pen = if number >= 10 { self.number(number / 10) } else { self };
        pen.byte(b'0' + (number % 10) as u8)
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

/// Whether it is what a pack may declare: a name, or an address of either kind without
/// brackets.
const fn is_host(host: &str) -> bool {
    let (bytes, is_ipv6) = (host.as_bytes(), has_colon(host));
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
    use super::{is_host, json, length};
    use crate::checks::{Address, Check, Tool, access, catalogue};

    const PLAIN: Tool = Tool::new("x", &["a\"b\\c", "ä", ""]);
    const HERE: Address = Address::new("::1", 65535);
    const THERE: Address = Address::new("x.example", 80);
    const CHECKS: &[Check] = &[
        Check::address(&HERE),
        Check::tool(&PLAIN),
        Check::later(access::VAULT_TOKEN.ask()),
        Check::tool(&catalogue::GCLOUD),
        Check::address(&THERE),
    ];
    static SECTION: [u8; length(CHECKS)] = json(CHECKS);

    #[test]
    fn the_section_is_json_in_the_order_of_the_checks() {
        let expected = concat!(
            r#"{"tools":[{"tool":"x","args":["a\"b\\c","ä",""]},{"tool":"vault","args":["token","lookup"]},"#,
            r#"{"tool":"gcloud","args":["version","--format=value(\"Google Cloud SDK\")"]}],"#,
            r#""network":["[::1]:65535","x.example:80"]}"#,
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
    fn a_handler_without_checks_has_no_section() {
        assert_eq!(length(&[]), 0);
        let section: [u8; 0] = json(&[]);
        assert!(section.is_empty());
    }
}

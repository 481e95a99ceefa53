//! What a handler may ask of the operator's machine: named programs with given arguments,
//! and named addresses.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::serialize::impl_serialize_as_display;

const MAX_TOOL_BYTES: usize = 64;
const MAX_ARGS: usize = 32;
/// The longest argument that a star stands for.
const MAX_STAR_BYTES: usize = 1024;
const MAX_HOST_BYTES: usize = 253;

/// The version queries of the programs that deployments are made with, each read in the
/// documentation of its program to change nothing and to tell nothing but versions.
const VERSION_QUERIES: [(&str, &[&str]); 16] = [
    ("aws", &["--version"]),
    ("az", &["version", "--output", "tsv", "--query", "\"azure-cli\""]),
    ("docker", &["version", "--format", "{{.Client.Version}}"]),
    ("gcloud", &["version", "--format=value(\"Google Cloud SDK\")"]),
    ("git", &["--version"]),
    ("helm", &["version", "--short"]),
    ("kind", &["--version"]),
    ("kubectl", &["version", "--client", "--output=yaml"]),
    ("node", &["--version"]),
    ("podman", &["version", "--format", "{{.Client.Version}}"]),
    ("psql", &["--version"]),
    ("python3", &["--version"]),
    ("redis-cli", &["--version"]),
    ("terraform", &["version", "-json"]),
    ("tofu", &["version", "-json"]),
    ("vault", &["version"]),
];

/// Leave to run one program with arguments of one form.
///
/// The argument `*` stands for exactly one argument that is not empty, does not begin
/// with `-`, has at most 1,024 bytes and holds no control character or invisible mark;
/// everything else stands for itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolPermission {
    tool: String,
    args: Vec<String>,
}

impl ToolPermission {
    /// The longest command as text, and the longest argument, in characters.
    pub const MAX_CHARS: usize = 4096;

    /// Checks that `tool` is a bare program name and the arguments are of sane size.
    ///
    /// # Errors
    /// [`InvalidPermission`] when the name holds a path separator, begins with `-` or
    /// `.`, or something is too long.
    pub fn new(tool: impl Into<String>, args: Vec<String>) -> Result<Self, InvalidPermission> {
        let tool = tool.into();
        let fail = |reason| Err(InvalidPermission { text: ForeignText::excerpt(&tool), reason });
        if tool.is_empty() || tool.len() > MAX_TOOL_BYTES {
            return fail("a program name has 1 to 64 bytes");
        }
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.+".contains(&b);
        if tool.starts_with(['-', '.']) || !tool.bytes().all(legal) {
            return fail(
                "expected a bare program name of ASCII letters, digits, `_`, `-`, `.` and `+`, which is looked up on PATH",
            );
        }
        let is_legal =
            |arg: &String| arg.chars().count() <= Self::MAX_CHARS && ForeignText::is_plain(arg);
        if args.len() > MAX_ARGS || !args.iter().all(is_legal) {
            return fail(
                "at most 32 arguments of at most 4,096 characters, without control characters and invisible marks, may follow",
            );
        }
        Ok(Self { tool, args })
    }

    /// The program name.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// The argument patterns.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Whether it is known to do no more than ask a well-known program for its version.
    ///
    /// The whole command decides. That a command looks like a version query says nothing
    /// of what a program makes of it: there are some that reboot whatever they are
    /// told.
    pub fn is_version_query(&self) -> bool {
        VERSION_QUERIES.iter().any(|(tool, args)| self.tool == *tool && self.args == *args)
    }

    fn allows(&self, tool: &str, args: &[String]) -> bool {
        self.tool == tool
            && self.args.len() == args.len()
            && self
                .args
                .iter()
                .zip(args)
                .all(|(pattern, arg)| pattern == arg || pattern == "*" && is_ordinary(arg))
    }
}

/// Whether a star stands for this argument.
fn is_ordinary(arg: &str) -> bool {
    (1..=MAX_STAR_BYTES).contains(&arg.len()) && !arg.starts_with('-') && ForeignText::is_plain(arg)
}

/// Reads a command as a shell would take it: words between spaces, quotes, and
/// backslashes. Nothing is expanded.
impl FromStr for ToolPermission {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let fail = |reason| InvalidPermission { text: ForeignText::excerpt(text), reason };
        if text.chars().count() > Self::MAX_CHARS || !ForeignText::is_plain(text) {
            return Err(fail(
                "a command has at most 4,096 characters, none of them a control character or an invisible mark",
            ));
        }
        if text.ends_with('\\') {
            return Err(fail("nothing follows the backslash at its end"));
        }
        let words = shell_words::split(text).map_err(|_| fail("a quote is not closed"))?;
        // whatever follows a remark belongs to it
        if shell_words::split(&format!("{text}x")).is_ok_and(|more| more == words) {
            return Err(fail("a word that begins with `#` has to be quoted"));
        }
        let mut words = words.into_iter();
        let tool = words.next().unwrap_or_default();
        if !text.strip_prefix(&tool).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
            return Err(fail("expected the bare name of a program at its beginning"));
        }
        Self::new(tool, words.collect()).map_err(|error| fail(error.reason))
    }
}

/// Shows the command as a shell would take it.
impl fmt::Display for ToolPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tool)?;
        self.args.iter().try_for_each(|arg| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,*".contains(&b);
            match !arg.is_empty() && arg.bytes().all(plain) {
                true => write!(f, " {arg}"),
                false => write!(f, " '{}'", ForeignText::new(arg.replace('\'', r"'\''"))),
            }
        })
    }
}

/// Leave to open a TCP connection to one host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetworkPermission {
    host: String,
    port: u16,
}

impl NetworkPermission {
    /// The host name or address, in lower case, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for NetworkPermission {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let fail = |reason| InvalidPermission { text: ForeignText::excerpt(text), reason };
        let (host, port) = text.rsplit_once(':').ok_or_else(|| fail("expected `<host>:<port>`"))?;
        let is_canonical =
            |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && !port.starts_with('0');
        let port = port.parse().ok().filter(|_| is_canonical(port));
        let port = port.ok_or_else(|| fail("the port is 1 to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) if address.parse::<std::net::Ipv6Addr>().is_ok() => address,
            Some(_) => return Err(fail("an IPv6 address is expected between the brackets")),
            None if is_host(host) => host,
            None => {
                return Err(fail(
                    "expected a host name or an address before the port, one of IPv6 between brackets",
                ));
            }
        };
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

fn is_host(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    (1..=MAX_HOST_BYTES).contains(&text.len()) && text.bytes().all(legal)
}

impl fmt::Display for NetworkPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// A set of permissions: what a pack declares, or what an operator grants. The empty set
/// allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Programs that may run.
    pub tools: Vec<ToolPermission>,
    /// Addresses that may be connected to.
    pub network: Vec<NetworkPermission>,
}

impl Permissions {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.network.is_empty()
    }

    /// Whether it lets `tool` run with exactly `args`.
    pub fn allows_tool(&self, tool: &str, args: &[String]) -> bool {
        self.tools.iter().any(|permission| permission.allows(tool, args))
    }

    /// Whether it lets a connection open to `host` and `port`.
    pub fn allows_network(&self, host: &str, port: u16) -> bool {
        self.network
            .iter()
            .any(|permission| permission.port == port && permission.host.eq_ignore_ascii_case(host))
    }

    /// What stands here and not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        Self {
            tools: self.tools.iter().filter(|p| !other.tools.contains(p)).cloned().collect(),
            network: self.network.iter().filter(|p| !other.network.contains(p)).cloned().collect(),
        }
    }

    /// What stands in either, each once, in order of first appearance.
    pub fn union(&self, other: &Self) -> Self {
        let missing = other.without(self);
        Self {
            tools: self.tools.iter().cloned().chain(missing.tools).collect(),
            network: self.network.iter().cloned().chain(missing.network).collect(),
        }
    }
}

impl_serialize_as_display!(ToolPermission, NetworkPermission);

/// A text or a record that is no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no valid permission: {reason}")]
pub struct InvalidPermission {
    text: ForeignText,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn tools(patterns: &[&str]) -> Permissions {
        let tool = |pattern: &&str| {
            let mut words = words(pattern).into_iter();
            ToolPermission::new(words.next().expect("a name"), words.collect())
                .expect("a permission")
        };
        Permissions { tools: patterns.iter().map(tool).collect(), network: vec![] }
    }

    #[track_caller]
    fn check(patterns: &[&str], command: &str, allowed: bool) {
        let words = words(command);
        assert_eq!(
            tools(patterns).allows_tool(&words[0], &words[1..]),
            allowed,
            "{patterns:?} and {command:?}"
        );
    }

    #[test]
    fn a_command_is_allowed_exactly_or_not_at_all() {
        check(&["vault version"], "vault version", true);
        check(&["vault version"], "vault", false);
        check(&["vault version"], "vault version -h", false);
        check(&["vault version"], "vault Version", false);
        check(&["vault version"], "/bin/vault version", false);
        check(&[], "vault version", false);
        check(&["a", "b c"], "b c", true);
    }

    #[test]
    fn a_star_matches_one_argument_that_is_not_an_option() {
        check(&["kubectl auth can-i * *"], "kubectl auth can-i create pods", true);
        check(&["kubectl auth can-i * *"], "kubectl auth can-i create", false);
        check(&["kubectl auth can-i * *"], "kubectl auth can-i create --kubeconfig=/x", false);
        check(&["x *"], "x -", false);
        let (star, long) = (tools(&["x *"]), "a".repeat(MAX_STAR_BYTES + 1));
        for odd in ["", "a\0", "a\nb", "\t", "a\u{202e}b", "\u{200b}-x", &long] {
            assert!(!star.allows_tool("x", &[odd.to_owned()]), "{odd:?}");
        }
        check(&["x a*"], "x ab", false);
        assert!(ToolPermission::new("*", vec![]).is_err());
    }

    #[test]
    fn a_program_is_a_bare_name() {
        for bad in [
            "",
            "/bin/sh",
            "./x",
            "..",
            "a/b",
            "a\\b",
            "-x",
            "a b",
            "a\n",
            "é",
            "a;b",
            "$(x)",
            "`x`",
            "x*",
            &"x".repeat(65),
        ] {
            assert!(ToolPermission::new(bad, vec![]).is_err(), "{bad:?}");
        }
        assert!(ToolPermission::new("x", vec![String::new(); 33]).is_err());
        for bad in ["\0", "a\nb", "\u{1b}[m", "\u{202e}"] {
            assert!(ToolPermission::new("x", vec![bad.into()]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn version_queries_are_recognised_by_the_whole_command() {
        let is_query = |command: &str| tools(&[command]).tools[0].is_version_query();
        for command in ["vault version", "aws --version", "kubectl version --client --output=yaml"]
        {
            assert!(is_query(command), "{command}");
        }
        for command in [
            "reboot --version",
            "reboot version",
            "vault",
            "vault --version",
            "vault version x",
            "aws version",
        ] {
            assert!(!is_query(command), "{command}");
        }
    }

    #[test]
    fn commands_are_displayed_in_shell_syntax() {
        let args =
            ["--format=value(\"Google Cloud SDK\")", "it's", "", "*"].map(str::to_owned).to_vec();
        let shown = ToolPermission::new("gcloud", args).expect("a permission").to_string();
        assert_eq!(shown, r#"gcloud '--format=value("Google Cloud SDK")' 'it'\''s' '' *"#);
    }

    #[test]
    fn addresses() {
        for text in ["vault.acme.example:8200", "127.0.0.1:1", "[::1]:443"] {
            let permission: NetworkPermission = text.parse().expect(text);
            assert_eq!(permission.to_string(), text);
        }
        let network = vec!["Vault.acme.example:8200".parse().expect("an address")];
        let permissions = Permissions { tools: vec![], network };
        assert!(permissions.allows_network("vault.ACME.example", 8200));
        assert!(!permissions.allows_network("vault.acme.example", 8201));
        assert!(!permissions.allows_network("vault.acme.example.", 8200));
        for bad in [
            "",
            "host",
            "host:",
            "host:0",
            "host:65536",
            ":80",
            "a b:80",
            "a/b:80",
            "[x]:80",
            "[127.0.0.1]:80",
        ] {
            assert!(bad.parse::<NetworkPermission>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn sets() {
        let with = |patterns: &[&str], addresses: &[&str]| {
            let address = |address: &&str| address.parse().expect("an address");
            Permissions { network: addresses.iter().map(address).collect(), ..tools(patterns) }
        };
        let (first, second) =
            (with(&["a", "b"], &["x:1", "y:1"]), with(&["b", "c"], &["y:1", "z:1"]));
        assert_eq!(first.without(&second), with(&["a"], &["x:1"]));
        assert_eq!(first.union(&second), with(&["a", "b", "c"], &["x:1", "y:1", "z:1"]));
        assert!(first.without(&first).is_empty());
        assert!(
            !with(&["a"], &[]).is_empty()
                && !with(&[], &["x:1"]).is_empty()
                && with(&[], &[]).is_empty()
        );
    }

    #[test]
    fn permissions_expose_their_parts() {
        let [permission] = &tools(&["vault token *"]).tools[..] else { panic!("one permission") };
        assert_eq!(
            (permission.tool(), permission.args()),
            ("vault", &["token".to_owned(), "*".to_owned()][..])
        );
        let address: NetworkPermission = "Vault.example:8200".parse().expect("an address");
        assert_eq!((address.host(), address.port()), ("vault.example", 8200));
        let host =
            |bytes: usize| format!("{}:1", "x".repeat(bytes)).parse::<NetworkPermission>().is_ok();
        assert!(host(MAX_HOST_BYTES) && !host(MAX_HOST_BYTES + 1));
    }
}

//! Permissions: the programs that a handler may run and the addresses that it may connect
//! to.

mod invalid;
mod network;
mod resolve;

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::serialize::impl_serialize_as_display;

pub use invalid::InvalidPermission;
pub use network::{AnswerPath, NetworkAddress, NetworkPermission};
use resolve::address_in;
pub use resolve::{Answer, UnresolvedAddress, UnresolvedReason};

/// Maximum length of a program name, in bytes.
const MAX_TOOL_BYTES: usize = 64;
const MAX_ARGS: usize = 32;
/// Maximum length of an argument that `*` matches, in bytes.
const MAX_STAR_BYTES: usize = 1024;

/// Version queries of common deployment tools. According to the documentation of each tool,
/// they change nothing and print nothing but versions.
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

/// Permission to run one program with certain arguments.
///
/// A command is allowed if it has as many arguments as there are patterns, and each argument
/// equals its pattern or is matched by the pattern `*`. That pattern, which has no effect as
/// part of a longer one, matches one argument that is not empty, does not begin with `-`, has
/// at most 1,024 bytes, and has no control characters or invisible marks.
///
/// ```
/// use env_pack_domain::{Permissions, ToolPermission};
/// let tool: ToolPermission = "kubectl auth can-i * pods".parse()?;
/// let permissions = Permissions { tools: vec![tool], network: vec![] };
/// let args = ["auth", "can-i", "create", "pods"].map(str::to_owned);
/// assert!(permissions.allows_tool("kubectl", &args));
/// # Ok::<(), env_pack_domain::InvalidPermission>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ToolPermission {
    tool: String,
    args: Vec<String>,
}

impl ToolPermission {
    /// Maximum length of a command as text, in characters.
    pub const MAX_CHARS: usize = 4096;

    /// Makes a permission for a program, which is looked up on `PATH`, and argument
    /// patterns.
    ///
    /// # Errors
    /// [`InvalidPermission`] when `tool` is not a bare program name, there are more than
    /// 32 arguments, the command is too long, or an argument has control characters.
    pub fn new(tool: impl Into<String>, args: Vec<String>) -> Result<Self, InvalidPermission> {
        let tool = tool.into();
        let fail = |reason| Err(InvalidPermission { text: ForeignText::excerpt(&tool), reason });
        if tool.is_empty() || tool.len() > MAX_TOOL_BYTES {
            return fail("a program name has 1 to 64 bytes");
        }
        let has_legal_characters =
            tool.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.+".contains(&b));
        if tool.starts_with(['-', '.']) || !has_legal_characters {
            return fail(
                "expected a bare program name of ASCII letters, digits, `_`, `-`, `.` and `+`, \
                 which is looked up on PATH",
            );
        }
        if args.len() > MAX_ARGS || !args.iter().all(|arg| ForeignText::is_plain(arg)) {
            return fail(
                "expected at most 32 arguments, without control characters and invisible marks",
            );
        }
        let permission = Self { tool, args };
        // so that the text of every permission can be parsed again
        if permission.to_string().chars().count() > Self::MAX_CHARS {
            return Err(InvalidPermission {
                text: ForeignText::excerpt(&permission.tool),
                reason: "expected a command of at most 4,096 characters",
            });
        }
        Ok(permission)
    }

    /// Returns the program name.
    pub fn tool(&self) -> &str {
        &self.tool
    }

    /// Returns the argument patterns.
    pub fn args(&self) -> &[String] {
        &self.args
    }

    /// Returns true if the command is a known version query of a well-known program.
    ///
    /// The complete command must match. Commands that only look like version queries are
    /// not safe: some programs reboot the machine whatever their arguments are.
    pub fn is_version_query(&self) -> bool {
        VERSION_QUERIES.iter().any(|(tool, args)| self.tool == *tool && self.args == *args)
    }

    fn allows(&self, tool: &str, args: &[String]) -> bool {
        let mut pairs = self.args.iter().zip(args);
        self.tool == tool
            && self.args.len() == args.len()
            && pairs.all(|(pattern, arg)| pattern == arg || pattern == "*" && star_matches(arg))
    }
}

fn star_matches(arg: &str) -> bool {
    (1..=MAX_STAR_BYTES).contains(&arg.len()) && !arg.starts_with('-') && ForeignText::is_plain(arg)
}

/// Parses a command in shell syntax: words separated by spaces, with quotes and
/// backslashes. Nothing is expanded.
impl FromStr for ToolPermission {
    type Err = InvalidPermission;

    fn from_str(text: &str) -> Result<Self, InvalidPermission> {
        let fail = |reason| InvalidPermission { text: ForeignText::excerpt(text), reason };
        if text.chars().count() > Self::MAX_CHARS || !ForeignText::is_plain(text) {
            return Err(fail(
                "expected at most 4,096 characters, without control characters and invisible marks",
            ));
        }
        if text.ends_with('\\') {
            return Err(fail("it ends with a backslash"));
        }
        let words = shell_words::split(text).map_err(|_| fail("a quote is not closed"))?;
        // if the command ends in a shell comment, appended text belongs to the comment
        if shell_words::split(&format!("{text}x")).is_ok_and(|more| more == words) {
            return Err(fail("a word that begins with `#` must be quoted"));
        }
        let mut words = words.into_iter();
        let tool = words.next().unwrap_or_default();
        if !text.strip_prefix(&tool).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
            return Err(fail("expected it to begin with a bare program name"));
        }
        Self::new(tool, words.collect()).map_err(|error| fail(error.reason))
    }
}

/// Displays the command in shell syntax.
impl fmt::Display for ToolPermission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.tool)?;
        for arg in &self.args {
            if needs_quotes(arg) {
                write!(f, " '{}'", ForeignText::new(arg.replace('\'', r"'\''")))?;
            } else {
                write!(f, " {arg}")?;
            }
        }
        Ok(())
    }
}

fn needs_quotes(arg: &str) -> bool {
    arg.is_empty() || !arg.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./:=@%+,*".contains(&b))
}

/// A set of permissions, requested by a pack or granted by an operator. The empty set
/// allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Programs that may be run.
    pub tools: Vec<ToolPermission>,
    /// Addresses to which connections may be opened.
    pub network: Vec<NetworkPermission>,
}

impl Permissions {
    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty() && self.network.is_empty()
    }

    /// Returns true if `tool` may be run with exactly these arguments.
    pub fn allows_tool(&self, tool: &str, args: &[String]) -> bool {
        self.tools.iter().any(|permission| permission.allows(tool, args))
    }

    /// Returns true if a connection to `host` and `port` may be opened.
    pub fn allows_network(&self, host: &str, port: u16) -> bool {
        self.network.iter().any(|permission| match permission {
            NetworkPermission::Address(address) => {
                address.port() == port && address.host().eq_ignore_ascii_case(host)
            }
            // what the answers say is not known here
            NetworkPermission::Answer(_) => false,
        })
    }

    /// Returns the permissions that are not in `other`.
    pub fn without(&self, other: &Self) -> Self {
        let tools: HashSet<_> = other.tools.iter().collect();
        let network: HashSet<_> = other.network.iter().collect();
        Self {
            tools: self.tools.iter().filter(|p| !tools.contains(p)).cloned().collect(),
            network: self.network.iter().filter(|p| !network.contains(p)).cloned().collect(),
        }
    }

    /// Returns the permissions without duplicates, in order of first appearance.
    #[must_use]
    pub fn merged(self) -> Self {
        let mut tools = HashSet::new();
        let mut network = HashSet::new();
        Self {
            tools: self.tools.into_iter().filter(|p| tools.insert(p.clone())).collect(),
            network: self.network.into_iter().filter(|p| network.insert(p.clone())).collect(),
        }
    }

    /// Returns the permissions of both sets without duplicates, in order of first appearance.
    pub fn union(&self, other: &Self) -> Self {
        let missing = other.without(self);
        Self {
            tools: self.tools.iter().cloned().chain(missing.tools).collect(),
            network: self.network.iter().cloned().chain(missing.network).collect(),
        }
    }
}

/// Permissions without references to answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResolvedPermissions {
    /// The permissions, without duplicates.
    pub permissions: Permissions,
    /// The addresses that the answers do not name.
    pub unresolved: Vec<UnresolvedAddress>,
}

impl Permissions {
    /// Replaces each address that an answer names by that address.
    pub fn resolve(&self, answer: impl Fn(&AnswerPath) -> Answer) -> ResolvedPermissions {
        let mut resolved = ResolvedPermissions {
            permissions: Self { tools: self.tools.clone(), network: Vec::new() },
            unresolved: Vec::new(),
        };
        let mut known = HashSet::new();
        for permission in &self.network {
            let address = match permission {
                NetworkPermission::Address(address) => Ok(address.clone()),
                NetworkPermission::Answer(path) => address_in(path, answer(path)),
            };
            let network = &mut resolved.permissions.network;
            match address.map(NetworkPermission::Address) {
                Ok(address) if !known.insert(address.clone()) => {}
                Ok(address) => network.push(address),
                Err(unresolved) => resolved.unresolved.push(unresolved),
            }
        }
        resolved
    }

    /// Returns the first permission that is not exact: it names an address in the answers. An
    /// operator grants the address itself.
    pub fn answer(&self) -> Option<&AnswerPath> {
        self.network.iter().find_map(|permission| match permission {
            NetworkPermission::Address(_) => None,
            NetworkPermission::Answer(path) => Some(path),
        })
    }
}

impl_serialize_as_display!(ToolPermission, NetworkPermission, AnswerPath);

#[cfg(test)]
mod tests;

//! Writes a recorded run as a scenario in YAML, in a form that people can edit.

use std::fmt::Write as _;

use env_pack_domain::{DescriptorPath, EnvId, ForeignText, HandlerFault, InstanceId, ToolCheck};
use serde_json::Value;

use super::compare;
use super::host_call::{CommandLine, HostPort};
use super::reply::{
    CommandFailure, CommandResult, ConnectionFailure, ConnectionStatus, NetworkReply, ToolReply,
};
use super::shorthand::Shorthand;

/// A run of a preflight on a real machine, to be written as a scenario.
#[derive(Debug)]
pub struct RecordedRun<'a> {
    /// The path of the handler.
    pub handler: &'a DescriptorPath,
    /// The environment that the preflight ran in.
    pub environment_id: &'a EnvId,
    /// The instance of an extension; `None` for the default instance.
    pub instance_id: Option<&'a InstanceId>,
    /// The operator's answers; `None` is written as no answers.
    pub answers: Option<&'a Value>,
    /// The replies to each command, in order.
    pub tools: Vec<(CommandLine, Vec<ToolReply>)>,
    /// The replies to each address, in order.
    pub network: Vec<(HostPort, Vec<NetworkReply>)>,
    /// The checks that the preflight returned, or the fault that ended it.
    pub checks: &'a Result<Vec<ToolCheck>, HandlerFault>,
}

/// Longest key, in characters, that is written without the mark `?`. YAML allows 1024
/// characters (YAML 1.2.2, section 8.2.2), including escapes.
const MAX_IMPLICIT_KEY_CHARS: usize = 500;

/// Writes a scenario that passes when the machine behaves as it was recorded.
pub fn to_yaml(recorded: &RecordedRun<'_>) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, "# recorded by `gtc pack test --record`; change it as you like");
    yaml.line(0, &format!("handler: {}", scalar(recorded.handler.as_str())));
    yaml.line(0, "given:");
    yaml.line(1, &format!("environment_id: {}", scalar(recorded.environment_id.as_str())));
    if let Some(instance) = recorded.instance_id {
        yaml.line(1, &format!("instance_id: {}", scalar(instance.as_str())));
    }
    if let Some(answers) = recorded.answers {
        yaml.line(1, &format!("answers: {}", flow_style(answers)));
    }
    yaml.table(
        1,
        "tools",
        recorded.tools.iter().map(|(command, replies)| (command.to_string(), replies)),
        Yaml::tool,
    );
    let network = recorded.network.iter().map(|(address, replies)| (address.to_string(), replies));
    yaml.table(1, "network", network, Yaml::network);
    yaml.line(0, "expect:");
    match recorded.checks {
        Ok(checks) if checks.is_empty() => yaml.line(1, "checks: {}"),
        Ok(checks) => yaml.checks(checks),
        Err(fault) => yaml.line(1, &format!("fault: {}", fault.kind())),
    }
    yaml.0
}

/// A YAML document, written line by line.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, text: &str) {
        // writing to a string cannot fail
        let _ = writeln!(self.0, "{:1$}{text}", "", depth * 2);
    }

    /// Writes a table whose values are one reply, or a list of them.
    fn table<'a, T: 'a>(
        &mut self,
        depth: usize,
        name: &str,
        entries: impl ExactSizeIterator<Item = (String, &'a Vec<T>)>,
        write_reply: fn(&mut Self, usize, &str, &T),
    ) {
        if entries.len() == 0 {
            return;
        }
        self.line(depth, &format!("{name}:"));
        for (key, replies) in entries {
            let key = self.key(depth + 1, &key);
            match replies.as_slice() {
                [only] => write_reply(self, depth + 1, &key, only),
                several => {
                    self.line(depth + 1, &key);
                    for reply in several {
                        write_reply(self, depth + 2, "-", reply);
                    }
                }
            }
        }
    }

    /// A key with its colon. A very long key is written to a line of its own, after which
    /// only the colon remains.
    fn key(&mut self, depth: usize, key: &str) -> String {
        let key = scalar(key);
        if !needs_explicit_key(&key) {
            return format!("{key}:");
        }
        self.line(depth, &format!("? {key}"));
        ":".to_owned()
    }

    fn tool(&mut self, depth: usize, key: &str, reply: &ToolReply) {
        match reply {
            Shorthand::Word(word) => {
                let word = match word {
                    CommandFailure::Missing => "missing",
                    CommandFailure::TimedOut => "timed-out",
                    CommandFailure::Denied => "denied",
                };
                self.line(depth, &format!("{key} {word}"));
            }
            Shorthand::Full(result) => self.command_result(depth, key, result),
        }
    }

    fn command_result(&mut self, depth: usize, key: &str, result: &CommandResult) {
        let CommandResult { exit_code, stdout, stderr, truncated, denied, failed } = result;
        let mut members = Vec::new();
        if *exit_code != 0 || *result == CommandResult::default() {
            members.push(format!("exit_code: {exit_code}"));
        }
        let texts = [
            ("stdout", Some(stdout)),
            ("stderr", Some(stderr)),
            ("denied", denied.as_ref()),
            ("failed", failed.as_ref()),
        ];
        for (name, text) in texts {
            let text = text.filter(|text| !text.is_empty() || ["denied", "failed"].contains(&name));
            members.extend(text.map(|text| format!("{name}: {}", block_scalar(text, depth + 1))));
        }
        members.extend(truncated.then(|| "truncated: true".to_owned()));
        self.members(depth, key, &members);
    }

    fn network(&mut self, depth: usize, key: &str, reply: &NetworkReply) {
        match reply {
            Shorthand::Word(word) => {
                let word = match word {
                    ConnectionStatus::Open => "open",
                    ConnectionStatus::Refused => "refused",
                    ConnectionStatus::TimedOut => "timed-out",
                    ConnectionStatus::NotFound => "not-found",
                    ConnectionStatus::Denied => "denied",
                };
                self.line(depth, &format!("{key} {word}"));
            }
            Shorthand::Full(ConnectionFailure { denied, failed }) => {
                let mut members = Vec::new();
                for (name, text) in [("denied", denied), ("failed", failed)] {
                    members.extend(text.as_ref().map(|text| format!("{name}: {}", scalar(text))));
                }
                self.members(depth, key, &members);
            }
        }
    }

    fn checks(&mut self, checks: &[ToolCheck]) {
        self.line(1, "checks:");
        for check in checks {
            let (status, fields) = compare::status_and_fields(&check.outcome);
            let key = self.key(2, check.name.as_exact());
            if fields.is_empty() {
                self.line(2, &format!("{key} {status}"));
                continue;
            }
            let mut members = vec![format!("status: {status}")];
            for (name, text) in fields {
                members.push(format!("{name}: {}", block_scalar(text.as_exact(), 3)));
            }
            self.members(2, &key, &members);
        }
    }

    /// Writes a table below a key, or as an item of a list.
    fn members(&mut self, depth: usize, key: &str, members: &[String]) {
        self.line(depth, key);
        for member in members {
            self.line(depth + 1, member);
        }
    }
}

/// Returns true if a key is too long to be recognised without the mark `?`.
fn needs_explicit_key(key: &str) -> bool {
    key.chars().count() > MAX_IMPLICIT_KEY_CHARS
}

/// Returns true if a character needs no escape, neither in YAML nor on a terminal.
fn is_plain(c: char) -> bool {
    ForeignText::is_plain(c.encode_utf8(&mut [0; 4])) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A text without quotes if it is plain words that no YAML reader takes for another type,
/// otherwise in double quotes.
fn scalar(text: &str) -> String {
    const RESERVED: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_plain_words = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_./@+=".contains(&b))
        && !text.ends_with(' ');
    if is_plain_words && !RESERVED.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        text.to_owned()
    } else {
        double_quoted(text)
    }
}

/// A text in double quotes, with escapes.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_plain(c) => quoted.push(c),
            // writing to a string cannot fail
            c => drop(write!(quoted, "\\U{:08x}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// A text of several lines as a literal block if every YAML reader reads it back
/// unchanged, otherwise as a [`scalar`].
fn block_scalar(text: &str, depth: usize) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_block = body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.split('\n').all(is_block_line);
    if !is_block {
        return scalar(text);
    }
    let mut block = if body.len() < text.len() { "|" } else { "|-" }.to_owned();
    for line in body.split('\n') {
        block.push('\n');
        if !line.is_empty() {
            let _ = write!(block, "{:1$}{line}", "", (depth + 1) * 2);
        }
    }
    block
}

/// Returns true if a line is unambiguous in a literal block.
fn is_block_line(line: &str) -> bool {
    line.chars().all(is_plain) && (line.is_empty() || !line.trim().is_empty())
}

/// A JSON value in YAML's flow style, on one line.
fn flow_style(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow_style).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let name = scalar(name);
                let mark = if needs_explicit_key(&name) { "? " } else { "" };
                format!("{mark}{name}: {}", flow_style(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

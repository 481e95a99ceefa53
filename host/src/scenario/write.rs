//! A scenario as YAML that people go on writing: what is recorded once, and kept from
//! then on.

use std::fmt::Write as _;

use env_pack_domain::{DescriptorPath, EnvId, ForeignText, HandlerFault, InstanceId, ToolCheck};
use serde_json::Value;

use super::{
    Address, Command, Failed, NetworkReply, NetworkWord, Ran, Short, ToolReply, ToolWord, judge,
};

/// What was asked and answered, to be written down.
#[derive(Debug)]
pub struct Recorded<'a> {
    /// The handler.
    pub handler: &'a DescriptorPath,
    /// The environment.
    pub environment_id: &'a EnvId,
    /// The instance.
    pub instance_id: Option<&'a InstanceId>,
    /// The operator's answers.
    pub answers: Option<&'a Value>,
    /// What programs answered.
    pub tools: Vec<(Command, Vec<ToolReply>)>,
    /// What the network answered.
    pub network: Vec<(Address, Vec<NetworkReply>)>,
    /// What the preflight came to.
    pub checks: &'a Result<Vec<ToolCheck>, HandlerFault>,
}

/// A key may be longer than this only where it is marked as one, in characters.
const KEY_CHARS: usize = 500;

/// The scenario that this is.
pub fn written(recorded: &Recorded<'_>) -> String {
    let mut yaml = Yaml::default();
    yaml.line(0, "# recorded by `gtc pack test --record`; change it as you like");
    yaml.line(0, &format!("handler: {}", quoted(recorded.handler.as_str())));
    yaml.line(0, "given:");
    yaml.line(1, &format!("environment_id: {}", quoted(recorded.environment_id.as_str())));
    if let Some(instance) = recorded.instance_id {
        yaml.line(1, &format!("instance_id: {}", quoted(instance.as_str())));
    }
    if let Some(answers) = recorded.answers {
        yaml.line(1, &format!("answers: {}", flow(answers)));
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

/// A document that grows line by line.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, depth: usize, text: &str) {
        // writing to a string cannot fail
        let _ = writeln!(self.0, "{:1$}{text}", "", depth * 2);
    }

    /// A table of things that can be said in a word, in full, or several times.
    fn table<'a, T: 'a>(
        &mut self,
        depth: usize,
        name: &str,
        entries: impl ExactSizeIterator<Item = (String, &'a Vec<T>)>,
        one: fn(&mut Self, usize, &str, &T),
    ) {
        if entries.len() == 0 {
            return;
        }
        self.line(depth, &format!("{name}:"));
        for (key, replies) in entries {
            let key = self.key(depth + 1, &key);
            match replies.as_slice() {
                [only] => one(self, depth + 1, &key, only),
                several => {
                    self.line(depth + 1, &key);
                    several.iter().for_each(|reply| one(self, depth + 2, "-", reply));
                }
            }
        }
    }

    /// A key with its colon; one that is very long gets a line of its own, and what is
    /// left is the colon.
    fn key(&mut self, depth: usize, key: &str) -> String {
        let key = quoted(key);
        if !is_long(&key) {
            return format!("{key}:");
        }
        self.line(depth, &format!("? {key}"));
        ":".to_owned()
    }

    fn tool(&mut self, depth: usize, key: &str, reply: &ToolReply) {
        match reply {
            Short::Word(word) => {
                let word = match word {
                    ToolWord::Missing => "missing",
                    ToolWord::TimedOut => "timed-out",
                    ToolWord::Denied => "denied",
                };
                self.line(depth, &format!("{key} {word}"));
            }
            Short::Full(ran) => self.ran(depth, key, ran),
        }
    }

    fn ran(&mut self, depth: usize, key: &str, ran: &Ran) {
        let Ran { exit_code, stdout, stderr, truncated, denied, failed } = ran;
        let mut members = Vec::new();
        if *exit_code != 0 || *ran == Ran::default() {
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
            members.extend(text.map(|text| format!("{name}: {}", block(text, depth + 1))));
        }
        members.extend(truncated.then(|| "truncated: true".to_owned()));
        self.members(depth, key, &members);
    }

    fn network(&mut self, depth: usize, key: &str, reply: &NetworkReply) {
        match reply {
            Short::Word(word) => {
                let word = match word {
                    NetworkWord::Open => "open",
                    NetworkWord::Refused => "refused",
                    NetworkWord::TimedOut => "timed-out",
                    NetworkWord::NotFound => "not-found",
                    NetworkWord::Denied => "denied",
                };
                self.line(depth, &format!("{key} {word}"));
            }
            Short::Full(Failed { denied, failed }) => {
                let members = [("denied", denied), ("failed", failed)];
                let members = members
                    .iter()
                    .filter_map(|(name, text)| Some(format!("{name}: {}", quoted(text.as_ref()?))));
                self.members(depth, key, &members.collect::<Vec<_>>());
            }
        }
    }

    fn checks(&mut self, checks: &[ToolCheck]) {
        self.line(1, "checks:");
        for check in checks {
            let (status, texts) = judge::parts(&check.outcome);
            let key = self.key(2, check.name.as_exact());
            match texts.is_empty() {
                true => self.line(2, &format!("{key} {status}")),
                false => {
                    let texts = texts
                        .iter()
                        .map(|(name, text)| format!("{name}: {}", block(text.as_exact(), 3)));
                    let members: Vec<_> =
                        std::iter::once(format!("status: {status}")).chain(texts).collect();
                    self.members(2, &key, &members);
                }
            }
        }
    }

    /// A table below a key, or one that is an item of a list.
    fn members(&mut self, depth: usize, key: &str, members: &[String]) {
        self.line(depth, key);
        members.iter().for_each(|member| self.line(depth + 1, member));
    }
}

/// Whether readers of YAML would no longer see by themselves that this is a key.
fn is_long(key: &str) -> bool {
    key.chars().count() > KEY_CHARS
}

/// Whether a character can stand for itself: readers of YAML take it, and a terminal
/// shows it.
fn is_plain(c: char) -> bool {
    ForeignText::is_plain(c.encode_utf8(&mut [0; 4])) && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// A text without quotes where it is a few plain words, which no reader takes for
/// anything else.
fn quoted(text: &str) -> String {
    const OTHERS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_plain_word = |b: u8| b.is_ascii_alphanumeric() || b" -_./@+=".contains(&b);
    let is_words =
        text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_plain_word);
    match is_words
        && !text.ends_with(' ')
        && !OTHERS.iter().any(|other| text.eq_ignore_ascii_case(other))
    {
        true => text.to_owned(),
        false => in_quotes(text),
    }
}

/// A text as one that ends with its quotes.
fn in_quotes(text: &str) -> String {
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

/// A text of several lines as a block, where every reader takes it the same way; in
/// quotes otherwise.
fn block(text: &str, depth: usize) -> String {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_line =
        |line: &str| line.chars().all(is_plain) && (line.is_empty() || !line.trim().is_empty());
    let is_block = body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.split('\n').all(is_line);
    if !is_block {
        return quoted(text);
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

/// A JSON value as YAML takes it on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| {
                let name = quoted(name);
                let mark = if is_long(&name) { "? " } else { "" };
                format!("{mark}{name}: {}", flow(value))
            };
            let members = members.iter().map(member);
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

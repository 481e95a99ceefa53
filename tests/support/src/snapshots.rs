//! Inline snapshots of JSON. `BLESS=1` writes those that differ into the sources.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::Value;
use snapbox::assert::Action;
use snapbox::{Assert, IntoData};

use crate::Output;

/// The width of a snapshot, and of one in a single line, which rustfmt indents.
const WIDTH: usize = 96;
const SINGLE_LINE_WIDTH: usize = 72;

/// Parts that differ in every run, and their names in snapshots.
static VARIABLE: LazyLock<[(Regex, &str); 6]> = LazyLock::new(|| {
    [
        (r"/tmp/[A-Za-z0-9]{6}\b", "[HOME]"),
        (r"\b127\.0\.0\.1:[0-9]{4,5}\b", "[HOST]"),
        (r"\b([0-9a-f]{64})\b", "[DIGEST]"),
        (r"\b([0-9a-f]{32}|[0-9A-Z]{26})\b", "[ID]"),
        (r"\b20\d\d-\d\d-\d\dT[0-9:.]+Z", "[TIME]"),
        (r#"\{"kind": "local-user", "uid": [0-9]+\}"#, "[USER]"),
    ]
    .map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name))
});

impl Output {
    /// Requires that the `result` member of the output is as in a snapshot.
    #[track_caller]
    pub fn result_is(&self, expected: impl IntoData) {
        assert_json(&self.result(), expected);
    }

    /// Requires that these members of the `result` member are as in a snapshot, one after
    /// another.
    #[track_caller]
    pub fn has(&self, members: &[&str], expected: impl IntoData) {
        let result = self.result();
        let width = if members.len() == 1 { SINGLE_LINE_WIDTH } else { WIDTH };
        let lines = members.iter().map(|&name| {
            let mut line = format!("{name}: ");
            let member = result.get(name).unwrap_or_else(|| panic!("no member `{name}`: {result}"));
            write(member, width - name.len(), 0, &mut line);
            line
        });
        compare(&lines.collect::<Vec<_>>().join("\n"), expected);
    }
}

/// Requires that JSON is as in a snapshot.
#[track_caller]
pub fn assert_json(actual: &Value, expected: impl IntoData) {
    let mut text = String::new();
    write(actual, SINGLE_LINE_WIDTH, 0, &mut text);
    compare(&text, expected);
}

#[track_caller]
fn compare(actual: &str, expected: impl IntoData) {
    let mut actual = actual.to_owned();
    for (pattern, name) in VARIABLE.iter() {
        actual = pattern.replace_all(&actual, *name).into_owned();
    }
    let is_blessed = std::env::var_os("BLESS").is_some();
    let action = if is_blessed { Action::Overwrite } else { Action::Verify };
    let assert = Assert::new().redact_with(snapbox::Redactions::new()).action(action);
    assert.normalize_paths(false).eq(actual, expected);
}

/// Writes a value in one line if that is not wider than this, else each member in a line
/// of its own.
fn write(value: &Value, width: usize, indent: usize, text: &mut String) {
    let line = one_line(value);
    if indent + line.chars().count() <= width {
        text.push_str(&line);
        return;
    }
    match value {
        Value::Array(items) if items.iter().all(Value::is_object) => {
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "[" } else { ", " });
                write(item, 0, indent, text);
            }
            text.push(']');
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| (String::new(), item));
            write_lines(('[', ']'), items, indent, text);
        }
        Value::Object(members) => {
            let name = |name: &String| format!("{}: ", Value::from(name.as_str()));
            let members = members.iter().map(|(key, value)| (name(key), value));
            write_lines(('{', '}'), members, indent, text);
        }
        _ => text.push_str(&line),
    }
}

fn write_lines<'a>(
    (open, close): (char, char),
    items: impl Iterator<Item = (String, &'a Value)>,
    indent: usize,
    text: &mut String,
) {
    text.push(open);
    for (at, (name, value)) in items.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        text.push_str(&format!("{comma}\n{:1$}{name}", "", indent + 2));
        write(value, WIDTH - name.len(), indent + 2, text);
    }
    text.push_str(&format!("\n{:1$}{close}", "", indent));
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, _)| {
                format!("{}: {}", Value::from(name.as_str()), one_line(value))
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        value => value.to_string(),
    }
}

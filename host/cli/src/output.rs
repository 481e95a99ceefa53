//! Writes results to standard output and errors to standard error, as text or as one JSON
//! document.

use std::io::{self, IsTerminal as _, Write as _};

use env_pack_domain::terminal_safe_json;
use gtc_core::RepeatedFlags;
use serde::Serialize;

use super::error::CliError;
use super::global::Format;
use super::locale::with_signs;
use super::render::RenderHuman;
use super::table::Style;

/// Writes the result or the error of one command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output<'a> {
    pub format: Format,
    pub noun: &'a str,
    pub verb: &'a str,
    /// Flags that suggested commands repeat.
    pub repeated_flags: &'a RepeatedFlags,
}

#[derive(Serialize)]
struct Success<'a, T> {
    op: &'a str,
    noun: &'a str,
    result: &'a T,
}

#[derive(Serialize)]
struct Failed<'a> {
    op: Option<&'a str>,
    noun: Option<&'a str>,
    error: ErrorBody<'a>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    kind: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl<'a> Output<'a> {
    /// An output of a run that has read no flags.
    pub(crate) fn without_flags(format: Format, noun: &'a str, verb: &'a str) -> Self {
        static NONE: RepeatedFlags = RepeatedFlags::none();
        Self { format, noun, verb, repeated_flags: &NONE }
    }

    /// Writes a result to standard output.
    pub(crate) fn result<T: Serialize + RenderHuman>(&self, result: &T) -> io::Result<()> {
        match self.format {
            Format::Human => {
                let text = self.repeated_flags.complete(&result.render_human(self.verb));
                print(&with_signs(&text))
            }
            Format::Json => print_json(&Success { op: self.verb, noun: self.noun, result }),
        }
    }

    /// Writes an error to standard error.
    pub(crate) fn error(&self, error: &CliError) -> io::Result<()> {
        self.failure(error.kind(), &error.message(), error.hint().as_deref())
    }

    /// Writes an error to standard error, given its parts.
    pub(crate) fn failure(&self, kind: &str, message: &str, hint: Option<&str>) -> io::Result<()> {
        let hint = hint.map(|hint| self.repeated_flags.complete(hint));
        let hint = hint.as_deref();
        match self.format {
            Format::Human => {
                let hint = hint
                    .map(|hint| format!("{} {hint}\n", Style::Notice.paint("next:")))
                    .unwrap_or_default();
                let text = format!("{} {message}\n{hint}", Style::Bad.paint("error:"));
                anstream::stderr().write_all(with_signs(&text).as_bytes())
            }
            Format::Json => {
                let error = ErrorBody { kind, message, hint };
                let op = Some(self.verb).filter(|verb| !verb.is_empty());
                let noun = Some(self.noun).filter(|noun| !noun.is_empty());
                let failed = Failed { op, noun, error };
                let mut line = terminal_safe_json(serde_json::to_string(&failed)?);
                line.push('\n');
                io::stderr().write_all(line.as_bytes())
            }
        }
    }
}

/// Writes text to standard output, with colour only at a terminal.
pub(crate) fn print(text: &str) -> io::Result<()> {
    write_result(anstream::stdout().lock(), text.as_bytes())
}

/// Writes JSON to standard output on one line. Characters that a terminal would obey are
/// escaped, which changes nothing for a parser.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut line = json_text(value)?;
    line.push(b'\n');
    print_bytes(&line)
}

/// Writes a part of a JSON document to standard output.
pub(crate) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    write_result(io::stdout().lock(), bytes)
}

/// Renders JSON without insignificant white space, and without characters that a terminal would
/// obey.
pub(crate) fn json_text(value: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(compact_json(terminal_safe_json(serde_json::to_string(value)?).as_bytes()))
}

/// Writes a JSON document of its own to standard output, as it is; at a terminal, characters that it
/// would obey are escaped.
pub(crate) fn print_document(document: &str) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return write_result(io::stdout().lock(), document.as_bytes());
    }
    write_result(io::stdout().lock(), terminal_safe_json(document.to_owned()).as_bytes())
}

/// Writes a schema to standard output: on one line, or indented at a terminal.
pub(crate) fn print_schema(schema: &impl Serialize) -> io::Result<()> {
    if !io::stdout().is_terminal() {
        return print_json(schema);
    }
    let mut text = terminal_safe_json(serde_json::to_string_pretty(schema)?);
    text.push('\n');
    write_result(io::stdout().lock(), text.as_bytes())
}

/// Writes a result. A closed pipe is not an error: the exit code stays that of the result.
fn write_result(mut stdout: impl io::Write, bytes: &[u8]) -> io::Result<()> {
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Removes insignificant white space from a JSON document, which then is one line. Numbers
/// keep their spelling.
fn compact_json(json: &[u8]) -> Vec<u8> {
    let mut in_string = false;
    let mut escaped = false;
    let mut line: Vec<u8> = Vec::with_capacity(json.len() + 1);
    for &byte in json {
        if in_string || !byte.is_ascii_whitespace() {
            line.push(byte);
        }
        in_string ^= byte == b'"' && !escaped;
        escaped = in_string && byte == b'\\' && !escaped;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::compact_json;

    #[test]
    fn compact_json_removes_only_insignificant_white_space() {
        for (json, line) in [
            ("{\n  \"a b\" : 1.50 ,\t\"c\":[ ]\r\n}", "{\"a b\":1.50,\"c\":[]}"),
            (r#"" \" x \\" "#, "\" \\\" x \\\\\""),
            ("1e400", "1e400"),
        ] {
            assert_eq!(compact_json(json.as_bytes()), line.as_bytes(), "{json}");
        }
    }
}

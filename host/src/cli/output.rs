//! Results to standard output, words to standard error: as text for people, or as one
//! JSON document for programs.

use std::io::{self, IsTerminal as _, Write as _};

use env_pack_domain::terminal_safe_json;
use serde::Serialize;

use super::args::Format;
use super::error::CliError;
use super::render::Human;
use super::table::Tone;

/// Where results and errors of one command go.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    pub format: Format,
    pub noun: &'a str,
    pub verb: &'a str,
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

impl Format {
    /// The format asked for, or the one that suits who reads standard output.
    pub fn choose(asked: Option<Self>) -> Self {
        asked.unwrap_or_else(|| if io::stdout().is_terminal() { Self::Human } else { Self::Json })
    }
}

impl<'a> Output<'a> {
    /// Writes a result.
    pub fn result<T: Serialize + Human>(&self, result: &T) -> io::Result<()> {
        match self.format {
            Format::Human => print(&result.human(self.verb)),
            Format::Json => print_json(&Success { op: self.verb, noun: self.noun, result }),
        }
    }

    /// Writes an error.
    pub fn error(&self, error: &CliError) -> io::Result<()> {
        self.failure(error.kind(), &error.message(), error.hint().as_deref())
    }

    /// Writes an error of this kind.
    pub fn failure(&self, kind: &str, message: &str, hint: Option<&str>) -> io::Result<()> {
        let named = |name: &'a str| Some(name).filter(|name| !name.is_empty());
        match self.format {
            Format::Human => {
                let hint = hint
                    .map(|hint| format!("{} {hint}\n", Tone::Notice.paint("next:")))
                    .unwrap_or_default();
                anstream::stderr().write_all(
                    format!("{} {message}\n{hint}", Tone::Bad.paint("error:")).as_bytes(),
                )
            }
            Format::Json => {
                let error = ErrorBody { kind, message, hint };
                let failed = Failed { op: named(self.verb), noun: named(self.noun), error };
                let mut line = terminal_safe_json(serde_json::to_string(&failed)?);
                line.push('\n');
                io::stderr().write_all(line.as_bytes())
            }
        }
    }
}

/// Writes text to standard output, in colour where somebody sees it.
pub fn print(text: &str) -> io::Result<()> {
    write_to(anstream::stdout().lock(), text.as_bytes())
}

/// Writes JSON to standard output: exact for whoever parses it, harmless for a terminal.
pub fn print_json(value: &impl Serialize) -> io::Result<()> {
    write_to(
        io::stdout().lock(),
        &one_line(terminal_safe_json(serde_json::to_string(value)?).as_bytes()),
    )
}

/// Writes what was found to whoever reads. That nobody does any more changes nothing of
/// what was found, nor of the exit code.
fn write_to(mut stdout: impl io::Write, bytes: &[u8]) -> io::Result<()> {
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// A JSON document as one line: without white space between its parts, which documents of
/// files have. Nothing else changes, not even the spelling of a number.
fn one_line(json: &[u8]) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let mut line: Vec<u8> = Vec::with_capacity(json.len() + 1);
    for &byte in json {
        if in_string || !byte.is_ascii_whitespace() {
            line.push(byte);
        }
        in_string ^= byte == b'"' && !escaped;
        escaped = in_string && byte == b'\\' && !escaped;
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn only_white_space_between_parts_goes() {
        let check = |json: &str, line: &str| {
            assert_eq!(String::from_utf8(one_line(json.as_bytes())).expect("text"), line)
        };
        check("{\n  \"a b\" : 1.50 ,\t\"c\":[ ]\r\n}", "{\"a b\":1.50,\"c\":[]}\n");
        check(r#"" \" x \\" "#, "\" \\\" x \\\\\"\n");
        check("1e400", "1e400\n");
    }
}

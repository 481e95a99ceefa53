//! Flags that suggested commands repeat.

use std::fmt;
use std::path::Path;

use crate::shell::path_argument;

/// The flags of this run that each suggested command needs too, because it concerns the same
/// environments and the same cache: ` --store-root <folder>`, ` --cache-dir <folder>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepeatedFlags(String);

impl RepeatedFlags {
    /// Repeats no flags.
    pub const fn none() -> Self {
        Self(String::new())
    }

    /// Repeats flags with their folders.
    pub fn new<'a>(flags: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Self {
        let flags = flags.into_iter();
        let texts = flags
            .map(|(flag, folder)| format!(" {flag} {}", path_argument(&folder.to_string_lossy())));
        Self(texts.collect())
    }

    /// Appends the flags to each command of `gtc` in a text, which is written in backticks. A
    /// command that ends with the flags is left alone, so a text may be completed twice.
    pub fn complete(&self, text: &str) -> String {
        let mut completed = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = next_command(rest) {
            let (before, command) = rest.split_at(start);
            let (command, after) = command.split_at(length_of_command(command));
            completed.push_str(before);
            completed.push_str(command);
            if !command.ends_with(&self.0) {
                completed.push_str(&self.0);
            }
            rest = after;
        }
        completed.push_str(rest);
        completed
    }
}

/// Formats the flags to append to a command: each begins with a space.
impl fmt::Display for RepeatedFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns where the next command begins, after its backtick. `gtc --version` and the like
/// concern no folder.
fn next_command(text: &str) -> Option<usize> {
    let starts = text.match_indices("`gtc ").map(|(at, _)| at + 1);
    let mut commands = starts.filter(|start| {
        let arguments = &text[start + "gtc ".len()..];
        arguments.starts_with(|first: char| first.is_ascii_lowercase())
    });
    commands.next()
}

/// Returns the length of a command up to its closing backtick. A backtick in a quoted word, such
/// as the name of a file, does not end it.
fn length_of_command(text: &str) -> usize {
    let mut in_quotes = false;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\'' => in_quotes = !in_quotes,
            '\\' if !in_quotes => is_escaped = true,
            '`' if !in_quotes => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> RepeatedFlags {
        RepeatedFlags::new([
            ("--store-root", Path::new("/my envs")),
            ("--cache-dir", Path::new("-c")),
        ])
    }

    #[test]
    fn each_command_gets_the_flags_once() {
        let text = "see `gtc op env list`, or `gtc cache gc`; `update` and `gtc --version` stay";
        let completed = "see `gtc op env list --store-root '/my envs' --cache-dir ./-c`, or \
                         `gtc cache gc --store-root '/my envs' --cache-dir ./-c`; `update` and \
                         `gtc --version` stay";
        assert_eq!(flags().complete(text), completed);
        assert_eq!(flags().complete(completed), completed);
        assert_eq!(RepeatedFlags::default().complete(text), text);
    }

    #[test]
    fn a_backtick_in_a_quoted_word_does_not_end_a_command() {
        let text = r"inspect it with `gtc pack inspect 'a`b'\''`c.gtpack'` and `gtc op env list";
        let completed = flags().complete(text);
        assert!(completed.contains(r"'a`b'\''`c.gtpack' --store-root"), "{completed}");
        assert!(completed.ends_with("`gtc op env list --store-root '/my envs' --cache-dir ./-c"));
    }
}

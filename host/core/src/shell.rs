//! Quotes words for a shell. Users paste the commands that `gtc` suggests into one, and some
//! words come from untrusted packs.

use env_pack_domain::ForeignText;

/// Quotes a word for a shell, so that an untrusted word cannot run another command.
pub fn quoted(word: &str) -> ForeignText {
    ForeignText::new(shell_words::quote(word))
}

/// Quotes a path as a command-line argument. A leading `-` would be read as an option, so
/// it gets a `./` prefix.
pub fn path_argument(name: &str) -> String {
    if name.starts_with('-') {
        quoted(&format!("./{name}")).to_string()
    } else {
        quoted(name).to_string()
    }
}

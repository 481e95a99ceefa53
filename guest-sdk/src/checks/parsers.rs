//! Parsers that find the version in the output of a tool. They skip other lines, such as
//! warnings and update notices.

use super::Version;
use crate::json;

/// A function that finds the version in the output of a tool.
pub type Parser = fn(&str) -> Option<Version<'_>>;

/// Finds the first word that looks like a version.
pub fn anywhere(text: &str) -> Option<Version<'_>> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')));
    words.into_iter().find_map(Version::parse)
}

/// Finds the first line that contains only a version, as `--short` and templates print it.
pub fn line(text: &str) -> Option<Version<'_>> {
    text.lines().find_map(|line| Version::parse(line.trim().trim_matches(['"', '\''])))
}

/// Reads `terraform_version` from the JSON output of Terraform or OpenTofu.
pub fn terraform(text: &str) -> Option<Version<'_>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with('{') {
            let raw = json::member(text.get(at..)?, "terraform_version")?;
            return Version::parse(raw.strip_prefix('"')?.strip_suffix('"')?);
        }
        at += line.len();
    }
    None
}

/// Reads `clientVersion.gitVersion` from the YAML output of kubectl.
pub fn kubectl(text: &str) -> Option<Version<'_>> {
    let client = text.lines().skip_while(|line| line.trim_end() != "clientVersion:").skip(1);
    // the members of the client are indented
    let mut members = client.take_while(|line| line.starts_with(' '));
    members.find_map(|line| {
        Version::parse(line.trim().strip_prefix("gitVersion:")?.trim().trim_matches(['"', '\'']))
    })
}

/// Reads the version after `aws-cli/`.
pub fn aws(text: &str) -> Option<Version<'_>> {
    after(text, "aws-cli/")
}

/// Reads the version after `kind version`, or after `kind` (before 0.8).
pub fn kind(text: &str) -> Option<Version<'_>> {
    after(text, "kind version ").or_else(|| after(text, "kind "))
}

/// Reads the version after `Vault`.
pub fn vault(text: &str) -> Option<Version<'_>> {
    after(text, "Vault ")
}

/// Reads the first word after `prefix`, on the first line that begins with it.
fn after<'a>(text: &'a str, prefix: &str) -> Option<Version<'a>> {
    let mut rests = text.lines().filter_map(|line| line.trim_start().strip_prefix(prefix));
    rests.find_map(|rest| Version::parse(rest.split_whitespace().next()?))
}

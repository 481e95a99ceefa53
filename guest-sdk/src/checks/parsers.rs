//! Where the version stands in what a tool prints. Lines before it, such as warnings, and
//! lines after it, such as notices of updates, are passed over.

use super::Version;
use crate::json;

/// Finds the version in what a tool printed.
pub type Parser = fn(&str) -> Option<Version<'_>>;

/// The first thing anywhere that looks like a version.
pub fn anywhere(text: &str) -> Option<Version<'_>> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')));
    words.into_iter().find_map(Version::parse)
}

/// The first line that is a version and nothing else, as `--short` and templates print
/// it.
pub fn line(text: &str) -> Option<Version<'_>> {
    text.lines().find_map(|line| Version::parse(line.trim().trim_matches(['"', '\''])))
}

/// The member `terraform_version` of a JSON object, as Terraform and OpenTofu print it.
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

/// The `gitVersion` of the `clientVersion`, as kubectl prints it in YAML.
pub fn kubectl(text: &str) -> Option<Version<'_>> {
    let client = text.lines().skip_while(|line| line.trim_end() != "clientVersion:").skip(1);
    // what belongs to the client is indented
    let mut members = client.take_while(|line| line.starts_with(' '));
    members.find_map(|line| {
        Version::parse(line.trim().strip_prefix("gitVersion:")?.trim().trim_matches(['"', '\'']))
    })
}

/// What follows `aws-cli/`.
pub fn aws(text: &str) -> Option<Version<'_>> {
    after(text, "aws-cli/")
}

/// What follows `kind version`, or `kind v` as it was before 0.8.
pub fn kind(text: &str) -> Option<Version<'_>> {
    after(text, "kind version ").or_else(|| after(text, "kind "))
}

/// What follows `Vault`.
pub fn vault(text: &str) -> Option<Version<'_>> {
    after(text, "Vault ")
}

/// The first word after a beginning that some line has.
fn after<'a>(text: &'a str, beginning: &str) -> Option<Version<'a>> {
    let mut rests = text.lines().filter_map(|line| line.trim_start().strip_prefix(beginning));
    rests.find_map(|rest| Version::parse(rest.split_whitespace().next()?))
}

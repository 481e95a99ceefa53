//! Recognises declared commands that are shells or interpreters: to grant one is to grant
//! the code in its arguments.

use env_pack_domain::ToolPermission;

const SHELLS: [&str; 12] = [
    "ash",
    "bash",
    "busybox",
    "cmd",
    "csh",
    "dash",
    "fish",
    "ksh",
    "powershell",
    "pwsh",
    "sh",
    "zsh",
];
const INTERPRETERS: [&str; 8] = ["awk", "deno", "lua", "node", "perl", "php", "python", "ruby"];

/// Returns true if a command runs a shell or an interpreter, and does more than ask for its
/// version.
pub(super) fn runs_code(command: &ToolPermission) -> bool {
    let program = program_name(command.tool());
    let is_interpreter =
        SHELLS.contains(&program.as_str()) || INTERPRETERS.contains(&program.as_str());
    let is_version_query = matches!(command.args(), [arg] if arg == "--version" || arg == "-V");
    is_interpreter && !is_version_query
}

/// The name of a program without the suffix of its version or of Windows: `python` for
/// `Python3.12.exe`.
fn program_name(word: &str) -> String {
    let name = word.to_ascii_lowercase();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').to_owned()
}

//! What a declared command does, as its words say: what nobody should want to be granted.
//!
//! A program is known under all of its names. What a wrapper is given to run, and what
//! stands in the code for a shell or an interpreter, is judged like a command of its own.

mod programs;
mod verbs;

use env_pack_domain::ToolPermission;

use super::Code;
use programs::{Kind, Program, holds};
use verbs::Deed;

/// How many words of commands are looked at in one pack: a manifest could hold as many
/// commands as it has letters.
const WORDS: usize = 5_000;
/// How many words behind the name of a program are looked at in code.
const REACH: usize = 16;
/// Programs whose option `-v` asks for the version.
const VERSION_BY_V: &str = "lua node nodejs perl php ruby";
/// Options behind which a program that reads statements of a database finds one.
const STATEMENT: &str = "-c --command -e --execute --eval -q -Q";
/// Programs that find a statement among their plain arguments.
const PLAIN_STATEMENT: &str = "duckdb sqlite sqlite3";
const DROPS: &str = "delete drop dropdatabase flushall kill remove revoke shutdown truncate";
const WRITES: &str = "alter call copy create grant insert load merge replace update upsert";
/// How a statement begins that is a command of the system.
const ESCAPES: [&str; 3] = ["\\!", ".shell", ".system"];

/// Looks at the commands of one pack.
pub(super) struct Judge {
    /// How many words are still looked at.
    words: usize,
}

impl Judge {
    pub fn new() -> Self {
        Self { words: WORDS }
    }

    /// What is wrong with a command: each code once, with words for it.
    pub fn faults(&mut self, tool: &ToolPermission) -> Vec<(Code, &'static str)> {
        faults(tool, &mut self.words)
    }
}

fn faults(tool: &ToolPermission, left: &mut usize) -> Vec<(Code, &'static str)> {
    let args: Vec<&str> = tool.args().iter().map(String::as_str).collect();
    let program = Program::named(tool.tool());
    let mut faults = Faults::default();
    if tool.is_version_query() || asks_version(&program, &args) {
        return faults.0;
    }
    let is_open = args.contains(&"*");
    if !faults.judge(&program, &args, is_open) {
        return faults.0;
    }
    // what `kubectl exec` runs does not begin with `exec`
    let is_wrapper = matches!(program.kind, Kind::Shell | Kind::Runner);
    for (at, command) in commands(&args, left).iter().enumerate() {
        faults.judge_within(command, at > 0 || is_wrapper);
    }
    if *left == 0 {
        faults.add(Code::RunsAnything, "holds more code than anybody reads");
    }
    faults.0
}

/// Whether all that a program is asked is its version. To a shell, to a wrapper and to
/// `rm`, the word `version` is a name.
fn asks_version(program: &Program, args: &[&str]) -> bool {
    let [arg] = args else { return false };
    let is_known = match (*arg, program.kind) {
        ("--version", _) => true,
        ("-V", Kind::Plain | Kind::Query | Kind::Runner | Kind::Transfer) => true,
        ("-v", _) => holds(VERSION_BY_V, &program.name),
        ("version", Kind::Plain) => true,
        _ => false,
    };
    is_known && !program.is_heedless()
}

/// The commands among arguments: what a wrapper runs is its arguments, and code is cut
/// where a shell would cut it, which finds the commands in other languages too.
fn commands<'a>(args: &[&'a str], left: &mut usize) -> Vec<Vec<&'a str>> {
    let ends_command = |c: char| ";|&(){}[]$`'\"<>,\n".contains(c);
    let mut commands = vec![Vec::new()];
    for arg in args {
        if !arg.contains(|c: char| c.is_whitespace() || ends_command(c)) {
            if *left > 0 {
                commands[0].push(*arg);
                *left -= 1;
            }
            continue;
        }
        for piece in arg.split(ends_command) {
            let words: Vec<&str> = piece.split_whitespace().take(*left).collect();
            *left -= words.len();
            if !words.is_empty() {
                commands.push(words);
            }
        }
    }
    commands
}

/// What was found, each code once.
#[derive(Default)]
struct Faults(Vec<(Code, &'static str)>);

impl Faults {
    fn add(&mut self, code: Code, what: &'static str) {
        let is_said = |code: Code| self.0.iter().any(|(other, _)| *other == code);
        let is_more = matches!(code, Code::Shell | Code::Wrapper) && is_said(Code::RunsAnything);
        if !is_said(code) && !is_more {
            self.0.push((code, what));
        }
    }

    /// Judges whatever a command within another one may run: any word of it may name a
    /// program, because nobody knows which of the words before it belong to the
    /// wrapper.
    fn judge_within(&mut self, command: &[&str], begins: bool) {
        for (at, word) in command.iter().enumerate() {
            let program = Program::named(word);
            if program.is_word() && (at > 0 || !begins) {
                continue;
            }
            let is_known = verbs::are_known(&program.name);
            if program.kind == Kind::Plain && !is_known {
                continue;
            }
            let args = &command[at + 1..command.len().min(at + 1 + REACH)];
            let runs = self.judge(&program, args, false);
            if program.kind == Kind::Inert || is_known && !runs {
                // the rest is what it is told
                return;
            }
        }
    }

    /// Judges a program with its arguments, some of which may be open; whether it runs
    /// others.
    fn judge(&mut self, program: &Program, args: &[&str], is_open: bool) -> bool {
        let deeds = verbs::deeds(&program.name, args);
        let names_shell =
            args.first() != Some(&"completion") && args.iter().any(|arg| is_shell(arg));
        let runs = match program.kind {
            Kind::Inert => {
                self.effects(program, args, &[]);
                return false;
            }
            Kind::Shell | Kind::Runner => true,
            Kind::Query => runs_statement(program, args),
            _ => deeds.contains(&Deed::Runs) || names_shell,
        };
        match (runs, is_open, program.kind) {
            (true, true, _) => self.add(Code::RunsAnything, "runs whatever the handler likes"),
            (true, false, Kind::Shell) => self.add(Code::Shell, "is a shell"),
            (true, false, _) => self.add(Code::Wrapper, "runs another program, or code"),
            (false, true, kind) if kind != Kind::Transfer && deeds.contains(&Deed::Open) => {
                self.add(Code::FirstOpen, "leaves it to the handler what the program does");
            }
            _ => {}
        }
        if program.kind == Kind::Transfer {
            match is_open {
                true => self.add(
                    Code::TransfersAnything,
                    "fetches from wherever, or sends to whomever the handler likes",
                ),
                false => self.add(
                    Code::Transfers,
                    "connects to the network past the addresses that are declared",
                ),
            }
        }
        self.effects(program, args, &deeds);
        runs
    }

    /// What a command leaves behind, and what it tells.
    fn effects(&mut self, program: &Program, args: &[&str], deeds: &[Deed]) {
        let says = |words: &str| {
            program.kind == Kind::Query && statements(program, args).any(|word| holds(words, &word))
        };
        // the arguments of these are commands or addresses
        let decides = !matches!(program.kind, Kind::Shell | Kind::Runner | Kind::Transfer);
        let does = |deed: Deed| decides && deeds.contains(&deed);
        if program.kind == Kind::Destroyer || does(Deed::Destroys) || says(DROPS) {
            self.add(Code::ToolDestroys, "destroys something, or ends it");
        } else if program.kind == Kind::Changer || does(Deed::Changes) || says(WRITES) {
            self.add(Code::ToolChanges, "changes something");
        }
        if program.kind == Kind::Teller || does(Deed::Tells) {
            self.add(Code::ToolTells, "prints what is secret");
        }
        if args.iter().any(|arg| leads_elsewhere(arg)) {
            self.add(Code::ToolPath, "names a path of one machine");
        }
    }
}

/// Whether an argument is a shell, whatever it is an argument of: a bare name, or a path
/// from the root.
fn is_shell(arg: &str) -> bool {
    let program = Program::named(arg);
    program.kind == Kind::Shell
        && !program.is_word()
        && (arg.starts_with('/') || !arg.contains('/'))
}

/// Whether a program of databases is given any statement, or one that leads out of the
/// database.
fn runs_statement(program: &Program, args: &[&str]) -> bool {
    let any = args.windows(2).any(|pair| holds(STATEMENT, pair[0]) && pair[1] == "*");
    let plain = holds(PLAIN_STATEMENT, &program.name) && args.contains(&"*");
    any || plain
        || args.iter().any(|arg| ESCAPES.iter().any(|escape| arg.trim_start().starts_with(escape)))
}

/// The words of statements, in lower case. The values of other options are none, such as
/// the host in `psql -h drop.example.com`.
fn statements<'a>(program: &Program, args: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let is_plain = holds(PLAIN_STATEMENT, &program.name);
    let before = std::iter::once("").chain(args.iter().copied());
    let is_value = move |option: &str| {
        option.starts_with('-') && !option.contains('=') && !holds(STATEMENT, option)
    };
    let said = args
        .iter()
        .zip(before)
        .filter(move |(arg, before)| is_plain || arg.starts_with('-') || !is_value(before));
    let words =
        said.flat_map(|(arg, _)| arg.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.map(str::to_ascii_lowercase)
}

/// Whether an argument, or the value of an option, is an absolute path, begins at
/// somebody's home, or climbs.
fn leads_elsewhere(arg: &str) -> bool {
    let value = arg.split_once('=').map_or(arg, |(_, value)| value);
    let value = match value.strip_prefix('-') {
        // `-f/etc/passwd`
        Some(glued) => glued.get(1..).unwrap_or_default(),
        None => value.trim_start_matches('@'),
    };
    let value = value.strip_prefix("file://").unwrap_or(value);
    let begins = ["/", "\\", "~/", "$HOME", "${HOME}", "%USERPROFILE%"]
        .iter()
        .any(|root| value.starts_with(root));
    let has_drive =
        value.as_bytes().get(1..3).is_some_and(|bytes| bytes == b":\\" || bytes == b":/");
    begins || has_drive || value.split(['/', '\\']).any(|segment| segment == "..")
}

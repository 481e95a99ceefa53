//! Makes the host calls that its answers list, and reports the replies in its checks and in its
//! log.
//!
//! The answers are a list of calls, whose parts are separated by bars:
//! `run|<tool>|<argument>…`, `many|<times>|<tool>|<argument>…` or `reach|<host>|<port>`.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use env_pack_sdk::{
    DescriptorPath, Handler, Outcome, Slot, ToolCheck, VersionReq, binding, export, log, network,
    tools,
};

struct Asker;

impl Handler for Asker {
    const SLOT: Slot = Slot::Deployer;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.deployer.asker");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        let mut checks = Vec::new();
        for (at, call) in strings(&binding::answers_json()).iter().enumerate() {
            let parts: Vec<&str> = call.split('|').collect();
            match parts.as_slice() {
                ["run", tool, args @ ..] => run(&mut checks, at, tool, &owned(args)),
                ["many", times, tool, args @ ..] => {
                    many(&mut checks, at, times, tool, &owned(args))
                }
                ["reach", host, port] => {
                    let port = port.parse().expect("a port");
                    report(&mut checks, at, "reached", format!("{:?}", network::reach(host, port)));
                }
                _ => panic!("not a call: {call}"),
            }
        }
        checks
    }
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(ToString::to_string).collect()
}

fn run(checks: &mut Vec<ToolCheck>, at: usize, tool: &str, args: &[String]) {
    match tools::probe(tool, args) {
        Ok(output) => {
            report(checks, at, "ended", format!("{} {}", output.exit_code, output.truncated));
            for (name, text) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
                // in pieces, because the size of one text is limited
                let mut rest = text.as_str();
                for piece in 0.. {
                    let (shown, left) = rest.split_at(rest.floor_char_boundary(32 << 10));
                    report(checks, at, &format!("{name} {piece}"), shown.to_string());
                    rest = left;
                    if rest.is_empty() {
                        break;
                    }
                }
            }
        }
        Err(failure) => report(checks, at, "failed", format!("{failure:?}")),
    }
}

fn many(checks: &mut Vec<ToolCheck>, at: usize, times: &str, tool: &str, args: &[String]) {
    let answers = (0..times.parse().expect("a number")).map(|_: u32| tools::probe(tool, args));
    let (ran, failed): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
    report(
        checks,
        at,
        "many",
        format!("{} ran, {} failed, the last with {:?}", ran.len(), failed.len(), failed.last()),
    );
}

fn report(checks: &mut Vec<ToolCheck>, at: usize, what: &str, detail: String) {
    log::log(log::Level::Info, &format!("{at} {what}: {detail}"));
    checks.push(ToolCheck {
        name: format!("{at} {what}"),
        description: "the reply".to_string(),
        outcome: Outcome::Ok(Some(detail)),
    });
}

/// The strings of a JSON list.
fn strings(json: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut open: Option<String> = None;
    let mut characters = json.chars();
    while let Some(c) = characters.next() {
        match (&mut open, c) {
            (None, '"') => open = Some(String::new()),
            (None, _) => {}
            (Some(_), '"') => strings.extend(open.take()),
            (Some(text), '\\') => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    let number = u32::from_str_radix(&digits, 16).expect("four digits");
                    text.push(char::from_u32(number).expect("a character"));
                }
                Some(other) => text.push(other),
                None => {}
            },
            (Some(text), c) => text.push(c),
        }
    }
    strings
}

export!(Asker);

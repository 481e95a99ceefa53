//! `gtc pack validate`: each problem has a code, and each code a pack with the problem.

mod ambiguous;
mod archives;
mod behaviour;
mod components;
mod declarations;
mod documentation;
mod permissions;
mod private_keys;
mod report_formats;
mod valid_packs;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use env_pack_domain::Permissions;
use gtc_core::ops::validate::Code;
use serde_json::Value;

use test_support::footprint::show;
use test_support::memory::watched_with_cpu_time;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, packs, text};

/// The maximum CPU time to validate a pack, without the time to compile it.
const TIME: Duration = Duration::from_secs(2);
/// The maximum memory to validate a pack.
const MEMORY_KIB: u64 = 512 << 10;

/// A pack with one problem.
pub struct Broken {
    name: String,
    /// The code that must be reported.
    code: &'static str,
    bytes: Vec<u8>,
    /// Other codes that the problem causes.
    alongside: &'static [&'static str],
    flags: &'static [&'static str],
    /// The content of the signature file next to it.
    signature: Option<Vec<u8>>,
    /// The maximum time to compile it.
    compiling: Duration,
}

impl Broken {
    fn new(code: &'static str, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            code,
            bytes,
            alongside: &[],
            flags: &[],
            signature: None,
            compiling: Duration::ZERO,
        }
    }

    fn alongside(self, alongside: &'static [&'static str]) -> Self {
        Self { alongside, ..self }
    }

    fn flags(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }
}

/// A valid handler.
fn handler() -> Handler {
    Handler::new("state", "test.state.broken", "^1")
}

/// A pack around a component, with the declaration of the valid handler.
fn pack_of(component: Vec<u8>) -> Vec<u8> {
    packs::archive("state", "test.state.broken", "^1", component, Permissions::default())
}

fn all() -> Vec<Broken> {
    let themes = [
        archives::broken(),
        ambiguous::broken(),
        private_keys::broken(),
        declarations::broken(),
        permissions::broken(),
        components::broken(),
        behaviour::broken(),
    ];
    themes.into_iter().flatten().collect()
}

/// Writes a broken pack, and returns the arguments to validate it.
fn write_broken(sandbox: &Sandbox, at: usize, broken: &Broken) -> Vec<String> {
    let path = sandbox.write(format!("broken/{at}.gtpack"), &broken.bytes).display().to_string();
    if let Some(signature) = &broken.signature {
        sandbox.write(format!("broken/{at}.gtpack.sig"), signature);
    }
    let words = ["pack", "validate", &path].into_iter().chain(broken.flags.iter().copied());
    words.map(str::to_owned).collect()
}

/// The findings about the first pack.
#[track_caller]
fn findings(ran: &Output) -> Vec<Value> {
    ran.result()["packs"][0]["findings"].as_array().expect("a list").clone()
}

fn codes(findings: &[Value]) -> BTreeSet<&str> {
    findings.iter().map(|finding| text(&finding["code"])).collect()
}

#[test]
fn every_broken_pack_is_caught_with_its_own_code() {
    let sandbox = Sandbox::new();
    let broken = all();
    let codes_of: BTreeSet<_> = broken.iter().map(|broken| broken.code).collect();
    let missing: Vec<_> =
        Code::ALL.iter().map(|code| code.name()).filter(|name| !codes_of.contains(name)).collect();
    assert!(missing.is_empty(), "no pack is broken so that it gets {missing:?}");
    assert!(
        codes_of.len() >= 60 && codes_of.iter().all(|name| Code::from_name(name).is_some()),
        "{codes_of:?}"
    );
    let wrong: Vec<String> = broken
        .iter()
        .enumerate()
        .filter_map(|(at, broken)| caught(&sandbox, at, broken).err())
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), broken.len(), wrong.join("\n"));
}

fn caught(sandbox: &Sandbox, at: usize, broken: &Broken) -> Result<(), String> {
    let Broken { name, code, alongside, compiling, .. } = broken;
    let arguments = write_broken(sandbox, at, broken);
    // the first run also compiles; the best of the others counts on a busy machine
    let mut best = Duration::MAX;
    for _ in 0..4 {
        let mut command = sandbox.gtc_command();
        let (ran, peak, cpu_time) = watched_with_cpu_time(command.args(&arguments));
        best = best.min(cpu_time.saturating_sub(*compiling));
        let findings = findings(&ran);
        let found = codes(&findings);
        let expected: BTreeSet<&str> = alongside.iter().copied().chain([*code]).collect();
        if found != expected {
            return Err(format!(
                "{name}: {expected:?} was expected, not {findings:?} {:?}",
                ran.result()["packs"][0]["failure"]
            ));
        }
        let has_error = findings.iter().any(|finding| finding["severity"] == "error");
        if ran.code != i32::from(has_error) || !ran.stderr.is_empty() || peak > MEMORY_KIB {
            return Err(format!("{name}: ended with {} and {peak} KiB: {}", ran.code, ran.stderr));
        }
        if best <= TIME {
            show(&format!("{name}: {code} after {best:?} with {peak} KiB"));
            return Ok(());
        }
    }
    Err(format!("{name}: {best:?} beyond compiling"))
}

#[test]
fn no_two_codes_share_a_name_or_a_text() {
    let mut seen = BTreeMap::new();
    for code in Code::ALL {
        let description = code.description();
        assert_eq!(seen.insert(code.name(), code), None, "{code:?}");
        assert_eq!(Code::from_name(code.name()), Some(*code));
        assert!(
            code.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{code:?}"
        );
        for sentence in [description.cause, description.fix] {
            assert!(
                sentence.ends_with('.')
                    && sentence.starts_with(|c: char| c.is_uppercase() || c == '`'),
                "{sentence}"
            );
        }
    }
    for rule in gtc_archive::ZipRule::ALL {
        assert!(Code::from_name(rule.name()).is_some(), "{rule:?} has no code");
    }
    let causes: BTreeSet<_> = Code::ALL.iter().map(|code| code.description().cause).collect();
    assert_eq!(causes.len(), Code::ALL.len());
}

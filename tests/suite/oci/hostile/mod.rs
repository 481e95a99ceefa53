//! Hostile registries. The host fails in bounded time and memory, names the reference and the
//! defect, and stores nothing.

mod connections;
mod layers;
mod logins;
mod manifests;

use std::process::Command;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{KIND, archive, exit_code, files};
use test_support::footprint::show;
use test_support::memory::watched;
use test_support::registry::docker::{PASSWORD, USER};
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path, manifest_path};
use test_support::{Output, Sandbox, text};

/// Small limits, to keep the tests short.
const LIMITS: [&str; 8] = [
    "--limit",
    "registry.total-time=2s",
    "--limit",
    "registry.read-time=1s",
    "--limit",
    "registry.retry-time=1s",
    "--limit",
    "registry.attempts=2",
];
/// The most memory for a case, in KiB.
const MAX_MEMORY_KIB: u64 = 48 << 10;
/// The number of cases that run at once, since they mostly wait.
const CONCURRENCY: usize = 8;

/// A registry with a valid pack, and another server.
pub struct Stage {
    registry: ScriptedRegistry,
    elsewhere: ScriptedRegistry,
    image: Image,
    sandbox: Sandbox,
}

/// A behaviour of a registry, and the expected error.
pub struct Case {
    name: &'static str,
    /// Prepares the registry and returns the reference to fetch.
    arrange: fn(&Stage) -> String,
    /// The kind of the error.
    kind: &'static str,
    /// Parts of the message.
    message: &'static [&'static str],
}

impl Case {
    const fn new(
        name: &'static str,
        arrange: fn(&Stage) -> String,
        kind: &'static str,
        message: &'static [&'static str],
    ) -> Self {
        Self { name, arrange, kind, message }
    }
}

impl Stage {
    fn new() -> Self {
        let image = Image::pack(&archive());
        let registry = ScriptedRegistry::with_image(&image);
        let elsewhere = ScriptedRegistry::start();
        let sandbox = Sandbox::with_local().with_own_cache();
        sandbox.log_in(&registry.host(), USER, PASSWORD);
        Self { registry, elsewhere, image, sandbox }
    }

    /// Responds to requests for the manifest.
    fn manifest(&self, replies: impl IntoIterator<Item = Reply>) -> String {
        self.registry.respond(&manifest_path("1"), replies);
        self.registry.reference("1")
    }

    /// Responds to requests for the layer.
    fn layer(&self, replies: impl IntoIterator<Item = Reply>) -> String {
        self.registry.respond(&blob_path(self.image.layer()), replies);
        self.registry.reference("1")
    }

    /// Serves another image.
    fn image(&self, image: &Image) -> String {
        self.registry.serve("1", image);
        self.registry.reference("1")
    }

    /// Serves the image with an edited manifest.
    fn edited(&self, edit: impl FnOnce(&mut Value)) -> String {
        let mut image = self.image.clone();
        edit(&mut image.manifest);
        self.image(&image)
    }

    /// The bytes of the layer.
    fn bytes(&self) -> Vec<u8> {
        self.image.blobs[1].clone()
    }

    fn bind(&self, reference: &str) -> Command {
        let update = self.sandbox.env_packs().update("secrets").kind(KIND).pack_ref(reference);
        update.args(LIMITS).command()
    }

    fn pull(&self, reference: &str) -> Command {
        let pull = self.sandbox.pack().pull(reference).output("pulled.gtpack").human();
        pull.args(LIMITS).command()
    }
}

/// Runs a case. Returns failed expectations, and the peak memory in KiB.
fn run_case(case: &Case) -> (Vec<String>, u64) {
    let stage = Stage::new();
    let reference = (case.arrange)(&stage);
    let secret = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let before = stage.sandbox.document("local");
    let mut faults = Vec::new();
    let mut max_peak = 0;
    let mut check = |fault: &str, is_ok: bool, found: &dyn std::fmt::Debug| {
        if !is_ok {
            faults.push(format!("{}: {fault}: {found:?}", case.name));
        }
    };
    for mut command in [stage.bind(&reference), stage.pull(&reference)] {
        let (ran, peak) = watched(&mut command);
        max_peak = max_peak.max(peak);
        check("it takes too much memory", peak < MAX_MEMORY_KIB, &peak);
        // a kind that ends in `-` is a prefix: some cases may fail in different ways
        let is_code = if case.kind.ends_with('-') {
            matches!(ran.code, 1 | 2)
        } else {
            ran.code == exit_code(case.kind)
        };
        check("it does not fail", is_code && ran.stdout.is_empty(), &ran);
        let message = message(&ran, case.kind);
        let has = |text: &&str| message.as_ref().is_some_and(|message| message.contains(*text));
        let expected = [&[reference.as_str()], case.message].concat();
        let missing: Vec<_> = expected.iter().filter(|text| !has(text)).collect();
        check("its message lacks", missing.is_empty(), &(missing, &ran));
        let is_control = |c: char| c.is_control() && c != '\n';
        check("it prints control characters", !ran.stderr.contains(is_control), &ran.stderr);
        check(
            "it prints a secret",
            [PASSWORD, &secret].iter().all(|secret| !ran.stderr.contains(secret)),
            &ran.stderr,
        );
    }
    let requests = stage.elsewhere.requests();
    check(
        "another host gets the credential",
        requests.iter().all(|request| request.header("authorization").is_none()),
        &requests,
    );
    check(
        "it stores something in the cache",
        files(stage.sandbox.cache_folder()).is_empty(),
        &files(stage.sandbox.cache_folder()),
    );
    check("it writes the file", !stage.sandbox.home().join("pulled.gtpack").exists(), &());
    check("it changes the environment", stage.sandbox.document("local") == before, &());
    (faults, max_peak)
}

/// The message of an error: from the JSON envelope, if it has this kind, or the text.
fn message(ran: &Output, kind: &str) -> Option<String> {
    let Ok(envelope) = serde_json::from_str::<Value>(&ran.stderr) else {
        return Some(ran.stderr.clone());
    };
    let error = &envelope["error"];
    text(&error["kind"]).starts_with(kind).then(|| text(&error["message"]).to_owned())
}

/// Runs all cases, and panics with all failed expectations.
#[track_caller]
fn run_cases(cases: &[Case]) {
    let remaining = Mutex::new(cases.iter());
    let results = Mutex::new((Vec::new(), 0));
    let work = || {
        while let Some(case) = { remaining.lock().expect("not poisoned").next() } {
            let (faults, peak) = run_case(case);
            let mut results = results.lock().expect("not poisoned");
            results.0.extend(faults);
            results.1 = results.1.max(peak);
        }
    };
    std::thread::scope(|scope| (0..CONCURRENCY).for_each(|_| drop(scope.spawn(work))));
    let (faults, peak) = results.into_inner().expect("not poisoned");
    show(&format!("{} cases, {peak} KiB at most", cases.len()));
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn hostile_manifests_are_refused() {
    run_cases(manifests::CASES);
}

#[test]
fn hostile_layers_are_refused() {
    run_cases(layers::CASES);
}

#[test]
fn hostile_connections_are_refused() {
    run_cases(connections::CASES);
}

#[test]
fn hostile_logins_are_refused() {
    run_cases(logins::CASES);
}

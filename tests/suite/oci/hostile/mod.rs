//! Registries that do their worst. Whatever they do, the host gives up in bounded time
//! and memory, says which reference it was and what was wrong with it, and keeps nothing.

mod layers;
mod lines;
mod logins;
mod manifests;

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{KIND, archive, code, files};
use crate::support::footprint::show;
use crate::support::memory::watched;
use crate::support::registry::docker::{PASSWORD, USER};
use crate::support::registry::hostile::{Hostile, blob_path, manifest_path};
use crate::support::registry::image::Image;
use crate::support::registry::reply::Reply;
use crate::support::{Ran, Sandbox, text};

/// What a registry may take here.
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
/// When all of it is over, on a machine that runs other tests too.
const BOUND: Duration = Duration::from_secs(8);
/// More than the host takes for anything that a registry may say, in KiB.
const MEMORY_KIB: u64 = 48 << 10;
/// How many cases run at once: they wait more than they work.
const AT_ONCE: usize = 8;
/// A registry with a good pack in it, and another server.
pub struct Stage {
    registry: Hostile,
    elsewhere: Hostile,
    image: Image,
    sandbox: Sandbox,
}

/// Something that a registry does, and what is said of it.
pub struct Case {
    name: &'static str,
    /// Has the registry do it, and says what to ask for.
    arrange: fn(&Stage) -> String,
    /// The kind of the error.
    kind: &'static str,
    /// What else the error says.
    says: &'static [&'static str],
}

impl Case {
    const fn new(
        name: &'static str,
        arrange: fn(&Stage) -> String,
        kind: &'static str,
        says: &'static [&'static str],
    ) -> Self {
        Self { name, arrange, kind, says }
    }
}

impl Stage {
    fn new() -> Self {
        let image = Image::pack(&archive());
        let (registry, elsewhere) = (Hostile::with(&image), Hostile::start());
        let sandbox = Sandbox::with_local().with_own_cache();
        sandbox.log_in(&registry.host(), USER, PASSWORD);
        Self { registry, elsewhere, image, sandbox }
    }

    /// The registry answers so to who asks for the manifest.
    fn manifest(&self, replies: impl IntoIterator<Item = Reply>) -> String {
        self.registry.says(&manifest_path("1"), replies);
        self.registry.reference("1")
    }

    /// The registry answers so to who asks for the layer.
    fn layer(&self, replies: impl IntoIterator<Item = Reply>) -> String {
        self.registry.says(&blob_path(self.image.layer()), replies);
        self.registry.reference("1")
    }

    /// The registry has another image.
    fn image(&self, image: &Image) -> String {
        self.registry.serve("1", image);
        self.registry.reference("1")
    }

    /// The image with one thing changed in its manifest.
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
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        command.args([
            "op",
            "env-packs",
            "update",
            "--env",
            "local",
            "--slot",
            "secrets",
            "--kind",
            KIND,
        ]);
        command.args(["--pack-ref", reference]).args(LIMITS);
        command
    }

    fn pull(&self, reference: &str) -> Command {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        command
            .args(["pack", "pull", reference, "-o", "pulled.gtpack", "--format", "human"])
            .args(LIMITS);
        command
    }
}

/// What is wrong with how the host took a case: nothing, if all is well. And the most
/// memory that it took, in KiB.
fn faults(case: &Case) -> (Vec<String>, u64) {
    let stage = Stage::new();
    let reference = (case.arrange)(&stage);
    let secret = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let before = stage.sandbox.document("local");
    let (mut faults, mut most) = (Vec::new(), 0);
    let mut check = |what: &str, holds: bool, seen: &dyn std::fmt::Debug| {
        if !holds {
            faults.push(format!("{}: {what}: {seen:?}", case.name));
        }
    };
    for mut command in [stage.bind(&reference), stage.pull(&reference)] {
        let start = Instant::now();
        let (ran, peak) = watched(&mut command);
        most = most.max(peak);
        check("it takes too long", start.elapsed() < BOUND, &start.elapsed());
        check("it takes too much memory", peak < MEMORY_KIB, &peak);
        // some cases may end in this way or in that
        let is_code = if case.kind.ends_with('-') {
            matches!(ran.code, 1 | 2)
        } else {
            ran.code == code(case.kind)
        };
        check("it does not fail", is_code && ran.stdout.is_empty(), &ran);
        let message = message(&ran, case.kind);
        let has = |text: &&str| message.as_ref().is_some_and(|message| message.contains(*text));
        let expected = [&[reference.as_str()], case.says].concat();
        let missing: Vec<_> = expected.iter().filter(|text| !has(text)).collect();
        check("it does not say", missing.is_empty(), &(missing, &ran));
        let obeyed = |c: char| c.is_control() && c != '\n';
        check("a terminal obeys it", !ran.stderr.contains(obeyed), &ran.stderr);
        check(
            "it tells a secret",
            [PASSWORD, &secret].iter().all(|secret| !ran.stderr.contains(secret)),
            &ran.stderr,
        );
    }
    let strangers = stage.elsewhere.requests();
    check(
        "a stranger is told who we are",
        strangers.iter().all(|told| told.header("authorization").is_none()),
        &strangers,
    );
    check(
        "something is kept",
        files(stage.sandbox.cache()).is_empty(),
        &files(stage.sandbox.cache()),
    );
    check("something is pulled", !stage.sandbox.home().join("pulled.gtpack").exists(), &());
    check("something is bound", stage.sandbox.document("local") == before, &());
    (faults, most)
}

/// The message of an error: of the envelope, if its kind begins so, or as people see it.
fn message(ran: &Ran, kind: &str) -> Option<String> {
    let Ok(envelope) = serde_json::from_str::<Value>(&ran.stderr) else {
        return Some(ran.stderr.clone());
    };
    let error = &envelope["error"];
    text(&error["kind"]).starts_with(kind).then(|| text(&error["message"]).to_owned())
}

/// Has the host meet all of these, and says which it took badly.
#[track_caller]
fn meet(cases: &[Case]) {
    let (left, found) = (Mutex::new(cases.iter()), Mutex::new((Vec::new(), 0)));
    let work = || {
        while let Some(case) = { left.lock().expect("the next").next() } {
            let (faults, peak) = faults(case);
            let mut found = found.lock().expect("what was found");
            found.0.extend(faults);
            found.1 = found.1.max(peak);
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let (found, peak) = found.into_inner().expect("what was found");
    show(&format!("{} cases, {peak} KiB at most", cases.len()));
    assert!(found.is_empty(), "{} of {} cases:\n{}", found.len(), cases.len(), found.join("\n"));
}

#[test]
fn no_manifest_harms() {
    meet(manifests::CASES);
}

#[test]
fn no_layer_harms() {
    meet(layers::CASES);
}

#[test]
fn no_connection_harms() {
    meet(lines::CASES);
}

#[test]
fn no_login_harms() {
    meet(logins::CASES);
}

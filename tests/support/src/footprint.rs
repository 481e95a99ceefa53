//! Measures the resources of this process, for tests that look for leaks. Those run in a
//! separate process.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fmt, fs};

use crate::run;

/// Runs an ignored test in a separate process and folder.
#[track_caller]
pub fn alone(test: &str) {
    finish(Command::new(this_program()), test, |_| ());
}

/// Same as [`alone`], with files that are prepared in this process.
#[track_caller]
pub fn alone_with(test: &str, prepare: impl FnOnce(&Path)) {
    finish(Command::new(this_program()), test, prepare);
}

/// Same as [`alone`], with 256 KiB of stack for each thread.
#[track_caller]
pub fn alone_on_small_stacks(test: &str) {
    let mut shell = under_limit("-s 256");
    shell.env("RUST_MIN_STACK", "262144");
    finish(shell, test, |_| ());
}

/// Same as [`alone`], with a limit of `ulimit`.
#[track_caller]
pub fn alone_under(limit: &str, test: &str) {
    finish(under_limit(limit), test, |_| ());
}

fn under_limit(limit: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit {limit}; exec \"$0\" \"$@\"")]).arg(this_program());
    shell
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("this program")
}

#[track_caller]
fn finish(mut alone: Command, test: &str, prepare: impl FnOnce(&Path)) {
    let home = tempfile::tempdir().expect("a folder");
    prepare(home.path());
    alone.args(["--exact", test, "--ignored", "--nocapture"]).current_dir(home.path());
    // freed memory returns to the system at once, so that it cannot hide growth
    alone.env("MALLOC_MMAP_THRESHOLD_", "65536").env("MALLOC_TRIM_THRESHOLD_", "65536");
    let ran = run(&mut alone);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("1 passed"), "{}", ran.stdout);
}

/// Prints figures, for `--nocapture`.
#[expect(clippy::print_stderr, reason = "prints figures for `--nocapture`")]
pub fn show(figures: &str) {
    eprintln!("{figures}");
}

/// Returns the CPU time of this thread.
pub fn used() -> Duration {
    let statistics =
        fs::read_to_string("/proc/thread-self/schedstat").expect("statistics of this thread");
    let nanoseconds =
        statistics.split(' ').next().and_then(|number| number.parse().ok()).expect("a number");
    Duration::from_nanos(nanoseconds)
}

/// The resources of a process.
pub struct Footprint {
    pub resident_kib: u64,
    pub peak_kib: u64,
    pub threads: usize,
    pub children: String,
    pub descriptors: usize,
    pub files: BTreeSet<String>,
}

impl Footprint {
    /// Measures this process, and the files below this folder.
    pub fn of_this_process(folder: &Path) -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
        let kib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).expect("a field of it");
            line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
        };
        let count = |folder: &str| fs::read_dir(folder).expect("a folder").count();
        let tasks = fs::read_dir("/proc/self/task").expect("threads");
        let children = tasks
            .filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok())
            .collect();
        let mut files = BTreeSet::new();
        list(folder, &mut files);
        Self {
            resident_kib: kib("VmRSS:"),
            peak_kib: kib("VmHWM:"),
            threads: count("/proc/self/task"),
            children,
            descriptors: count("/proc/self/fd"),
            files,
        }
    }
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident_kib, peak_kib, threads, children, descriptors, files } = self;
        write!(
            f,
            "{resident_kib} KiB (peak {peak_kib}), {threads} threads, children [{children}], "
        )?;
        write!(f, "{descriptors} descriptors, {} files", files.len())
    }
}

fn list(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        names.insert(path.display().to_string());
        if path.is_dir() {
            list(&path, names);
        }
    }
}

//! For the tests and benchmarks of the host: a sandbox with a home folder for each test,
//! packs to bind, components that misbehave, and registries.
#![expect(missing_docs, reason = "the names of most helpers say what they do")]
#![expect(clippy::new_without_default, reason = "tests have no use for `Default`")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests prepare and look at files and programs directly"
)]

pub mod asker;
pub mod cosign;
pub mod engines;
pub mod footprint;
mod hints;
pub mod memory;
pub mod packs;
pub mod registry;
pub mod schema;
pub mod signing;
pub mod snapshots;
pub mod terminal;
pub mod toolchain;
pub mod verbs;
pub mod wat;
pub mod zips;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::Value;

/// Ends a test that hangs. No test judges speed by it, because other builds may keep the
/// machine busy.
pub const BACKSTOP: Duration = Duration::from_secs(15 * 60);

/// The folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The program `gtc` of the same build: cargo names it to integration tests; otherwise it is
/// next to the folder of this program, `target/<profile>/deps`.
pub fn gtc() -> &'static str {
    static GTC: LazyLock<String> = LazyLock::new(|| {
        std::env::var("CARGO_BIN_EXE_gtc").unwrap_or_else(|_| {
            let program = std::env::current_exe().expect("this program");
            let gtc = program.parent().expect("`deps`").with_file_name("gtc");
            gtc.to_str().expect("UTF-8").to_owned()
        })
    });
    &GTC
}

/// The folder of [`gtc`], for a `PATH`.
pub fn gtc_folder() -> &'static str {
    Path::new(gtc()).parent().and_then(Path::to_str).expect("a folder")
}

/// A home folder for one test, removed at its end.
pub struct Sandbox {
    home: tempfile::TempDir,
    path: String,
    cache: PathBuf,
}

/// The exit code and the output of a program that ran.
#[derive(Debug)]
pub struct Output {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// An empty home. Tests share a cache, so that a component is compiled once;
    /// [`Sandbox::with_own_cache`] gives a test its own.
    pub fn new() -> Self {
        let cache = repository().join("target/tmp/suite-cache");
        // always of the same length, so that tables with a path have the same columns
        let home =
            tempfile::Builder::new().prefix("").rand_bytes(6).tempdir_in("/tmp").expect("a folder");
        Self { home, path: "/usr/bin:/bin".to_owned(), cache }
    }

    /// A home with the environment `local` that `gtc op env init` creates.
    pub fn with_local() -> Self {
        let sandbox = Self::new();
        sandbox.env().init().succeeded();
        sandbox
    }

    /// A home with an environment that the existing native tools wrote.
    pub fn with_fixture(name: &str) -> Self {
        let sandbox = Self::new();
        let from = repository().join("tests/fixtures/native").join(name);
        copy(&from, &sandbox.environment("local"));
        sandbox
    }

    /// Gives the sandbox an empty cache below its home.
    pub fn with_own_cache(mut self) -> Self {
        self.cache = self.home().join("cache");
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn cache_folder(&self) -> &Path {
        &self.cache
    }

    /// The files of compiled code in the cache, sorted.
    pub fn compiled(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache.join("compiled")).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut code: Vec<_> = paths
            .filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
            .collect();
        code.sort();
        code
    }

    /// The folder of an environment.
    pub fn environment(&self, id: &str) -> PathBuf {
        self.home().join(".greentic/environments").join(id)
    }

    /// The parsed `environment.json` of an environment.
    pub fn document(&self, id: &str) -> Value {
        let text = std::fs::read_to_string(self.environment(id).join("environment.json"))
            .expect("an environment");
        serde_json::from_str(&text).expect("JSON")
    }

    /// The pins of the environment `local`.
    pub fn pins(&self) -> String {
        std::fs::read_to_string(self.environment("local").join("packs.lock.json")).expect("pins")
    }

    /// The audit log of an environment.
    pub fn audit_log(&self, id: &str) -> String {
        std::fs::read_to_string(self.environment(id).join("audit/events.jsonl")).expect("a log")
    }

    /// The events in the audit log of an environment.
    pub fn audit_events(&self, id: &str) -> Vec<Value> {
        let log = self.audit_log(id);
        log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Puts an executable script on the PATH of this sandbox.
    pub fn program(&mut self, name: &str, script: &str) {
        let bin = self.home().join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        std::fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).expect("a file");
        // whatever the umask: programs that a group may write to are not run
        for path in [bin.join(name), bin.clone()] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
                .expect("permissions");
        }
        self.path = format!("{}:/usr/bin:/bin", bin.display());
    }

    /// Writes a file below the home, with the folders it needs. One of an environment can be read by
    /// its owner only, as `gtc` writes it.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        if path.starts_with(self.home().join(".greentic")) {
            let owner_only = std::fs::Permissions::from_mode(0o600);
            std::fs::set_permissions(&path, owner_only).expect("permissions");
        }
        path
    }

    /// The content of a file below the home.
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        std::fs::read(self.home().join(name)).expect("a file")
    }

    /// The content of a text file below the home.
    #[track_caller]
    pub fn read_text(&self, name: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.home().join(name)).expect("a file")
    }

    /// Runs `gtc`, which prints JSON because its output is not a terminal.
    pub fn gtc<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        run(self.gtc_command().args(arguments))
    }

    /// Runs `gtc --format human`, without colour.
    pub fn human<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        run(self.gtc_command().args(arguments).args(["--format", "human"]))
    }

    /// A command that runs `gtc` in this sandbox.
    pub fn gtc_command(&self) -> Command {
        self.command(gtc())
    }

    /// A command with the environment variables of this sandbox and no others.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", &self.path)
            .env("GTC_CACHE_DIR", &self.cache);
        command.current_dir(self.home()).stdin(Stdio::null());
        command
    }
}

/// Runs a program, which must neither hang nor panic. The commands that `gtc` suggests must work.
#[track_caller]
pub fn run(command: &mut Command) -> Output {
    let output = run_unchecked(command);
    if command.get_program() == gtc() {
        hints::check(command, &output);
    }
    output
}

/// Runs a program, which must neither hang nor panic. The commands that it suggests are not run.
pub fn run_unchecked(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pid = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(BACKSTOP).unwrap_or_else(|_| {
        // the thread ends with the process
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("process {pid} did not end within {BACKSTOP:?}")
    });
    output.expect("its output").into()
}

impl From<std::process::Output> for Output {
    fn from(output: std::process::Output) -> Self {
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        // the host reports the panic of a guest in a line of its own
        let is_host_panic =
            |line: &str| line.starts_with("thread '") && line.contains("panicked at");
        assert!(!stderr.lines().any(is_host_panic), "the host panicked: {stderr}");
        let code = output.status.code().unwrap_or_else(|| panic!("{}: {stderr}", output.status));
        Self { code, stdout, stderr }
    }
}

impl Output {
    /// Requires exit code 0.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Requires an exit code.
    #[track_caller]
    pub fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// The `result` member of the JSON on standard output.
    #[track_caller]
    pub fn result(&self) -> Value {
        let envelope: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        envelope["result"].clone()
    }

    /// Requires an exit code and a JSON error of this kind; returns its message and, on a
    /// new line, its hint.
    #[track_caller]
    pub fn refused(self, code: i32, kind: &str) -> String {
        let error = self.exited(code);
        assert_eq!(error.stdout, "");
        let envelope: Value = serde_json::from_str(&error.stderr)
            .unwrap_or_else(|fault| panic!("{fault}: {error:?}"));
        assert_eq!(envelope["error"]["kind"], kind, "{envelope}");
        format!(
            "{}\n{}",
            text(&envelope["error"]["message"]),
            envelope["error"]["hint"].as_str().unwrap_or_default()
        )
    }

    /// Requires that each of these texts is on standard output.
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) {
        for text in texts {
            assert!(
                self.stdout.contains(text),
                "`{text}` is not on standard output:\n{}\n{}",
                self.stdout,
                self.stderr
            );
        }
    }
}

/// The text of a JSON string.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// Requires that a text contains each of these parts.
#[track_caller]
pub fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

/// A member of each object in a JSON list.
#[track_caller]
pub fn members(list: &Value, name: &str) -> Vec<Value> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is not a list"));
    list.iter().map(|object| object[name].clone()).collect()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

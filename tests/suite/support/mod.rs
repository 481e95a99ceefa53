//! What the tests share: a home of their own for each, packs to bind, and components that
//! misbehave.

pub mod asker;
pub mod cosign;
pub mod engines;
pub mod footprint;
pub mod memory;
pub mod packs;
pub mod registry;
pub mod schema;
pub mod signing;
pub mod terminal;
pub mod toolchain;
pub mod wat;
pub mod zips;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

/// No command may take longer than this: nothing a pack does can hang the host.
const PATIENCE: Duration = Duration::from_secs(60);

/// The folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("host lies in the repository").to_owned()
}

/// A home folder, in which everything that a test does ends.
pub struct Sandbox {
    home: tempfile::TempDir,
    path: String,
    cache: PathBuf,
}

/// A program that ran.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// A home with nothing in it. Compiled code is shared between tests; whoever needs a
    /// cache of their own takes one.
    pub fn new() -> Self {
        let cache = repository().join("target/tmp/suite-cache");
        // of the same length everywhere, so that tables which show it are aligned the same
        let home =
            tempfile::Builder::new().prefix("").rand_bytes(6).tempdir_in("/tmp").expect("a folder");
        Self { home, path: "/usr/bin:/bin".to_owned(), cache }
    }

    /// A home with the environment `local`, as `gtc op env init` makes it.
    pub fn with_local() -> Self {
        let sandbox = Self::new();
        sandbox.gtc(["op", "env", "init"]).succeeded();
        sandbox
    }

    /// A home with an environment that the native tools wrote.
    pub fn with_fixture(name: &str) -> Self {
        let sandbox = Self::new();
        let from = repository().join("tests/fixtures/native").join(name);
        copy(&from, &sandbox.environment("local"));
        sandbox
    }

    pub fn with_own_cache(mut self) -> Self {
        self.cache = self.home().join("cache");
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The files of compiled code, sorted.
    pub fn compiled(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.cache.join("compiled")).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let mut code: Vec<_> =
            paths.filter(|path| path.extension().is_some_and(|is| is == "cwasm")).collect();
        code.sort();
        code
    }

    /// The folder of an environment.
    pub fn environment(&self, id: &str) -> PathBuf {
        self.home().join(".greentic/environments").join(id)
    }

    /// The file of an environment.
    pub fn document(&self, id: &str) -> Value {
        let text = std::fs::read_to_string(self.environment(id).join("environment.json"))
            .expect("an environment");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Puts an executable script on the PATH of this sandbox.
    pub fn program(&mut self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let bin = self.home().join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        std::fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).expect("a file");
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755))
            .expect("permissions");
        self.path = format!("{}:/usr/bin:/bin", bin.display());
    }

    /// Writes a file below the home.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Runs `gtc`; its output is no terminal, so it answers in JSON.
    pub fn gtc<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_gtc"));
        command.args(arguments);
        run(&mut command)
    }

    /// Runs `gtc` as a person sees it, without colour.
    pub fn human<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_gtc"));
        command.args(arguments).args(["--format", "human"]);
        run(&mut command)
    }

    /// A program with the environment of this sandbox and nothing else.
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

/// Runs a program to its end, which must come before patience does, and must not be a
/// crash.
pub fn run(command: &mut Command) -> Ran {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pid = child.id();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        // the thread ends with the process
        let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        panic!("process {pid} did not end within {PATIENCE:?}")
    });
    Ran::from(output.expect("its output"))
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        // a guest that panics is reported in a line of the host's own
        let is_ours = |line: &str| line.starts_with("thread '") && line.contains("panicked at");
        assert!(!stderr.lines().any(is_ours), "it panicked: {stderr}");
        Self {
            code: output.status.code().unwrap_or_else(|| panic!("{}: {stderr}", output.status)),
            stdout,
            stderr,
        }
    }
}

impl Ran {
    /// Requires success.
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

    /// The `result` of the envelope.
    #[track_caller]
    pub fn result(&self) -> Value {
        let envelope: Value =
            serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        envelope["result"].clone()
    }

    /// The `error` of the envelope, after the exit code that goes with it.
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
                "`{text}` is not shown:\n{}\n{}",
                self.stdout,
                self.stderr
            );
        }
    }
}

/// A JSON text.
#[track_caller]
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        match entry.file_type().expect("a type").is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).expect("a copy")),
        }
    }
}

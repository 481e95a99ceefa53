//! Tests for pack authors: from `pack new` to a pack that is bound.

mod languages;
mod new;
mod project_file;
mod rust;
mod toolchains;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use test_support::toolchain::{path, toolchain};
use test_support::{Output, Sandbox, gtc, run};

/// A pack author: a sandbox with projects, and the toolchains of this machine.
struct Author {
    sandbox: Sandbox,
}

impl Author {
    fn new() -> Self {
        Self { sandbox: Sandbox::with_local() }
    }

    /// Creates a project with `gtc pack new`.
    fn project(&self, descriptor_path: &str, flags: &[&str]) -> PathBuf {
        let folder = self.sandbox.home().join(descriptor_path);
        let name = folder.display().to_string();
        let new = ["pack", "new", descriptor_path, "--dir", &name];
        self.sandbox.gtc(new.iter().chain(flags)).succeeded();
        folder
    }

    /// Runs a program in a project, without the network.
    fn run<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        self.run_with_path(&path(), folder, program, arguments)
    }

    /// Runs a program in a project, with another PATH.
    fn run_with_path<S: AsRef<OsStr>>(
        &self,
        path: &str,
        folder: &Path,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Output {
        let mut command = self.sandbox.command(program);
        toolchain(&mut command);
        command.args(arguments).current_dir(folder).env("PATH", path);
        command.env("GTC_OFFLINE", "1").env("CARGO_NET_OFFLINE", "true");
        run(&mut command)
    }

    /// Runs `gtc pack build` in a project.
    fn build(&self, folder: &Path) -> Output {
        self.run(folder, gtc(), ["pack", "build"])
    }
}

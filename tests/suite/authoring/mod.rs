//! Pack authors: from a descriptor path to a pack that is bound.

mod languages;
mod new;
mod project_file;
mod rust;
mod toolchains;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::support::toolchain::{path, toolchain};
use crate::support::{Ran, Sandbox, run};

/// A home with the toolchains of this machine in it, and projects.
struct Author {
    sandbox: Sandbox,
}

impl Author {
    fn new() -> Self {
        Self { sandbox: Sandbox::with_local() }
    }

    /// Makes a project.
    fn project(&self, descriptor_path: &str, flags: &[&str]) -> PathBuf {
        let folder = self.sandbox.home().join(descriptor_path);
        let name = folder.display().to_string();
        let new = ["pack", "new", descriptor_path, "--dir", &name];
        self.sandbox.gtc(new.iter().chain(flags)).succeeded();
        folder
    }

    /// Runs a program as its author does in a project, without the network.
    fn runs<S: AsRef<OsStr>>(
        &self,
        folder: &Path,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Ran {
        self.runs_with(&path(), folder, program, arguments)
    }

    /// The same, with programs from elsewhere.
    fn runs_with<S: AsRef<OsStr>>(
        &self,
        path: &str,
        folder: &Path,
        program: &str,
        arguments: impl IntoIterator<Item = S>,
    ) -> Ran {
        let mut command = self.sandbox.command(program);
        toolchain(&mut command);
        command.args(arguments).current_dir(folder).env("PATH", path);
        command.env("GTC_OFFLINE", "1").env("CARGO_NET_OFFLINE", "true");
        run(&mut command)
    }

    /// Builds the pack of a project.
    fn builds(&self, folder: &Path) -> Ran {
        self.runs(folder, env!("CARGO_BIN_EXE_gtc"), ["pack", "build"])
    }
}

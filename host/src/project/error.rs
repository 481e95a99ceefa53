//! Why a project is not made, read or built, and what its author does next.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{DescriptorPath, ForeignText};

use super::FILE_NAME;

/// Why there is no project, or no component of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProjectError {
    /// A new project would answer for a path that is taken, in every environment there
    /// is.
    #[error("`{path}` is the path of a built-in pack, and nothing can stand in for one")]
    IsBuiltin {
        /// The path.
        path: DescriptorPath,
    },
    /// Nobody said which version the pack of a project has.
    #[error("nothing says which version the pack of `{}` has", shown(.folder))]
    NoVersion {
        /// The folder of the project.
        folder: PathBuf,
    },
    /// The folder holds no project file.
    #[error("there is no `{FILE_NAME}` in `{}`", shown(.folder))]
    NoProject {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", shown(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else stands in the place of a file or folder.
    #[error("`{}` is no {expected}", shown(.path))]
    Unexpected {
        /// What was named.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The project file is larger than it may be.
    #[error("`{}` has more than {limit} bytes", shown(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most it may have.
        limit: u64,
    },
    /// The project file is not well-formed.
    #[error("`{}`, line {line}: {reason}", shown(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the fault is.
        line: usize,
        /// What is wrong.
        reason: ForeignText,
    },
    /// A member of the project file makes no sense.
    #[error("`{}`: member `{member}`: {reason}", shown(.path))]
    Member {
        /// The file.
        path: PathBuf,
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// What the project is made of lies elsewhere.
    #[error("`{}` leads out of the folder of the project", shown(.path))]
    LeadsOutside {
        /// What was named.
        path: PathBuf,
    },
    /// A new project would be mixed with what is there.
    #[error("`{}` is there already and is not empty", shown(.folder))]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", shown(.path))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something that builds is not installed.
    #[error("there is no {what}")]
    Missing {
        /// What it is.
        what: &'static str,
        /// How to get it.
        install: &'static str,
    },
    /// A program of the toolchain does not start.
    #[error("`{program}` does not start")]
    NotStarted {
        /// The program.
        program: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The toolchain did not build it.
    #[error("`{program}` did not build it ({status}){}", lines(.output))]
    Failed {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The last lines that it printed.
        output: Vec<ForeignText>,
    },
    /// The toolchain built something else.
    #[error("cargo built no component of `{}`", shown(.manifest))]
    NoComponent {
        /// The manifest of the crate.
        manifest: PathBuf,
    },
}

impl ProjectError {
    /// A stable name of the kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoProject { .. } => "not-found",
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Unexpected { .. }
            | Self::NotStarted { .. } => "io",
            Self::TooLarge { .. }
            | Self::Malformed { .. }
            | Self::Member { .. }
            | Self::NoVersion { .. }
            | Self::LeadsOutside { .. } => "project-malformed",
            Self::NotEmpty { .. } | Self::IsBuiltin { .. } => "conflict",
            Self::Missing { .. } => "toolchain-missing",
            Self::Failed { .. } | Self::NoComponent { .. } => "build-failed",
        }
    }

    /// Whether it is an answer to what was asked, and not that it could not be asked.
    pub fn is_answer(&self) -> bool {
        matches!(
            self,
            Self::IsBuiltin { .. }
                | Self::NotEmpty { .. }
                | Self::Failed { .. }
                | Self::NoComponent { .. }
        )
    }

    /// What to do next, as one sentence.
    pub fn next(&self) -> &'static str {
        match self {
            Self::IsBuiltin { .. } => "choose a path in a namespace of your own",
            Self::NoVersion { .. } => "write `version = \"0.1.0\"` into `gtc-pack.toml`",
            Self::NoProject { .. } => {
                "make a project with `gtc pack new <descriptor-path>`, or pack a component with `--component <file>`"
            }
            Self::Read { .. } | Self::Write { .. } | Self::Unexpected { .. } => {
                "check the path and its permissions"
            }
            Self::TooLarge { .. } | Self::Malformed { .. } | Self::Member { .. } => {
                "mend the file; docs/gtc-pack.schema.json says what may stand in it"
            }
            Self::LeadsOutside { .. } => {
                "keep what the pack is made of in the folder of the project"
            }
            Self::NotEmpty { .. } => "name another folder with `--dir`",
            Self::Missing { install, .. } => install,
            Self::NotStarted { .. } => "check the program and its permissions",
            Self::Failed { .. } => "mend what it complains of, and build again",
            Self::NoComponent { .. } => {
                "give its `[lib]` the line `crate-type = [\"cdylib\", \"rlib\"]`"
            }
        }
    }
}

fn shown(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

/// What a program printed, a line for each of its lines.
fn lines(output: &[ForeignText]) -> String {
    output.iter().map(|line| format!("\n  {line}")).collect()
}

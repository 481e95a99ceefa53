//! Errors of creating, reading and building a project, with a hint for its author.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{DescriptorPath, ForeignText};

use super::file_name::FILE_NAME;
use crate::operation_error::{Explanation, OperationError};

/// A project could not be created, read or built.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The descriptor path of a new project belongs to a built-in pack, which every
    /// environment prefers.
    #[error("descriptor path `{path}` is reserved for a built-in pack")]
    BuiltinPath {
        /// The descriptor path of the new project.
        path: DescriptorPath,
    },
    /// Neither the project file nor the toolchain names a version.
    #[error("the project in `{}` has no version", escaped(.folder))]
    MissingVersion {
        /// The folder of the project.
        folder: PathBuf,
    },
    /// A folder contains no project file.
    #[error("there is no `{FILE_NAME}` in `{}`", escaped(.folder))]
    NoProjectFile {
        /// The folder that was searched.
        folder: PathBuf,
    },
    /// A file or folder cannot be read.
    #[error("cannot read `{}`", escaped(.path))]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A path leads to another type of file than expected.
    #[error("`{}` is not a {expected}", escaped(.path))]
    WrongFileType {
        /// The path as it was given.
        path: PathBuf,
        /// The expected type, such as `regular file`.
        expected: &'static str,
    },
    /// The project file exceeds its size limit.
    #[error("`{}` has more than {limit} bytes", escaped(.path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The project file is not valid TOML, or does not match its schema.
    #[error("`{}`, line {line}: {reason}", escaped(.path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line of the error, counted from 1.
        line: usize,
        /// The message of the parser.
        reason: ForeignText,
    },
    /// A member of the project file has an invalid value.
    #[error("`{}`: member `{member}`: {reason}", escaped(.path))]
    InvalidMember {
        /// The file.
        path: PathBuf,
        /// The name of the member, such as `permissions.tools`.
        member: &'static str,
        /// The reason that its value is invalid.
        reason: String,
    },
    /// A path leads out of the project, for instance through a symbolic link.
    #[error("`{}` is outside of the project folder", escaped(.path))]
    OutsideProject {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The folder of a new project contains files.
    #[error("folder `{}` is not empty", escaped(.folder))]
    NotEmpty {
        /// The folder of the new project.
        folder: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", escaped(.path))]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A part of the toolchain is not installed.
    #[error("{what} is not installed")]
    ToolchainMissing {
        /// The missing part, such as `cargo`.
        what: &'static str,
        /// How to install it, as one sentence.
        install: &'static str,
    },
    /// A program of the toolchain could not be started.
    #[error("cannot start `{program}`")]
    SpawnFailed {
        /// The name of the program.
        program: &'static str,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A program of the toolchain failed.
    #[error("`{program}` failed ({status}){}", indented(.output))]
    BuildFailed {
        /// The name of the program.
        program: &'static str,
        /// Its exit status.
        status: std::process::ExitStatus,
        /// The last lines of its output.
        output: Vec<ForeignText>,
    },
    /// Cargo succeeded, but the crate has no component among its outputs.
    #[error("cargo built no component from `{}`", escaped(.manifest))]
    NoComponent {
        /// The `Cargo.toml` of the crate.
        manifest: PathBuf,
    },
}

impl OperationError for ProjectError {
    fn explain(&self) -> Explanation {
        match self {
            Self::BuiltinPath { .. } => {
                Explanation::refused("conflict", "choose a descriptor path in your own namespace")
            }
            Self::MissingVersion { .. } => Explanation::failed(
                "project-malformed",
                "add `version = \"0.1.0\"` to `gtc-pack.toml`",
            ),
            Self::NoProjectFile { .. } => Explanation::failed(
                "not-found",
                "create a project with `gtc pack new <descriptor-path>`, or pack a component with `--component <file>`",
            ),
            Self::Read { source, .. } | Self::Write { source, .. } => {
                Explanation::io(source, "check the path and its permissions")
            }
            Self::WrongFileType { .. } => {
                Explanation::failed("io", "check the path and its permissions")
            }
            Self::TooLarge { .. } | Self::Malformed { .. } | Self::InvalidMember { .. } => {
                Explanation::failed(
                    "project-malformed",
                    "correct the file; docs/gtc-pack.schema.json describes its members",
                )
            }
            Self::OutsideProject { .. } => Explanation::failed(
                "project-malformed",
                "keep all sources of the pack in the project folder",
            ),
            Self::NotEmpty { .. } => {
                Explanation::refused("conflict", "choose another folder with `--dir`")
            }
            Self::ToolchainMissing { install, .. } => {
                Explanation::failed("toolchain-missing", *install)
            }
            Self::SpawnFailed { source, .. } => {
                Explanation::io(source, "check the program and its permissions")
            }
            Self::BuildFailed { .. } => {
                Explanation::refused("build-failed", "correct the error, and build again")
            }
            Self::NoComponent { .. } => Explanation::refused(
                "build-failed",
                "add `crate-type = [\"cdylib\", \"rlib\"]` to `[lib]` in its `Cargo.toml`",
            ),
        }
    }
}

fn escaped(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

/// The lines of a program's output, each on an indented line of its own.
fn indented(output: &[ForeignText]) -> String {
    output.iter().map(|line| format!("\n  {line}")).collect()
}

//! Projects of pack authors: folders with a `gtc-pack.toml`, created from a template and
//! built with the toolchain of their language.
//!
//! A build runs the author's own code outside of any sandbox. This module knows neither the
//! component format nor the pack format.

mod build;
mod create;
mod error;
mod file;
mod file_name;
mod language;
mod limits;
mod paths;
mod sdk;
mod template;

pub use build::{BuiltComponent, build};
pub use create::create;
pub use error::ProjectError;
pub use file::{Project, read, schema};
pub use file_name::FILE_NAME;
pub use language::{Language, UnknownLanguage};
pub use limits::ProjectLimits;
pub use template::{NewProject, render};

/// Shows a progress message, such as `building a component in rust`, until the returned
/// guard is dropped.
pub type ProgressNotice = Box<dyn Fn(&str) -> Box<dyn Send> + Send + Sync>;

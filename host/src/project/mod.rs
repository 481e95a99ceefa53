//! Projects of pack authors: a folder with a project file, made from a template and built
//! with the toolchain of its language.
//!
//! A project is its author's own, and building it runs what its author wrote, outside of
//! any sandbox. This room does not know what a component is, nor what a pack looks like.

mod build;
mod create;
mod error;
mod file;
mod inside;
mod language;
mod limits;
mod sdk;
mod template;

pub use build::{Built, build};
pub use create::create;
pub use error::ProjectError;
pub use file::{FILE_NAME, Project, read, schema};
pub use language::{Language, UnknownLanguage};
pub use limits::Limits;
pub use template::{Named, files};

/// Told that a toolchain works, by what it does; it does so until what is given back is
/// dropped.
pub type WorkNotice = Box<dyn Fn(&str) -> Box<dyn Send> + Send + Sync>;

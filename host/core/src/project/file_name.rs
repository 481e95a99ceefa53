//! The name of the project file, for its reader and for errors.

/// The name of the project file.
pub const FILE_NAME: &str = "gtc-pack.toml";

//! The languages that `gtc pack new` has a template for.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::ForeignText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The language that a handler is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, built with cargo for `wasm32-wasip2`.
    Rust,
    /// Python, built with componentize-py.
    Python,
    /// JavaScript, built with componentize-js.
    JavaScript,
}

impl Language {
    /// All languages; the one with the smallest components comes first.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::JavaScript];

    /// The name in project files and flags, such as `rust`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        let language = Self::ALL.into_iter().find(|language| language.name() == text);
        language.ok_or_else(|| UnknownLanguage { text: ForeignText::excerpt(text) })
    }
}

/// The error of a text that is not the name of a language.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a language: expected `rust`, `python` or `javascript`")]
pub struct UnknownLanguage {
    text: ForeignText,
}

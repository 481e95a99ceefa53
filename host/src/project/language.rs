//! The languages that there are templates and recipes for.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::ForeignText;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a handler is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Built with cargo.
    Rust,
    /// Built with componentize-py.
    Python,
    /// Built with componentize-js.
    JavaScript,
}

impl Language {
    /// All of them, the one with the smallest components first.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Python, Self::JavaScript];

    /// Its name in project files and flags.
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

/// A text that names none of the languages.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is none of `rust`, `python` and `javascript`")]
pub struct UnknownLanguage {
    text: ForeignText,
}

//! The operator's answers for the binding that a preflight runs for.

use alloc::format;
use alloc::string::{String, ToString};

use crate::{Missing, Outcome, ToolCheck, binding, json};

/// The operator's answers: a JSON object, from the file that the binding names with
/// `--answers-ref`.
#[derive(Clone, Debug)]
pub struct Answers(String);

impl Answers {
    /// Reads the answers of the current binding. Call it from a preflight only.
    pub fn read() -> Self {
        Self(binding::answers_json())
    }

    /// Creates answers from a JSON object.
    pub fn new(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    /// The JSON text of all answers.
    pub(crate) fn raw_document(&self) -> &str {
        &self.0
    }

    /// The answer with this name, if it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        json::string(json::member(&self.0, name)?)
    }

    /// The answer with this name, if it is an integer from 0 to `u64::MAX`.
    pub fn number(&self, name: &str) -> Option<u64> {
        json::member(&self.0, name)?.parse().ok()
    }

    /// The answer with this name, if it is a boolean.
    pub fn flag(&self, name: &str) -> Option<bool> {
        json::member(&self.0, name)?.parse().ok()
    }

    /// The JSON text of the answer with this name, of any type.
    pub fn raw(&self, name: &str) -> Option<&str> {
        json::member(&self.0, name)
    }

    /// Checks that the answer with this name is a string that is not blank.
    pub fn check(&self, name: &str, description: &str) -> ToolCheck {
        let outcome = match self.text(name) {
            Some(text) if !text.trim().is_empty() => Outcome::Ok(None),
            _ => Outcome::Missing(Missing {
                install_hint: format!(
                    "answer `{name}` in the file that the binding names with --answers-ref"
                ),
            }),
        };
        ToolCheck {
            name: format!("answer `{name}`"),
            description: description.to_string(),
            outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use crate::Outcome;

    #[test]
    fn answers_have_types() {
        let answers = Answers::new(
            r#"{"url": "https://x", "port": 8200, "tls": true, "empty": " ", "list": [1]}"#,
        );
        assert_eq!(answers.text("url").as_deref(), Some("https://x"));
        assert_eq!(
            (answers.number("port"), answers.number("url"), answers.number("none")),
            (Some(8200), None, None)
        );
        assert_eq!(
            (answers.flag("tls"), answers.flag("port"), answers.text("port")),
            (Some(true), None, None)
        );
        assert_eq!(answers.raw("list"), Some("[1]"));
    }

    #[test]
    fn missing_answers_are_reported() {
        let answers = Answers::new(r#"{"url": "https://x", "empty": " ", "port": 1}"#);
        assert!(matches!(answers.check("url", "the address").outcome, Outcome::Ok(None)));
        for missing in ["empty", "port", "none"] {
            assert!(matches!(answers.check(missing, "").outcome, Outcome::Missing(_)), "{missing}");
        }
    }
}

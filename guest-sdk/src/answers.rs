//! What the operator answered for the binding that a preflight runs for.

use alloc::format;
use alloc::string::{String, ToString};

use crate::{Missing, Outcome, ToolCheck, binding, json};

/// The operator's answers: the members of a JSON object.
#[derive(Clone, Debug)]
pub struct Answers(String);

impl Answers {
    /// The answers of this binding; to be called from a preflight.
    pub fn read() -> Self {
        Self(binding::answers_json())
    }

    /// Answers out of a JSON text.
    pub fn new(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    /// The answer of this name, if it is a text.
    pub fn text(&self, name: &str) -> Option<String> {
        json::string(json::member(&self.0, name)?)
    }

    /// The answer of this name, if it is a whole number that is not negative.
    pub fn number(&self, name: &str) -> Option<u64> {
        json::member(&self.0, name)?.parse().ok()
    }

    /// The answer of this name, if it is true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        json::member(&self.0, name)?.parse().ok()
    }

    /// The answer of this name as it is written in JSON, whatever it is.
    pub fn raw(&self, name: &str) -> Option<&str> {
        json::member(&self.0, name)
    }

    /// Checks that a text is answered, and not empty.
    pub fn check(&self, name: &str, description: &str) -> ToolCheck {
        let hint =
            || format!("answer `{name}` in the file that the binding names with --answers-ref");
        let outcome = match self.text(name) {
            Some(text) if !text.trim().is_empty() => Outcome::Ok(None),
            _ => Outcome::Missing(Missing { install_hint: hint() }),
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

//! Prints an error together with its causes.

use std::error::Error;

use crate::ForeignText;

/// Returns the message of an error and those of its causes, separated by `: `. Causes may
/// come from the operating system or from a library, so they are escaped.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {}", ForeignText::new(cause.to_string()));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `a`")]
    struct Read {
        source: Cause,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("one line\nand another")]
    struct Cause;

    #[test]
    fn causes_follow_the_message_on_one_line() {
        assert_eq!(with_causes(&Read { source: Cause }), r"cannot read `a`: one line\nand another");
    }
}

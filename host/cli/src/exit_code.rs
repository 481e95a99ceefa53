//! Exit codes of the program.

/// Exit code of a refusal or a failed check.
pub(crate) const EXIT_REFUSED: u8 = 1;

/// Exit code of an error: usage, input and output, network, or a bug.
pub const EXIT_ERROR: u8 = 2;

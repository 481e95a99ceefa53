//! The interface of env-pack handlers, WebAssembly or native.

use std::fmt;
use std::time::Duration;

use semver::VersionReq;
use serde::{Deserialize, Serialize};

use crate::{
    CapabilitySlot, DescriptorPath, EnvId, ForeignText, InstanceId, Permissions, Preflight,
};

/// A handler: the part of an env-pack that fills a slot.
///
/// The first three methods return constants. The host queries a WebAssembly handler for
/// them when it loads it, so they cannot fail.
pub trait EnvPackHandler: fmt::Debug + Send + Sync {
    /// Returns the slot that it serves.
    fn slot(&self) -> CapabilitySlot;

    /// Returns the path under which it is registered.
    fn descriptor_path(&self) -> &DescriptorPath;

    /// Returns the descriptor versions that it implements.
    fn supported_versions(&self) -> &VersionReq;

    /// Checks the handler's requirements on this machine for one binding. The default
    /// implementation has no requirements.
    ///
    /// # Errors
    /// [`HandlerFault`] when the handler returned no answer.
    fn preflight(&self, _binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        Ok(Preflight::default())
    }
}

/// The binding for which a preflight runs.
#[derive(Clone, Debug)]
pub struct BindingContext {
    /// The environment of the binding.
    pub env_id: EnvId,
    /// The instance of an extension; `None` for the default instance and for slots.
    pub instance_id: Option<InstanceId>,
    /// The operator's answers as a JSON document; `{}` if there are none.
    pub answers_json: String,
    /// The permissions that the operator granted to the pack.
    pub grants: Permissions,
    /// The permissions that the pack declares, with the addresses that the answers name. What
    /// is not granted is denied; the difference says why.
    pub declared: Permissions,
}

/// A call into a handler. It displays as the function name in the WIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Instantiation of the component, before the first call.
    Instantiate,
    /// `slot`
    Slot,
    /// `descriptor-path`
    DescriptorPath,
    /// `supported-versions`
    SupportedVersions,
    /// `preflight`
    Preflight,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Instantiate => "instantiate",
            Self::Slot => "slot",
            Self::DescriptorPath => "descriptor-path",
            Self::SupportedVersions => "supported-versions",
            Self::Preflight => "preflight",
        })
    }
}

/// The reason a call into a handler returned no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum HandlerFault {
    /// The handler trapped: a panic, an exception or an illegal operation.
    #[error("handler trapped in `{call}`: {reason}{}", message_suffix(.message))]
    Trapped {
        /// The interrupted call.
        call: Call,
        /// The kind of trap, in the words of the engine.
        reason: ForeignText,
        /// The panic message, or the end of the handler's error output.
        message: Option<ForeignText>,
    },
    /// The handler exited like a program, instead of returning.
    #[error("handler exited in `{call}` with code {code}, without an answer{}", message_suffix(.message))]
    Exited {
        /// The interrupted call.
        call: Call,
        /// The exit code.
        code: i32,
        /// The end of the handler's error output.
        message: Option<ForeignText>,
    },
    /// The handler exceeded its deadline.
    #[error("handler ran out of time in `{call}`: more than {} s", .limit.as_secs_f32())]
    OutOfTime {
        /// The interrupted call.
        call: Call,
        /// The time limit.
        limit: Duration,
    },
    /// The handler exceeded its memory limit.
    #[error("handler ran out of memory in `{call}`: it asked for more than {} MiB", .limit_bytes >> 20)]
    OutOfMemory {
        /// The interrupted call.
        call: Call,
        /// The memory limit, in bytes.
        limit_bytes: u64,
    },
    /// The handler exceeded another limit, such as its number of tables or handles.
    #[error("handler exceeded a limit in `{call}`: {what}")]
    TooMany {
        /// The interrupted call.
        call: Call,
        /// The limit.
        what: ForeignText,
    },
    /// The handler returned or wrote more than is allowed.
    #[error("handler returned too much in `{call}`: {what}")]
    TooMuchOutput {
        /// The interrupted call.
        call: Call,
        /// The limit.
        what: ForeignText,
    },
    /// The handler returned an invalid answer.
    #[error("handler returned an invalid answer in `{call}`: {reason}")]
    WrongShape {
        /// The interrupted call.
        call: Call,
        /// The problem of the answer.
        reason: ForeignText,
    },
    /// The handler was not called, because this machine lacks the resources.
    #[error("handler could not be run for `{call}`: {reason}")]
    NotRun {
        /// The interrupted call.
        call: Call,
        /// The missing resource.
        reason: ForeignText,
    },
    /// The handler's worker process crashed.
    #[error("handler crashed its process in `{call}`: {how}{}", message_suffix(.message))]
    Crashed {
        /// The interrupted call.
        call: Call,
        /// The exit status or signal of the process.
        how: ForeignText,
        /// The end of the handler's error output.
        message: Option<ForeignText>,
    },
    /// The handler called an import that is not allowed in this call.
    #[error("handler called `{import}` in `{call}`, where it is not allowed")]
    ForbiddenImport {
        /// The interrupted call.
        call: Call,
        /// The imported function.
        import: ForeignText,
    },
}

impl HandlerFault {
    /// The names of all kinds of faults, for `pack test` scenarios.
    pub const KINDS: [&str; 10] = [
        "trapped",
        "exited",
        "out-of-time",
        "out-of-memory",
        "too-many",
        "too-much-output",
        "wrong-shape",
        "not-run",
        "crashed",
        "forbidden-import",
    ];

    /// A stable, machine-readable name of the kind of fault: one of
    /// [`KINDS`](Self::KINDS).
    pub fn kind(&self) -> &'static str {
        Self::KINDS[match self {
            Self::Trapped { .. } => 0,
            Self::Exited { .. } => 1,
            Self::OutOfTime { .. } => 2,
            Self::OutOfMemory { .. } => 3,
            Self::TooMany { .. } => 4,
            Self::TooMuchOutput { .. } => 5,
            Self::WrongShape { .. } => 6,
            Self::NotRun { .. } => 7,
            Self::Crashed { .. } => 8,
            Self::ForbiddenImport { .. } => 9,
        }]
    }
}

fn message_suffix(message: &Option<ForeignText>) -> String {
    message.as_ref().map(|message| format!(" (message: {message})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fault of each kind, in the order of [`HandlerFault::KINDS`], and its message.
    fn faults() -> [(HandlerFault, &'static str); 10] {
        let call = Call::Preflight;
        let text = || ForeignText::new("text");
        [
            (
                HandlerFault::Trapped { call, reason: text(), message: Some(text()) },
                "handler trapped in `preflight`: text (message: text)",
            ),
            (
                HandlerFault::Exited { call, code: 3, message: None },
                "handler exited in `preflight` with code 3, without an answer",
            ),
            (
                HandlerFault::OutOfTime { call, limit: Duration::from_millis(1_500) },
                "handler ran out of time in `preflight`: more than 1.5 s",
            ),
            (
                HandlerFault::OutOfMemory { call, limit_bytes: 64 << 20 },
                "handler ran out of memory in `preflight`: it asked for more than 64 MiB",
            ),
            (
                HandlerFault::TooMany { call, what: text() },
                "handler exceeded a limit in `preflight`: text",
            ),
            (
                HandlerFault::TooMuchOutput { call, what: text() },
                "handler returned too much in `preflight`: text",
            ),
            (
                HandlerFault::WrongShape { call, reason: text() },
                "handler returned an invalid answer in `preflight`: text",
            ),
            (
                HandlerFault::NotRun { call, reason: text() },
                "handler could not be run for `preflight`: text",
            ),
            (
                HandlerFault::Crashed { call, how: text(), message: None },
                "handler crashed its process in `preflight`: text",
            ),
            (
                HandlerFault::ForbiddenImport { call, import: text() },
                "handler called `text` in `preflight`, where it is not allowed",
            ),
        ]
    }

    #[test]
    fn each_fault_has_a_kind_and_a_message() {
        let faults = faults();
        assert_eq!(faults.each_ref().map(|(fault, _)| fault.kind()), HandlerFault::KINDS);
        for (fault, message) in faults {
            assert_eq!(fault.to_string(), message);
        }
    }
}

//! The handler of an env-pack: four calls, whoever implements them.

use std::fmt;
use std::time::Duration;

use semver::VersionReq;
use serde::{Deserialize, Serialize};

use crate::{
    CapabilitySlot, DescriptorPath, EnvId, ForeignText, InstanceId, Permissions, Preflight,
};

/// What fills a slot.
///
/// The first three answers are constants of the handler; whoever builds one has asked for
/// them already, so they cannot fail.
pub trait EnvPackHandler: fmt::Debug + Send + Sync {
    /// The slot it fills.
    fn slot(&self) -> CapabilitySlot;

    /// The path it answers for: its key in the registry.
    fn descriptor_path(&self) -> &DescriptorPath;

    /// The versions of the descriptor it implements.
    fn supported_versions(&self) -> &VersionReq;

    /// Checks that what it needs on this machine is there, for one binding. A handler
    /// that needs nothing reports nothing.
    ///
    /// # Errors
    /// [`HandlerFault`] when the handler did not come to an answer.
    fn preflight(&self, _binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        Ok(Preflight::default())
    }
}

/// What a preflight may know of the binding it runs for.
#[derive(Clone, Debug)]
pub struct BindingContext {
    /// The environment.
    pub env_id: EnvId,
    /// The instance of an extension binding.
    pub instance_id: Option<InstanceId>,
    /// The operator's answers, a JSON document; `{}` when there are none.
    pub answers_json: String,
    /// What the operator granted the pack.
    pub grants: Permissions,
}

/// A call into a handler, named as in the handler interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Call {
    /// Bringing the handler up, before its first call.
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

/// Why a call into a handler came to no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HandlerFault {
    /// It broke off by itself: a panic, an exception, an illegal operation.
    #[error("handler trapped in `{call}`: {reason}{}", message_suffix(.message))]
    Trapped {
        /// The call.
        call: Call,
        /// What kind of trap, in the words of the engine.
        reason: ForeignText,
        /// What it said before, if anything: the panic message, or the end of its error
        /// output.
        message: Option<ForeignText>,
    },
    /// It ended itself, as a program does that has nothing to answer.
    #[error("handler ended itself in `{call}` with exit code {code}, without an answer{}", message_suffix(.message))]
    Exited {
        /// The call.
        call: Call,
        /// The exit code.
        code: i32,
        /// What it said before, if anything.
        message: Option<ForeignText>,
    },
    /// It ran longer than it may.
    #[error("handler ran out of time in `{call}`: more than {} s", .limit.as_secs_f32())]
    OutOfTime {
        /// The call.
        call: Call,
        /// The time it had.
        limit: Duration,
    },
    /// It asked for more memory than it may have.
    #[error("handler ran out of memory in `{call}`: it asked for more than {} MiB", .limit_bytes >> 20)]
    OutOfMemory {
        /// The call.
        call: Call,
        /// The memory it had, in bytes.
        limit_bytes: u64,
    },
    /// It wanted more of something than there is for one handler.
    #[error("handler wanted too much in `{call}`: {what}")]
    TooMany {
        /// The call.
        call: Call,
        /// What it wanted too much of, and how much there is.
        what: ForeignText,
    },
    /// It answered with more than anybody wants to read.
    #[error("handler answered too much in `{call}`: {what}")]
    TooMuchOutput {
        /// The call.
        call: Call,
        /// What there was too much of, and how much is allowed.
        what: ForeignText,
    },
    /// It answered something that is no valid answer.
    #[error("handler answered nonsense in `{call}`: {reason}")]
    WrongShape {
        /// The call.
        call: Call,
        /// What is wrong with the answer.
        reason: ForeignText,
    },
    /// It was not called at all, because this machine had no room for it.
    #[error("handler was not called in `{call}`: {reason}")]
    NotRun {
        /// The call.
        call: Call,
        /// What there was no room for.
        reason: ForeignText,
    },
    /// The process that it ran in ended with it.
    #[error("handler brought down the process that it ran in, in `{call}`: {how}{}", message_suffix(.message))]
    Crashed {
        /// The call.
        call: Call,
        /// How the process ended.
        how: ForeignText,
        /// What it said before, if anything.
        message: Option<ForeignText>,
    },
    /// It used an import that this call may not use.
    #[error("handler called `{import}` in `{call}`, where it may not")]
    ForbiddenImport {
        /// The call.
        call: Call,
        /// The function it called.
        import: ForeignText,
    },
}

impl HandlerFault {
    /// The names of all kinds of faults.
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

    /// A stable name of the kind of fault, for programs: one of [`KINDS`](Self::KINDS).
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
    message.as_ref().map(|message| format!(" (it said: {message})")).unwrap_or_default()
}

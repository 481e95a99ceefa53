//! Errors of loading a component.

use env_pack_domain::abi::{HANDLER_INTERFACE, PACKAGE, SUPPORTED_HANDLERS};
use env_pack_domain::{ForeignText, HandlerFault};

use gtc_fs::shortage::is_shortage;

use crate::shortage::shortage;

/// The reason why a component could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are not a WebAssembly component.
    #[error("not a WebAssembly component: {reason}")]
    NotAComponent {
        /// The malformed part, or the kind of file that it is instead.
        reason: ForeignText,
    },
    /// The component does not export a handler.
    #[error("it does not export the handler interface `{HANDLER_INTERFACE}`")]
    NoHandler,
    /// The component exports a handler interface of an unsupported version.
    #[error("it exports `{found}`; this host supports {SUPPORTED_HANDLERS}")]
    UnsupportedWit {
        /// The exported interface, with its version.
        found: ForeignText,
    },
    /// The component imports an interface that this host does not offer.
    #[error(
        "unsupported import `{import}`: handlers may import only `{PACKAGE}` interfaces and WASI 0.2 core"
    )]
    UnsupportedImport {
        /// The name of the import.
        import: ForeignText,
    },
    /// The component exceeds one of the [`ComplexityLimits`](crate::ComplexityLimits).
    #[error("it has {found} {what}, more than {limit}")]
    TooComplex {
        /// The things that were counted, in the plural.
        what: &'static str,
        /// Their number when counting stopped.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// An external component needs a worker process, and the host has none.
    #[error("external components need a worker process, and this host has none")]
    NoWorker,
    /// The worker process could not be started, or communication with it failed.
    #[error("the worker process failed")]
    Worker {
        /// The error of the operating system, or the message of the worker.
        source: std::io::Error,
    },
    /// This machine, or this process, has too little memory, processes or file descriptors.
    #[error("this machine could not {what}")]
    Shortage {
        /// The attempted action, such as `start a worker process`.
        what: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// Compilation exceeded its time limit.
    #[error("it takes more than {seconds} s to compile")]
    CompileTime {
        /// The limit, in seconds.
        seconds: u64,
    },
    /// Compilation exceeded its memory limit.
    #[error("it takes more than {} MiB of memory to compile", bytes >> 20)]
    CompileMemory {
        /// The limit, in bytes.
        bytes: u64,
    },
    /// The compiled code exceeded its size limit.
    #[error("it compiles to more than {} MiB of code", bytes >> 20)]
    CompileCode {
        /// The limit, in bytes.
        bytes: u64,
    },
    /// The compiler panicked or crashed, which is a bug of the compiler.
    #[error("the compiler failed on this component: {reason}")]
    CompilerFailed {
        /// The message of its panic, or the exit code or signal that ended it.
        reason: ForeignText,
    },
    /// The printer of interfaces panicked or crashed, which is a bug of the printer.
    #[error("the WIT printer failed on this component: {reason}")]
    WitPrinterFailed {
        /// The message of its panic, or the exit code or signal that ended it.
        reason: ForeignText,
    },
    /// The compiled code cannot be used by this engine.
    #[error("its compiled code does not fit this engine: {reason}")]
    UnusableCode {
        /// The message of the engine.
        reason: ForeignText,
    },
    /// The compiler rejected the component.
    #[error("it does not compile: {reason}")]
    Compile {
        /// The message of the compiler.
        reason: ForeignText,
    },
    /// Imports or exports have other types than the interface requires.
    #[error("it does not fit the handler interface: {reason}")]
    Interface {
        /// The difference.
        reason: ForeignText,
    },
    /// One of the metadata calls failed.
    #[error(transparent)]
    Fault(#[from] HandlerFault),
}

impl LoadError {
    /// Returns the error of a worker process that failed, or could not be started.
    pub(crate) fn from_worker(source: std::io::Error) -> Self {
        if is_shortage(&source) {
            Self::Shortage { what: "run a worker process", source }
        } else {
            Self::Worker { source }
        }
    }

    /// Returns the error of compiled code that cannot be mapped.
    pub(crate) fn from_mapping(error: wasmtime::Error) -> Self {
        match shortage(&error) {
            Some(source) => Self::Shortage { what: "map the compiled code", source },
            None => Self::UnusableCode { reason: ForeignText::sentence(&format!("{error:#}")) },
        }
    }

    /// Returns true if this machine could not load the component, which says nothing about the
    /// component.
    pub fn is_host_failure(&self) -> bool {
        matches!(self, Self::Shortage { .. } | Self::Fault(HandlerFault::NotRun { .. }))
    }

    /// Returns the stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotAComponent { .. } => "not-a-component",
            Self::NoHandler => "no-handler",
            Self::UnsupportedWit { .. } => "unsupported-wit-version",
            Self::UnsupportedImport { .. } => "unsupported-import",
            Self::TooComplex { .. } => "too-complex",
            Self::NoWorker => "no-worker",
            Self::Worker { .. } => "worker-failed",
            Self::Shortage { .. } => "host-resources",
            Self::CompileTime { .. } => "compile-out-of-time",
            Self::CompileMemory { .. } => "compile-out-of-memory",
            Self::CompileCode { .. } => "compile-too-much-code",
            Self::CompilerFailed { .. } => "compiler-failed",
            Self::WitPrinterFailed { .. } => "wit-printer-failed",
            Self::UnusableCode { .. } => "unusable-code",
            Self::Compile { .. } => "does-not-compile",
            Self::Interface { .. } => "wrong-interface",
            Self::Fault(fault) => fault.kind(),
        }
    }
}

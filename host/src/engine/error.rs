//! Why a component did not become a handler.

use env_pack_domain::{ForeignText, HandlerFault};

/// Why a component could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are no component.
    #[error("it is no WebAssembly component: {reason}")]
    NotAComponent {
        /// What it is instead, or what is wrong with it.
        reason: ForeignText,
    },
    /// It exports no handler.
    #[error("it does not export the handler interface `greentic:env-pack/handler`")]
    NoHandler,
    /// It exports a handler of a version that this host does not know.
    #[error("it exports `{found}`; this host speaks {}", super::lane::SUPPORTED)]
    UnsupportedWit {
        /// The interface it exports.
        found: ForeignText,
    },
    /// It imports what this host does not offer.
    #[error(
        "unsupported import `{import}`: handlers may import `greentic:env-pack` interfaces and WASI 0.2 core only"
    )]
    UnsupportedImport {
        /// The import.
        import: ForeignText,
    },
    /// It is larger or more nested than any honest component.
    #[error("it has {found} {what}, more than {limit}")]
    TooComplex {
        /// What there is too much of.
        what: &'static str,
        /// How much there is, as far as it was counted.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// There is no process to compile it in, or to run it in.
    #[error("it is foreign, and this host has no worker for it")]
    NoWorker,
    /// The process to compile it in, or to run it in, could not be started or heard.
    #[error("the worker for it does not work")]
    Worker {
        /// Why.
        source: std::io::Error,
    },
    /// Compiling it takes too long.
    #[error("it takes more than {seconds} s to compile")]
    CompileTime {
        /// The time it had.
        seconds: u64,
    },
    /// Compiling it takes too much memory.
    #[error("it takes more than {} MiB of memory to compile", bytes >> 20)]
    CompileMemory {
        /// The memory it had.
        bytes: u64,
    },
    /// Too much comes out.
    #[error("it compiles to more than {} MiB of code", bytes >> 20)]
    CompileCode {
        /// The code that was allowed.
        bytes: u64,
    },
    /// The compiler failed in a way that is nobody's verdict.
    #[error("the worker that compiles it ended ({how}): {words}")]
    CompilerEnded {
        /// How.
        how: String,
        /// What it said last.
        words: ForeignText,
    },
    /// What came out is no code that can be run here.
    #[error("what it was compiled to does not fit this engine: {reason}")]
    UnusableCode {
        /// Why.
        reason: ForeignText,
    },
    /// The compiler did not accept it.
    #[error("it does not compile: {reason}")]
    Compile {
        /// What the compiler says.
        reason: ForeignText,
    },
    /// Its imports or exports have other types than the interface.
    #[error("it does not fit the handler interface: {reason}")]
    Interface {
        /// What differs.
        reason: ForeignText,
    },
    /// It failed when it was asked who it is.
    #[error(transparent)]
    Fault(#[from] HandlerFault),
}

impl LoadError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotAComponent { .. } => "not-a-component",
            Self::NoHandler => "no-handler",
            Self::UnsupportedWit { .. } => "unsupported-wit-version",
            Self::UnsupportedImport { .. } => "unsupported-import",
            Self::TooComplex { .. } => "too-complex",
            Self::NoWorker => "no-worker",
            Self::Worker { .. } => "worker-failed",
            Self::CompileTime { .. } => "compile-out-of-time",
            Self::CompileMemory { .. } => "compile-out-of-memory",
            Self::CompileCode { .. } => "compile-too-much-code",
            Self::CompilerEnded { .. } => "compiler-ended",
            Self::UnusableCode { .. } => "unusable-code",
            Self::Compile { .. } => "does-not-compile",
            Self::Interface { .. } => "wrong-interface",
            Self::Fault(fault) => fault.kind(),
        }
    }
}

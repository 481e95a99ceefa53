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
    #[error("unsupported import `{import}`: handlers may import `greentic:env-pack` interfaces and WASI 0.2 core only")]
    UnsupportedImport {
        /// The import.
        import: ForeignText,
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
            Self::Compile { .. } => "does-not-compile",
            Self::Interface { .. } => "wrong-interface",
            Self::Fault(fault) => fault.kind(),
        }
    }
}

//! Explains the errors of components and of their compiled code, to the operator.

use env_pack_domain::HandlerFault;
use gtc_engine::{CompiledCodeError, LoadError};

use super::{Explanation, OperationError, RESOURCES, resources_hint};

impl OperationError for LoadError {
    fn explain(&self) -> Explanation {
        let kind = self.kind();
        match self {
            Self::Fault(fault) => fault.explain(),
            Self::NoWorker => Explanation::failed(
                kind,
                "call `gtc_core::run_if_worker` at the start of the program's `main`, or name `gtc` as its worker",
            ),
            Self::Worker { .. } => {
                Explanation::failed(kind, "check the worker with `gtc doctor self`")
            }
            Self::Shortage { source, .. } => Explanation::failed(kind, resources_hint(source)),
            Self::TooComplex { .. }
            | Self::CompileMemory { .. }
            | Self::CompileCode { .. }
            | Self::UnusableCode { .. } => Explanation::refused(
                kind,
                "do not trust this component; no toolchain produces one like it from an ordinary handler",
            ),
            Self::CompileTime { .. } => Explanation::refused(
                kind,
                "if this machine is slow or busy, allow more time with `--limit compile.seconds=300`; if it still takes too long, do not trust this component",
            ),
            Self::CompilerFailed { .. } | Self::WitPrinterFailed { .. } => Explanation::refused(
                kind,
                "report it to the maintainers of `gtc`, with the component and the output of \
                 `gtc --version`",
            ),
            Self::NotAComponent { .. }
            | Self::NoHandler
            | Self::UnsupportedWit { .. }
            | Self::UnsupportedImport { .. }
            | Self::Compile { .. }
            | Self::Interface { .. } => Explanation::refused(
                kind,
                "rebuild the component against the WIT that `gtc pack new` writes, and pack it with `gtc pack build`",
            ),
        }
    }
}

impl OperationError for HandlerFault {
    fn explain(&self) -> Explanation {
        match self {
            Self::Trapped { .. }
            | Self::Exited { .. }
            | Self::OutOfTime { .. }
            | Self::OutOfMemory { .. }
            | Self::TooMany { .. }
            | Self::TooMuchOutput { .. }
            | Self::WrongShape { .. }
            | Self::Crashed { .. }
            | Self::ForbiddenImport { .. } => Explanation::refused(
                self.kind(),
                "report it to the author of the handler, and bind another version",
            ),
            Self::NotRun { .. } => Explanation::failed(self.kind(), RESOURCES),
        }
    }
}

impl OperationError for CompiledCodeError {
    fn explain(&self) -> Explanation {
        match self {
            Self::NotPrivate { .. }
            | Self::OpenFolder { .. }
            | Self::NoRecord { .. }
            | Self::Damaged { .. }
            | Self::Read { .. } => Explanation::failed(
                self.kind(),
                "check the permissions of the cache; see `gtc cache path`",
            ),
        }
    }
}

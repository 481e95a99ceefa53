//! Turns an error of wasmtime into a fault that names what the guest did.

use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault};
use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use super::state::{DeniedGrowth, Guest};
use crate::shortage::shortage;
use crate::wasi::state::{Wasi, exit_code};

/// The error of an import that the current call may not use.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` may only be called from `preflight`")]
struct ForbiddenImport(&'static str);

impl Guest {
    /// Returns the binding of a preflight. In other calls, the import is forbidden.
    ///
    /// # Errors
    /// [`ForbiddenImport`]
    pub(crate) fn preflight_binding(
        &self,
        import: &'static str,
    ) -> wasmtime::Result<&BindingContext> {
        let binding = self.binding.as_ref().filter(|_| self.call == Call::Preflight);
        binding.ok_or_else(|| ForbiddenImport(import).into())
    }

    /// Returns the fault for an error that ended the current call.
    pub(crate) fn fault(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        if let Some(forbidden) = error.downcast_ref::<ForbiddenImport>() {
            return HandlerFault::ForbiddenImport { call, import: ForeignText::new(forbidden.0) };
        }
        let is_interrupt = matches!(error.downcast_ref(), Some(Trap::Interrupt));
        if let (Some(denied), false) = (self.usage.denied, is_interrupt) {
            return self.denied_growth(denied);
        }
        if self.wasi.as_ref().is_some_and(Wasi::is_full) {
            let limit = self.limits().log_bytes;
            let what = format!("more than {limit} bytes on standard output or error");
            return HandlerFault::TooMuchOutput { call, what: ForeignText::new(what) };
        }
        match error.downcast_ref::<Trap>() {
            Some(_) if is_interrupt => self.out_of_time(),
            Some(trap) => {
                let reason = ForeignText::new(trap.to_string());
                HandlerFault::Trapped { call, reason, message: self.last_message() }
            }
            None => self.fault_without_trap(error),
        }
    }

    fn denied_growth(&self, denied: DeniedGrowth) -> HandlerFault {
        let call = self.call;
        match denied {
            DeniedGrowth::Memory => {
                HandlerFault::OutOfMemory { call, limit_bytes: self.limits().memory_bytes }
            }
            DeniedGrowth::Tables => {
                let limit = self.limits().table_elements;
                let what = ForeignText::new(format!("more than {limit} table elements"));
                HandlerFault::TooMany { call, what }
            }
        }
    }

    fn fault_without_trap(&self, error: &wasmtime::Error) -> HandlerFault {
        let call = self.call;
        if let Some(code) = exit_code(error) {
            return HandlerFault::Exited { call, code, message: self.last_message() };
        }
        if let Some(source) = shortage(error) {
            let reason = format!("this machine could not provide what it needs: {source}");
            return HandlerFault::NotRun { call, reason: ForeignText::new(reason) };
        }
        let text = error.root_cause().to_string();
        // wasmtime does not export the type of this error
        if text.contains("fuel allocated for hostcalls") {
            let what = format!("more than {} bytes in one call", self.limits().copied_bytes);
            return HandlerFault::TooMuchOutput { call, what: ForeignText::new(what) };
        }
        if let Some(what) = self.exceeded_count(error, &text) {
            return HandlerFault::TooMany { call, what: ForeignText::new(what) };
        }
        HandlerFault::Trapped {
            call,
            reason: ForeignText::sentence(&text),
            message: self.last_message(),
        }
    }

    /// Returns the limit on a number of things that the guest exceeded, if one did.
    /// wasmtime has no types for these errors either.
    fn exceeded_count(&self, error: &wasmtime::Error, text: &str) -> Option<String> {
        let limits = self.limits();
        let is_full = matches!(error.downcast_ref(), Some(ResourceTableError::Full));
        let (limit, what) = match text.strip_prefix("resource limit exceeded: ") {
            Some(rest) if rest.starts_with("instance") => (limits.instances, "instances"),
            Some(rest) if rest.starts_with("memory") => (limits.memories, "memories"),
            Some(rest) if rest.starts_with("table") => (limits.tables, "tables"),
            _ if is_full || text.contains("store handle limit exceeded") => {
                (limits.handles, "handles")
            }
            _ => return None,
        };
        Some(format!("more than {limit} {what}"))
    }
}

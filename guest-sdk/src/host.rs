//! The host's side of the interface: on its target through the bindings, on any other
//! machine out of a script.

/// Local programs, run by the host without a shell.
pub mod tools {
    use alloc::string::String;

    pub use crate::bindings::greentic::env_pack::tools::{Failure, Output};

    /// Runs `tool`, a bare program name that the host looks up on PATH, with exactly
    /// these arguments.
    ///
    /// # Errors
    /// [`Failure`] when there is no output: the pack must list the command under its
    /// permissions, and the operator grant it.
    pub fn probe(tool: &str, args: &[String]) -> Result<Output, Failure> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::tools::probe(tool, args);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.probe(tool, args))
    }
}

/// Whether something answers on the network.
pub mod network {
    pub use crate::bindings::greentic::env_pack::network::Failure;

    /// Opens a TCP connection to a name or an IP address, and closes it again without
    /// sending a byte.
    ///
    /// # Errors
    /// [`Failure`] when no connection came about: the pack must list the address under
    /// its permissions, and the operator grant it.
    pub fn reach(host: &str, port: u16) -> Result<(), Failure> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::network::reach(host, port);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.reach(host, port))
    }
}

/// What the operator configured for the binding a preflight runs for; the functions trap
/// outside of `preflight`.
pub mod binding {
    use alloc::string::String;

    /// The id of the environment, such as `local`.
    pub fn env_id() -> String {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::env_id();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.env_id())
    }

    /// The instance of an extension binding; none for the default instance and for every
    /// other slot.
    pub fn instance_id() -> Option<String> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::instance_id();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.instance_id())
    }

    /// The operator's answers as a JSON document; `{}` when the binding names none.
    pub fn answers_json() -> String {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::answers_json();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.answers_json())
    }
}

/// Messages for the operator.
pub mod log {
    pub use crate::bindings::greentic::env_pack::log::Level;

    /// Logs one message. A message or a total beyond 64 KiB is cut off.
    pub fn log(level: Level, message: &str) {
        #[cfg(target_family = "wasm")]
        crate::bindings::greentic::env_pack::log::log(level, message);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.log(level, message));
    }
}

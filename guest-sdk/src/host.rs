//! The functions of the host. In WebAssembly they call the bindings; on other targets a
//! [`Scripted`](crate::testing::Scripted) machine replies.

/// Programs on the operator's machine, which the host runs without a shell.
pub mod tools {
    use alloc::string::String;

    pub use crate::bindings::greentic::env_pack::tools::{Failure, Output};

    /// Runs `tool`, the name of a program on PATH, with exactly these arguments.
    ///
    /// # Errors
    /// [`Failure`] if the program did not run to its end. The pack must declare the command
    /// in its permissions, and the operator must grant it.
    pub fn probe(tool: &str, args: &[String]) -> Result<Output, Failure> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::tools::probe(tool, args);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.probe(tool, args))
    }
}

/// Reachability of network addresses.
pub mod network {
    pub use crate::bindings::greentic::env_pack::network::Failure;

    /// Opens a TCP connection to a name or an IP address, and closes it without sending a
    /// byte.
    ///
    /// # Errors
    /// [`Failure`] if no connection was established. The pack must declare the address in
    /// its permissions, and the operator must grant it.
    pub fn reach(host: &str, port: u16) -> Result<(), Failure> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::network::reach(host, port);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.reach(host, port))
    }
}

/// The operator's configuration of the current binding. The functions trap outside of
/// `preflight`.
pub mod binding {
    use alloc::string::String;

    /// The id of the environment, such as `local`.
    pub fn env_id() -> String {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::env_id();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.env_id())
    }

    /// The instance of an extension binding; `None` for the default instance and for all
    /// other slots.
    pub fn instance_id() -> Option<String> {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::instance_id();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.instance_id())
    }

    /// The operator's answers as a JSON document; `{}` if the binding has none.
    pub fn answers_json() -> String {
        #[cfg(target_family = "wasm")]
        return crate::bindings::greentic::env_pack::binding::answers_json();
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.answers_json())
    }
}

/// Log messages for the operator.
pub mod log {
    pub use crate::bindings::greentic::env_pack::log::Level;

    /// Logs one message. The host truncates all messages of a preflight together to 64 KiB.
    pub fn log(level: Level, message: &str) {
        #[cfg(target_family = "wasm")]
        crate::bindings::greentic::env_pack::log::log(level, message);
        #[cfg(not(target_family = "wasm"))]
        crate::testing::current(|machine| machine.log(level, message));
    }
}

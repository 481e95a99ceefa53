//! A credential for a registry.

use super::secret::Secret;

/// A credential for a registry.
#[derive(Clone, Debug)]
pub enum Credential {
    /// No credential.
    Anonymous,
    /// A user name and a password.
    Basic {
        /// The user name, without a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An identity token, which a token service exchanges for a registry token.
    Refresh(Secret),
    /// A registry token.
    Bearer(Secret),
}

//! Credentials for registries, from where other tools store them: the
//! [`config.json` of Docker](https://docs.docker.com/reference/cli/docker/login/) and its
//! credential helpers, the `auth.json` of podman
//! ([containers-auth.json(5)](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)),
//! and environment variables.
//!
//! This module reads no variable of its own process; the caller passes them in. It sends
//! no request: which host receives a credential is decided in the client.

mod attempt;
mod auth_file;
pub(super) mod credential;
mod environment;
mod helper;
pub(crate) mod limits;
pub(super) mod resolver;
mod scope;
pub(super) mod secret;
pub(super) mod sources;
#[cfg(test)]
mod tests;

pub use attempt::Attempt;
pub use credential::Credential;
pub use limits::CredentialLimits;
pub use resolver::{CredentialResolver, FoundCredential};
pub use secret::Secret;
pub use sources::{CredentialSources, RegistryVariables, Variables};

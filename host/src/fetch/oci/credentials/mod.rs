//! The credential for a registry, from where other tools keep it: docker's file and its
//! helpers, podman's file, variables.
//!
//! This module reads no variable of its own process: where it looks is told to it. It
//! knows no registry and no request; what a credential is good for, and that it goes to
//! nobody else, is for others to see to.

mod attempt;
mod auth_file;
mod environment;
mod helper;
mod limits;
mod scope;
mod secret;
mod sources;
#[cfg(test)]
mod tests;

use std::path::Path;

use auth_file::AuthFile;
use helper::Helper;
use scope::CredentialScope;

pub use attempt::Attempt;
pub use limits::CredentialLimits;
pub use secret::Secret;
pub use sources::{CredentialSources, Variables};

use attempt::{AttemptOutcome, CredentialSource};

/// What a registry is told about who asks.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Nothing.
    Anonymous,
    /// A user name and a password.
    Basic {
        /// The user name, without a colon.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An identity token, which a token service takes for a token that the registry
    /// takes.
    Refresh(Secret),
    /// A token that the registry itself takes.
    Bearer(Secret),
}

/// What was found, and where it was looked for.
#[derive(Debug)]
pub struct FoundCredential {
    /// The credential.
    pub credential: Credential,
    /// The sources that were looked into, in this order; the last one has the credential,
    /// if any has.
    pub tried: Vec<Attempt>,
}

/// Finds credentials.
#[derive(Debug)]
pub struct CredentialResolver {
    sources: CredentialSources,
    limits: CredentialLimits,
}

impl CredentialResolver {
    /// Finds credentials in these sources.
    pub fn new(sources: CredentialSources, limits: CredentialLimits) -> Self {
        Self { sources, limits }
    }

    /// The credential for a repository, such as `team/vault`, of a registry, such as
    /// `ghcr.io` or `localhost:5000`.
    ///
    /// It never fails: a source at fault says so among those that were tried, and the
    /// next one is looked into.
    pub fn find(&self, registry: &str, repository: &str) -> FoundCredential {
        let mut search = Search {
            place: CredentialScope::new(registry, repository),
            limits: &self.limits,
            tried: Vec::new(),
        };
        let credential = search.all(&self.sources).unwrap_or(Credential::Anonymous);
        FoundCredential { credential, tried: search.tried }
    }
}

/// One search, and what it has seen.
struct Search<'a> {
    place: CredentialScope,
    limits: &'a CredentialLimits,
    tried: Vec<Attempt>,
}

impl Search<'_> {
    fn all(&mut self, sources: &CredentialSources) -> Option<Credential> {
        let variables = &sources.helper_variables;
        for (source, path) in sources.files() {
            let found = match source {
                CredentialSource::Docker => self.docker_file(&path, variables),
                _ => self.file(source, &path, variables).1,
            };
            if found.is_some() {
                return found;
            }
        }
        let outcome = environment::find(&sources.registry, &self.place)?;
        self.note(CredentialSource::Environment, None, outcome)
    }

    /// Docker's file, whose last resort is a helper for all registries.
    fn docker_file(&mut self, path: &Path, variables: &Variables) -> Option<Credential> {
        let (file, found) = self.file(CredentialSource::Docker, path, variables);
        let store = file.and_then(|file| file.creds_store).filter(|store| !store.is_empty());
        found.or_else(|| self.helper(&store?, variables))
    }

    /// A file: the helper it names for the registry, then its own entry.
    fn file(
        &mut self,
        source: CredentialSource,
        path: &Path,
        variables: &Variables,
    ) -> (Option<AuthFile>, Option<Credential>) {
        let file = match AuthFile::read(path, self.limits.file_bytes) {
            Ok(file) => file,
            Err(outcome) => return (None, self.note(source, Some(path), outcome)),
        };
        let helper = file.helper(&self.place).map(str::to_owned);
        let outcome = file.find(&self.place);
        let found = helper.and_then(|helper| self.helper(&helper, variables));
        let found = found.or_else(|| self.note(source, Some(path), outcome));
        (Some(file), found)
    }

    fn helper(&mut self, name: &str, variables: &Variables) -> Option<Credential> {
        let outcome = Helper { name, variables, limits: self.limits }.ask(self.place.server());
        self.note(CredentialSource::Helper(name.to_owned()), None, outcome)
    }

    /// Writes down what came of a source.
    fn note(
        &mut self,
        source: CredentialSource,
        path: Option<&Path>,
        outcome: AttemptOutcome,
    ) -> Option<Credential> {
        let (tried, credential) = Attempt::new(source, path, &self.place, outcome);
        self.tried.push(tried);
        credential
    }
}

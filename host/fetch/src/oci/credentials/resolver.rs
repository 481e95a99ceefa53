//! The search for a credential in all sources.

use std::path::Path;

use super::attempt::{Attempt, AttemptOutcome, CredentialSource};
use super::auth_file::AuthFile;
use super::credential::Credential;
use super::environment;
use super::helper::Helper;
use super::limits::CredentialLimits;
use super::scope::CredentialScope;
use super::sources::{CredentialSources, Variables};

/// The result of a search for a credential.
#[derive(Debug)]
pub struct FoundCredential {
    /// The credential, or [`Credential::Anonymous`] if no source has one.
    pub credential: Credential,
    /// The sources that were tried, in order. If one has a credential, it is the last.
    pub attempts: Vec<Attempt>,
}

/// Finds credentials.
#[derive(Debug)]
pub struct CredentialResolver {
    sources: CredentialSources,
    limits: CredentialLimits,
}

impl CredentialResolver {
    /// Searches these sources.
    pub fn new(sources: CredentialSources, limits: CredentialLimits) -> Self {
        Self { sources, limits }
    }

    /// The credential for a repository, such as `team/vault`, of a registry, such as
    /// `ghcr.io` or `localhost:5000`.
    ///
    /// A source that cannot be read is recorded among the attempts, and the next one is
    /// tried.
    pub fn find(&self, registry: &str, repository: &str) -> FoundCredential {
        let mut search = Search {
            scope: CredentialScope::new(registry, repository),
            limits: &self.limits,
            attempts: Vec::new(),
        };
        let credential = search.try_all(&self.sources).unwrap_or(Credential::Anonymous);
        FoundCredential { credential, attempts: search.attempts }
    }
}

/// A search in progress.
struct Search<'a> {
    scope: CredentialScope,
    limits: &'a CredentialLimits,
    attempts: Vec<Attempt>,
}

impl Search<'_> {
    fn try_all(&mut self, sources: &CredentialSources) -> Option<Credential> {
        let variables = &sources.helper_variables;
        for (source, path) in sources.files() {
            let found = match source {
                CredentialSource::Docker => self.try_docker_file(&path, variables),
                _ => self.try_file(source, &path, variables).1,
            };
            if found.is_some() {
                return found;
            }
        }
        let outcome = environment::find(&sources.registry, &self.scope)?;
        self.record(CredentialSource::Environment, None, outcome)
    }

    /// The file of Docker, and last its helper for all registries.
    fn try_docker_file(&mut self, path: &Path, variables: &Variables) -> Option<Credential> {
        let (file, found) = self.try_file(CredentialSource::Docker, path, variables);
        let store = file.and_then(|file| file.creds_store).filter(|store| !store.is_empty());
        found.or_else(|| self.try_helper(&store?, variables))
    }

    /// A file: first the helper that it names for the registry, then its own entry.
    fn try_file(
        &mut self,
        source: CredentialSource,
        path: &Path,
        variables: &Variables,
    ) -> (Option<AuthFile>, Option<Credential>) {
        let file = match AuthFile::read(path, self.limits.file_bytes) {
            Ok(file) => file,
            Err(outcome) => return (None, self.record(source, Some(path), outcome)),
        };
        let helper = file.helper(&self.scope).map(str::to_owned);
        let outcome = file.find(&self.scope);
        let found = helper.and_then(|helper| self.try_helper(&helper, variables));
        let found = found.or_else(|| self.record(source, Some(path), outcome));
        (Some(file), found)
    }

    fn try_helper(&mut self, name: &str, variables: &Variables) -> Option<Credential> {
        let outcome = Helper { name, variables, limits: self.limits }.get(self.scope.server());
        self.record(CredentialSource::Helper(name.to_owned()), None, outcome)
    }

    fn record(
        &mut self,
        source: CredentialSource,
        path: Option<&Path>,
        outcome: AttemptOutcome,
    ) -> Option<Credential> {
        let (attempt, credential) = Attempt::new(source, path, &self.scope, outcome);
        self.attempts.push(attempt);
        credential
    }
}

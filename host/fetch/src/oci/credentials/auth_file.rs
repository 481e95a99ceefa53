//! Credential files of Docker and podman: the
//! [`config.json` of Docker](https://docs.docker.com/reference/cli/docker/login/), and
//! `auth.json`, which has the same format.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::attempt::AttemptOutcome;
use super::credential::Credential;
use super::scope::CredentialScope;
use super::secret::Secret;
use crate::error::FetchError;
use crate::file;

/// Base64 with or without padding, since tools write both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The members of a credential file that are used.
#[derive(Deserialize)]
pub(super) struct AuthFile {
    auths: Option<BTreeMap<String, AuthEntry>>,
    #[serde(rename = "credHelpers")]
    cred_helpers: Option<BTreeMap<String, String>>,
    /// The helper for all registries.
    #[serde(rename = "credsStore")]
    pub creds_store: Option<String>,
}

/// The entry of a registry, or of a part of one.
#[derive(Deserialize)]
struct AuthEntry {
    /// `<user>:<password>` in Base64.
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

impl AuthFile {
    /// Reads and parses a file of at most `limit` bytes.
    pub(super) fn read(path: &Path, limit: u64) -> Result<Self, AttemptOutcome> {
        let bytes = file::read(path, limit).map(Zeroizing::new).map_err(|error| match error {
            FetchError::NotFound { .. } => AttemptOutcome::FileMissing,
            FetchError::NotAFile { what, .. } => {
                AttemptOutcome::Fault(format!("it is {what}, not a regular file"))
            }
            FetchError::TooLarge { limit, .. } => {
                AttemptOutcome::Fault(format!("it has more than {limit} bytes"))
            }
            FetchError::Read { source, .. } => {
                AttemptOutcome::Fault(format!("it cannot be read: {source}"))
            }
            other => AttemptOutcome::Fault(other.to_string()),
        })?;
        // the message of the parser could quote a password
        serde_json::from_slice(&bytes).map_err(|error| {
            let line = error.line();
            let column = error.column();
            AttemptOutcome::Fault(format!(
                "it is not JSON of the expected form: line {line}, column {column}"
            ))
        })
    }

    /// The credential helper that the file names for the registry.
    pub(super) fn helper(&self, scope: &CredentialScope) -> Option<&str> {
        let mut helpers =
            self.cred_helpers.iter().flatten().filter(|(_, helper)| !helper.is_empty());
        helpers.find(|(key, _)| scope.is_registry(key)).map(|(_, helper)| helper.as_str())
    }

    /// The credential in the file itself. If a helper stores the credential, the entry is
    /// empty.
    pub(super) fn find(&self, scope: &CredentialScope) -> AttemptOutcome {
        let entry = self.auths.as_ref().and_then(|auths| scope.find(auths));
        entry.map_or(AttemptOutcome::NoEntry, AuthEntry::credential)
    }
}

impl AuthEntry {
    fn credential(&self) -> AttemptOutcome {
        if let Some(token) = non_empty(&self.registrytoken) {
            return AttemptOutcome::bearer(token);
        }
        if let Some(token) = non_empty(&self.identitytoken) {
            return AttemptOutcome::Credential(Credential::Refresh(token));
        }
        if let Some(auth) = non_empty(&self.auth) {
            return decode(&auth).unwrap_or_else(|| {
                let fault = "its `auth` is not a user name and password in Base64";
                AttemptOutcome::Fault(fault.to_owned())
            });
        }
        match (&self.username, non_empty(&self.password)) {
            (Some(username), Some(password)) => AttemptOutcome::basic(username.clone(), password),
            _ => AttemptOutcome::NoEntry,
        }
    }
}

fn non_empty(secret: &Option<Secret>) -> Option<Secret> {
    secret.clone().filter(|secret| !secret.is_empty())
}

fn decode(auth: &Secret) -> Option<AttemptOutcome> {
    let bytes = Zeroizing::new(BASE64.decode(auth.expose().trim()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // the first versions of docker padded the password with zeros
    Some(AttemptOutcome::basic(
        username.to_owned(),
        Secret::new(password.trim_end_matches('\0').to_owned()),
    ))
}

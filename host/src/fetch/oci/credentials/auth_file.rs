//! Files of credentials, as docker and podman write them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::attempt::AttemptOutcome;
use super::scope::CredentialScope;
use super::{Credential, Secret};
use crate::fetch::{FetchError, file};

/// With or without padding: both are written.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What we read of such a file.
#[derive(Deserialize)]
pub(super) struct AuthFile {
    auths: Option<BTreeMap<String, Entry>>,
    #[serde(rename = "credHelpers")]
    cred_helpers: Option<BTreeMap<String, String>>,
    /// The helper for all registries.
    #[serde(rename = "credsStore")]
    pub creds_store: Option<String>,
}

/// What a file holds for one place.
#[derive(Deserialize)]
struct Entry {
    /// User name and password with a colon between them, in Base64.
    auth: Option<Secret>,
    username: Option<String>,
    password: Option<Secret>,
    identitytoken: Option<Secret>,
    registrytoken: Option<Secret>,
}

impl AuthFile {
    /// Reads a file.
    pub fn read(path: &Path, limit: u64) -> Result<Self, AttemptOutcome> {
        let bytes = file::read(path, limit).map(Zeroizing::new).map_err(|error| match error {
            FetchError::NotFound { .. } => AttemptOutcome::Absent,
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
        // the parser's own words would quote what is there, and that may be a password
        serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            AttemptOutcome::Fault(format!(
                "it is no JSON of the expected form: line {line}, column {column}"
            ))
        })
    }

    /// The helper for the registry of a place.
    pub fn helper(&self, place: &CredentialScope) -> Option<&str> {
        let mut helpers =
            self.cred_helpers.iter().flatten().filter(|(_, helper)| !helper.is_empty());
        helpers.find(|(key, _)| place.is_registry(key)).map(|(_, helper)| helper.as_str())
    }

    /// What the file itself holds for a place. Where a helper keeps the credential, it
    /// holds an empty entry.
    pub fn find(&self, place: &CredentialScope) -> AttemptOutcome {
        let entry = self.auths.as_ref().and_then(|auths| place.find(auths));
        entry.map_or(AttemptOutcome::Nothing, Entry::credential)
    }
}

impl Entry {
    fn credential(&self) -> AttemptOutcome {
        let given = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.is_empty());
        if let Some(token) = given(&self.registrytoken) {
            return AttemptOutcome::bearer(token);
        }
        if let Some(token) = given(&self.identitytoken) {
            return AttemptOutcome::Credential(Credential::Refresh(token));
        }
        if let Some(auth) = given(&self.auth) {
            let fault = || {
                AttemptOutcome::Fault(
                    "its `auth` is no user name and password in Base64".to_owned(),
                )
            };
            return decode(&auth).unwrap_or_else(fault);
        }
        match (&self.username, given(&self.password)) {
            (Some(username), Some(password)) => AttemptOutcome::basic(username.clone(), password),
            _ => AttemptOutcome::Nothing,
        }
    }
}

fn decode(auth: &Secret) -> Option<AttemptOutcome> {
    let bytes = Zeroizing::new(BASE64.decode(auth.expose().trim()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // docker takes away what its first versions filled up with
    Some(AttemptOutcome::basic(
        username.to_owned(),
        Secret::new(password.trim_end_matches('\0').to_owned()),
    ))
}

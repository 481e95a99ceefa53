//! Files of credentials, as docker and podman write them.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::place::Place;
use super::tried::Outcome;
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
    pub fn read(path: &Path, limit: u64) -> Result<Self, Outcome> {
        let bytes = file::read(path, limit).map(Zeroizing::new).map_err(|error| match error {
            FetchError::NotFound { .. } => Outcome::Absent,
            FetchError::NotAFile { what, .. } => {
                Outcome::Fault(format!("it is {what}, not a regular file"))
            }
            FetchError::TooLarge { limit, .. } => {
                Outcome::Fault(format!("it has more than {limit} bytes"))
            }
            FetchError::Read { source, .. } => {
                Outcome::Fault(format!("it cannot be read: {source}"))
            }
            other => Outcome::Fault(other.to_string()),
        })?;
        // the parser's own words would quote what is there, and that may be a password
        serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Outcome::Fault(format!(
                "it is no JSON of the expected form: line {line}, column {column}"
            ))
        })
    }

    /// The helper for the registry of a place.
    pub fn helper(&self, place: &Place) -> Option<&str> {
        let mut helpers =
            self.cred_helpers.iter().flatten().filter(|(_, helper)| !helper.is_empty());
        helpers.find(|(key, _)| place.is_registry(key)).map(|(_, helper)| helper.as_str())
    }

    /// What the file itself holds for a place. Where a helper keeps the credential, it
    /// holds an empty entry.
    pub fn find(&self, place: &Place) -> Outcome {
        let entry = self.auths.as_ref().and_then(|auths| place.find(auths));
        entry.map_or(Outcome::Nothing, Entry::credential)
    }
}

impl Entry {
    fn credential(&self) -> Outcome {
        let given = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.is_empty());
        if let Some(token) = given(&self.registrytoken) {
            return Outcome::bearer(token);
        }
        if let Some(token) = given(&self.identitytoken) {
            return Outcome::Credential(Credential::Refresh(token));
        }
        if let Some(auth) = given(&self.auth) {
            let fault =
                || Outcome::Fault("its `auth` is no user name and password in Base64".to_owned());
            return decode(&auth).unwrap_or_else(fault);
        }
        match (&self.username, given(&self.password)) {
            (Some(username), Some(password)) => Outcome::basic(username.clone(), password),
            _ => Outcome::Nothing,
        }
    }
}

fn decode(auth: &Secret) -> Option<Outcome> {
    let bytes = Zeroizing::new(BASE64.decode(auth.expose().trim()).ok()?);
    let (username, password) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
    // docker takes away what its first versions filled up with
    Some(Outcome::basic(
        username.to_owned(),
        Secret::new(password.trim_end_matches('\0').to_owned()),
    ))
}

//! Parses the arguments of each verb into the request of its operation.

use std::str::FromStr;

use clap::Args;
use env_pack_domain::PackRef;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::error::UsageError;
use super::grammar::NewPackRef;

/// The arguments of a verb, before they are parsed.
pub(crate) trait Payload: Args + DeserializeOwned + JsonSchema {
    /// The request that the operation takes.
    type Request;

    /// Parses the arguments. Reads nothing but the current folder, which relative paths are
    /// resolved against, so that the schema alone decides which documents are valid.
    ///
    /// # Errors
    /// [`UsageError`] if an argument is malformed, or conflicts with another.
    fn into_request(self) -> Result<Self::Request, UsageError>;
}

pub(crate) fn parse_argument<T: FromStr<Err: std::error::Error>>(
    argument: &'static str,
    text: &str,
) -> Result<T, UsageError> {
    text.parse().map_err(|error: T::Err| UsageError::from_error(argument, &error))
}

/// Parses an argument that may be missing.
pub(crate) fn parse_optional<T: FromStr<Err: std::error::Error>>(
    argument: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, UsageError> {
    text.map(|text| parse_argument(argument, text)).transpose()
}

/// Parses a reference to a pack, and makes a relative path absolute.
pub(crate) fn parse_pack_ref(argument: &'static str, text: &str) -> Result<PackRef, UsageError> {
    match parse_argument::<NewPackRef>(argument, text)?.0 {
        PackRef::File(path) if !path.starts_with("file://") => {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::from_error(argument, &error))?;
            // keep it relative if the current folder is not UTF-8: it can still be read
            Ok(PackRef::File(absolute.to_str().map_or(path, str::to_owned)))
        }
        pack_ref => Ok(pack_ref),
    }
}

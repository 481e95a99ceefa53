//! Fuzzes the parsers of texts: an accepted text parses back from its own output, and the
//! error for a refused one is readable.

use std::ffi::OsString;
use std::fmt::Display;
use std::str::FromStr;

use env_pack_domain::{
    DescriptorPath, ExtRef, ForeignText, InstanceId, NetworkPermission, OciRef, PackDescriptor,
    PackRef, Sha256Digest, VersionReq,
};
use gtc_engine::worker::{
    protection::{parse_report, write_report},
    protocol::WorkerCommand,
};

/// Parses a text, and parses the output of the result again.
fn round_trip<T: FromStr<Err: Display> + Display + PartialEq + std::fmt::Debug>(
    text: &str,
) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let again = value.to_string();
            assert_eq!(
                again.parse::<T>().ok().as_ref(),
                Some(&value),
                "{text:?} is written as {again:?}"
            );
            Some(value)
        }
        Err(error) => {
            assert_readable(&error.to_string());
            None
        }
    }
}

/// A message about external text is short, and contains no control characters.
pub(crate) fn assert_readable(text: &str) {
    assert!(text.len() < 4 << 10, "a message of {} bytes", text.len());
    assert_eq!(ForeignText::new(text).to_string(), text, "it is not escaped");
}

/// Parses descriptors, descriptor paths and instance ids.
pub(crate) fn descriptor(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(descriptor) = round_trip::<PackDescriptor>(&text) {
        assert_eq!(descriptor.to_string(), text, "a descriptor has one spelling");
        let path = descriptor.path().as_str();
        assert!(
            path.contains('.')
                && path
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        );
    }
    round_trip::<DescriptorPath>(&text);
    round_trip::<InstanceId>(&text);
}

/// Parses version requirements: the SDK accepts exactly those that the host accepts.
pub(crate) fn requirement(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let host = text.parse::<VersionReq>();
    assert_eq!(env_pack_sdk::VersionReq::accepts(&text), host.is_ok(), "{text:?}");
    if let Ok(requirement) = host {
        assert_eq!(requirement.to_string().parse::<VersionReq>().ok(), Some(requirement));
    }
}

/// Parses references to extensions, `ext://…`.
pub(crate) fn extension(data: &[u8]) {
    round_trip::<ExtRef>(&String::from_utf8_lossy(data));
}

/// Parses references to packs, such as `oci://…`, digests and addresses.
pub(crate) fn reference(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match text.parse::<PackRef>() {
        Ok(reference) => {
            assert_eq!(reference.text(), text, "a reference is kept as it was written");
            assert_eq!(ForeignText::new(reference.to_string()).to_string(), reference.to_string());
        }
        Err(error) => assert_readable(&error.to_string()),
    }
    if let Some(artifact) = round_trip::<OciRef>(&text) {
        assert_eq!(artifact.to_string(), text, "a reference has one spelling");
    }
    round_trip::<Sha256Digest>(&text);
    round_trip::<NetworkPermission>(&text);
}

/// Orders and reports, which cross the border between a host and its worker.
pub(crate) fn protocol(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let report = parse_report(&text);
    assert_eq!(parse_report(&write_report(&report)), report);
    if let Ok(order) = WorkerCommand::parse(text.split('\0').map(OsString::from)) {
        assert_eq!(
            WorkerCommand::parse(order.to_arguments().into_iter().map(OsString::from)),
            Ok(order)
        );
    }
}

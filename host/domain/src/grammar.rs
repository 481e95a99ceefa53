//! Patterns of the texts that people write, for JSON Schemas and editors.
//!
//! A pattern matches every text that `from_str` of its type accepts, and may match others:
//! it helps while a file is written, and the parser decides. Patterns are regular
//! expressions of [ECMA-262] without look-ahead, which other dialects read the same way.
//!
//! [ECMA-262]: https://json-schema.org/draft/2020-12/json-schema-core#section-6.4

use std::str::FromStr;

use semver::Version;

use crate::{
    AnswersRef, DescriptorPath, DisplayName, EnvId, ExtRef, InstanceId, KeyId, Label,
    MAX_DESCRIPTOR_BYTES, NetworkPermission, OciRef, PackDescriptor, PackId, Sha256Digest,
    ToolPermission,
};

/// A kind of text with a pattern.
pub trait Grammar: FromStr {
    /// A pattern with anchors.
    const PATTERN: &'static str;
    /// The `format` of JSON Schema, if there is one.
    const FORMAT: Option<&'static str> = None;
    /// The maximum length in characters, if the pattern does not limit it.
    const MAX_CHARS: Option<usize> = None;
}

const WORD: &str = "^[A-Za-z0-9._-]{1,128}$";

impl Grammar for EnvId {
    const PATTERN: &'static str = WORD;
}

impl Grammar for PackId {
    const PATTERN: &'static str = WORD;
}

impl Grammar for InstanceId {
    const PATTERN: &'static str = "^[a-z0-9-]{1,128}$";
}

impl Grammar for DisplayName {
    const PATTERN: &'static str = r"^[^\u0000-\u001f\u007f-\u009f]{1,128}$";
}

impl Grammar for Label {
    const PATTERN: &'static str = r"^[^\s\u0000-\u001f\u007f-\u009f]{1,128}$";
}

impl Grammar for DescriptorPath {
    const PATTERN: &'static str = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$";
    const MAX_CHARS: Option<usize> = Some(MAX_DESCRIPTOR_BYTES);
}

impl Grammar for PackDescriptor {
    const PATTERN: &'static str =
        r"^[a-z0-9-]+(\.[a-z0-9-]+)+@[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$";
    const MAX_CHARS: Option<usize> = Some(MAX_DESCRIPTOR_BYTES);
}

impl Grammar for Version {
    const PATTERN: &'static str = r"^[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*$";
}

impl Grammar for ExtRef {
    const PATTERN: &'static str = r"^ext://[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z0-9-]{1,128})?$";
}

impl Grammar for AnswersRef {
    const PATTERN: &'static str = r"^[^/\\]";
}

impl Grammar for Sha256Digest {
    const PATTERN: &'static str = "^sha256:[0-9a-f]{64}$";
}

impl Grammar for KeyId {
    const PATTERN: &'static str = "^[0-9a-fA-F]{32}$";
}

impl Grammar for OciRef {
    const PATTERN: &'static str =
        "^oci://[^/]+/[a-z0-9._/-]+(:[A-Za-z0-9_.-]{1,128})?(@sha256:[0-9a-f]{64})?$";
}

impl Grammar for NetworkPermission {
    const PATTERN: &'static str = concat!(
        r"^((\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]{1,253}):[0-9]{1,5}",
        r"|\$\{answers(\.[A-Za-z_][A-Za-z0-9_-]{0,63}){1,8}\})$"
    );
}

impl Grammar for ToolPermission {
    const PATTERN: &'static str = "^[A-Za-z0-9_+]";
    const MAX_CHARS: Option<usize> = Some(Self::MAX_CHARS);
}

//! The rules of the canonical zip profile, by name.

use std::fmt;

macro_rules! rules {
    ($($rule:ident $name:literal $text:literal),+ $(,)?) => {
        /// A rule of the canonical zip profile.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ZipRule {
            $(#[doc = $text] $rule),+
        }

        impl ZipRule {
            /// All rules, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$rule),+];

            /// A stable, machine-readable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name),+
                }
            }
        }

        impl fmt::Display for ZipRule {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$rule => $text),+
                })
            }
        }
    };
}

rules! {
    EndRecord "zip-end-record"
        "the archive does not end in one end-of-central-directory record, without a comment",
    MultiDisk "zip-multi-disk" "the archive spans several disks",
    Zip64 "zip-zip64" "ZIP64 records and sizes are not allowed",
    Zip64Field "zip-zip64-field" "an entry is marked as ZIP64, which no entry of this size needs",
    Padding "zip-padding" "zeros between or after the records pad the archive",
    AlignmentField "zip-alignment-field"
        "an entry has an extra field that only aligns its data, as `zipalign` writes it",
    EntryCount "zip-entry-count"
        "there are more entries than allowed, or not as many as the end record says",
    Tiling "zip-tiling"
        "entries, central directory and end record must follow each other without gap or overlap",
    Truncated "zip-truncated" "a record reaches beyond the end of the archive",
    Signature "zip-signature" "a record does not begin with its signature",
    HeadersDiffer "zip-headers-differ" "local and central header disagree",
    Version "zip-version"
        "an entry asks for a newer version of the format than 2.0, which Deflate needs",
    Flags "zip-flags"
        "flags other than UTF-8 names are not allowed (encryption, data descriptors, patches)",
    Method "zip-method" "compression methods other than Stored and Deflate are not allowed",
    ExtraField "zip-extra-field" "extra fields and entry comments are not allowed",
    AmbiguousField "zip-ambiguous-field"
        "an entry has an extra field that is malformed, unknown, or means another name, type or \
         encryption to some readers",
    Name "zip-name"
        "names are relative ASCII paths with `/`, without empty, `.` or `..` segments, drives, \
         devices, controls, or what a reader would change, such as `;1`, `~1` or `__MACOSX`",
    NameTooLong "zip-name-too-long" "a name is longer than allowed",
    DuplicateName "zip-duplicate-name"
        "two names are equal, or differ only in case, or one is a folder of the other",
    FileType "zip-file-type" "only regular files are allowed",
    EntryTooLarge "zip-entry-too-large" "an entry is larger than allowed",
    TotalTooLarge "zip-total-too-large" "the entries together are larger than allowed",
    Ratio "zip-ratio" "an entry inflates more than allowed",
    StoredSize "zip-stored-size" "a stored entry has two different sizes",
    DeflateStream "zip-deflate-stream" "a deflate stream does not end exactly at its stated sizes",
    Checksum "zip-checksum" "an entry does not match its checksum",
}

impl ZipRule {
    /// Returns true if common zip writers break this rule, so that `gtc pack repack` may
    /// help.
    pub fn is_repackable(self) -> bool {
        matches!(
            self,
            Self::EndRecord
                | Self::Tiling
                | Self::HeadersDiffer
                | Self::Version
                | Self::Flags
                | Self::ExtraField
                | Self::Zip64Field
                | Self::AlignmentField
                | Self::Name
                | Self::FileType
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that `gtc pack repack` cannot help with: the archive is ambiguous, too
    /// large, or damaged.
    #[test]
    fn rules_about_meaning_and_size_are_not_repackable() {
        let not_repackable: Vec<_> = ZipRule::ALL
            .iter()
            .filter(|rule| !rule.is_repackable())
            .map(|rule| rule.name())
            .collect();
        assert_eq!(
            not_repackable,
            [
                "zip-multi-disk",
                "zip-zip64",
                "zip-padding",
                "zip-entry-count",
                "zip-truncated",
                "zip-signature",
                "zip-method",
                "zip-ambiguous-field",
                "zip-name-too-long",
                "zip-duplicate-name",
                "zip-entry-too-large",
                "zip-total-too-large",
                "zip-ratio",
                "zip-stored-size",
                "zip-deflate-stream",
                "zip-checksum",
            ]
        );
    }
}

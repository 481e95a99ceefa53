//! The revision of an environment, `revision.json`: how often it was changed, what its texts
//! were after the last change, and where its audit log ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use env_pack_domain::Sha256Digest;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::text;
use crate::audit_chain::AuditEnds;
use crate::error::StoreError;

/// The name of the file.
pub(super) const NAME: &str = "revision.json";
const SCHEMA: &str = "gtc.revision.v1";

/// The parsed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredRevision {
    schema: String,
    /// The number of changes.
    pub revision: u64,
    /// The revision with which the environment replaced another one of its id, or a deleted one;
    /// 0 if there was none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub began: u64,
    /// The digests of the texts after the last change.
    pub texts: BTreeMap<String, Sha256Digest>,
    /// The ends of the audit log.
    pub audit: AuditEnds,
}

impl Default for StoredRevision {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            revision: 0,
            began: 0,
            texts: BTreeMap::new(),
            audit: AuditEnds::default(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde expects")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl StoredRevision {
    pub(super) fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Reads the file, and returns it with its digest; none if it does not exist, as in
    /// environments that an earlier version or another tool made.
    pub(super) fn read(
        disk: &dyn Disk,
        folder: &Path,
    ) -> Result<Option<(Self, Sha256Digest)>, StoreError> {
        let path = Self::path(folder);
        let Some(file) = text::read(disk, &path)? else { return Ok(None) };
        Self::parse(&file.text, &path).map(|revision| Some((revision, file.digest)))
    }

    /// Parses the text of the file.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, StoreError> {
        let stored: Self =
            serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))?;
        if stored.schema != SCHEMA {
            let reason = format!("it is `{}`, expected `{SCHEMA}`", stored.schema);
            return Err(StoreError::malformed(path, "`schema`", reason));
        }
        Ok(stored)
    }

    pub(super) fn render(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts and numbers make JSON") + "\n"
    }

    /// Returns the revision of an environment with these texts. Another tool's change counts as
    /// one.
    pub(super) fn of(&self, digests: &BTreeMap<String, Sha256Digest>) -> u64 {
        self.revision.saturating_add(u64::from(*digests != self.texts))
    }
}

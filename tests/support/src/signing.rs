//! Signing keys and signed packs.

use std::path::{Path, PathBuf};

use crate::{Sandbox, text};

/// A key pair: the paths of its files, and its id.
pub struct Key {
    pub private: String,
    pub public: String,
    pub id: String,
}

impl Sandbox {
    /// Makes a key with `gtc pack keygen`.
    pub fn key(&self, name: &str) -> Key {
        let private = self.home().join(name).display().to_string();
        let made = self.verb("pack keygen").output(&private).succeeded().result();
        Key {
            public: text(&made["public_path"]).to_owned(),
            id: text(&made["key_id"]).to_owned(),
            private,
        }
    }

    /// Signs a pack with `gtc pack sign`; returns the path of the signature.
    pub fn sign(&self, pack: &Path, key: &Key) -> PathBuf {
        let pack = pack.display().to_string();
        let signed = self.pack().sign(&pack).key(&key.private).succeeded().result();
        assert_eq!(
            (text(&signed["key_id"]), text(&signed["path"])),
            (key.id.as_str(), format!("{pack}.sig").as_str())
        );
        PathBuf::from(text(&signed["path"]))
    }

    /// Adds a key to the trust root of the environment `local`.
    pub fn trust(&self, key: &Key) {
        self.trust_root().add(&key.public).succeeded();
    }
}

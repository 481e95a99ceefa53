//! Keys, signatures, and whom an environment trusts.

use super::{GOOD, Human, NOTICE, counted, shown};
use crate::cli::table::Tone;
use crate::ops::quoted;
use crate::ops::signing::{KeygenReport, SignReport, VerifyReport};
use crate::ops::trust_root::{TrustChangeReport, TrustRootReport};

impl Human for KeygenReport {
    fn human(&self, _verb: &str) -> String {
        let (private, public) = (self.path.to_string_lossy(), self.public_path.to_string_lossy());
        let mut text = format!("{} made key `{}`\n", Tone::Good.paint(GOOD), self.key_id);
        text.push_str(&format!("  private  {} (keep it to yourself)\n", shown(&private)));
        text.push_str(&format!("  public   {}\n", shown(&public)));
        text + &format!(
            "next: sign a pack with `gtc pack sign <pack> --key {}`\n",
            quoted(&private)
        )
    }
}

impl Human for SignReport {
    fn human(&self, _verb: &str) -> String {
        let (good, id, version) = (Tone::Good.paint(GOOD), &self.id, &self.version);
        let mut text = match self.changed {
            true => format!("{good} signed pack `{id}` {version}\n"),
            false => format!(
                "{good} pack `{id}` {version} is signed by this key already; nothing changed\n"
            ),
        };
        text.push_str(&format!("  sha256     {}\n", self.sha256));
        text.push_str(&format!("  key        {}\n", self.key_id));
        match (&self.path, &self.pack_ref) {
            (Some(path), _) => {
                text.push_str(&format!("  signature  {}\n", shown(&path.to_string_lossy())))
            }
            (None, Some(pack_ref)) => text.push_str(&format!("  signature  beside {pack_ref}\n")),
            (None, None) => {}
        }
        match self.signers.len() {
            0 | 1 => text,
            count => text + &format!("  it holds {}\n", counted(count, "signature")),
        }
    }
}

impl Human for VerifyReport {
    fn human(&self, _verb: &str) -> String {
        let good = Tone::Good.paint(GOOD);
        format!(
            "{good} pack `{}` is signed by `{}`\n  sha256  {}\n",
            self.pack_ref, self.signer, self.sha256
        )
    }
}

impl Human for TrustRootReport {
    fn human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        if self.keys.is_empty() {
            return format!("environment `{id}` has no trust root: signatures are not checked\n");
        }
        let keys: String = self.keys.iter().map(|key| format!("  {}\n", key.key_id)).collect();
        format!(
            "environment `{id}` takes only packs that are signed by {}\n{keys}",
            one_of(self.keys.len())
        )
    }
}

impl Human for TrustChangeReport {
    fn human(&self, verb: &str) -> String {
        let (id, key) = (&self.environment_id, &self.key_id);
        let what = match (verb, self.changed) {
            ("remove", _) => format!("environment `{id}` no longer trusts key `{key}`"),
            (_, true) => format!("environment `{id}` trusts key `{key}`"),
            (_, false) => format!("environment `{id}` trusts key `{key}` already; nothing changed"),
        };
        let text = format!("{} {what}\n", Tone::Good.paint(GOOD));
        match self.keys {
            0 => {
                text + &format!(
                    "  {} it trusts nobody now, so signatures are not checked\n",
                    Tone::Notice.paint(NOTICE)
                )
            }
            keys => {
                text + &format!("  it takes only packs that are signed by {}\n", one_of(keys))
                    + &format!(
                        "next: see what that means for its packs with `gtc op env doctor {id}`\n"
                    )
            }
        }
    }
}

fn one_of(keys: usize) -> String {
    match keys {
        1 => "this one key".to_owned(),
        keys => format!("one of {}", counted(keys, "key")),
    }
}

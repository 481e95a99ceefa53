//! Text of the reports about keys, signatures and trust roots.

use super::{GOOD, NOTICE, RenderHuman, plural, shown};
use crate::cli::table::Style;
use crate::ops::quoted;
use crate::ops::signing::{KeygenReport, SignReport, VerifyReport};
use crate::ops::trust_root::{TrustChangeReport, TrustRootReport};

impl RenderHuman for KeygenReport {
    fn render_human(&self, _verb: &str) -> String {
        let private = self.path.to_string_lossy();
        let public = self.public_path.to_string_lossy();
        let mut text = format!("{} created key `{}`\n", Style::Good.paint(GOOD), self.key_id);
        text.push_str(&format!("  private  {} (keep it secret)\n", shown(&private)));
        text.push_str(&format!("  public   {}\n", shown(&public)));
        text + &format!(
            "next: sign a pack with `gtc pack sign <pack> --key {}`\n",
            quoted(&private)
        )
    }
}

impl RenderHuman for SignReport {
    fn render_human(&self, _verb: &str) -> String {
        let good = Style::Good.paint(GOOD);
        let id = &self.id;
        let version = &self.version;
        let mut text = if self.changed {
            format!("{good} signed pack `{id}` {version}\n")
        } else {
            format!("{good} pack `{id}` {version} is already signed by this key; nothing changed\n")
        };
        text.push_str(&format!("  sha256     {}\n", self.sha256));
        text.push_str(&format!("  key        {}\n", self.key_id));
        match (&self.path, &self.pack_ref) {
            (Some(path), _) => {
                text.push_str(&format!("  signature  {}\n", shown(&path.to_string_lossy())))
            }
            (None, Some(pack_ref)) => text.push_str(&format!("  signature  next to {pack_ref}\n")),
            (None, None) => {}
        }
        match self.signers.len() {
            0 | 1 => text,
            count => text + &format!("  the file has {}\n", plural(count, "signature")),
        }
    }
}

impl RenderHuman for VerifyReport {
    fn render_human(&self, _verb: &str) -> String {
        let good = Style::Good.paint(GOOD);
        format!(
            "{good} pack `{}` is signed by `{}`\n  sha256  {}\n",
            self.pack_ref, self.signer, self.sha256
        )
    }
}

impl RenderHuman for TrustRootReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        if self.keys.is_empty() {
            return format!("environment `{id}` has no trust root: signatures are not checked\n");
        }
        let keys: String = self.keys.iter().map(|key| format!("  {}\n", key.key_id)).collect();
        format!(
            "environment `{id}` accepts only packs signed by {}\n{keys}",
            one_of(self.keys.len())
        )
    }
}

impl RenderHuman for TrustChangeReport {
    fn render_human(&self, verb: &str) -> String {
        let id = &self.environment_id;
        let key = &self.key_id;
        let what = match (verb, self.changed) {
            ("remove", _) => format!("environment `{id}` no longer trusts key `{key}`"),
            (_, true) => format!("environment `{id}` trusts key `{key}`"),
            (_, false) => format!("environment `{id}` already trusts key `{key}`; nothing changed"),
        };
        let text = format!("{} {what}\n", Style::Good.paint(GOOD));
        match self.keys {
            0 => {
                text + &format!(
                    "  {} it trusts no key now, so signatures are not checked\n",
                    Style::Notice.paint(NOTICE)
                )
            }
            keys => {
                text + &format!("  it accepts only packs signed by {}\n", one_of(keys))
                    + &format!("next: check its packs with `gtc op env doctor {id}`\n")
            }
        }
    }
}

fn one_of(keys: usize) -> String {
    match keys {
        1 => "this key".to_owned(),
        keys => format!("one of {}", plural(keys, "key")),
    }
}

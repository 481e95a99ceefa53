//! Packs that were carried somewhere.

use super::{GOOD, Human, NOTICE, counted, list, shown, warnings};
use crate::cli::table::Tone;
use crate::ops::export::ExportReport;
use crate::ops::import::{ImportReport, ImportedPack, ImportedTrustRoot};
use crate::ops::quoted;

impl Human for ExportReport {
    fn human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let mut text = format!(
            "{} saved {} to {}\n",
            Tone::Good.paint(GOOD),
            counted(self.packs.len(), "pack"),
            shown(&path)
        );
        for pack in &self.packs {
            text.push_str(&format!("\n  {}\n", pack.pack_ref));
            text.push_str(&format!("    pack      `{}` {}\n", pack.id, pack.version));
            text.push_str(&format!("    manifest  {}\n", pack.manifest_digest));
            text.push_str(&format!("    sha256    {}\n", pack.sha256));
            text.push_str(&format!("    {}\n", signed(pack.signatures)));
        }
        if let Some(environment) = &self.trust_root_of {
            text.push_str(&format!(
                "\n  the trust root of environment `{environment}` goes along\n"
            ));
        }
        text.push_str(&warnings(&self.warnings));
        text + &format!(
            "next: carry it over, and load it there with `gtc pack load {}`\n",
            quoted(&path)
        )
    }
}

impl Human for ImportReport {
    fn human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let (good, count) = (Tone::Good.paint(GOOD), counted(self.packs.len(), "pack"));
        let mut text = format!("{good} loaded {count} from {}\n", shown(&path));
        self.packs.iter().for_each(|pack| text.push_str(&loaded(pack)));
        if let Some(trust) = &self.trust_root {
            text.push_str(&trust_root(trust, &path));
        }
        if self.next.is_empty() {
            return text;
        }
        text.push_str("next: bind what you need; `gtc cache gc` takes away what is not bound\n");
        text + &self.next.iter().map(|command| format!("  {command}\n")).collect::<String>()
    }
}

fn loaded(pack: &ImportedPack) -> String {
    let name = pack.pack_ref.as_ref().map(ToString::to_string);
    let name = name.or_else(|| pack.name.as_ref().map(ToString::to_string));
    let mut text = format!("\n  {}\n", name.unwrap_or_else(|| "without a name".to_owned()));
    text.push_str(&format!("    pack      `{}` {}\n", pack.id, pack.version));
    text.push_str(&format!("    manifest  {}\n", pack.manifest_digest));
    text.push_str(&format!("    sha256    {}\n", pack.sha256));
    if let Some(path) = &pack.path {
        text.push_str(&format!("    file      {}\n", shown(&path.to_string_lossy())));
    }
    let claimed = match pack.claimed_signers.is_empty() {
        true => String::new(),
        false => {
            let signers = pack.claimed_signers.iter().map(|signer| format!("`{signer}`"));
            format!(", it says by {} (not checked)", list(signers))
        }
    };
    text + &format!("    {}{claimed}\n", signed(pack.signatures))
}

fn trust_root(trust: &ImportedTrustRoot, path: &str) -> String {
    let of =
        trust.environment.as_ref().map(|of| format!(" of environment `{of}`")).unwrap_or_default();
    let keys: String = trust.keys.iter().map(|key| format!("    {key}\n")).collect();
    match &trust.trusted_in {
        Some(environment) => {
            let good = Tone::Good.paint(GOOD);
            format!(
                "\n{good} environment `{environment}` trusts the keys of the trust root{of} that came along\n{keys}"
            )
        }
        None => format!(
            "\n{} a trust root{of} came along, and nobody trusts it\n{keys}    if these are the keys of whom you trust, take them with `gtc pack load {} --trust-in <env>`\n",
            Tone::Notice.paint(NOTICE),
            quoted(path)
        ),
    }
}

fn signed(signatures: usize) -> String {
    match signatures {
        0 => "unsigned".to_owned(),
        count => format!("with {}", counted(count, "signature")),
    }
}

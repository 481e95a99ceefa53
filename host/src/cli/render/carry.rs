//! Text of the reports of `pack save` and `pack load`.

use super::{GOOD, NOTICE, RenderHuman, list, plural, shown, warnings};
use crate::cli::table::Style;
use crate::ops::export::ExportReport;
use crate::ops::import::{ImportReport, ImportedPack, ImportedTrustRoot};
use crate::ops::quoted;

impl RenderHuman for ExportReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let mut text = format!(
            "{} saved {} to {}\n",
            Style::Good.paint(GOOD),
            plural(self.packs.len(), "pack"),
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
            text.push_str(&format!("\n  includes the trust root of environment `{environment}`\n"));
        }
        text.push_str(&warnings(&self.warnings));
        text + &format!(
            "next: copy it to the other machine and run `gtc pack load {}`\n",
            quoted(&path)
        )
    }
}

impl RenderHuman for ImportReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let good = Style::Good.paint(GOOD);
        let count = plural(self.packs.len(), "pack");
        let mut text = format!("{good} loaded {count} from {}\n", shown(&path));
        self.packs.iter().for_each(|pack| text.push_str(&loaded(pack)));
        if let Some(trust) = &self.trust_root {
            text.push_str(&trust_root(trust, &path));
        }
        if self.next.is_empty() {
            return text;
        }
        text.push_str("next: bind what you need; `gtc cache gc` removes the rest\n");
        text + &self.next.iter().map(|command| format!("  {command}\n")).collect::<String>()
    }
}

fn loaded(pack: &ImportedPack) -> String {
    let name = pack.pack_ref.as_ref().map(ToString::to_string);
    let name = name.or_else(|| pack.name.as_ref().map(ToString::to_string));
    let mut text = format!("\n  {}\n", name.unwrap_or_else(|| "(unnamed)".to_owned()));
    text.push_str(&format!("    pack      `{}` {}\n", pack.id, pack.version));
    text.push_str(&format!("    manifest  {}\n", pack.manifest_digest));
    text.push_str(&format!("    sha256    {}\n", pack.sha256));
    if let Some(path) = &pack.path {
        text.push_str(&format!("    file      {}\n", shown(&path.to_string_lossy())));
    }
    let claimed = if pack.claimed_signers.is_empty() {
        String::new()
    } else {
        let signers = pack.claimed_signers.iter().map(|signer| format!("`{signer}`"));
        format!(", claimed to be by {} (not verified)", list(signers))
    };
    text + &format!("    {}{claimed}\n", signed(pack.signatures))
}

fn trust_root(trust: &ImportedTrustRoot, path: &str) -> String {
    let of =
        trust.environment.as_ref().map(|of| format!(" of environment `{of}`")).unwrap_or_default();
    let keys: String = trust.keys.iter().map(|key| format!("    {key}\n")).collect();
    match &trust.trusted_in {
        Some(environment) => {
            let good = Style::Good.paint(GOOD);
            format!(
                "\n{good} environment `{environment}` now trusts the keys of the included trust root{of}\n{keys}"
            )
        }
        None => format!(
            "\n{} the file includes a trust root{of}, which is not trusted yet\n{keys}    if you trust these keys, run `gtc pack load {} --trust-in <env>`\n",
            Style::Notice.paint(NOTICE),
            quoted(path)
        ),
    }
}

fn signed(signatures: usize) -> String {
    match signatures {
        0 => "unsigned".to_owned(),
        count => format!("with {}", plural(count, "signature")),
    }
}

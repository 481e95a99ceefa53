//! Secrets that somebody packed by mistake: in text, and in the data of components.
//!
//! What is found is never repeated, not even in part.

mod forms;
mod keys;
mod urls;

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Code, Finding, Findings};
use forms::{FORMS, Sight};

/// How often what only begins like a secret is looked at in one pack. An honest one has a
/// few hundred of them, and a hostile one could have millions.
const GLANCES: usize = 200_000;
/// The bytes that every WebAssembly binary begins with.
const WASM: &[u8] = b"\0asm";
/// Names of files that people keep credentials in, and that tools keep their state in.
const PRIVATE_NAMES: &str = ".bash_history .boto .dockercfg .env .git-credentials .htpasswd .my.cnf .netrc .npmrc .pgpass .pypirc
    .s3cfg .vault-token .zsh_history _netrc credentials.tfrc.json id_dsa id_ecdsa id_ed25519 id_rsa kubeconfig terraform.tfstate
    terraform.tfstate.backup";
const PRIVATE_FOLDERS: &str = ".aws .azure .docker .git .gnupg .kube .ssh .terraform";
const PRIVATE_ENDINGS: &str = ".jks .kdbx .keystore .p12 .pfx .ppk .tfstate .tfvars";

/// A form, and what finds where it begins.
static FINDERS: LazyLock<Vec<(&forms::Form, Finder<'static>)>> =
    LazyLock::new(|| FORMS.iter().map(|form| (form, Finder::new(form.begins))).collect());

/// Looks for secrets in the entries of one pack.
pub(super) struct Search {
    glances: usize,
}

impl Search {
    pub fn new() -> Self {
        Self { glances: GLANCES }
    }

    /// Looks at an entry.
    pub fn look(&mut self, name: &str, content: &[u8], findings: &mut Findings) {
        let shown = env_pack_domain::ForeignText::excerpt(name);
        if is_private(name) {
            let message =
                format!("`{shown}` is what a file is called that belongs to one person or machine");
            findings.push(Finding::new(Code::PrivateFile, message).on(name));
        }
        let is_binary = content.starts_with(WASM);
        let mut told: Vec<&str> = Vec::new();
        for (form, finder) in FINDERS.iter() {
            if told.contains(&form.what)
                || form.what == forms::TOKEN_OF_WEB && name.starts_with("signatures/")
            {
                continue;
            }
            let Some(at) = self.find(form, finder, content, is_binary) else { continue };
            told.push(form.what);
            let place = match is_binary {
                true => format!("byte {at}"),
                false => format!("line {}", memchr::memchr_iter(b'\n', &content[..at]).count() + 1),
            };
            let message = format!("{place} of `{shown}` holds what looks like {}", form.what);
            findings.push(Finding::new(Code::Secret, message).on(name));
        }
    }

    /// Says what was not looked at.
    pub fn end(self, findings: &mut Findings) {
        if self.glances == 0 {
            let message = format!(
                "more than {GLANCES} places in the pack begin like a secret; the rest was not looked at"
            );
            findings.push(Finding::new(Code::SecretsUnsought, message));
        }
    }

    /// Where the first secret of a form begins.
    fn find(
        &mut self,
        form: &forms::Form,
        finder: &Finder<'_>,
        content: &[u8],
        is_binary: bool,
    ) -> Option<usize> {
        for at in finder.find_iter(content) {
            self.glances = self.glances.checked_sub(1)?;
            if form.fits(&Sight { content, at, is_binary }) {
                return Some(at);
            }
        }
        None
    }
}

/// Whether an entry has the name of something that belongs to one person or machine.
fn is_private(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let holds = |names: &str, word: &str| names.split_ascii_whitespace().any(|name| name == word);
    let (folders, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
    holds(PRIVATE_NAMES, file)
        || folders.split('/').any(|folder| holds(PRIVATE_FOLDERS, folder))
        || PRIVATE_ENDINGS.split_ascii_whitespace().any(|ending| file.ends_with(ending))
}

//! Arguments of `gtc op env-packs` and `gtc op extensions`: the pack to bind, its answers,
//! and how to bind it.

use clap::Arg;
use env_pack_domain::change::BindingRequest;
use env_pack_domain::{AnswersRef, BindingPlace, ForeignText, PackRef, Sha256Digest};

use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::ExpectedDigest;
use crate::parse::{parse_argument, parse_optional, parse_pack_ref};
use gtc_core::document::Text;

shared_arguments! {
    /// File of its answers, relative to the folder of the environment
    #[arg(long, value_name = "PATH")]
    #[schemars(with = "Option<Text<AnswersRef>>")]
    AnswersArg { answers_ref: Option<String> }

    /// Bind without answers; otherwise those of the replaced pack are kept
    #[arg(long, conflicts_with = "answers_ref")]
    NoAnswers { no_answers: bool }

    /// Bind the pack without fetching or checking it
    #[arg(long)]
    NoFetch { no_fetch: bool }

    /// Show the changes without binding anything
    #[arg(long, requires = "refresh")]
    DryRun { dry_run: bool }

    /// Show what would change, and change nothing
    #[arg(long = "dry-run")]
    Preview { dry_run: bool }

    /// Restore this generation instead of the previous binding
    #[arg(long, value_name = "GENERATION")]
    ToGeneration { to: Option<u64> }

    /// Remove it without asking at a terminal
    #[arg(long)]
    Yes { yes: bool }

    /// Fail unless the pack has this archive or manifest digest
    #[arg(long, value_name = "DIGEST")]
    #[schemars(with = "Option<Text<ExpectedDigest>>")]
    Expect { expect: Option<String> }
}

impl Expect {
    pub(crate) fn parse(&self) -> Result<Option<Sha256Digest>, UsageError> {
        let digest = parse_optional("expect", self.as_deref())?;
        Ok(digest.map(|ExpectedDigest(digest)| digest))
    }
}

/// Requires an argument if its id is one of `replaced`. `--refresh`, which conflicts with it,
/// takes its place; see [`Input`](crate::input::Input).
pub(crate) fn required_without_refresh(arg: Arg, replaced: &[&str]) -> Arg {
    let is_replaced = replaced.contains(&arg.get_id().as_str());
    if is_replaced { arg.required(true) } else { arg }
}

/// Parses the arguments that say what to bind.
pub(crate) fn parse_binding(
    place: BindingPlace,
    kind: &str,
    pack_ref: &str,
    answers: &AnswersArg,
) -> Result<BindingRequest, UsageError> {
    Ok(BindingRequest {
        place,
        kind: parse_argument("kind", kind)?,
        pack_ref: parse_binding_ref(pack_ref)?,
        answers_ref: parse_optional("answers_ref", answers.as_deref())?,
    })
}

/// Parses a reference to a pack to bind. Its absolute path must be UTF-8, because it is
/// written to `environment.json`.
fn parse_binding_ref(text: &str) -> Result<PackRef, UsageError> {
    match parse_pack_ref("pack_ref", text)? {
        PackRef::File(path)
            if !path.starts_with("file://") && !std::path::Path::new(&path).is_absolute() =>
        {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::from_error("pack_ref", &error))?;
            let reason = format!("`{}` is not UTF-8", ForeignText::new(absolute.to_string_lossy()));
            Err(UsageError::new("pack_ref", reason))
        }
        pack_ref => Ok(pack_ref),
    }
}

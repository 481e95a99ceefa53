//! The values that arguments can have, by the id of the argument.
//!
//! Only values that were parsed are offered: their grammars have no character that a shell or a
//! terminal interprets, whatever the files of an environment say.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::Arc;

use clap::builder::StyledStr;
use clap::{Arg, Command, ValueHint};
use clap_complete::engine::{
    ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _,
};
use env_pack_domain::messaging::BundleId;
use env_pack_domain::{CapabilitySlot, CoreSlot, PackId};

use super::bash::FILES;
use super::line::Line;
use gtc_core::limits::LIMITS;
use gtc_core::ops::project::Language;

/// Whether this program lists names of files, or leaves that to the shell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Files {
    Listed,
    LeftToShell,
}

impl Files {
    fn complete(self, typed: &OsStr) -> Vec<CompletionCandidate> {
        match self {
            Self::Listed => PathCompleter::any().complete(typed),
            Self::LeftToShell => vec![CompletionCandidate::new(FILES)],
        }
    }
}

/// Adds the values to the arguments of a command and of each command below it.
pub(super) fn add_values(tree: Command, line: &Arc<Line>, files: Files) -> Command {
    add_below("", tree, line, files)
}

fn add_below(parent: &str, command: Command, line: &Arc<Line>, files: Files) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|arg| add_to_argument(arg, [parent, &name], line, files))
        .mut_subcommands(|command| add_below(&name, command, line, files))
}

fn add_to_argument(arg: Arg, words: [&str; 2], line: &Arc<Line>, files: Files) -> Arg {
    let is_path = arg.get_value_hint() == ValueHint::AnyPath;
    let id = arg.get_id().as_str().to_owned();
    if is_path {
        return arg.add(ArgValueCompleter::new(move |typed: &OsStr| files.complete(typed)));
    }
    let Some(values) = values_of(&id, words) else { return arg };
    let line = Arc::clone(line);
    let is_pack = matches!(id.as_str(), "pack_ref" | "pack_refs");
    arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
        let start = typed.to_str().unwrap_or_default();
        // a pack is a file more often than the name of a built-in
        let mut fitting = if is_pack && start.is_empty() { Vec::new() } else { values(&line) };
        fitting.retain(|value| value.get_value().to_string_lossy().starts_with(start));
        if is_pack && fitting.is_empty() {
            fitting = files.complete(typed);
        }
        fitting
    }))
}

/// Returns the function that lists the values of an argument.
type Values = fn(&Line) -> Vec<CompletionCandidate>;

fn values_of(id: &str, [noun, verb]: [&str; 2]) -> Option<Values> {
    Some(match id {
        "env" | "environment_id" | "confirm" | "replace" | "trust_in" | "trust_root_of" => {
            environments
        }
        "slot" if verb == "new" => |_| names(CapabilitySlot::ALL),
        "slot" if verb == "add" => |_| names(CoreSlot::all()),
        "slot" => bound_slots,
        "lang" => |_| names(Language::ALL),
        "kind" if noun == "grants" => bound_paths,
        "kind" if noun == "env-packs" => pack_kinds,
        "kind" if verb == "add" || verb == "update" => extension_kinds,
        "kind" => extension_paths,
        "instance_id" => |line| names(line.instances()),
        "reference" => references,
        "endpoint_id" => endpoints,
        "bundle_id" if verb == "link-bundle" => |line| plain_names(line.deployed_bundles()),
        "bundle_id" => |line| plain_names(line.linked_bundles()),
        "key_id" => |line| names(line.trusted_keys()),
        "pack_ref" | "pack_refs" => |line| names(line.builtins()),
        "limits" => |_| names(LIMITS.iter().map(|limit| format!("{}=", limit.name))),
        _ => return None,
    })
}

fn names(values: impl IntoIterator<Item = impl ToString>) -> Vec<CompletionCandidate> {
    values.into_iter().map(|value| CompletionCandidate::new(value.to_string())).collect()
}

fn environments(line: &Line) -> Vec<CompletionCandidate> {
    names(line.environments())
}

fn with_help(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(StyledStr::from(help.to_owned())))
}

/// The slots of the environment, or all if it has none.
fn bound_slots(line: &Line) -> Vec<CompletionCandidate> {
    let packs = line.packs();
    if packs.is_empty() {
        return names(CoreSlot::all());
    }
    let bound = packs.iter().filter_map(|pack| Some((pack.slot.as_deref()?, &pack.kind)));
    bound.map(|(slot, kind)| with_help(slot, &kind.to_string())).collect()
}

/// The kinds that a pack can be bound to a slot as: built-in and bound ones. Of a named slot, only
/// its own.
fn pack_kinds(line: &Line) -> Vec<CompletionCandidate> {
    let slot = line.value("slot").and_then(|slot| slot.parse::<CapabilitySlot>().ok());
    let bound = line.packs().into_iter().map(|pack| pack.kind);
    let mut kinds: Vec<_> = line.builtins().into_iter().chain(bound).collect();
    kinds.retain(|kind| slot.is_none() || kind.path().slot() == slot);
    kinds.sort_by_key(ToString::to_string);
    kinds.dedup();
    names(kinds)
}

/// The extensions with their versions, to bind another one of the same kind.
fn extension_kinds(line: &Line) -> Vec<CompletionCandidate> {
    distinct(line.extensions().iter().map(|bound| bound.kind.to_string()))
}

/// The extensions without their versions, which do not matter.
fn extension_paths(line: &Line) -> Vec<CompletionCandidate> {
    distinct(line.extensions().iter().map(|bound| bound.kind.path().to_string()))
}

/// The paths of all bindings.
fn bound_paths(line: &Line) -> Vec<CompletionCandidate> {
    let bound = line.packs().into_iter().chain(line.extensions());
    distinct(bound.map(|bound| bound.kind.path().to_string()))
}

/// The references to extensions: `ext://<path>`, and `/<instance>` for one with a name.
fn references(line: &Line) -> Vec<CompletionCandidate> {
    distinct(line.extensions().iter().map(|bound| {
        let instance = bound.instance_id.as_ref().map(|id| format!("/{id}")).unwrap_or_default();
        format!("ext://{}{instance}", bound.kind.path())
    }))
}

/// The messaging endpoints, with their providers.
fn endpoints(line: &Line) -> Vec<CompletionCandidate> {
    let endpoints = line.endpoints().into_iter();
    let candidates = endpoints.map(|endpoint| {
        let help = format!("{} ({})", endpoint.provider_id, endpoint.provider_type);
        with_help(endpoint.endpoint_id.as_str(), &help)
    });
    candidates.collect()
}

/// The bundles whose ids a shell does not interpret: other tools restrict them little.
fn plain_names(bundles: Vec<BundleId>) -> Vec<CompletionCandidate> {
    names(bundles.iter().filter(|bundle| bundle.as_str().parse::<PackId>().is_ok()))
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    names(values.collect::<BTreeSet<_>>())
}

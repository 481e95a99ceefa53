//! What can be said of one handler: first what its binary and its declaration say, then
//! what it does.

use std::time::Duration;

use env_pack_domain::{EnvPackHandler, Permissions, VersionReq};

use super::report::SeenHandler;
use super::trial::{self, Trial};
use super::{Code, Failure, Finding, Findings, faults, permissions, preflight};
use crate::archive::{HandlerDeclaration, PackedHandler};
use crate::engine::{self, Trust};
use crate::host::Host;
use crate::ops::packs::load_next;

/// Above this, other tools of the ecosystem do not read a component, in bytes.
const OTHERS_READ: usize = 16 << 20;
/// Debug information below this is nobody's concern, in bytes.
const DEBUG_BYTES: u64 = 16 << 10;
/// The versions of the world that the interface of this host belongs to.
const WORLD: &str = "greentic:env-pack/env-pack-handler@0.1.";

/// Where a field of a handler's declaration stands.
pub(super) fn field(packed: &PackedHandler, field: &str) -> String {
    format!("handlers[{}].{field}", packed.component.as_exact())
}

/// Looks at a handler without running it.
pub(super) fn look(packed: &PackedHandler, findings: &mut Findings) {
    if packed.bytes.len() > OTHERS_READ {
        let message =
            format!("component `{}` has {} MiB", packed.component, packed.bytes.len() >> 20);
        findings.push(Finding::new(Code::ComponentLarge, message).on(packed.entry.as_exact()));
    }
    let debug = engine::debug_bytes(&packed.bytes);
    if debug > DEBUG_BYTES && debug > packed.bytes.len() as u64 / 4 {
        let message = format!(
            "{} of the {} KiB of component `{}` are names and debug information",
            debug >> 10,
            packed.bytes.len() >> 10,
            packed.component
        );
        findings.push(Finding::new(Code::DebugInformation, message).on(packed.entry.as_exact()));
    }
    match &packed.declared {
        // what was declared wrongly is told already
        None if findings.list.iter().any(|finding| finding.code == Code::DeclarationInvalid) => {}
        None => {
            let message =
                format!("the pack does not say what component `{}` is and wants", packed.component);
            findings.push(Finding::new(Code::HandlerUndeclared, message).on(super::DECLARATIONS));
        }
        Some(declared) => permissions::look(packed, &declared.permissions, findings),
    }
}

/// Runs a handler and compares what it says with what was said of it; also how long it
/// ran.
///
/// # Errors
/// [`Failure`] when this machine could not run it.
pub(super) fn run(
    host: &Host,
    packed: &PackedHandler,
    trust: Trust,
    findings: &mut Findings,
) -> Result<(Option<SeenHandler>, Duration), Failure> {
    let could_not = |error: &dyn std::fmt::Display, kind: &'static str| Failure {
        kind,
        message: format!("component `{}` was not run: {error}", packed.component),
        hint: "see what `gtc doctor self` says of the worker".to_owned(),
    };
    let trial = match trial::run(host, packed, trust) {
        Ok(trial) => trial,
        Err(error) => {
            let code = faults::of_load(&error).ok_or_else(|| could_not(&error, error.kind()))?;
            let message = format!("component `{}`: {error}", packed.component);
            let mut finding = Finding::new(code, message).on(packed.entry.as_exact());
            if matches!(code, Code::TooComplex | Code::CompileTime | Code::CompileMemory) {
                finding.hint = load_next(&error).to_owned();
            }
            findings.push(finding);
            return Ok((None, Duration::ZERO));
        }
    };
    let handler = trial.loaded.handler.as_ref();
    if !packed.world.as_exact().starts_with(WORLD) {
        let message =
            format!("the manifest says `{}`, and the component exports `0.1.x`", packed.world);
        findings.push(Finding::new(Code::WorldDiffers, message).on(field(packed, "world")));
    }
    if let Some(declared) = &packed.declared {
        compare(packed, declared, handler, findings);
    }
    let none = Permissions::default();
    let declared = packed.declared.as_ref().map_or(&none, |declared| &declared.permissions);
    permissions::derived(host, packed, declared, findings);
    permissions::imports(packed, &trial.loaded.imports, declared, findings);
    descriptor(packed, handler, findings);
    steady(packed, &trial, findings);
    preflight::judge(packed, &trial, declared, findings)
        .map_err(|fault| could_not(&fault, fault.kind()))?;
    let seen = SeenHandler {
        component: packed.component.clone(),
        slot: handler.slot(),
        descriptor_path: handler.descriptor_path().clone(),
        supported_versions: handler.supported_versions().to_string(),
        imports: trial.loaded.imports,
    };
    Ok((Some(seen), trial.took))
}

/// What the pack states against what the component answers.
fn compare(
    packed: &PackedHandler,
    declared: &HandlerDeclaration,
    handler: &dyn EnvPackHandler,
    findings: &mut Findings,
) {
    let said = [
        (Code::SlotDiffers, "slot", declared.slot.to_string(), handler.slot().to_string()),
        (
            Code::PathDiffers,
            "descriptor_path",
            declared.descriptor_path.to_string(),
            handler.descriptor_path().to_string(),
        ),
        (
            Code::VersionsDiffer,
            "supported_versions",
            declared.supported_versions.to_string(),
            handler.supported_versions().to_string(),
        ),
    ];
    for (code, name, declared, answered) in said {
        if declared != answered {
            let message = format!(
                "component `{}` answers `{answered}`, and the pack declares `{declared}`",
                packed.component
            );
            findings.push(Finding::new(code, message).on(field(packed, name)));
        }
    }
}

/// What is odd about the descriptor and the requirement by themselves.
fn descriptor(packed: &PackedHandler, handler: &dyn EnvPackHandler, findings: &mut Findings) {
    let path = handler.descriptor_path();
    if let Some(named) = path.slot().filter(|named| *named != handler.slot()) {
        let message = format!(
            "`{path}` names the slot `{named}`, and the handler serves `{}`",
            handler.slot()
        );
        findings.push(Finding::new(Code::OtherSlot, message).on(field(packed, "descriptor_path")));
    }
    let supported = handler.supported_versions();
    let has_end =
        |part: &semver::Comparator| !matches!(part.op, semver::Op::Greater | semver::Op::GreaterEq);
    let code = match *supported == VersionReq::STAR {
        true => Code::EveryVersion,
        false if supported.comparators.iter().any(has_end) => return,
        false => Code::OpenVersions,
    };
    let message = format!("the handler of `{path}` supports `{supported}`");
    findings.push(Finding::new(code, message).on(field(packed, "supported_versions")));
}

/// Whether a handler says the same of itself when it is asked again.
fn steady(packed: &PackedHandler, trial: &Trial, findings: &mut Findings) {
    let message = match &trial.changed {
        Ok(None) => return,
        Ok(Some(changed)) => {
            let trial::Changed { what, first, second } = changed;
            format!(
                "component `{}` answers {what} `{first}`, and then `{second}`",
                packed.component
            )
        }
        Err(error) => format!(
            "component `{}` answered, and when it was asked again: {error}",
            packed.component
        ),
    };
    findings.push(Finding::new(Code::MetadataChanges, message).on(packed.entry.as_exact()));
}

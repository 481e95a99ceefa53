//! Validates one handler: its binary and declaration first, then what it does when it runs.

use std::time::Duration;

use env_pack_domain::abi::{AbiVersion, SUPPORTED_HANDLERS};
use env_pack_domain::{EnvPackHandler, Permissions, VersionReq, with_causes};

use super::declaration::{DECLARATIONS, field_path};
use super::dry_run::{self, DryRun};
use super::error_codes;
use super::finding::{PackFinding, PackFindings};
use super::permissions;
use super::preflight;
use super::report::{ValidatedHandler, ValidationFailure};
use super::table::Code;
use crate::Host;
use crate::operation_error::OperationError;
use gtc_archive::{HandlerDeclaration, PackedHandler};
use gtc_engine::Provenance;

/// The largest component that other tools of the ecosystem read, in bytes.
const MAX_BYTES_ELSEWHERE: usize = 16 << 20;
/// Less debug information than this is not reported, in bytes.
const MIN_DEBUG_BYTES: u64 = 16 << 10;

/// Checks a handler without running it.
pub(super) fn check_binary(packed: &PackedHandler<'_>, findings: &mut PackFindings) {
    if packed.bytes.size() > MAX_BYTES_ELSEWHERE {
        let message =
            format!("component `{}` has {} MiB", packed.component, packed.bytes.size() >> 20);
        findings.push(PackFinding::new(Code::ComponentLarge, message).on(packed.entry.as_exact()));
    }
    let debug = gtc_engine::debug_section_bytes(&packed.bytes.read());
    if debug > MIN_DEBUG_BYTES && debug > packed.bytes.size() as u64 / 4 {
        let message = format!(
            "{} of the {} KiB of component `{}` are names and debug information",
            debug >> 10,
            packed.bytes.size() >> 10,
            packed.component
        );
        findings
            .push(PackFinding::new(Code::DebugInformation, message).on(packed.entry.as_exact()));
    }
    match &packed.declared {
        // reported when the archive was read
        None if findings.list.iter().any(|finding| finding.code == Code::DeclarationInvalid) => {}
        None => {
            let message = format!("the pack does not declare component `{}`", packed.component);
            findings.push(PackFinding::new(Code::HandlerUndeclared, message).on(DECLARATIONS));
        }
        Some(declared) => permissions::check_declared(packed, &declared.permissions, findings),
    }
}

/// Runs a handler, and compares its metadata and behaviour with its declaration. Returns the
/// handler, if it loaded, and how long it ran.
///
/// # Errors
/// [`ValidationFailure`] if this machine could not run it.
pub(super) fn run(
    host: &Host,
    packed: &PackedHandler<'_>,
    trust: Provenance,
    findings: &mut PackFindings,
) -> Result<(Option<ValidatedHandler>, Duration), ValidationFailure> {
    let could_not = |error: &dyn OperationError| ValidationFailure {
        kind: error.kind(),
        message: format!("component `{}` was not run: {}", packed.component, with_causes(error)),
        hint: error.hint().unwrap_or_default(),
    };
    let dry_run = match dry_run::run(host, packed, trust) {
        Ok(dry_run) => dry_run,
        Err(error) => {
            let code = error_codes::load_code(&error).ok_or_else(|| could_not(&error))?;
            let message = format!("component `{}`: {error}", packed.component);
            let mut finding = PackFinding::new(code, message).on(packed.entry.as_exact());
            if matches!(code, Code::TooComplex | Code::CompileTime | Code::CompileMemory) {
                finding.hint = error.hint().unwrap_or_default();
            }
            findings.push(finding);
            return Ok((None, Duration::ZERO));
        }
    };
    let handler = dry_run.loaded.handler.as_ref();
    if AbiVersion::of_world(packed.world.as_exact()).is_none() {
        let message = format!(
            "the manifest names `{}`, but the component exports {SUPPORTED_HANDLERS}",
            packed.world
        );
        findings
            .push(PackFinding::new(Code::WorldDiffers, message).on(field_path(packed, "world")));
    }
    if let Some(declared) = &packed.declared {
        compare_with_declaration(packed, declared, handler, findings);
    }
    let none = Permissions::default();
    let declared = packed.declared.as_ref().map_or(&none, |declared| &declared.permissions);
    permissions::check_section(host, packed, declared, findings);
    permissions::check_imports(packed, &dry_run.loaded.imports, declared, findings);
    check_descriptor(packed, handler, findings);
    check_deterministic(packed, &dry_run, findings);
    preflight::check(packed, &dry_run, declared, findings).map_err(|fault| could_not(&fault))?;
    let seen = ValidatedHandler {
        component: packed.component.clone(),
        slot: handler.slot(),
        descriptor_path: handler.descriptor_path().clone(),
        supported_versions: handler.supported_versions().to_string(),
        imports: dry_run.loaded.imports,
    };
    Ok((Some(seen), dry_run.took))
}

/// Compares the declaration of the pack with the metadata that the component reports.
fn compare_with_declaration(
    packed: &PackedHandler<'_>,
    declared: &HandlerDeclaration,
    handler: &dyn EnvPackHandler,
    findings: &mut PackFindings,
) {
    let fields = [
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
    for (code, name, declared, answered) in fields {
        if declared != answered {
            let message = format!(
                "component `{}` reports `{answered}`, but the pack declares `{declared}`",
                packed.component
            );
            findings.push(PackFinding::new(code, message).on(field_path(packed, name)));
        }
    }
}

/// Checks the descriptor path and the version requirement by themselves.
fn check_descriptor(
    packed: &PackedHandler<'_>,
    handler: &dyn EnvPackHandler,
    findings: &mut PackFindings,
) {
    let path = handler.descriptor_path();
    if let Some(named) = path.slot().filter(|named| *named != handler.slot()) {
        let message = format!(
            "`{path}` names the slot `{named}`, but the handler serves `{}`",
            handler.slot()
        );
        findings.push(
            PackFinding::new(Code::OtherSlot, message).on(field_path(packed, "descriptor_path")),
        );
    }
    let supported = handler.supported_versions();
    let has_upper_bound =
        |part: &semver::Comparator| !matches!(part.op, semver::Op::Greater | semver::Op::GreaterEq);
    let code = if *supported == VersionReq::STAR {
        Code::EveryVersion
    } else if supported.comparators.iter().any(has_upper_bound) {
        return;
    } else {
        Code::OpenVersions
    };
    let message = format!("the handler of `{path}` supports `{supported}`");
    findings.push(PackFinding::new(code, message).on(field_path(packed, "supported_versions")));
}

/// Checks that a handler reports the same metadata when it is asked again.
fn check_deterministic(packed: &PackedHandler<'_>, dry_run: &DryRun, findings: &mut PackFindings) {
    let message = match &dry_run.changed {
        Ok(None) => return,
        Ok(Some(changed)) => {
            let dry_run::MetadataChange { what, first, second } = changed;
            format!(
                "component `{}` reports {what} `{first}` first, then `{second}`",
                packed.component
            )
        }
        Err(error) => format!(
            "component `{}` reported its metadata, but not a second time: {}",
            packed.component,
            with_causes(error)
        ),
    };
    findings.push(PackFinding::new(Code::MetadataChanges, message).on(packed.entry.as_exact()));
}

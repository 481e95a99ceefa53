//! Maps errors of the archive reader and the engine to codes. An error without a code was
//! not caused by the pack: the pack could not be examined.

use env_pack_domain::HandlerFault;

use super::declaration::DECLARATIONS;
use super::finding::PackFinding;
use super::table::Code;
use gtc_archive::{ArchiveError, ComponentFault};
use gtc_engine::LoadError;

/// The finding for an error of the archive reader.
pub(super) fn archive_finding(error: &ArchiveError) -> Option<PackFinding> {
    let finding = |code| PackFinding::new(code, error.to_string());
    let on = |code, subject: &str| Some(finding(code).on(subject));
    match error {
        ArchiveError::TooLarge { .. } => Some(finding(Code::ArchiveTooLarge)),
        ArchiveError::Profile { rule, offset, entry }
        | ArchiveError::NotRepackable { rule, offset, entry } => {
            let byte = Some(*offset as u64);
            Some(PackFinding {
                subject: entry.clone(),
                byte,
                ..finding(Code::from_name(rule.name())?)
            })
        }
        ArchiveError::BareComponent => Some(finding(Code::BareComponent)),
        ArchiveError::Application => on(Code::NoHandler, "manifest.json"),
        ArchiveError::MissingEntry { entry } => {
            on(manifest_or_sbom(entry, Code::ManifestMissing, Code::SbomMissing), entry)
        }
        ArchiveError::DocumentTooLarge { entry, .. } => {
            on(manifest_or_sbom(entry, Code::ManifestTooLarge, Code::SbomTooLarge), entry)
        }
        ArchiveError::InvalidDocument { entry, .. } => {
            on(manifest_or_sbom(entry, Code::ManifestInvalid, Code::SbomInvalid), entry)
        }
        ArchiveError::ListedButAbsent { path } => on(Code::SbomAbsent, path.as_exact()),
        ArchiveError::PresentButUnlisted { path } => on(Code::SbomOmits, path.as_exact()),
        ArchiveError::ListedTwice { path } => on(Code::SbomTwice, path.as_exact()),
        ArchiveError::SbomMismatch { path, what } => {
            on(if *what == "size" { Code::SbomSize } else { Code::SbomHash }, path.as_exact())
        }
        ArchiveError::TwoSboms => on(Code::SbomAmbiguous, "sbom.json"),
        ArchiveError::MissingComponent { file, .. } => on(Code::ComponentMissing, file.as_exact()),
        ArchiveError::ComponentTwice { second, .. } => {
            on(Code::ComponentAmbiguous, second.as_exact())
        }
        ArchiveError::UnlistedComponent { file, .. } => {
            on(Code::ComponentUnlisted, file.as_exact())
        }
        ArchiveError::TooManyHandlers { .. } => on(Code::TooManyHandlers, "manifest.cbor"),
        ArchiveError::InvalidDeclaration { .. } => on(Code::DeclarationInvalid, DECLARATIONS),
        // caused by the host: its two zip readers disagree, or it could not write
        ArchiveError::Unreadable { .. } | ArchiveError::Unwritable { .. } => None,
    }
}

/// The finding for a problem with the manifest of a component.
pub(super) fn component_finding(fault: &ComponentFault) -> PackFinding {
    let (code, subject) = match fault {
        ComponentFault::MissingManifest { file, .. } => (Code::ComponentManifestMissing, file),
        ComponentFault::InvalidManifest { file, .. } => (Code::ComponentManifestInvalid, file),
        ComponentFault::ManifestMismatch { file, .. } => (Code::ComponentManifestDiffers, file),
        ComponentFault::Undeclared { entry } => (Code::ComponentUndeclared, entry),
    };
    PackFinding::new(code, fault.to_string()).on(subject.as_exact())
}

fn manifest_or_sbom(entry: &str, manifest: Code, sbom: Code) -> Code {
    if entry == "manifest.cbor" { manifest } else { sbom }
}

/// The code for a component that does not load.
pub(super) fn load_code(error: &LoadError) -> Option<Code> {
    Some(match error {
        LoadError::NotAComponent { .. } => Code::NotAComponent,
        LoadError::NoHandler => Code::HandlerNotExported,
        LoadError::UnsupportedWit { .. } => Code::UnsupportedWit,
        LoadError::UnsupportedImport { .. } => Code::UnsupportedImport,
        LoadError::TooComplex { .. } => Code::TooComplex,
        LoadError::CompileTime { .. } => Code::CompileTime,
        LoadError::CompileMemory { .. } => Code::CompileMemory,
        LoadError::CompileCode { .. } => Code::CompileCode,
        LoadError::Compile { .. } | LoadError::UnusableCode { .. } => Code::DoesNotCompile,
        LoadError::CompilerFailed { .. } => Code::CompilerFailed,
        LoadError::Interface { .. } => Code::WrongInterface,
        LoadError::Fault(fault) => return metadata_code(fault),
        // validation prints no interface
        LoadError::WitPrinterFailed { .. }
        | LoadError::NoWorker
        | LoadError::Worker { .. }
        | LoadError::Shortage { .. } => return None,
    })
}

/// The code for a handler that failed when it was asked for its metadata.
pub(super) fn metadata_code(fault: &HandlerFault) -> Option<Code> {
    Some(match fault {
        HandlerFault::Trapped { .. } | HandlerFault::Crashed { .. } => Code::MetadataTrapped,
        HandlerFault::Exited { .. } => Code::MetadataExited,
        HandlerFault::OutOfTime { .. } => Code::MetadataTime,
        HandlerFault::OutOfMemory { .. } => Code::MetadataMemory,
        HandlerFault::TooMany { .. } => Code::MetadataTooMany,
        HandlerFault::TooMuchOutput { .. } => Code::MetadataTooMuch,
        HandlerFault::WrongShape { .. } => Code::MetadataShape,
        HandlerFault::ForbiddenImport { .. } => Code::MetadataImport,
        // caused by this machine
        HandlerFault::NotRun { .. } => return None,
    })
}

/// The code for a handler that failed in its preflight.
pub(super) fn preflight_code(fault: &HandlerFault) -> Option<Code> {
    Some(match fault {
        HandlerFault::Trapped { .. } | HandlerFault::Crashed { .. } => Code::PreflightTrapped,
        HandlerFault::Exited { .. } => Code::PreflightExited,
        HandlerFault::OutOfTime { .. } => Code::PreflightTime,
        HandlerFault::OutOfMemory { .. } => Code::PreflightMemory,
        HandlerFault::TooMany { .. } => Code::PreflightTooMany,
        HandlerFault::TooMuchOutput { .. } => Code::PreflightTooMuch,
        HandlerFault::WrongShape { .. } => Code::PreflightShape,
        other => return metadata_code(other),
    })
}

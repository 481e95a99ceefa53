//! Reports all problems of an archive, for authors who want to fix it.

use super::component_manifests::{self, ComponentFault, WasmEntries};
use super::entry_reader::EntryReader;
use super::error::ArchiveError;
use super::limits::ArchiveLimits;
use super::manifest;
use super::open::WASM;
use super::pack::{EntryInfo, Pack};
use super::profile;
use super::sbom;

/// The result of [`diagnose`].
///
/// A pack with faults must not be used: [`open`](fn@super::open) refuses it.
#[derive(Debug, Default)]
pub struct ArchiveDiagnosis<'a> {
    /// Problems for which [`open`](fn@super::open) refuses the archive.
    pub faults: Vec<ArchiveError>,
    /// The entries in order; empty if the archive breaks the canonical zip profile.
    pub entries: Vec<EntryInfo>,
    /// Inconsistencies of components, for which the archive is not refused.
    pub component_faults: Vec<ComponentFault>,
    /// The pack, if its manifest can be read.
    pub pack: Option<Pack<'a>>,
}

/// Reads an archive, and continues after a fault where the rest is still meaningful. It
/// stops at faults of the zip container.
///
/// `visit` is called with name and content of each entry, in order.
pub fn diagnose<'a>(
    bytes: &'a [u8],
    limits: &ArchiveLimits,
    visit: &mut dyn FnMut(&str, &[u8]),
) -> ArchiveDiagnosis<'a> {
    let mut diagnosis = ArchiveDiagnosis::default();
    if let Err(fault) = diagnose_container(bytes, limits, visit, &mut diagnosis) {
        diagnosis.faults.push(fault);
    }
    diagnosis
}

fn diagnose_container<'a>(
    bytes: &'a [u8],
    limits: &ArchiveLimits,
    visit: &mut dyn FnMut(&str, &[u8]),
    diagnosis: &mut ArchiveDiagnosis<'a>,
) -> Result<(), ArchiveError> {
    if bytes.starts_with(WASM) {
        return Err(ArchiveError::BareComponent);
    }
    let entries = profile::check(bytes, limits)?;
    let mut reader = EntryReader::new(bytes, limits)?;
    let mut wasm_entries = WasmEntries::default();
    for entry in &entries {
        let name = entry.name.as_exact();
        match reader.content(name) {
            Ok(Some(content)) => {
                wasm_entries.add(name, &content);
                visit(name, &content);
            }
            Ok(None) => {}
            Err(fault) => diagnosis.faults.push(fault),
        }
    }
    diagnosis.entries = entries;
    diagnose_documents(&mut reader, &wasm_entries, limits, diagnosis);
    Ok(())
}

/// Reads manifest and bill of materials, and checks the entries against them.
fn diagnose_documents<'a>(
    reader: &mut EntryReader<'a, '_>,
    wasm_entries: &WasmEntries,
    limits: &ArchiveLimits,
    diagnosis: &mut ArchiveDiagnosis<'a>,
) {
    let manifest = manifest::read(reader);
    if let Err(fault @ ArchiveError::Application) = manifest {
        // an application has no bill of materials, so that is not a fault
        diagnosis.faults.push(fault);
        return;
    }
    let entries = &diagnosis.entries;
    let mut fatal = Vec::new();
    let mut found = Vec::new();
    let mut collect = |fault| {
        found.push(fault);
        Ok(())
    };
    if let Ok(manifest) = &manifest {
        let faults =
            component_manifests::compare_all(manifest, entries, wasm_entries, limits, |name| {
                reader.content(name)
            });
        match faults {
            Ok(faults) => diagnosis.component_faults = faults,
            Err(fault) => fatal.push(fault),
        }
    }
    let sbom = sbom::read(reader);
    let pack = manifest
        .and_then(|manifest| manifest::build_pack(manifest, entries.clone(), reader, &mut collect));
    let verified = sbom.and_then(|sbom| sbom::verify(&sbom, entries, &mut collect));
    fatal.extend(verified.err());
    match pack {
        Ok(pack) => diagnosis.pack = Some(pack),
        Err(fault) => fatal.push(fault),
    }
    diagnosis.faults.extend(fatal);
    diagnosis.faults.extend(found);
}

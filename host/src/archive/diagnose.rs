//! Everything that is wrong with an archive, where reading can go on, for whoever wants
//! to put it right.
//!
//! What it finds is no pack to be used: a pack that has faults is refused whole by
//! [`open`](super::open).

use super::component_manifests::{self, ComponentFault, WasmEntries};
use super::{
    ArchiveError, ArchiveLimits, EntryInfo, Pack, entry_reader::EntryReader, manifest, profile,
    sbom,
};

/// What was found in an archive.
#[derive(Debug, Default)]
pub struct ArchiveDiagnosis {
    /// What is wrong with it.
    pub faults: Vec<ArchiveError>,
    /// Its entries in their order; none when the container itself is at fault.
    pub entries: Vec<EntryInfo>,
    /// What is odd about its components, and no reason to refuse it.
    pub components: Vec<ComponentFault>,
    /// The pack, as far as its manifest can be read.
    pub pack: Option<Pack>,
}

/// Reads an archive, and goes on after a fault wherever what follows still means
/// something: not after one of the container.
///
/// `look` is shown the content of every entry, in their order.
pub fn diagnose(
    bytes: &[u8],
    limits: &ArchiveLimits,
    look: &mut dyn FnMut(&str, &[u8]),
) -> ArchiveDiagnosis {
    let mut survey = ArchiveDiagnosis::default();
    let read = profile::check(bytes, limits)
        .and_then(|entries| Ok((entries, EntryReader::new(bytes, limits)?)));
    let (entries, mut reader) = match read {
        Ok(read) => read,
        Err(fault) => {
            survey.faults.push(fault);
            return survey;
        }
    };
    let mut wasm_entries = WasmEntries::default();
    for entry in &entries {
        let name = entry.name.as_exact();
        match reader.content(name) {
            Ok(content) => content.into_iter().for_each(|content| {
                wasm_entries.note(name, &content);
                look(name, &content);
            }),
            Err(fault) => survey.faults.push(fault),
        }
    }
    let manifest = manifest::read(&mut reader);
    if let Err(other @ ArchiveError::Application) = manifest {
        // it has no bill of materials either, and is none the worse for it
        survey.faults.push(other);
        survey.entries = entries;
        return survey;
    }
    let looked = manifest.as_ref().ok().map(|manifest| {
        // that of a component is part of that of the pack, word for word
        component_manifests::compare_all(
            manifest,
            &entries,
            &wasm_entries,
            limits.manifest_bytes,
            |name| reader.content(name),
        )
    });
    match looked {
        Some(Ok(odd)) => survey.components = odd,
        Some(Err(fault)) => survey.faults.push(fault),
        None => {}
    }
    let bill = sbom::read(&mut reader);
    let mut found = Vec::new();
    let mut note = |fault| {
        found.push(fault);
        Ok(())
    };
    let copies = entries.iter().map(EntryInfo::clone).collect();
    let read = manifest.and_then(|manifest| {
        manifest::build_pack(manifest, copies, |name| reader.content(name), &mut note)
    });
    let verified = bill.and_then(|bill| sbom::verify(&bill, &entries, &mut note));
    survey.faults.extend(verified.err());
    match read {
        Ok(pack) => survey.pack = Some(pack),
        Err(fault) => survey.faults.push(fault),
    }
    survey.faults.extend(found);
    survey.entries = entries;
    survey
}

//! Compares a bound archive with what its reference leads to now.

use env_pack_domain::{DescriptorPath, EnvPackHandler, Pin};

use super::check::CheckedPack;
use super::report::{ComparedPack, GrantsReport, PackDifference};
use crate::Host;
use crate::ops::load_pack;

/// Returns the difference between the pinned and the checked archive, as far as it concerns the
/// handler of a descriptor path; none if they are the same.
pub(super) fn compare(
    host: &Host,
    pin: &Pin,
    checked: &CheckedPack,
    path: &DescriptorPath,
) -> Option<PackDifference> {
    if pin.archive == checked.pin.archive && pin.manifest == checked.pin.manifest {
        return None;
    }
    let cached = host.fetcher.cache.archives.get(&pin.archive);
    let before = cached.as_ref().and_then(|archive| load_pack::open_archive(host, archive).ok());
    // without the old archive, assume that it declared what it was granted
    let declared_before =
        before.as_ref().map_or_else(|| pin.grants.clone(), |pack| pack.permissions_of(path));
    let after = load_pack::open_archive(host, &checked.fetched).ok();
    Some(PackDifference {
        from: compared(pin, before.map(|pack| pack.version)),
        to: compared(&checked.pin, after.map(|pack| pack.version)),
        permissions_added: GrantsReport::from(&checked.declared.without(&declared_before)),
        permissions_removed: GrantsReport::from(&declared_before.without(&checked.declared)),
    })
}

fn compared(pin: &Pin, version: Option<String>) -> ComparedPack {
    let mut supported: Vec<_> =
        pin.handlers.iter().map(|handler| handler.supported_versions.to_string()).collect();
    supported.extend(pin.config_pack().map(|pack| pack.supported_versions().to_string()));
    supported.dedup();
    ComparedPack {
        manifest_digest: pin.manifest,
        sha256: pin.archive.hex(),
        version,
        supported_versions: supported,
    }
}

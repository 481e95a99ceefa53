//! Archives: hostile ones are refused quickly, by the expected rule; admitted ones read the
//! same in all zip readers.

mod bit_flips;
mod container;
mod content;
mod files;
mod legacy_manifests;
mod name_sweep;
mod other_readers;
mod repack;
pub mod rules;

use std::collections::BTreeSet;
use std::time::Duration;

use gtc_archive::{ArchiveError, ArchiveLimits, ZipRule};

use self::rules::{In, breaks, pack};
use test_support::footprint::used;
use test_support::{Sandbox, memory, text};

/// A small random number generator with a fixed sequence, so that tests are reproducible.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // xorshift64*, by Vigna
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// An archive that must be refused with this rule.
struct Hostile {
    label: String,
    rule: &'static str,
    bytes: Vec<u8>,
    /// Bytes that must be inflated to find the problem, if they are more than the archive
    /// has.
    unpacked: usize,
}

fn hostile(label: impl Into<String>, rule: &'static str, bytes: Vec<u8>) -> Hostile {
    Hostile { label: label.into(), rule, bytes, unpacked: 0 }
}

fn open(bytes: &[u8]) -> Result<gtc_archive::Pack<'_>, ArchiveError> {
    gtc_archive::open(bytes, &ArchiveLimits::default())
}

/// All hostile archives.
fn all() -> Vec<Hostile> {
    let alone = ZipRule::ALL.iter().map(|rule| {
        let mut zip = pack();
        breaks(&mut zip, *rule, In::First);
        hostile(format!("{rule:?} alone"), rule.name(), zip.bytes())
    });
    alone
        .chain(container::hostile_archives())
        .chain(content::hostile_archives())
        .chain(legacy_manifests::hostile_archives())
        .collect()
}

/// Maximum CPU time for refusing an archive, also in a debug build. It grows with the size
/// of the archive, packed or inflated, because the problem may be at its end.
fn budget(archive: &Hostile) -> Duration {
    let bytes = archive.bytes.len().max(archive.unpacked);
    Duration::from_millis(50) + Duration::from_millis(10) * bytes.div_ceil(1 << 20) as u32
}

#[test]
fn the_base_pack_of_hostile_archives_is_valid() {
    open(&pack().bytes()).expect("opened");
}

#[test]
fn every_hostile_archive_is_refused_quickly_by_its_rule() {
    let archives = all();
    let rules: BTreeSet<_> = archives.iter().map(|archive| archive.rule).collect();
    assert!(archives.len() >= 60 && ZipRule::ALL.iter().all(|rule| rules.contains(rule.name())));
    let faults: Vec<String> =
        archives.into_iter().filter_map(|archive| fault(archive).err()).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn fault(archive: Hostile) -> Result<(), String> {
    let budget = budget(&archive);
    let Hostile { label, rule, bytes, .. } = archive;
    // the best of three, in CPU time, because the machine may be busy
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let start = used();
        let refused = open(&bytes).err().map(|error| error.rule());
        best = best.min(used().saturating_sub(start));
        if refused != Some(rule) {
            return Err(format!("{label}: refused by {refused:?}, not by {rule}"));
        }
    }
    if best > budget {
        return Err(format!("{label}: {best:?} for {} bytes", bytes.len()));
    }
    Ok(())
}

/// `diagnose` reports the rule for which `open` refuses an archive, and no fault of a valid
/// one.
#[test]
fn diagnose_reports_what_open_refuses() {
    let diagnose = |bytes: &[u8]| {
        gtc_archive::diagnose(bytes, &ArchiveLimits::default(), &mut |_, _| {}).faults
    };
    for Hostile { label, rule, bytes, .. } in all() {
        let faults: Vec<_> = diagnose(&bytes).iter().map(ArchiveError::rule).collect();
        assert!(faults.contains(&rule), "{label}: {faults:?} instead of {rule}");
    }
    assert!(diagnose(&pack().bytes()).is_empty());
}

#[test]
fn breaking_two_rules_is_refused_by_one_of_them() {
    for (at, one) in ZipRule::ALL.iter().enumerate() {
        for other in &ZipRule::ALL[at + 1..] {
            let mut zip = pack();
            breaks(&mut zip, *one, In::First);
            breaks(&mut zip, *other, In::Second);
            match open(&zip.bytes()) {
                Err(ArchiveError::Profile { rule, .. }) if [*one, *other].contains(&rule) => {}
                unexpected => panic!("{one:?} and {other:?}: {unexpected:?}"),
            }
        }
    }
}

/// Allowed growth beyond an empty archive, in KiB.
const GROWTH: u64 = 16 << 10;

#[test]
fn inspect_refuses_every_hostile_archive_in_bounded_memory() {
    let sandbox = Sandbox::new();
    let inspect = |bytes: &[u8]| {
        let path = sandbox.write("packs/one.gtpack", bytes);
        memory::peak_at_stderr(&mut sandbox.pack().inspect(&path).command())
    };
    // the cheapest possible refusal
    let (_, floor) = inspect(b"");
    for Hostile { label, rule, bytes, .. } in all() {
        let (ran, peak) = inspect(&bytes);
        let message = ran.refused(1, rule);
        assert!(message.contains("packs/one.gtpack"), "{label}: {message}");
        // the archive itself is always read
        let allowed = floor + GROWTH + (bytes.len() as u64 >> 10);
        assert!(peak <= allowed, "{label}: {peak} KiB, where an empty archive takes {floor}");
    }
}

#[test]
fn names_in_a_hostile_archive_are_escaped() {
    let mut zip = pack();
    zip.entry("notes/b.txt")
        .both(|header| header.name = b"\x1b[2J\x07 all \xe2\x80\xae good".to_vec());
    let sandbox = Sandbox::new();
    let path = sandbox.write("one.gtpack", zip.bytes());
    let ran = sandbox.pack().inspect(&path).human().exited(1);
    assert!(
        ran.stderr.contains(r"\u{1b}[2J\u{7} all \u{202e} good"),
        "{}",
        text(&ran.stderr.into())
    );
}

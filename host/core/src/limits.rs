//! All limits by name, so that an operator can change them. Limits can be raised up to a
//! ceiling but not disabled.

use std::time::Duration;

use crate::ops::cache::limits::CacheLimits;
use crate::ops::load_limits::LoadLimits;
use crate::ops::tool_check::limits::ToolCheckLimits;
use crate::project;
use crate::scenario;

/// All limits of a host. The default values are those that `gtc doctor limits` prints.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// Size and number of entries of an archive.
    pub archive: gtc_archive::ArchiveLimits,
    /// Number of generations that garbage collection of the cache keeps.
    pub cache: CacheLimits,
    /// Complexity of components, and resources of handlers.
    pub engine: gtc_engine::EngineLimits,
    /// Time and size of transfers from registries and of image layouts.
    pub fetch: gtc_fetch::FetchLimits,
    /// Time for loading packs.
    pub load: LoadLimits,
    /// Size of project files and of the output of toolchains.
    pub project: project::ProjectLimits,
    /// Number and size of scenarios, and their run time.
    pub scenario: scenario::ScenarioLimits,
    /// Number of old texts that a store keeps.
    pub store: gtc_store::StoreLimits,
    /// Number of preflights at the same time.
    pub tool_check: ToolCheckLimits,
}

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes, optionally with the suffix `KiB`, `MiB` or `GiB`.
    Bytes,
    /// A number without a unit.
    Count,
    /// A duration with the suffix `ms` or `s`, stored in milliseconds.
    Time,
    /// Whole seconds, without a suffix.
    Seconds,
}

/// A named limit.
pub struct Limit {
    /// Name in `--limit <name>=<value>`, such as `handler.preflight-time`.
    pub name: &'static str,
    /// Unit of its value.
    pub unit: Unit,
    get: fn(&Limits) -> u64,
    set: fn(&mut Limits, u64),
}

impl Unit {
    /// The highest value of any limit with this unit; a higher one would limit nothing in
    /// practice.
    fn ceiling(self) -> u64 {
        match self {
            Self::Bytes => 2 << 30,
            Self::Count => 100_000_000,
            Self::Time => 3_600_000,
            Self::Seconds => 3_600,
        }
    }

    fn parse(self, text: &str) -> Option<u64> {
        let suffixes: &[(&str, u64)] = match self {
            Self::Bytes => &[("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)],
            Self::Time => &[("ms", 1), ("s", 1_000)],
            Self::Count | Self::Seconds => &[("", 1)],
        };
        let (number, factor) = suffixes
            .iter()
            .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, factor)))?;
        number.trim().parse::<u64>().ok()?.checked_mul(*factor)
    }

    /// Formats a value with its unit, such as `64 MiB` or `30 s`.
    pub fn format(self, value: u64) -> String {
        match self {
            Self::Bytes if value >= 1 << 20 && value.is_multiple_of(1 << 20) => {
                format!("{} MiB", value >> 20)
            }
            Self::Bytes if value >= 1 << 10 && value.is_multiple_of(1 << 10) => {
                format!("{} KiB", value >> 10)
            }
            Self::Bytes => format!("{value} bytes"),
            Self::Time if value.is_multiple_of(1_000) => format!("{} s", value / 1_000),
            Self::Time => format!("{value} ms"),
            Self::Seconds => format!("{value} s"),
            Self::Count => value.to_string(),
        }
    }
}

impl Limit {
    /// The value of this limit in `limits`.
    pub fn value(&self, limits: &Limits) -> u64 {
        (self.get)(limits)
    }
}

/// A type of field that stores a limit: an integer or a duration.
trait LimitValue {
    fn to_u64(&self) -> u64;
    fn from_u64(number: u64) -> Self;
}

impl LimitValue for u64 {
    fn to_u64(&self) -> u64 {
        *self
    }

    fn from_u64(number: u64) -> Self {
        number
    }
}

impl LimitValue for usize {
    fn to_u64(&self) -> u64 {
        *self as u64
    }

    fn from_u64(number: u64) -> Self {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl LimitValue for Duration {
    fn to_u64(&self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }

    fn from_u64(number: u64) -> Self {
        Self::from_millis(number)
    }
}

macro_rules! limits {
    ($($name:literal $unit:ident $($field:ident).+;)+) => {
        /// All limits, in the order in which they apply to a pack.
        pub const LIMITS: &[Limit] = &[$(Limit {
            name: $name,
            unit: Unit::$unit,
            get: |limits| limits.$($field).+.to_u64(),
            set: |limits, value| limits.$($field).+ = LimitValue::from_u64(value),
        }),+];
    };
}

limits! {
    "registry.connect-time" Time fetch.connect_time;
    "registry.read-time" Time fetch.read_time;
    "registry.answer-time" Time fetch.answer_time;
    "registry.total-time" Time fetch.total_time;
    "registry.retry-time" Time fetch.retry_time;
    "registry.attempts" Count fetch.attempts;
    "registry.manifest-bytes" Bytes fetch.manifest_bytes;
    "registry.layers" Count fetch.layers;
    "registry.token-bytes" Bytes fetch.token_bytes;
    "registry.signatures" Count fetch.signatures;
    "archive.bytes" Bytes archive.pack_bytes;
    "archive.entries" Count archive.entries;
    "archive.name-bytes" Bytes archive.name_bytes;
    "archive.entry-bytes" Bytes archive.entry_bytes;
    "archive.total-bytes" Bytes archive.total_bytes;
    "archive.ratio" Count archive.ratio;
    "archive.handlers" Count archive.handlers;
    "archive.manifest-bytes" Bytes archive.manifest_bytes;
    "archive.document-items" Count archive.document_items;
    "component.bytes" Bytes engine.complexity.component_bytes;
    "component.nesting" Count engine.complexity.nesting;
    "component.parts" Count engine.complexity.parts;
    "component.items" Count engine.complexity.component_items;
    "component.description-bytes" Bytes engine.complexity.description_bytes;
    "component.permissions-bytes" Bytes engine.complexity.permissions_bytes;
    "component.types" Count engine.complexity.types;
    "component.names" Count engine.complexity.names;
    "component.module-items" Count engine.complexity.module_items;
    "component.functions" Count engine.complexity.functions;
    "component.function-bytes" Bytes engine.complexity.function_bytes;
    "component.locals" Count engine.complexity.locals;
    "component.block-nesting" Count engine.complexity.block_nesting;
    "component.branch-targets" Count engine.complexity.branch_targets;
    "compile.seconds" Seconds engine.compile.seconds;
    "compile.seconds-per-mib" Seconds engine.compile.seconds_per_mib;
    "compile.memory" Bytes engine.compile.memory_bytes;
    "compile.memory-per-mib" Bytes engine.compile.memory_bytes_per_mib;
    "compile.code" Bytes engine.compile.code_bytes;
    "compile.code-per-mib" Bytes engine.compile.code_bytes_per_mib;
    "pack.load-time" Time load.pack_time;
    "command.time" Time load.command_time;
    "command.time-per-pack" Time load.command_time_per_pack;
    "handler.metadata-time" Time engine.metadata_time;
    "handler.preflight-time" Time engine.preflight_time;
    "handler.trial-time" Time engine.dry_run_time;
    "handler.memory" Bytes engine.memory_bytes;
    "handler.memories" Count engine.memories;
    "handler.tables" Count engine.tables;
    "handler.table-elements" Count engine.table_elements;
    "handler.instances" Count engine.instances;
    "handler.handles" Count engine.handles;
    "handler.stack" Bytes engine.stack_bytes;
    "handler.copied-bytes" Bytes engine.copied_bytes;
    "handler.checks" Count engine.checks;
    "handler.text-bytes" Bytes engine.text_bytes;
    "handler.log-bytes" Bytes engine.log_bytes;
    "probe.number" Count engine.probes;
    "probe.at-a-time" Count engine.concurrent_tools;
    "probe.lookups-at-a-time" Count engine.concurrent_lookups;
    "probe.tool-time" Time engine.tool_time;
    "probe.printed-bytes" Bytes engine.tool_output_bytes;
    "probe.network-time" Time engine.connect_time;
    "tool-check.preflights-at-a-time" Count tool_check.concurrent_preflights;
    "credentials.file-bytes" Bytes fetch.credentials.file_bytes;
    "credentials.helper-bytes" Bytes fetch.credentials.helper_bytes;
    "credentials.helper-time" Time fetch.credentials.helper_time;
    "project.file-bytes" Bytes project.file_bytes;
    "project.output-bytes" Bytes project.output_bytes;
    "layout.entries" Count fetch.layout.entries;
    "layout.blob-bytes" Bytes fetch.layout.blob_bytes;
    "layout.total-bytes" Bytes fetch.layout.total_bytes;
    "layout.index-bytes" Bytes fetch.layout.index_bytes;
    "layout.manifest-bytes" Bytes fetch.layout.manifest_bytes;
    "layout.all-manifest-bytes" Bytes fetch.layout.all_manifest_bytes;
    "layout.signatures" Count fetch.layout.signatures;
    "layout.trust-root-bytes" Bytes fetch.layout.trust_root_bytes;
    "scenario.file-bytes" Bytes scenario.file_bytes;
    "scenario.files" Count scenario.files;
    "scenario.preflight-time" Time scenario.preflight_time;
    "scenario.total-time" Time scenario.total_time;
    "store.backups" Count store.backups;
    "cache.generations" Count cache.generations;
}

/// Changes the limit that `text` names, as in `handler.preflight-time=60s`.
///
/// # Errors
/// The reason why the text is not a limit, or its value is not allowed.
pub fn apply(limits: &mut Limits, text: &str) -> Result<(), String> {
    let (name, value) = text.split_once('=').ok_or("expected `<name>=<value>`")?;
    let limit = LIMITS.iter().find(|limit| limit.name == name);
    let limit = limit.ok_or("there is no limit of this name; `gtc doctor limits` lists them")?;
    let unit = limit.unit;
    let value = unit.parse(value).ok_or(match unit {
        Unit::Bytes => "expected a number of bytes, KiB, MiB or GiB",
        Unit::Time => "expected a time such as `500ms` or `30s`",
        Unit::Count => "expected a number",
        Unit::Seconds => "expected a number of seconds",
    })?;
    if value == 0 || value > unit.ceiling() {
        return Err(format!("`{name}` can be 1 to {}", unit.format(unit.ceiling())));
    }
    (limit.set)(limits, value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_changed_by_name() {
        let mut limits = Limits::default();
        for text in [
            "archive.bytes=1GiB",
            "handler.preflight-time=500ms",
            "handler.metadata-time=2s",
            "probe.number=7",
        ] {
            apply(&mut limits, text).expect(text);
        }
        assert_eq!((limits.archive.pack_bytes, limits.engine.probes), (1 << 30, 7));
        assert_eq!(limits.engine.preflight_time, Duration::from_millis(500));
        assert_eq!(limits.engine.metadata_time, Duration::from_secs(2));
        for text in [
            "",
            "archive.bytes",
            "archive.bytes=",
            "archive.bytes=0",
            "archive.bytes=3GiB",
            "archive.bytes=-1",
            "archive.bytes=99999999999999999999",
            "archive.bytes=18446744073709551615GiB",
            "nothing=1",
            "handler.preflight-time=30",
            "handler.preflight-time=2h",
            "handler.preflight-time=3601s",
            "probe.number=unlimited",
        ] {
            assert!(apply(&mut limits, text).is_err(), "{text}");
        }
    }

    #[test]
    fn values_have_units() {
        for (unit, text, value) in [
            (Unit::Bytes, "3", Some(3)),
            (Unit::Bytes, "3KiB", Some(3 << 10)),
            (Unit::Bytes, "3 MiB", Some(3 << 20)),
            (Unit::Bytes, "3GiB", Some(3 << 30)),
            (Unit::Bytes, "3s", None),
            (Unit::Time, "3ms", Some(3)),
            (Unit::Time, "3s", Some(3_000)),
            (Unit::Time, "3", None),
            (Unit::Count, "3", Some(3)),
            (Unit::Count, "3KiB", None),
            (Unit::Seconds, "3", Some(3)),
            (Unit::Seconds, "3s", None),
        ] {
            assert_eq!(unit.parse(text), value, "{unit:?} {text}");
        }
    }

    #[test]
    fn values_are_shown_with_the_largest_unit_that_divides_them() {
        for (unit, value, shown) in [
            (Unit::Bytes, 0, "0 bytes"),
            (Unit::Bytes, 1, "1 bytes"),
            (Unit::Bytes, (1 << 10) - 1, "1023 bytes"),
            (Unit::Bytes, 1 << 10, "1 KiB"),
            (Unit::Bytes, (1 << 10) + 1, "1025 bytes"),
            (Unit::Bytes, (1 << 20) - 1, "1048575 bytes"),
            (Unit::Bytes, 1 << 20, "1 MiB"),
            (Unit::Bytes, (1 << 20) + (1 << 10), "1025 KiB"),
            (Unit::Bytes, (1 << 20) + 1, "1048577 bytes"),
            (Unit::Bytes, 2 << 30, "2048 MiB"),
            (Unit::Time, 1_000, "1 s"),
            (Unit::Time, 1_001, "1001 ms"),
            (Unit::Seconds, 3, "3 s"),
            (Unit::Count, 1 << 10, "1024"),
        ] {
            assert_eq!(unit.format(value), shown, "{unit:?} {value}");
        }
    }

    #[test]
    fn a_limit_can_be_raised_to_its_ceiling() {
        for (name, ceiling, beyond, shown) in [
            ("archive.bytes", "2GiB", "2147483649", "2048 MiB"),
            ("archive.entries", "100000000", "100000001", "100000000"),
            ("handler.preflight-time", "3600s", "3600001ms", "3600 s"),
            ("compile.seconds", "3600", "3601", "3600 s"),
        ] {
            let mut limits = Limits::default();
            apply(&mut limits, &format!("{name}={ceiling}")).expect(name);
            let error = apply(&mut limits, &format!("{name}={beyond}")).expect_err(name);
            assert_eq!(error, format!("`{name}` can be 1 to {shown}"));
            apply(
                &mut limits,
                &format!("{name}=0{}", ceiling.trim_start_matches(char::is_numeric)),
            )
            .expect_err(name);
        }
    }

    #[test]
    fn every_limit_sets_the_field_it_reads() {
        for limit in LIMITS {
            let mut limits = Limits::default();
            let before = limit.value(&limits);
            assert!(before > 0 && before <= limit.unit.ceiling(), "{}", limit.name);
            (limit.set)(&mut limits, before + 1);
            assert_eq!(limit.value(&limits), before + 1, "{}", limit.name);
            let changed = LIMITS
                .iter()
                .filter(|other| other.value(&limits) != other.value(&Limits::default()));
            assert_eq!(changed.map(|other| other.name).collect::<Vec<_>>(), [limit.name]);
        }
    }

    /// Counts the fields of the structures, and compares with the table.
    #[test]
    fn every_limit_is_in_the_table() {
        let debug = format!("{:?}", Limits::default());
        // a nested structure is a field without a value of its own
        let fields = debug.matches(": ").count() - debug.matches(" {").count() + 1;
        assert_eq!(LIMITS.len(), fields, "{debug}");
    }
}

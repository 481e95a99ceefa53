//! Reports the limits of a host.

use serde::Serialize;

use crate::Host;
use crate::limits::{LIMITS, Limits};

/// The current limits.
#[derive(Debug, Serialize)]
pub struct LimitsReport {
    /// All limits.
    pub limits: Vec<ReportedLimit>,
}

/// A limit and its values.
#[derive(Debug, Serialize)]
pub struct ReportedLimit {
    /// The name of the limit.
    pub name: &'static str,
    /// The current value. The unit is bytes, milliseconds, seconds or a count, as `shown`
    /// tells.
    pub value: u64,
    /// The current value with its unit, such as `64 MiB`.
    pub shown: String,
    /// The default value, in the same unit.
    pub default: u64,
}

impl LimitsReport {
    fn of(limits: &Limits) -> Self {
        let default = Limits::default();
        Self {
            limits: LIMITS
                .iter()
                .map(|limit| ReportedLimit {
                    name: limit.name,
                    value: limit.value(limits),
                    shown: limit.unit.format(limit.value(limits)),
                    default: limit.value(&default),
                })
                .collect(),
        }
    }
}

/// Returns the limits of archives, handlers and requests on this host.
pub fn limits(host: &Host) -> LimitsReport {
    LimitsReport::of(&host.limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every limit and its default.
    const DEFAULTS: &[&str] = &[
        "registry.connect-time = 10 s",
        "registry.read-time = 30 s",
        "registry.answer-time = 30 s",
        "registry.total-time = 600 s",
        "registry.retry-time = 30 s",
        "registry.attempts = 4",
        "registry.manifest-bytes = 1 MiB",
        "registry.layers = 16",
        "registry.token-bytes = 64 KiB",
        "registry.signatures = 16",
        "archive.bytes = 64 MiB",
        "archive.entries = 4096",
        "archive.name-bytes = 200 bytes",
        "archive.entry-bytes = 32 MiB",
        "archive.total-bytes = 128 MiB",
        "archive.ratio = 200",
        "archive.handlers = 32",
        "archive.manifest-bytes = 1 MiB",
        "archive.document-items = 50000",
        "component.bytes = 32 MiB",
        "component.nesting = 8",
        "component.parts = 512",
        "component.items = 20000",
        "component.description-bytes = 1 MiB",
        "component.permissions-bytes = 64 KiB",
        "component.types = 50000",
        "component.names = 50000",
        "component.module-items = 100000",
        "component.functions = 200000",
        "component.function-bytes = 1 MiB",
        "component.locals = 10000",
        "component.block-nesting = 5000",
        "component.branch-targets = 50000",
        "compile.seconds = 5 s",
        "compile.seconds-per-mib = 8 s",
        "compile.memory = 128 MiB",
        "compile.memory-per-mib = 40 MiB",
        "compile.code = 8 MiB",
        "compile.code-per-mib = 12 MiB",
        "pack.load-time = 15 s",
        "command.time = 600 s",
        "command.time-per-pack = 20 s",
        "handler.metadata-time = 1 s",
        "handler.preflight-time = 30 s",
        "handler.trial-time = 1 s",
        "handler.memory = 256 MiB",
        "handler.memories = 16",
        "handler.tables = 64",
        "handler.table-elements = 200000",
        "handler.instances = 128",
        "handler.handles = 1000",
        "handler.stack = 512 KiB",
        "handler.copied-bytes = 8 MiB",
        "handler.checks = 256",
        "handler.text-bytes = 64 KiB",
        "handler.log-bytes = 64 KiB",
        "probe.number = 32",
        "probe.at-a-time = 16",
        "probe.lookups-at-a-time = 32",
        "probe.tool-time = 10 s",
        "probe.printed-bytes = 16 MiB",
        "probe.network-time = 5 s",
        "tool-check.preflights-at-a-time = 16",
        "credentials.file-bytes = 1 MiB",
        "credentials.helper-bytes = 64 KiB",
        "credentials.helper-time = 10 s",
        "project.file-bytes = 64 KiB",
        "project.output-bytes = 1 MiB",
        "layout.entries = 4096",
        "layout.blob-bytes = 64 MiB",
        "layout.total-bytes = 1024 MiB",
        "layout.index-bytes = 1 MiB",
        "layout.manifest-bytes = 1 MiB",
        "layout.all-manifest-bytes = 16 MiB",
        "layout.signatures = 128",
        "layout.trust-root-bytes = 256 KiB",
        "scenario.file-bytes = 4 MiB",
        "scenario.files = 256",
        "scenario.preflight-time = 5 s",
        "scenario.total-time = 120 s",
        "store.backups = 20",
        "cache.generations = 10",
    ];

    #[test]
    fn a_changed_limit_is_reported_next_to_its_default() {
        let mut changed = Limits::default();
        changed.archive.pack_bytes = 1 << 20;
        let report = LimitsReport::of(&changed);
        let limit = report.limits.iter().find(|limit| limit.name == "archive.bytes");
        let limit = limit.expect("archive.bytes");
        assert_eq!((limit.value, limit.default), (1 << 20, 64 << 20));
        assert_eq!(limit.shown, "1 MiB");
    }

    /// A default that changes by mistake would open the sandbox, or refuse packs that work.
    #[test]
    fn defaults_are_these() {
        let report = LimitsReport::of(&Limits::default());
        let defaults =
            report.limits.iter().map(|limit| format!("{} = {}", limit.name, limit.shown));
        assert_eq!(defaults.collect::<Vec<_>>(), DEFAULTS);
    }
}

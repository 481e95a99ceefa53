//! The protections that confine a worker, and the report in which a worker lists them.

use std::fmt::Write as _;

use env_pack_domain::ForeignText;

/// A protection, and whether it is effective on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The layer, or the forbidden action that the worker attempted.
    pub what: ForeignText,
    /// The kind.
    pub kind: ProtectionKind,
    /// True if the layer is in force, or the attempt failed.
    pub is_effective: bool,
}

/// The kind of a [`Protection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionKind {
    /// A layer of confinement. A kernel may lack one; the others remain in force.
    Layer,
    /// A forbidden action, which no worker may succeed in.
    Attempt,
}

/// The first field of a line of the report.
const KINDS: [(ProtectionKind, &str); 2] =
    [(ProtectionKind::Layer, "layer"), (ProtectionKind::Attempt, "attempt")];

/// Writes a report: one line per protection, with fields separated by tabs.
pub fn write_report(protections: &[Protection]) -> String {
    let mut report = String::new();
    for Protection { what, kind, is_effective } in protections {
        let kind = KINDS.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name);
        // writing to a string cannot fail
        let _ = writeln!(report, "{kind}\t{is_effective}\t{}", what.as_exact());
    }
    report
}

/// Parses a report. Invalid lines are skipped, because the report comes from an untrusted
/// process.
pub fn parse_report(report: &str) -> Vec<Protection> {
    report.split('\n').filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Protection> {
    let mut fields = line.splitn(3, '\t');
    let name = fields.next()?;
    let kind = KINDS.iter().find(|(_, known)| *known == name)?.0;
    let is_effective = fields.next()?.parse().ok()?;
    Some(Protection { kind, is_effective, what: ForeignText::excerpt(fields.next()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(kind: ProtectionKind, what: &str, is_effective: bool) -> Protection {
        Protection { what: ForeignText::new(what), kind, is_effective }
    }

    #[test]
    fn a_report_round_trips_and_invalid_lines_are_skipped() {
        let found = [
            protection(ProtectionKind::Layer, "seccomp", false),
            protection(ProtectionKind::Attempt, "read\ta file", true),
        ];
        assert_eq!(parse_report(&write_report(&found)), found);
        assert_eq!(
            parse_report("attempt\tperhaps\tx\nlayer\ttrue\n\u{0}\nattempt\ttrue\t"),
            parse_report("attempt\ttrue\t")
        );
    }
}

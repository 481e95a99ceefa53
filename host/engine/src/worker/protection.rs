//! The protections that confine a worker, and the report in which a worker lists them.

use std::fmt::Write as _;

use env_pack_domain::ForeignText;

/// A protection, and how far it is effective on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The layer, or the forbidden action that the worker attempted.
    pub what: ForeignText,
    /// The kind.
    pub kind: ProtectionKind,
    /// The state of the layer, or whether the attempt was prevented.
    pub effect: ProtectionEffect,
}

/// The kind of a [`Protection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionKind {
    /// A layer of confinement. A kernel may lack one; the others remain in force.
    Layer,
    /// A forbidden action, which no worker may succeed in.
    Attempt,
}

/// The state of a [`Protection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionEffect {
    /// The whole layer is in force, or the attempt failed.
    Full,
    /// The kernel is too old for a part of the layer.
    Partial,
    /// The layer is not in force, or the attempt succeeded.
    None,
}

/// The first field of a line of the report.
const KINDS: [(ProtectionKind, &str); 2] =
    [(ProtectionKind::Layer, "layer"), (ProtectionKind::Attempt, "attempt")];
/// The second field.
const EFFECTS: [(ProtectionEffect, &str); 3] = [
    (ProtectionEffect::Full, "full"),
    (ProtectionEffect::Partial, "partial"),
    (ProtectionEffect::None, "none"),
];

/// Writes a report: one line per protection, with fields separated by tabs.
pub fn write_report(protections: &[Protection]) -> String {
    let mut report = String::new();
    for Protection { what, kind, effect } in protections {
        let kind = KINDS.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name);
        let effect = EFFECTS.iter().find(|(known, _)| known == effect).map_or("", |(_, name)| name);
        // writing to a string cannot fail
        let _ = writeln!(report, "{kind}\t{effect}\t{}", what.as_exact());
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
    let name = fields.next()?;
    let effect = EFFECTS.iter().find(|(_, known)| *known == name)?.0;
    Some(Protection { kind, effect, what: ForeignText::excerpt(fields.next()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protection(kind: ProtectionKind, what: &str, effect: ProtectionEffect) -> Protection {
        Protection { what: ForeignText::new(what), kind, effect }
    }

    #[test]
    fn a_report_round_trips_and_invalid_lines_are_skipped() {
        let found = [
            protection(ProtectionKind::Layer, "seccomp", ProtectionEffect::None),
            protection(ProtectionKind::Layer, "Landlock", ProtectionEffect::Partial),
            protection(ProtectionKind::Attempt, "read\ta file", ProtectionEffect::Full),
        ];
        assert_eq!(parse_report(&write_report(&found)), found);
        assert_eq!(
            parse_report("attempt\tperhaps\tx\nlayer\tfull\n\u{0}\nattempt\tfull\t"),
            parse_report("attempt\tfull\t")
        );
    }
}

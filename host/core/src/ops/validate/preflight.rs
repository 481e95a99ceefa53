//! Checks how a preflight behaves when every permission it needs is refused.

use std::collections::HashSet;

use env_pack_domain::{
    ForeignText, HandlerFault, NetworkAddress, Permissions, Preflight, Probe, ToolPermission,
};

use super::declaration::field_path;
use super::dry_run::DryRun;
use super::error_codes;
use super::finding::{PackFinding, PackFindings};
use super::table::Code;
use gtc_archive::PackedHandler;

/// Checks both runs of a preflight.
///
/// # Errors
/// The fault of a run, if this machine caused it and not the handler.
pub(super) fn check(
    packed: &PackedHandler<'_>,
    dry_run: &DryRun,
    declared: &Permissions,
    findings: &mut PackFindings,
) -> Result<(), HandlerFault> {
    let subject = field_path(packed, "preflight");
    let first = match &dry_run.preflight {
        Ok(first) => first,
        Err(fault) => {
            let code = error_codes::preflight_code(fault).ok_or_else(|| fault.clone())?;
            let message = format!("component `{}`: {fault}", packed.component);
            findings.push(PackFinding::new(code, message).on(subject));
            return Ok(());
        }
    };
    let difference = match &dry_run.again {
        None => None,
        Some(Err(fault)) if error_codes::preflight_code(fault).is_none() => {
            return Err(fault.clone());
        }
        Some(Err(fault)) => Some(format!("second run: {fault}")),
        Some(Ok(second)) => difference(first, second),
    };
    if let Some(difference) = difference {
        let message = format!(
            "component `{}` returned different results in two runs: {difference}",
            packed.component
        );
        findings.push(PackFinding::new(Code::PreflightChanges, message).on(subject.clone()));
    }
    if !first.probes.is_empty() && first.checks.iter().all(|check| check.outcome.passed()) {
        let more = if first.probes.len() > 1 { " and more" } else { "" };
        let message = format!(
            "component `{}` was refused `{}`{more}, but reports no failed check",
            packed.component, first.probes[0].asked
        );
        findings.push(PackFinding::new(Code::PreflightIgnores, message).on(subject));
    }
    check_declared(packed, &first.probes, declared, findings);
    Ok(())
}

/// Describes the first difference between two results.
fn difference(first: &Preflight, second: &Preflight) -> Option<String> {
    if first.checks.len() != second.checks.len() {
        return Some(format!("{} checks, then {}", first.checks.len(), second.checks.len()));
    }
    let changed = first.checks.iter().zip(&second.checks).find(|(first, second)| first != second);
    if let Some((check, _)) = changed {
        return Some(format!("check `{}` differs", check.name));
    }
    (first.probes != second.probes)
        .then(|| "it ran other commands or reached other addresses".to_owned())
}

/// Checks that each command and address of the preflight is declared: the host refuses any
/// other, whatever the operator grants.
fn check_declared(
    packed: &PackedHandler<'_>,
    probes: &[Probe],
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let mut seen = HashSet::new();
    for Probe { asked, .. } in probes {
        let text = asked.as_exact();
        if !seen.insert(text) {
            continue;
        }
        let (code, field_name, is_declared) = match text.parse::<NetworkAddress>() {
            Ok(address) if !text.contains(' ') => (
                Code::AddressUndeclared,
                "network",
                declared.allows_network(address.host(), address.port()),
            ),
            _ => (
                Code::CommandUndeclared,
                "tools",
                declared.tools.iter().any(|tool| may_cover(tool, text)),
            ),
        };
        if !is_declared {
            let message = format!(
                "component `{}` uses `{asked}`, which the pack does not declare",
                packed.component
            );
            findings.push(
                PackFinding::new(code, message)
                    .on(field_path(packed, &format!("permissions.{field_name}"))),
            );
        }
    }
}

/// Returns true if a permission may allow a command. The end of a long command is cut off;
/// such a command is compared by its program only.
fn may_cover(permission: &ToolPermission, command: &str) -> bool {
    let program =
        || command.split(' ').next() == Some(permission.tool()) && !permission.args().is_empty();
    covers(permission, command) || ForeignText::is_truncated(command) && program()
}

/// Returns true if a permission may allow a command, whose words are joined by spaces. A
/// word may contain spaces itself, so every way to split the command is tried.
fn covers(permission: &ToolPermission, command: &str) -> bool {
    let Some(rest) = command.strip_prefix(permission.tool()) else { return false };
    let mut ends = vec![command.len() - rest.len()];
    for word in permission.args() {
        let mut next: Vec<usize> = Vec::new();
        for end in ends {
            let Some(after) = command[end..].strip_prefix(' ') else { continue };
            let begin = command.len() - after.len();
            match word.as_str() {
                "*" if after.starts_with('-') => {}
                "*" => {
                    let cuts = after.match_indices(' ').map(|(at, _)| begin + at);
                    next.extend(cuts.chain([command.len()]).filter(|cut| *cut > begin));
                }
                word if after.starts_with(word) => next.push(begin + word.len()),
                _ => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        ends = next;
    }
    ends.contains(&command.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_covered_however_its_words_are_cut() {
        let check = |words: &[&str], command: &str, covered: bool| {
            let args = words[1..].iter().map(|word| (*word).to_owned()).collect();
            let permission = ToolPermission::new(words[0], args).expect("a permission");
            assert_eq!(may_cover(&permission, command), covered, "{words:?} and {command}");
        };
        check(&["vault"], "vault", true);
        check(&["vault"], "vaults", false);
        check(&["vault", "version"], "vault version", true);
        check(&["vault", "version"], "vault version now", false);
        check(&["kubectl", "auth", "*", "*"], "kubectl auth create pods", true);
        check(&["kubectl", "auth", "*", "*"], "kubectl auth create", false);
        check(&["kubectl", "*"], "kubectl --all", false);
        check(
            &["gcloud", "version", "--format=value(\"a b\")"],
            "gcloud version --format=value(\"a b\")",
            true,
        );
        check(&["x", "*", "end"], "x a b end", true);
        // what ends as if it had been cut, and was not
        check(&["x", "version"], "x delete…", false);
        check(&["x", "*"], &format!("x {}…", "a".repeat(398)), true);
        check(&["x"], &format!("x {}…", "a".repeat(398)), false);
        // as many ways to cut as there can be, and still at once
        check(&[&["x"], &["*"; 32][..]].concat(), &format!("x{}", " a".repeat(190)), true);
    }
}

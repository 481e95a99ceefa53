//! What a preflight says when everything it asks for is refused.

use env_pack_domain::{
    ForeignText, HandlerFault, NetworkPermission, Permissions, Preflight, Probe, ToolPermission,
};

use super::dry_run::DryRun;
use super::handler::field_path;
use super::{Code, PackFinding, PackFindings, error_codes};
use crate::archive::PackedHandler;

/// Judges both runs of a preflight.
///
/// # Errors
/// The fault that is none of the handler's.
pub(super) fn check(
    packed: &PackedHandler,
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
        Some(Err(fault)) => Some(format!("the second time: {fault}")),
        Some(Ok(second)) => difference(first, second),
    };
    if let Some(difference) = difference {
        let message = format!(
            "component `{}` answered twice, and not the same: {difference}",
            packed.component
        );
        findings.push(PackFinding::new(Code::PreflightChanges, message).on(subject.clone()));
    }
    if !first.probes.is_empty() && first.checks.iter().all(|check| check.outcome.passed()) {
        let message = format!(
            "component `{}` asked for `{}` and more, was refused, and reports no failed check",
            packed.component, first.probes[0].asked
        );
        let message =
            if first.probes.len() == 1 { message.replace(" and more,", ",") } else { message };
        findings.push(PackFinding::new(Code::PreflightIgnores, message).on(subject));
    }
    check_declared(packed, &first.probes, declared, findings);
    Ok(())
}

fn difference(first: &Preflight, second: &Preflight) -> Option<String> {
    let counts = (first.checks.len(), second.checks.len());
    if counts.0 != counts.1 {
        return Some(format!("{} checks, and then {}", counts.0, counts.1));
    }
    let changed = first.checks.iter().zip(&second.checks).find(|(first, second)| first != second);
    if let Some((check, _)) = changed {
        return Some(format!("check `{}` differs", check.name));
    }
    (first.probes != second.probes).then(|| "it asked for other things".to_owned())
}

/// What was asked for and stands in no declaration: it is refused whatever an operator
/// grants.
fn check_declared(
    packed: &PackedHandler,
    probes: &[Probe],
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let mut seen: Vec<&str> = Vec::new();
    for Probe { asked, .. } in probes {
        let text = asked.as_exact();
        if seen.contains(&text) {
            continue;
        }
        seen.push(text);
        let (code, field_name, is_declared) = match text.parse::<NetworkPermission>() {
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
                "component `{}` asks for `{asked}`, which the pack does not declare",
                packed.component
            );
            findings.push(
                PackFinding::new(code, message)
                    .on(field_path(packed, &format!("permissions.{field_name}"))),
            );
        }
    }
}

/// Whether a command may be one that a permission allows. What was cut off cannot be
/// compared, and then its program decides.
fn may_cover(permission: &ToolPermission, command: &str) -> bool {
    let program =
        || command.split(' ').next() == Some(permission.tool()) && !permission.args().is_empty();
    covers(permission, command) || ForeignText::is_truncated(command) && program()
}

/// Whether a command, its words joined by blanks, may be one that a permission allows. A
/// word may hold blanks itself, so every way to cut it is looked at.
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

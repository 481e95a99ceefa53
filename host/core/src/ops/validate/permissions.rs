//! Checks the permissions that a pack declares: against the imports of the component, and
//! for repetitions, number, shells and interpreters.

use std::collections::HashSet;

use env_pack_domain::abi::{NETWORK_INTERFACE, TOOLS_INTERFACE};
use env_pack_domain::{ForeignText, Permissions};

use super::declaration::field_path;
use super::finding::{PackFinding, PackFindings};
use super::interpreters::runs_code;
use super::table::Code;
use crate::Host;
use crate::ops::phrases::describe_permissions;
use gtc_archive::PackedHandler;

/// The maximum number of permissions of one handler, so that an operator can read them all.
const MAX_PERMISSIONS: usize = 256;

/// Compares the imports of a component with the permissions that the pack declares.
pub(super) fn check_imports(
    packed: &PackedHandler,
    imports: &[ForeignText],
    declared: &Permissions,
    to: &mut PackFindings,
) {
    let interfaces = [
        (
            TOOLS_INTERFACE,
            "tools",
            declared.tools.is_empty(),
            Code::ToolsUndeclared,
            Code::ToolsUnused,
        ),
        (
            NETWORK_INTERFACE,
            "network",
            declared.network.is_empty(),
            Code::NetworkUndeclared,
            Code::NetworkUnused,
        ),
    ];
    for (interface, name, declares_none, undeclared, unused) in interfaces {
        let component = &packed.component;
        let imports_it = imports.iter().any(|import| import.as_exact().starts_with(interface));
        let (code, message) = match (imports_it, declares_none) {
            (true, true) => (
                undeclared,
                format!(
                    "component `{component}` imports `{interface}`, but declares no permission for it"
                ),
            ),
            (false, false) => (
                unused,
                format!(
                    "component `{component}` declares permissions for `{interface}`, but does not import it"
                ),
            ),
            _ => continue,
        };
        to.push(
            PackFinding::new(code, message).on(field_path(packed, &format!("permissions.{name}"))),
        );
    }
}

/// Compares the permissions that a component lists in a section of its binary with those
/// that the pack declares. The component must have been loaded, which limits its complexity.
pub(super) fn check_section(
    host: &Host,
    packed: &PackedHandler,
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let section = gtc_engine::permissions_section(&packed.bytes, &host.limits.engine.complexity);
    let needed = match section.map_err(|error| error.to_string()) {
        Ok(None) => return,
        Ok(Some(json)) => gtc_archive::parse_permissions(json).map_err(|reason| reason.to_string()),
        Err(reason) => Err(reason),
    };
    let subject = field_path(packed, "permissions");
    match needed.map(|needed| needed.without(declared)) {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            let message = format!(
                "component `{}` lists permissions that the pack does not declare: {}",
                packed.component,
                describe_permissions(&missing)
            );
            findings.push(PackFinding::new(Code::NeedsMore, message).on(subject));
        }
        Err(reason) => {
            let message = format!("component `{}`: {reason}", packed.component);
            findings.push(PackFinding::new(Code::SectionMalformed, message).on(subject));
        }
    }
}

/// Checks the declared permissions of a handler by themselves.
pub(super) fn check_declared(
    packed: &PackedHandler,
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let mut seen: HashSet<String> = HashSet::new();
    let mut check_repeated = |text: String, subject: &str, findings: &mut PackFindings| {
        let message = format!("`{text}` is declared twice");
        if !seen.insert(text) {
            findings.push(PackFinding::new(Code::PermissionRepeated, message).on(subject));
        }
    };
    let count = declared.tools.len() + declared.network.len();
    if count > MAX_PERMISSIONS {
        let message =
            format!("component `{}` declares {count} commands and addresses", packed.component);
        findings.push(
            PackFinding::new(Code::PermissionsTooMany, message)
                .on(field_path(packed, "permissions")),
        );
    }
    for (at, tool) in declared.tools.iter().enumerate().take(MAX_PERMISSIONS) {
        let subject = field_path(packed, &format!("permissions.tools[{at}]"));
        check_repeated(tool.to_string(), &subject, findings);
        if runs_code(tool) {
            let message = format!("`{tool}` runs a shell or an interpreter");
            findings.push(PackFinding::new(Code::ToolIsShell, message).on(subject));
        }
    }
    for (at, address) in declared.network.iter().enumerate().take(MAX_PERMISSIONS) {
        let subject = field_path(packed, &format!("permissions.network[{at}]"));
        check_repeated(address.to_string(), &subject, findings);
    }
}

//! Checks the permissions that a pack declares: against the imports of the component, and
//! for repetitions, number, shells and interpreters.

use std::collections::HashSet;

use env_pack_domain::abi::{NETWORK_INTERFACE, TOOLS_INTERFACE};
use env_pack_domain::{ForeignText, Permissions};

use super::handler::field_path;
use super::interpreters::runs_code;
use super::{Code, PackFinding, PackFindings};
use crate::archive::{self, PackedHandler};
use crate::engine;
use crate::host::Host;
use crate::ops::error::describe_permissions;

/// As many commands and addresses as somebody reads who is asked to grant them.
const MAX_PERMISSIONS: usize = 256;

/// What a component imports against what the pack declares.
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
                    "component `{component}` imports `{interface}`, for which nothing is declared"
                ),
            ),
            (false, false) => (
                unused,
                format!(
                    "component `{component}` does not import `{interface}`, for which something is declared"
                ),
            ),
            _ => continue,
        };
        to.push(
            PackFinding::new(code, message).on(field_path(packed, &format!("permissions.{name}"))),
        );
    }
}

/// What a component says itself that it needs against what the pack declares. It has been
/// loaded, so that it is of sane shape.
pub(super) fn check_section(
    host: &Host,
    packed: &PackedHandler,
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let section = engine::permissions_section(&packed.bytes, &host.limits.engine.complexity);
    let needed = match section.map_err(|error| error.to_string()) {
        Ok(None) => return,
        Ok(Some(json)) => archive::parse_permissions(json).map_err(|reason| reason.to_string()),
        Err(reason) => Err(reason),
    };
    let place = field_path(packed, "permissions");
    match needed.map(|needed| needed.without(declared)) {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            let message = format!(
                "component `{}` says that it wants {}",
                packed.component,
                describe_permissions(&missing)
            );
            findings.push(PackFinding::new(Code::NeedsMore, message).on(place));
        }
        Err(reason) => {
            let message = format!("component `{}`: {reason}", packed.component);
            findings.push(PackFinding::new(Code::SectionMalformed, message).on(place));
        }
    }
}

/// What a pack declares, by itself.
pub(super) fn check_declared(
    packed: &PackedHandler,
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let mut seen: HashSet<String> = HashSet::new();
    let mut repeated = |text: String, place: &str, findings: &mut PackFindings| {
        let message = format!("`{text}` is declared twice");
        if !seen.insert(text) {
            findings.push(PackFinding::new(Code::PermissionRepeated, message).on(place));
        }
    };
    let count = declared.tools.len() + declared.network.len();
    if count > MAX_PERMISSIONS {
        let message =
            format!("component `{}` wants {count} commands and addresses", packed.component);
        findings.push(
            PackFinding::new(Code::PermissionsTooMany, message)
                .on(field_path(packed, "permissions")),
        );
    }
    for (at, tool) in declared.tools.iter().enumerate().take(MAX_PERMISSIONS) {
        let place = field_path(packed, &format!("permissions.tools[{at}]"));
        repeated(tool.to_string(), &place, findings);
        if runs_code(tool) {
            let message = format!("`{tool}` runs a shell or an interpreter");
            findings.push(PackFinding::new(Code::ToolIsShell, message).on(place));
        }
    }
    for (at, address) in declared.network.iter().enumerate().take(MAX_PERMISSIONS) {
        let place = field_path(packed, &format!("permissions.network[{at}]"));
        repeated(address.to_string(), &place, findings);
    }
}

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
    packed: &PackedHandler<'_>,
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
    packed: &PackedHandler<'_>,
    declared: &Permissions,
    findings: &mut PackFindings,
) {
    let bytes = packed.bytes.read();
    let section = gtc_engine::permissions_section(&bytes, &host.limits.engine.complexity);
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
    packed: &PackedHandler<'_>,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostSettings;
    use env_pack_domain::abi::{NEWEST_WORLD, PERMISSIONS_SECTION};
    use env_pack_domain::{NetworkPermission, Sha256Digest, ToolPermission};
    use gtc_archive::ComponentBytes;

    fn packed(bytes: &[u8]) -> PackedHandler<'_> {
        PackedHandler {
            component: ForeignText::new("vault"),
            entry: ForeignText::new("components/vault.wasm"),
            world: ForeignText::new(NEWEST_WORLD),
            digest: Sha256Digest::compute(bytes),
            bytes: ComponentBytes::stored(bytes),
            declared: None,
        }
    }

    fn permissions(tools: &[&str], network: &[&str]) -> Permissions {
        let tool = |text: &&str| text.parse::<ToolPermission>().expect(text);
        let address = |text: &&str| text.parse::<NetworkPermission>().expect(text);
        Permissions {
            tools: tools.iter().map(tool).collect(),
            network: network.iter().map(address).collect(),
        }
    }

    /// Returns the code and the field of each finding of a check.
    fn findings(check: impl FnOnce(&mut PackFindings)) -> Vec<String> {
        let mut findings = PackFindings::default();
        check(&mut findings);
        let line = |finding: &PackFinding| {
            let subject = finding.subject.as_ref().expect("a field").to_string();
            let field = subject.strip_prefix("handlers[vault].").expect("a field of the handler");
            format!("{} {field}", finding.code.name())
        };
        findings.list.iter().map(line).collect()
    }

    #[test]
    fn imports_and_declared_permissions_belong_together() {
        let check = |imports: &[&str], declared: &Permissions| {
            let imports: Vec<_> = imports.iter().map(|import| ForeignText::new(*import)).collect();
            findings(|to| check_imports(&packed(&[]), &imports, declared, to))
        };
        let tools = "greentic:env-pack/tools@0.1.0";
        let network = "greentic:env-pack/network@0.1.0";
        let none = permissions(&[], &[]);
        let both = permissions(&["vault status"], &["vault.example:8200"]);
        assert_eq!(check(&[], &none), [""; 0]);
        assert_eq!(check(&[tools, network], &both), [""; 0]);
        assert_eq!(check(&[tools], &none), ["tools-not-declared permissions.tools"]);
        assert_eq!(check(&[network], &none), ["network-not-declared permissions.network"]);
        assert_eq!(check(&[network], &both), ["tools-not-imported permissions.tools"]);
        assert_eq!(check(&[tools], &both), ["network-not-imported permissions.network"]);
    }

    #[test]
    fn the_section_lists_no_more_than_the_pack_declares() {
        let check = |json: &str, declared: &Permissions| {
            let mut component = b"\0asm\x0d\0\x01\0".to_vec();
            let length = 1 + PERMISSIONS_SECTION.len() + json.len();
            assert!(length < 128, "the length fits one byte of LEB128");
            component.extend([0, length as u8, PERMISSIONS_SECTION.len() as u8]);
            component.extend([PERMISSIONS_SECTION, json].concat().bytes());
            let host = Host::new(HostSettings::quiet("environments".into(), "cache".into()));
            findings(|to| check_section(&host, &packed(&component), declared, to))
        };
        let section = r#"{"tools":[{"tool":"vault","args":["status"]}],"network":[]}"#;
        let none = permissions(&[], &[]);
        assert_eq!(check("", &none), [""; 0]);
        assert_eq!(check(section, &permissions(&["vault status", "vault version"], &[])), [""; 0]);
        assert_eq!(check(section, &none), ["permissions-incomplete permissions"]);
        assert_eq!(check("{}", &none), ["permissions-section-malformed permissions"]);
    }

    #[test]
    fn a_repeated_permission_and_a_shell_are_reported() {
        let check =
            |declared: &Permissions| findings(|to| check_declared(&packed(&[]), declared, to));
        let declared = permissions(&["vault status", "vault version"], &["a.example:1"]);
        assert_eq!(check(&declared), [""; 0]);
        let tools = ["vault status", "sh -c id", "vault status"];
        let declared = permissions(&tools, &["a.example:1", "a.example:2", "a.example:1"]);
        let expected = [
            "tool-is-shell permissions.tools[1]",
            "permission-repeated permissions.tools[2]",
            "permission-repeated permissions.network[2]",
        ];
        assert_eq!(check(&declared), expected);
    }

    #[test]
    fn tools_and_addresses_are_counted_together() {
        let check = |tools: usize, network: usize| {
            let tools = (0..tools).map(|at| ToolPermission::new("x", vec![at.to_string()]));
            let network = (0..network).map(|at| format!("a{at}.example:1").parse());
            let declared = Permissions {
                tools: tools.collect::<Result<_, _>>().expect("commands"),
                network: network.collect::<Result<_, _>>().expect("addresses"),
            };
            findings(|to| check_declared(&packed(&[]), &declared, to))
        };
        assert_eq!(check(MAX_PERMISSIONS - 1, 1), [""; 0]);
        assert_eq!(check(MAX_PERMISSIONS, 1), ["permissions-too-many permissions"]);
        assert_eq!(check(1, MAX_PERMISSIONS), ["permissions-too-many permissions"]);
        assert_eq!(check(MAX_PERMISSIONS + 1, 0), ["permissions-too-many permissions"]);
    }
}

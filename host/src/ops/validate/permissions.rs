//! What a pack wants to be allowed: whether it fits what the component imports, and what nobody should want.

use std::net::IpAddr;

use env_pack_domain::{ForeignText, NetworkPermission, Permissions, ToolPermission};

use super::handler::field;
use super::{Code, Finding, Findings};
use crate::archive::{self, PackedHandler};
use crate::engine;
use crate::host::Host;
use crate::ops::error::requests;
use crate::ops::packs::{NETWORK, TOOLS};

const SHELLS: [&str; 14] = [
    "ash",
    "bash",
    "busybox",
    "cmd",
    "cmd.exe",
    "csh",
    "dash",
    "fish",
    "ksh",
    "powershell",
    "pwsh",
    "sh",
    "tcsh",
    "zsh",
];
/// Programs whose arguments are other programs, or code.
const WRAPPERS: [&str; 27] = [
    "awk",
    "bun",
    "deno",
    "doas",
    "env",
    "find",
    "lua",
    "make",
    "nice",
    "node",
    "nohup",
    "npx",
    "osascript",
    "parallel",
    "perl",
    "php",
    "python",
    "python3",
    "ruby",
    "setsid",
    "ssh",
    "su",
    "sudo",
    "tclsh",
    "timeout",
    "watch",
    "xargs",
];
/// Programs that are there to change something.
const CHANGERS: [&str; 13] =
    ["chmod", "chown", "cp", "dd", "kill", "killall", "mkfs", "mv", "pkill", "reboot", "rm", "rmdir", "shutdown"];
/// Subcommands that change something in most programs that have them.
const CHANGES: [&str; 16] = [
    "apply",
    "create",
    "delete",
    "destroy",
    "edit",
    "exec",
    "install",
    "patch",
    "prune",
    "push",
    "remove",
    "replace",
    "rm",
    "run",
    "uninstall",
    "upgrade",
];
/// Names and addresses under which clouds hand out credentials, beside all that is local to a link.
const METADATA: [&str; 6] =
    ["100.100.100.200", "fd00:ec2::254", "instance-data", "metadata", "metadata.google.internal", "metadata.internal"];

/// What a component imports against what the pack declares.
pub(super) fn imports(packed: &PackedHandler, imports: &[ForeignText], declared: &Permissions, to: &mut Findings) {
    let interfaces = [
        (TOOLS, "tools", declared.tools.is_empty(), Code::ToolsUndeclared, Code::ToolsUnused),
        (NETWORK, "network", declared.network.is_empty(), Code::NetworkUndeclared, Code::NetworkUnused),
    ];
    for (interface, name, declares_none, undeclared, unused) in interfaces {
        let component = &packed.component;
        let imports_it = imports.iter().any(|import| import.as_exact().starts_with(interface));
        let (code, message) = match (imports_it, declares_none) {
            (true, true) => {
                (undeclared, format!("component `{component}` imports `{interface}`, for which nothing is declared"))
            }
            (false, false) => (
                unused,
                format!("component `{component}` does not import `{interface}`, for which something is declared"),
            ),
            _ => continue,
        };
        to.push(Finding::new(code, message).on(field(packed, &format!("permissions.{name}"))));
    }
}

/// What a component says itself that it needs against what the pack declares. It has been loaded, so that it is of sane shape.
pub(super) fn derived(host: &Host, packed: &PackedHandler, declared: &Permissions, findings: &mut Findings) {
    let section = engine::permissions_section(&packed.bytes, &host.limits.engine.shape);
    let needed = match section.map_err(|error| error.to_string()) {
        Ok(None) => return,
        Ok(Some(json)) => archive::permissions(json).map_err(|reason| reason.to_string()),
        Err(reason) => Err(reason),
    };
    let place = field(packed, "permissions");
    match needed.map(|needed| needed.without(declared)) {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => {
            let message = format!("component `{}` says that it wants {}", packed.component, requests(&missing));
            findings.push(Finding::new(Code::NeedsMore, message).on(place));
        }
        Err(reason) => {
            let message = format!("component `{}`: {reason}", packed.component);
            findings.push(Finding::new(Code::SectionMalformed, message).on(place));
        }
    }
}

/// What a pack declares, by itself.
pub(super) fn look(packed: &PackedHandler, declared: &Permissions, findings: &mut Findings) {
    let mut seen: Vec<String> = Vec::new();
    let mut repeated = |text: String, place: &str, findings: &mut Findings| {
        if seen.contains(&text) {
            findings.push(Finding::new(Code::PermissionRepeated, format!("`{text}` is declared twice")).on(place));
        }
        seen.push(text);
    };
    for (at, tool) in declared.tools.iter().enumerate() {
        let place = field(packed, &format!("permissions.tools[{at}]"));
        repeated(tool.to_string(), &place, findings);
        for (code, what) in tool_faults(tool) {
            findings.push(Finding::new(code, format!("`{tool}` {what}")).on(place.as_str()));
        }
    }
    for (at, address) in declared.network.iter().enumerate() {
        let place = field(packed, &format!("permissions.network[{at}]"));
        repeated(address.to_string(), &place, findings);
        if is_local_service(address) {
            let message = format!("`{address}` is no service of its own, but one of this machine or its cloud");
            findings.push(Finding::new(Code::MetadataService, message).on(place));
        }
    }
}

fn tool_faults(tool: &ToolPermission) -> Vec<(Code, &'static str)> {
    let args: Vec<&str> = tool.args().iter().map(String::as_str).collect();
    let asks_version = tool.is_version_query() || matches!(args[..], ["--version" | "-V" | "version"]);
    if asks_version {
        return Vec::new();
    }
    let (is_shell, is_wrapper) = (SHELLS.contains(&tool.tool()), WRAPPERS.contains(&tool.tool()));
    let mut faults = Vec::new();
    match (is_shell || is_wrapper, args.contains(&"*")) {
        (true, true) => faults.push((Code::RunsAnything, "runs whatever the handler likes")),
        (true, false) if is_shell => faults.push((Code::Shell, "is a shell")),
        (true, false) => faults.push((Code::Wrapper, "runs another program, or code")),
        (false, _) if args.first() == Some(&"*") => {
            faults.push((Code::FirstOpen, "leaves it to the handler what the program does"));
        }
        _ => {}
    }
    if args.iter().any(|arg| leads_elsewhere(arg)) {
        faults.push((Code::ToolPath, "names a path of one machine"));
    }
    if CHANGERS.contains(&tool.tool()) || args.first().is_some_and(|first| CHANGES.contains(first)) {
        faults.push((Code::ToolChanges, "changes something"));
    }
    faults
}

/// Whether an argument, or the value of an option, is an absolute path, begins at somebody's home, or climbs.
fn leads_elsewhere(arg: &str) -> bool {
    let value = arg.split_once('=').filter(|_| arg.starts_with('-')).map_or(arg, |(_, value)| value);
    value.starts_with('/') || value.starts_with("~/") || value.split('/').any(|segment| segment == "..")
}

fn is_local_service(address: &NetworkPermission) -> bool {
    let link_local = match address.host().parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_unicast_link_local() || address.to_ipv4_mapped().is_some_and(|address| address.is_link_local())
        }
        Err(_) => false,
    };
    link_local || METADATA.contains(&address.host().trim_end_matches('.'))
}

//! The SDK's catalogue of tools agrees with the host and with the documentation.

use env_pack_domain::ToolPermission;
use env_pack_sdk::checks::catalogue::{
    AWS, AZ, DOCKER, GCLOUD, HELM, KIND, KUBECTL, PODMAN, TERRAFORM, TOFU, VAULT,
};
use env_pack_sdk::checks::{Access, Ask, Tool, access};
use env_pack_sdk::tools::Output;
use env_pack_sdk::{Outcome, limits};

use gtc_engine::EngineLimits;

use test_support::repository;

/// The tools, each with the output of a version that is too old for every handler.
const TOOLS: [(&str, Tool, &str); 11] = [
    ("TOFU", TOFU, r#"{"terraform_version": "0.0.1"}"#),
    ("TERRAFORM", TERRAFORM, r#"{"terraform_version": "0.0.1"}"#),
    ("KUBECTL", KUBECTL, "clientVersion:\n  gitVersion: v0.0.1\n"),
    ("HELM", HELM, "v0.0.1"),
    ("DOCKER", DOCKER, "0.0.1"),
    ("PODMAN", PODMAN, "0.0.1"),
    ("AWS", AWS, "aws-cli/0.0.1"),
    ("GCLOUD", GCLOUD, "0.0.1"),
    ("AZ", AZ, "0.0.1"),
    ("KIND", KIND, "kind version 0.0.1"),
    ("VAULT", VAULT, "Vault v0.0.1"),
];

const ACCESS: [(&str, Access); 6] = [
    ("AWS_IDENTITY", access::AWS_IDENTITY),
    ("GCLOUD_ACCOUNT", access::GCLOUD_ACCOUNT),
    ("AZ_ACCOUNT", access::AZ_ACCOUNT),
    ("VAULT_TOKEN", access::VAULT_TOKEN),
    (r#"can_i!("create", "pods")"#, env_pack_sdk::can_i!("create", "pods")),
    (r#"can_i!("create", "pods", namespace)"#, env_pack_sdk::can_i!("create", "pods", namespace)),
];

fn permission(ask: Ask) -> ToolPermission {
    let Ask::Tool { program, args } = ask else { panic!("{ask:?} is not a command") };
    ToolPermission::new(program, args.iter().map(ToString::to_string).collect())
        .expect("a permission")
}

fn minimum(tool: &Tool, stdout: &str) -> String {
    let output =
        Output { exit_code: 0, stdout: stdout.to_owned(), stderr: String::new(), truncated: false };
    match tool.judge(Ok(output)).outcome {
        Outcome::VersionMismatch(mismatch) => mismatch.required.trim_start_matches(">=").to_owned(),
        other => panic!("{tool:?} accepts 0.0.1: {other:?}"),
    }
}

/// The host refuses the complete result of a preflight that exceeds its limits.
#[test]
fn sdk_limits_fit_the_host_limits() {
    let engine = EngineLimits::default();
    assert_eq!((limits::MAX_CHECKS, limits::MAX_TEXT_BYTES), (engine.checks, engine.text_bytes));
    assert!(limits::MAX_TOTAL_BYTES <= engine.copied_bytes / 2);
}

#[test]
fn only_version_queries_are_granted_with_the_binding() {
    for (name, tool, _) in &TOOLS {
        assert!(permission(tool.ask()).is_version_query(), "{name}");
    }
    for (name, access) in &ACCESS {
        assert!(!permission(access.ask()).is_version_query(), "{name}");
    }
}

/// The Azure CLI uses JMESPath, in which a name with a dash must be quoted.
#[test]
fn azure_cli_queries_are_valid_jmespath() {
    for ask in [AZ.ask(), access::AZ_ACCOUNT.ask()] {
        let permission = permission(ask);
        let query =
            permission.args().iter().skip_while(|arg| *arg != "--query").nth(1).expect("a query");
        let is_bare = query.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let is_quoted = query.len() > 2 && query.starts_with('"') && query.ends_with('"');
        assert!(is_bare || is_quoted, "{query}");
    }
}

#[test]
fn the_guide_lists_every_tool_as_a_shell_takes_it() {
    let guide = std::fs::read_to_string(repository().join("docs/rust.md")).expect("the guide");
    for (name, tool, old) in &TOOLS {
        let row = format!("\n| `{name}` | {} | `{}`", minimum(tool, old), permission(tool.ask()));
        assert!(guide.contains(&row), "{row}");
    }
    for (name, access) in &ACCESS {
        let row = format!("\n| `{name}` | `{}`", permission(access.ask()));
        assert!(guide.contains(&row), "{row}");
    }
    let rows = |head: &str| {
        guide
            .split(head)
            .nth(1)
            .map(|table| table.lines().skip(2).take_while(|it| it.starts_with('|')).count())
    };
    assert_eq!(
        (rows("| tool | oldest | command |"), rows("| access | command |")),
        (Some(TOOLS.len()), Some(ACCESS.len()))
    );
}

//! Well-known tools, each with the command and the parser for its version, a default minimum
//! version, and installation instructions.
//!
//! The host grants these commands with the binding, without asking the operator.

use super::command::{KnownFailure, Meaning};
use super::{Tool, parsers};

pub(super) const AWS_HINT: &str = "install version 2 of the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html";
pub(super) const AZ_HINT: &str =
    "install the Azure CLI: https://learn.microsoft.com/cli/azure/install-azure-cli";
pub(super) const GCLOUD_HINT: &str =
    "install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install";
pub(super) const KUBECTL_HINT: &str = "install kubectl: https://kubernetes.io/docs/tasks/tools/";
pub(super) const VAULT_HINT: &str =
    "install the Vault CLI: https://developer.hashicorp.com/vault/install";

/// Messages of container clients that cannot reach their engine.
const ENGINE_FAILURES: &[KnownFailure] = &[
    KnownFailure::new(
        "permission denied while trying to connect",
        Meaning::AuthFailed,
        "allow this user to use the engine: https://docs.docker.com/engine/install/linux-postinstall/",
    ),
    KnownFailure::new("Cannot connect to", Meaning::Unreachable, "start the container engine"),
    KnownFailure::new("failed to connect to", Meaning::Unreachable, "start the container engine"),
    KnownFailure::new("unable to connect to", Meaning::Unreachable, "start the container engine"),
];

/// OpenTofu.
pub const TOFU: Tool = Tool::new("tofu", &["version", "-json"])
    .describe("OpenTofu")
    .at_least(1, 6, 0)
    .install_hint("install OpenTofu: https://opentofu.org/docs/intro/install/")
    .parse_with(parsers::terraform);

/// Terraform.
pub const TERRAFORM: Tool = Tool::new("terraform", &["version", "-json"])
    .describe("Terraform")
    .at_least(1, 5, 0)
    .install_hint("install Terraform: https://developer.hashicorp.com/terraform/install")
    .parse_with(parsers::terraform);

/// kubectl, the client of Kubernetes. The check does not connect to a cluster.
pub const KUBECTL: Tool = Tool::new("kubectl", &["version", "--client", "--output=yaml"])
    .describe("kubectl")
    .at_least(1, 27, 0)
    .install_hint(KUBECTL_HINT)
    .parse_with(parsers::kubectl);

/// Helm.
pub const HELM: Tool = Tool::new("helm", &["version", "--short"])
    .describe("Helm")
    .at_least(3, 12, 0)
    .install_hint("install Helm: https://helm.sh/docs/intro/install/")
    .parse_with(parsers::line);

/// Docker. The client must also reach its engine.
pub const DOCKER: Tool = Tool::new("docker", &["version", "--format", "{{.Client.Version}}"])
    .describe("Docker")
    .at_least(24, 0, 0)
    .install_hint("install Docker: https://docs.docker.com/engine/install/")
    .parse_with(parsers::line)
    .known_failures(ENGINE_FAILURES);

/// Podman. If it runs containers in a virtual machine, the client must also reach that.
pub const PODMAN: Tool = Tool::new("podman", &["version", "--format", "{{.Client.Version}}"])
    .describe("Podman")
    .at_least(4, 5, 0)
    .install_hint("install Podman: https://podman.io/docs/installation")
    .parse_with(parsers::line)
    .known_failures(ENGINE_FAILURES);

/// The AWS CLI.
pub const AWS: Tool = Tool::new("aws", &["--version"])
    .describe("AWS CLI")
    .at_least(2, 13, 0)
    .install_hint(AWS_HINT)
    .parse_with(parsers::aws);

/// The Google Cloud CLI.
pub const GCLOUD: Tool = Tool::new("gcloud", &["version", "--format=value(\"Google Cloud SDK\")"])
    .describe("Google Cloud CLI")
    .at_least(450, 0, 0)
    .install_hint(GCLOUD_HINT)
    .parse_with(parsers::line);

/// The Azure CLI. The quotes are part of the JMESPath query, in which an unquoted name has no
/// dash.
pub const AZ: Tool = Tool::new("az", &["version", "--output", "tsv", "--query", "\"azure-cli\""])
    .describe("Azure CLI")
    .at_least(2, 50, 0)
    .install_hint(AZ_HINT)
    .parse_with(parsers::line);

/// kind, Kubernetes in Docker.
pub const KIND: Tool = Tool::new("kind", &["--version"])
    .describe("kind")
    .at_least(0, 20, 0)
    .install_hint("install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation")
    .parse_with(parsers::kind);

/// The CLI of HashiCorp Vault. The check does not connect to a server.
pub const VAULT: Tool = Tool::new("vault", &["version"])
    .describe("HashiCorp Vault CLI")
    .at_least(1, 12, 0)
    .install_hint(VAULT_HINT)
    .parse_with(parsers::vault);

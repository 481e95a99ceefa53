//! The environment variables that each tool gets: those that it needs to find its
//! configuration and the network.

use std::ffi::OsString;

/// Variables of every tool.
const COMMON: [&str; 16] = [
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

const KUBERNETES: &[&str] = &["KUBECONFIG"];
const TERRAFORM: &[&str] = &["TF_CLI_CONFIG_FILE", "TF_DATA_DIR"];
const CONTAINERS: &[&str] = &[
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "CONTAINER_HOST",
];

/// Additional variables of some tools, from their documentation.
const PER_TOOL: [(&str, &[&str]); 11] = [
    ("kubectl", KUBERNETES),
    ("helm", KUBERNETES),
    ("kind", KUBERNETES),
    ("docker", CONTAINERS),
    ("podman", CONTAINERS),
    ("terraform", TERRAFORM),
    ("tofu", TERRAFORM),
    (
        "aws",
        &[
            "AWS_PROFILE",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_CONFIG_FILE",
            "AWS_SHARED_CREDENTIALS_FILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_ROLE_ARN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_CA_BUNDLE",
            "AWS_ENDPOINT_URL",
        ],
    ),
    ("az", &["AZURE_CONFIG_DIR"]),
    (
        "gcloud",
        &[
            "CLOUDSDK_CONFIG",
            "CLOUDSDK_ACTIVE_CONFIG_NAME",
            "CLOUDSDK_CORE_PROJECT",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ],
    ),
    ("vault", &["VAULT_ADDR", "VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_CACERT", "VAULT_CAPATH"]),
];

/// Returns the variables out of `all` that a tool gets.
pub(super) fn visible_to<'a>(
    tool: &str,
    all: &'a [(OsString, OsString)],
) -> impl Iterator<Item = &'a (OsString, OsString)> + use<'a> {
    let own = PER_TOOL.iter().find(|(name, _)| *name == tool).map_or(&[][..], |(_, own)| own);
    all.iter().filter(move |(name, _)| COMMON.iter().chain(own).any(|allowed| name == allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_gets_only_the_variables_on_its_list() {
        let all =
            ["HOME", "KUBECONFIG", "VAULT_TOKEN", "LD_PRELOAD", "GTC_REGISTRY_TOKEN", "BASH_ENV"];
        let all: Vec<(OsString, OsString)> =
            all.iter().map(|name| (name.into(), "x".into())).collect();
        let names = |tool| {
            visible_to(tool, &all)
                .map(|(name, _)| name.to_string_lossy().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names("anything"), ["HOME"]);
        assert_eq!(names("kubectl"), ["HOME", "KUBECONFIG"]);
        assert_eq!(names("vault"), ["HOME", "VAULT_TOKEN"]);
    }
}

//! The version of each tool, in its recorded output.

use env_pack_sdk::checks::Tool;
use env_pack_sdk::checks::catalogue::{
    AWS, AZ, DOCKER, GCLOUD, HELM, KIND, KUBECTL, PODMAN, TERRAFORM, TOFU, VAULT,
};

use super::{ended, hint, printed, summary};

#[track_caller]
fn check(tool: &Tool, stdout: &str, expected: &str) {
    assert_eq!(summary(tool.judge(printed(stdout))), expected);
    // with the line ends of Windows, and without a final line end
    assert_eq!(summary(tool.judge(printed(&stdout.replace('\n', "\r\n")))), expected);
    assert_eq!(summary(tool.judge(printed(stdout.trim_end()))), expected);
}

#[test]
fn terraform() {
    // ran here, 1.11.4
    let current = r#"{
  "terraform_version": "1.11.4",
  "platform": "linux_amd64",
  "provider_selections": {},
  "terraform_outdated": false
}
"#;
    check(&TERRAFORM, current, "ok: 1.11.4");
    // developer.hashicorp.com/terraform/cli/commands/version: with a provider, and out of
    // date
    let old = r#"{
  "terraform_version": "0.15.0",
  "platform": "darwin_amd64",
  "provider_selections": {
    "registry.terraform.io/hashicorp/null": "3.0.0"
  },
  "terraform_outdated": true
}
"#;
    check(&TERRAFORM, old, "mismatch: 0.15.0 >=1.5.0");
    check(&TERRAFORM, &current.replace("1.11.4", "1.5.0-rc1"), "mismatch: 1.5.0-rc1 >=1.5.0");
    check(
        &TERRAFORM,
        &current.replace("1.11.4", "1.15.0-alpha20251203"),
        "ok: 1.15.0-alpha20251203",
    );
    // ran here with a file of settings that does not exist: a banner on standard error
    let banner = "There are some problems with the CLI configuration:\n╷\n│ Warning: Unable to open CLI configuration file\n╵\n";
    assert_eq!(summary(TERRAFORM.judge(ended(0, current, banner))), "ok: 1.11.4");
    check(&TERRAFORM, &format!("{banner}{current}"), "ok: 1.11.4");
}

#[test]
fn tofu() {
    // opentofu.org/docs/cli/commands/version
    let documented = r#"{
  "terraform_version": "0.16.0-alpha2",
  "platform": "darwin_amd64",
  "provider_selections": {
    "registry.opentofu.org/hashicorp/null": "3.0.0"
  }
}
"#;
    check(&TOFU, documented, "mismatch: 0.16.0-alpha2 >=1.6.0");
    check(&TOFU, &documented.replace("0.16.0-alpha2", "1.6.0"), "ok: 1.6.0");
}

#[test]
fn kubectl() {
    // ran here, 1.32.4 as Google packages it
    let here = r#"clientVersion:
  buildDate: "2025-05-15T20:09:34Z"
  compiler: gc
  gitCommit: 4cb5f0764b8d5f425645c6f433394fede34a8a26
  gitTreeState: clean
  gitVersion: v1.32.4-dispatcher
  goVersion: go1.23.8
  major: "1"
  minor: 32+
  platform: linux/amd64
kustomizeVersion: v5.5.0

"#;
    check(&KUBECTL, here, "ok: 1.32.4-dispatcher");
    check(
        &KUBECTL,
        &here.replace("v1.32.4-dispatcher", "v1.27.0-eks-f69f56f"),
        "ok: 1.27.0-eks-f69f56f",
    );
    check(&KUBECTL, &here.replace("v1.32.4-dispatcher", "v1.26.15"), "mismatch: 1.26.15 >=1.27.0");
    // neither the server's version nor that of kustomize is the client's
    let server = "serverVersion:\n  gitVersion: v1.30.0\nkustomizeVersion: v5.5.0\n";
    check(&KUBECTL, server, "error: it printed no version: serverVersion:");
    check(&KUBECTL, &format!("{server}{here}"), "ok: 1.32.4-dispatcher");
}

#[test]
fn helm() {
    // github.com/helm/helm/issues/8786: warnings on standard output, before 3.4
    let warned = "\
WARNING: Kubernetes configuration file is group-readable. This is insecure. Location: /home/nick/.kube/config
WARNING: Kubernetes configuration file is world-readable. This is insecure. Location: /home/nick/.kube/config
v3.3.3+g55e3ca0
";
    check(&HELM, warned, "mismatch: 3.3.3+g55e3ca0 >=3.12.0");
    check(&HELM, "v3.12.0+gc9f554d\n", "ok: 3.12.0+gc9f554d");
    check(&HELM, "v3.12.0-rc.1+g9f8d1b4\n", "mismatch: 3.12.0-rc.1+g9f8d1b4 >=3.12.0");
}

#[test]
fn docker_and_podman() {
    // ran here, 28.2.2, where no engine runs
    let no_engine = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";
    check(&DOCKER, "28.2.2\n", "ok: 28.2.2");
    assert_eq!(
        summary(DOCKER.judge(ended(1, "28.2.2\n", no_engine))),
        format!("unreachable: {}", no_engine.trim_end())
    );
    assert_eq!(
        summary(DOCKER.judge(ended(1, "23.0.1\n", no_engine))),
        "mismatch: 23.0.1 >=24.0.0",
        "fixing the engine does not change the version"
    );
    // github.com/launchdarkly/find-code-references/issues/65: the words since version 29
    let later = "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if \
                 the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory";
    assert_eq!(
        summary(DOCKER.judge(ended(1, "29.1.0\n", &format!("{later}\n")))),
        format!("unreachable: {later}")
    );
    // docs.podman.io/en/latest/markdown/podman-version.1.html
    check(&PODMAN, "2.0.0\n", "mismatch: 2.0.0 >=4.5.0");
    check(&PODMAN, "5.4.2\n", "ok: 5.4.2");
}

#[test]
fn clouds() {
    // ran here: version 1 of the CLI
    let first = "aws-cli/1.45.11 Python/3.11.7 Linux/6.18.44-fc-v669 botocore/1.43.11\n";
    check(&AWS, first, "mismatch: 1.45.11 >=2.13.0");
    // github.com/aws/aws-cli/issues/7870
    check(
        &AWS,
        "aws-cli/2.11.16 Python/3.11.3 Darwin/22.4.0 exe/x86_64 prompt/off\n",
        "mismatch: 2.11.16 >=2.13.0",
    );
    check(&AWS, "aws-cli/2.15.0 Python/3.11.6 Linux/6.1 exe/x86_64 prompt/off\n", "ok: 2.15.0");
    // ran here
    check(&GCLOUD, "528.0.0\n", "ok: 528.0.0");
    check(&GCLOUD, "449.0.0\n", "mismatch: 449.0.0 >=450.0.0");
    // the form that `--output tsv` has for one text: the text; the numbers are those of
    // releases
    check(&AZ, "2.79.0\n", "ok: 2.79.0");
    check(&AZ, "2.39.0\n", "mismatch: 2.39.0 >=2.50.0");
    let notice = "WARNING: You have 2 update(s) available. They will be updated with the next build of Cloud Shell.\n";
    assert_eq!(summary(AZ.judge(ended(0, "2.79.0\n", notice))), "ok: 2.79.0");
}

#[test]
fn kind_and_vault() {
    // github.com/kubernetes-sigs/kind/issues/2612 for the second, which `kind version` prints
    check(&KIND, "kind version 0.20.0\n", "ok: 0.20.0");
    check(&KIND, "kind v0.11.1 go1.16.4 linux/amd64\n", "mismatch: 0.11.1 >=0.20.0");
    // developer.hashicorp.com/vault/docs/commands/version
    check(&VAULT, "Vault v1.2.3\n", "mismatch: 1.2.3 >=1.12.0");
    check(&VAULT, "Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z\n", "ok: 1.15.2");
    check(
        &VAULT,
        "Vault v1.12.0+ent.hsm (abc), built 2022-10-13T15:33:46Z\n",
        "ok: 1.12.0+ent.hsm",
    );
}

#[test]
fn every_tool_has_an_install_hint() {
    for tool in
        [&TOFU, &TERRAFORM, &KUBECTL, &HELM, &DOCKER, &PODMAN, &AWS, &GCLOUD, &AZ, &KIND, &VAULT]
    {
        let missing = hint(tool.judge(Err(env_pack_sdk::tools::Failure::NotFound)));
        assert!(missing.starts_with("install ") && missing.contains(": https://"), "{missing}");
    }
}

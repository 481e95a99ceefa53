//! What `skopeo` does with what we push.

use serde_json::Value;

use super::{archive, bind};
use crate::support::registry::docker::DockerRegistry;
use crate::support::registry::skopeo;
use crate::support::{Ran, Sandbox, run, text};

fn skopeo_says(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut command = sandbox.command(skopeo().expect("skopeo is installed"));
    run(command.arg("--insecure-policy").args(arguments)).succeeded()
}

#[test]
#[ignore = "needs docker-registry and skopeo; `cargo xtask test` runs it"]
fn a_copy_is_bound_as_the_original_is() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = DockerRegistry::open();
    let pack = sandbox.write("vault.gtpack", archive()).display().to_string();
    let pushed = sandbox
        .gtc(["pack", "push", &pack, &registry.reference("team/vault:1")])
        .succeeded()
        .result();
    let digest = text(&pushed["manifest_digest"]);

    let (from, to) = (
        format!("docker://{}/team/vault:1", registry.host()),
        format!("docker://{}/mirror/of/vault:2", registry.host()),
    );
    skopeo_says(
        &sandbox,
        &["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to],
    );
    let raw = skopeo_says(&sandbox, &["inspect", "--raw", "--tls-verify=false", &to]);
    let manifest: Value = serde_json::from_str(&raw.stdout).expect("JSON");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.greentic.gtpack.v1+zip");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");

    bind(&sandbox, &registry.reference("mirror/of/vault:2"), &[]).succeeded();
    let pinned = registry.reference(&format!("mirror/of/vault@{digest}"));
    bind(&sandbox, &pinned, &[]).succeeded();
}

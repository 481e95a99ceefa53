//! Copies of pushed packs with `skopeo`.

use serde_json::Value;

use super::{archive, bind};
use test_support::registry::docker::DockerRegistry;
use test_support::registry::skopeo;
use test_support::{Output, Sandbox, run, text};

fn run_skopeo(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let mut command = sandbox.command(skopeo().expect("skopeo is installed"));
    run(command.arg("--insecure-policy").args(arguments)).succeeded()
}

#[test]
#[ignore = "needs docker-registry and skopeo; `cargo xtask test` runs it"]
fn a_pack_copied_by_skopeo_can_be_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = DockerRegistry::open();
    let pack = sandbox.write("vault.gtpack", archive());
    let pushed =
        sandbox.pack().push(&pack).arg(registry.reference("team/vault:1")).succeeded().result();
    let digest = text(&pushed["manifest_digest"]);

    let from = format!("docker://{}/team/vault:1", registry.host());
    let to = format!("docker://{}/mirror/of/vault:2", registry.host());
    run_skopeo(
        &sandbox,
        &["copy", "--src-tls-verify=false", "--dest-tls-verify=false", &from, &to],
    );
    let raw = run_skopeo(&sandbox, &["inspect", "--raw", "--tls-verify=false", &to]);
    let manifest: Value = serde_json::from_str(&raw.stdout).expect("JSON");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.greentic.gtpack.v1+zip");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");

    bind(&sandbox, &registry.reference("mirror/of/vault:2"), &[]).succeeded();
    let pinned = registry.reference(&format!("mirror/of/vault@{digest}"));
    bind(&sandbox, &pinned, &[]).succeeded();
}

//! What `wkg` pushes: a component without an archive.

use super::{bind, component, kept};
use crate::support::registry::docker::DockerRegistry;
use crate::support::registry::hostile::Hostile;
use crate::support::registry::image::Image;
use crate::support::registry::wkg;
use crate::support::{Sandbox, run};

#[test]
#[ignore = "needs docker-registry and wkg; `cargo xtask test` runs it"]
fn what_wkg_pushes_is_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = DockerRegistry::open();
    let file = sandbox.write("vault.wasm", component());
    let mut push = sandbox.command(wkg().expect("wkg is installed"));
    let place = format!("{}/team/bare:1", registry.host());
    run(push.args(["oci", "push", "--insecure", registry.host(), &place]).arg(file)).succeeded();
    bind(&sandbox, &registry.reference("team/bare:1"), &[]).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
}

#[test]
fn a_component_without_an_archive_is_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = Hostile::with(&Image::component(&component()));
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local"]).succeeded();
    let [only] = &kept(&sandbox)[..] else { panic!("{:?}", kept(&sandbox)) };
    assert_eq!(std::fs::read(only).expect("a file"), component());

    let broken = Hostile::with(&Image::component(b"\0asm\x0d\0\x01\0 and no more"));
    let refusal = bind(&sandbox, &broken.reference("1"), &[]).exited(1);
    assert!(refusal.stderr.contains(&broken.reference("1")), "{refusal:?}");
}

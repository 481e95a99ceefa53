//! Components without an archive, as `wkg` pushes them.

use super::{bind, cached, component};
use test_support::registry::docker::DockerRegistry;
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::registry::wkg;
use test_support::{Sandbox, run};

#[test]
#[ignore = "needs docker-registry and wkg; `cargo xtask test` runs it"]
fn a_component_pushed_by_wkg_can_be_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = DockerRegistry::open();
    let file = sandbox.write("vault.wasm", component());
    let mut push = sandbox.command(wkg().expect("wkg is installed"));
    let target = format!("{}/team/bare:1", registry.host());
    run(push.args(["oci", "push", "--insecure", registry.host(), &target]).arg(file)).succeeded();
    bind(&sandbox, &registry.reference("team/bare:1"), &[]).succeeded();
    sandbox.env().doctor().succeeded();
}

#[test]
fn a_component_without_an_archive_can_be_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = ScriptedRegistry::with_image(&Image::component(&component()));
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    sandbox.env().doctor().succeeded();
    let [only] = &cached(&sandbox)[..] else { panic!("{:?}", cached(&sandbox)) };
    assert_eq!(std::fs::read(only).expect("a file"), component());

    let broken = ScriptedRegistry::with_image(&Image::component(b"\0asm\x0d\0\x01\0 and no more"));
    let refusal = bind(&sandbox, &broken.reference("1"), &[]).exited(1);
    assert!(refusal.stderr.contains(&broken.reference("1")), "{refusal:?}");
}

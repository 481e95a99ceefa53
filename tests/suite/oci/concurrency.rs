//! Concurrent and killed processes.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::{KIND, archive, bind, cached, files};
use test_support::Sandbox;
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path};

#[test]
fn concurrent_pulls_of_the_same_pack_succeed() {
    let sandbox = Sandbox::with_local().with_own_cache();
    sandbox.gtc(["op", "env", "create", "other"]).succeeded();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    // slow enough that the pulls overlap
    let slow_layer = Reply::ok(image.blobs[1].clone()).slow_body(Duration::from_micros(50));
    registry.respond(&blob_path(image.layer()), [slow_layer]);
    let reference = registry.reference("1");
    let update = |environment: &str| {
        let update = sandbox.env_packs().update("secrets").env(environment);
        update.kind(KIND).pack_ref(&reference).run()
    };
    thread::scope(|scope| {
        let both = ["local", "other"].map(|environment| scope.spawn(move || update(environment)));
        for one in both {
            one.join().expect("it ran").succeeded();
        }
    });
    assert_eq!(cached(&sandbox).len(), 1, "{:?}", cached(&sandbox));
    assert!((1..=2).contains(&registry.request_count(&blob_path(image.layer()))));
    sandbox.cache().verify().succeeded();
}

#[test]
fn a_killed_pull_does_not_block_the_next_one() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    let slow_layer = Reply::ok(image.blobs[1].clone()).slow_body(Duration::from_micros(20));
    let reference = registry.reference("1");
    let fresh = sandbox.document("local");
    for step in 0..12 {
        registry.respond(&blob_path(image.layer()), [slow_layer.clone()]);
        let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&reference);
        let mut command = update.command();
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        thread::sleep(Duration::from_millis(20 * step));
        child.kill().expect("a signal");
        child.wait().expect("its end");

        registry.serve("1", &image);
        bind(&sandbox, &reference, &[]).succeeded();
        sandbox.cache().verify().succeeded();
        // the next pull starts with an empty cache
        std::fs::remove_dir_all(sandbox.cache_folder()).expect("a folder");
        sandbox.env_packs().remove("secrets").succeeded();
        sandbox.write(".greentic/environments/local/environment.json", format!("{fresh:#}\n"));
    }
    assert!(files(sandbox.cache_folder()).is_empty());
}

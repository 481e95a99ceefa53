//! Several processes at once, and processes that are ended in the middle.

use std::process::Stdio;
use std::thread;
use std::time::Duration;

use super::{KIND, archive, bind, files, kept};
use crate::support::registry::hostile::{Hostile, blob_path};
use crate::support::registry::image::Image;
use crate::support::registry::reply::Reply;
use crate::support::{Sandbox, run};

#[test]
fn two_that_pull_the_same_pack_both_have_it() {
    let sandbox = Sandbox::with_local().with_own_cache();
    sandbox.gtc(["op", "env", "create", "other"]).succeeded();
    let image = Image::pack(&archive());
    let registry = Hostile::with(&image);
    // long enough that each is still at it when the other begins
    let slowly = Reply::of(image.blobs[1].clone()).slow_body(Duration::from_micros(50));
    registry.says(&blob_path(image.layer()), [slowly]);
    let reference = registry.reference("1");
    let update = |environment: &str| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        command.args(["op", "env-packs", "update", "--env", environment, "--slot", "secrets"]);
        command.args(["--kind", KIND, "--pack-ref", &reference]);
        run(&mut command)
    };
    thread::scope(|scope| {
        let both = ["local", "other"].map(|environment| scope.spawn(move || update(environment)));
        for one in both {
            one.join().expect("it ran").succeeded();
        }
    });
    assert_eq!(kept(&sandbox).len(), 1, "{:?}", kept(&sandbox));
    assert!((1..=2).contains(&registry.asked(&blob_path(image.layer()))));
    sandbox.gtc(["cache", "verify"]).succeeded();
}

#[test]
fn a_pull_that_is_killed_is_in_nobodys_way() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&archive());
    let registry = Hostile::with(&image);
    let slowly = Reply::of(image.blobs[1].clone()).slow_body(Duration::from_micros(20));
    let reference = registry.reference("1");
    let fresh = sandbox.document("local");
    for step in 0..12 {
        registry.says(&blob_path(image.layer()), [slowly.clone()]);
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        command.args(["op", "env-packs", "update", "--env", "local", "--slot", "secrets"]);
        command.args(["--kind", KIND, "--pack-ref", &reference]);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        thread::sleep(Duration::from_millis(20 * step));
        child.kill().expect("a signal");
        child.wait().expect("its end");

        registry.serve("1", &image);
        bind(&sandbox, &reference, &[]).succeeded();
        sandbox.gtc(["cache", "verify"]).succeeded();
        // and the next one finds nothing again
        std::fs::remove_dir_all(sandbox.cache()).expect("a folder");
        sandbox
            .gtc(["op", "env-packs", "remove", "--env", "local", "--slot", "secrets"])
            .succeeded();
        sandbox.write(".greentic/environments/local/environment.json", format!("{fresh:#}\n"));
    }
    assert!(files(sandbox.cache()).is_empty());
}

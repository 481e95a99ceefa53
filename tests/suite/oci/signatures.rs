//! Signatures of packs in registries, and damaged or interrupted downloads.

use super::{archive, bind, cached, publish_signature};
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::wat::Handler;
use test_support::{Sandbox, packs, run};

/// Signs an archive with a key of the sandbox, and returns the envelope.
fn sign(sandbox: &Sandbox, archive: &[u8], key: &str) -> Vec<u8> {
    sandbox.write("signed.gtpack", archive);
    sandbox.pack().sign("signed.gtpack").key(key).arg("--replace").succeeded();
    sandbox.read("signed.gtpack.sig")
}

#[test]
fn only_packs_with_a_trusted_signature_are_bound() {
    let sandbox = Sandbox::with_local().with_own_cache();
    sandbox.trust(&sandbox.key("trusted.pem"));
    sandbox.key("untrusted.pem");
    let other = Handler::new("secrets", "acme.secrets.other", "^1").component();
    let other =
        packs::archive("secrets", "acme.secrets.other", "^1", other, packs::permissions(&[], &[]));
    let cases: [(Option<Vec<u8>>, &str); 4] = [
        (None, "unsigned"),
        (Some(sign(&sandbox, &archive(), "untrusted.pem")), "signer-not-trusted"),
        (Some(sign(&sandbox, &other, "trusted.pem")), "signature-other-archive"),
        (Some(b"{\"payload\": 1".to_vec()), "signature-malformed"),
    ];
    for (envelope, kind) in &cases {
        let image = Image::pack(&archive());
        let registry = ScriptedRegistry::with_image(&image);
        if let Some(envelope) = envelope {
            publish_signature(&registry, &image, envelope);
        }
        let refusal = bind(&sandbox, &registry.reference("1"), &[]).exited(1);
        assert!(refusal.stderr.contains(kind), "{kind}: {refusal:?}");
        assert!(cached(&sandbox).is_empty(), "{kind}");
    }
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    publish_signature(&registry, &image, &sign(&sandbox, &archive(), "trusted.pem"));
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    sandbox.env().doctor().offline().succeeded();
}

#[test]
fn a_damaged_archive_is_fetched_again_and_never_used() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    let [blob] = &cached(&sandbox)[..] else { panic!("one archive is cached") };
    for damage in [&b""[..], b"PK something else"] {
        std::fs::write(blob, damage).expect("a file");
        let report = sandbox.env().doctor().offline().exited(1).result();
        assert_eq!(report["load_failures"][0]["error"], "offline", "{report}");
        sandbox.env().doctor().succeeded();
        assert_eq!(std::fs::read(blob).expect("an archive"), archive());
        sandbox.env().doctor().offline().succeeded();
    }
}

#[test]
fn an_interrupted_pull_leaves_no_files() {
    use test_support::registry::reply::Reply;
    use test_support::registry::scripted::blob_path;
    let sandbox = Sandbox::new().with_own_cache();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    let path = blob_path(image.layer());
    registry.respond(
        &path,
        [Reply::ok(image.blobs[1].clone()).slow_body(std::time::Duration::from_millis(20))],
    );
    let mut pull = sandbox.pack().pull(registry.reference("1")).output("pulled.gtpack").command();
    let mut pull = pull.spawn().expect("it starts");
    while registry.request_count(&path) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // not SIGINT, which a shell makes the programs that it starts in the background ignore
    run(std::process::Command::new("kill").args(["-TERM", &pull.id().to_string()])).succeeded();
    assert!(!pull.wait().expect("it ends").success());
    let left: Vec<_> = std::fs::read_dir(sandbox.home())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    let left: Vec<_> = left.iter().filter(|path| **path != sandbox.cache_folder()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(cached(&sandbox).is_empty());
}

//! A cache with unexpected content: links, folders, FIFOs, other names, huge files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::process::Command;

use serde_json::json;

use super::{bind, blob, bound, names, reasons};
use test_support::{Sandbox, text};

#[test]
fn only_regular_files_are_cached_archives() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    let bytes = fs::read(&kept).expect("a blob");
    let elsewhere = sandbox.write("elsewhere", &bytes);
    let clear = || drop(fs::remove_file(&kept).or_else(|_| fs::remove_dir(&kept)));
    let plant: [(&str, &dyn Fn()); 4] = [
        ("a symbolic link", &|| symlink(&elsewhere, &kept).expect("a link")),
        ("a symbolic link", &|| symlink("/nowhere", &kept).expect("a link")),
        ("a folder", &|| fs::create_dir(&kept).expect("a folder")),
        ("a FIFO", &|| {
            assert!(Command::new("mkfifo").arg(&kept).status().expect("it runs").success())
        }),
    ];
    for (what, plant) in plant {
        clear();
        plant();
        let report = sandbox.cache().verify().arg("--keep").exited(1).result();
        assert_eq!(reasons(&report["faults"], "code"), [("archive", "not-a-file")], "{what}");
        assert!(text(&report["faults"][0]["reason"]).contains(what), "{report}");
        // `gc` does not remove pinned files
        assert_eq!(sandbox.cache().gc().succeeded().result()["removed"], json!([]));
        let report = sandbox.cache().verify().exited(1).result();
        assert_eq!(report["faults"][0]["removed"], true, "{what}");
        assert!(kept.symlink_metadata().is_err(), "{what}");
        assert_eq!(fs::read(&elsewhere).expect("the target of a link is not removed"), bytes);
        // a new archive replaces everything but folders
        if what != "a folder" {
            plant();
            bind(&sandbox, "acme.state.redis", &pack).succeeded();
            assert_eq!(fs::read(&kept).expect("a blob"), bytes, "{what}");
        }
    }
    // a folder with content is never removed
    clear();
    fs::create_dir(&kept).expect("a folder");
    fs::write(kept.join("diary"), "dear diary").expect("a file");
    let report = sandbox.cache().verify().exited(1).result();
    assert!(!text(&report["faults"][0]["not_removed"]).is_empty(), "{report}");
    bind(&sandbox, "acme.state.redis", &pack).refused(2, "io");
    sandbox.env_packs().remove("state").succeeded();
    let gc = sandbox.cache().gc().exited(1).result();
    assert_eq!(gc["failed"].as_array().expect("a list").len(), 1);
    assert!(kept.join("diary").exists());
}

#[test]
fn a_huge_file_is_not_read() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    let folder = kept.parent().expect("a folder");
    let unpinned = folder.join("ab".repeat(32));
    let sparse = |path| {
        fs::File::create(path).and_then(|file| file.set_len(10 << 30)).expect("a sparse file")
    };
    sparse(&kept);
    sparse(&unpinned);
    let report = sandbox.cache().verify().exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), [("archive", "archive-too-large"); 2]);
    // it may be valid under a larger limit
    assert!(kept.exists() && unpinned.exists());
    // code is not read either
    let code = &sandbox.compiled()[0];
    fs::remove_file(code).expect("removed");
    sparse(code);
    fs::set_permissions(code, fs::Permissions::from_mode(0o400)).expect("permissions");
    let report = sandbox.cache().verify().exited(1).result();
    assert_eq!(reasons(&report["faults"], "code")[2], ("compiled", "damaged"));
    sandbox.cache().gc().succeeded();
    assert!(kept.exists() && !unpinned.exists());
    bind(&sandbox, "acme.state.redis", &pack).succeeded();
    sandbox.cache().verify().succeeded();
}

#[test]
fn unknown_files_are_kept_and_escaped() {
    let (sandbox, pack) = bound("acme.state.redis");
    let archives = blob(&sandbox, &pack).parent().expect("a folder").to_owned();
    let compiled = sandbox.cache_folder().join("compiled");
    let upper = "AB".repeat(32);
    let unknown = ["README", "\u{1b}[2J\u{202e}", &upper, ".x.0.tmp", "a.cwasm", ".nfs0001"];
    for folder in [&archives, &compiled] {
        unknown.iter().for_each(|name| fs::write(folder.join(name), "unknown").expect("a file"));
        fs::create_dir(folder.join("folder")).expect("a folder");
    }
    let before = (names(&archives), names(&compiled));
    for verb in ["list", "verify", "gc"] {
        sandbox.gtc(["cache", verb]).succeeded();
        let human = sandbox.human(["cache", verb]).succeeded();
        assert!(!human.stdout.contains(['\u{1b}', '\u{202e}']), "{human:?}");
    }
    let listed = sandbox.cache().list().succeeded().result();
    assert_eq!(listed["unknown_files"].as_array().expect("a list").len(), 2 * (unknown.len() + 1));
    assert_eq!((names(&archives), names(&compiled)), before);
}

#[test]
fn files_of_other_users_are_trusted_only_by_digest() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    // an archive is verified by its digest, so its owner and mode do not matter
    fs::set_permissions(&kept, fs::Permissions::from_mode(0o666)).expect("permissions");
    sandbox.cache().verify().succeeded();
    // code is not; only the superuser can change owners, and can read every file
    if !is_superuser() {
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o000)).expect("permissions");
        let report = sandbox.cache().verify().exited(1).result();
        assert_eq!(
            (&report["faults"][0]["code"], &report["faults"][0]["removed"]),
            (&json!("io"), &json!(false))
        );
        return;
    }
    chown(&kept, Some(1), Some(1)).expect("an owner");
    let code = &sandbox.compiled()[0];
    chown(code, Some(1), Some(1)).expect("an owner");
    let report = sandbox.cache().verify().exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), [("compiled", "not-private")]);
    assert!(!code.exists());
    sandbox.env().doctor().succeeded();
    sandbox.cache().verify().succeeded();
}

fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").expect("a process").uid() == 0
}

#[test]
fn an_unusable_cache_is_reported() {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.write("cache/blobs", "a file where a folder belongs");
    for verb in ["list", "verify", "gc"] {
        let message = sandbox.gtc(["cache", verb]).refused(2, "io");
        assert!(message.contains("/cache/blobs"), "{verb}: {message}");
    }
    sandbox.gtc(["cache", "path"]).succeeded();
    fs::remove_file(sandbox.cache_folder().join("blobs")).expect("removed");
    sandbox.write("cache/compiled", "a file where a folder belongs");
    for verb in ["list", "verify", "gc"] {
        let message = sandbox.gtc(["cache", verb]).refused(2, "io");
        assert!(message.contains("/cache/compiled"), "{verb}: {message}");
    }
}

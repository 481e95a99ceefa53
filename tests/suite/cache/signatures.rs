//! Cached signatures: listed, verified, and removed with their archives.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{bind, blob, names, reasons};
use test_support::{Sandbox, text};

/// A sandbox with a signed pack bound to `state`, the pack, and the folder of its signatures.
fn bound() -> (Sandbox, PathBuf, PathBuf) {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let author = sandbox.key("author.key");
    sandbox.trust(&author);
    let pack = sandbox.valid_pack("state", "acme.state.signed", "^1");
    sandbox.sign(&pack, &author);
    bind(&sandbox, "acme.state.signed", &pack).succeeded();
    let archive = blob(&sandbox, &pack);
    let folder =
        sandbox.cache_folder().join("signatures/sha256").join(archive.file_name().expect("a name"));
    (sandbox, pack, folder)
}

/// Binds the pack to the empty slot.
fn bind_again(sandbox: &Sandbox, pack: &Path) {
    let add = sandbox.env_packs().add("state").kind("acme.state.signed@1.0.0");
    add.pack_ref(pack).succeeded();
}

#[test]
fn gc_removes_signatures_with_their_archives() {
    let (sandbox, pack, folder) = bound();
    let signature = names(&folder).pop().expect("a signature");
    let size = fs::metadata(folder.join(&signature)).expect("a file").len();
    let archive = folder.file_name().expect("a name").to_string_lossy().into_owned();
    let listed = sandbox.cache().list().succeeded().result();
    let expected = json!([{"sha256": signature, "archive_sha256": archive, "size": size}]);
    assert_eq!((&listed["signatures"], &listed["signature_bytes"]), (&expected, &json!(size)));
    let human = sandbox.cache().list().human().succeeded();
    human.shows(&["SIGNATURE", &signature[..16], &archive[..16], "1 signature ("]);

    // signatures of bound packs stay, even if the archive is not cached
    assert_eq!(sandbox.cache().gc().succeeded().result()["removed"], json!([]));
    fs::remove_file(blob(&sandbox, &pack)).expect("removed");
    assert_eq!(sandbox.cache().gc().succeeded().result()["removed"], json!([]));
    bind(&sandbox, "acme.state.signed", &pack).succeeded();

    // signatures of other packs are removed, and temporary files
    sandbox.env_packs().remove("state").succeeded();
    let temp_file = folder.join(format!(".{signature}.x7Qa0B"));
    fs::write(&temp_file, "half").expect("a file");
    let would = sandbox.cache().gc().dry_run().succeeded().result();
    let expected = ["archive", "signature", "half-written"];
    assert_eq!(
        reasons(&would["removed"], "what").iter().map(|(what, _)| *what).collect::<Vec<_>>(),
        expected
    );
    assert_eq!(
        text(&would["removed"][1]["reason"]),
        "no environment pins the archive that it is for"
    );
    assert!(folder.join(&signature).exists() && temp_file.exists());
    let gc = sandbox.cache().gc().succeeded().result();
    assert_eq!((&gc["removed"], &gc["freed_bytes"]), (&would["removed"], &would["freed_bytes"]));
    assert!(
        !blob(&sandbox, &pack).exists() && !folder.join(&signature).exists() && !temp_file.exists()
    );
    // the pack can be bound again, from its file and the signature next to it
    bind_again(&sandbox, &pack);
    assert_eq!(names(&folder), [signature]);
}

#[test]
fn damaged_signatures_are_reported_and_removed() {
    let (sandbox, pack, folder) = bound();
    assert_eq!(sandbox.cache().verify().succeeded().result()["signatures"], 1);
    let kept = folder.join(names(&folder).pop().expect("a signature"));
    let valid = fs::read(&kept).expect("a signature");
    let elsewhere = sandbox.write("elsewhere", &valid);
    let plant: [(&str, &dyn Fn()); 4] = [
        ("damaged", &|| fs::write(&kept, "something else").expect("a file")),
        ("damaged", &|| fs::write(&kept, &valid[1..]).expect("a file")),
        ("not-a-file", &|| symlink(&elsewhere, &kept).expect("a link")),
        ("not-a-file", &|| fs::create_dir(&kept).expect("a folder")),
    ];
    for (code, plant) in plant {
        drop(fs::remove_file(&kept));
        drop(fs::create_dir(&folder));
        plant();
        let report = sandbox.cache().verify().arg("--keep").exited(1).result();
        assert_eq!(reasons(&report["faults"], "code"), [("signature", code)]);
        assert_eq!(report["faults"][0]["pinned_by"][0]["environment_id"], "local");
        assert!(kept.symlink_metadata().is_ok());
        let human = sandbox.cache().verify().human().exited(1);
        human.shows(&[
            &format!("✗ {code}: signature "),
            "removed; put the signature next to the pack",
        ]);
        assert!(kept.symlink_metadata().is_err() && elsewhere.exists());
        sandbox.cache().verify().succeeded();
    }
    bind(&sandbox, "acme.state.signed", &pack).succeeded();
    assert_eq!(fs::read(&kept).expect("it is cached again"), valid);
    // a file over the limit may be valid under a larger one
    fs::File::create(&kept).and_then(|file| file.set_len(10 << 30)).expect("a sparse file");
    let report = sandbox.cache().verify().exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), [("signature", "archive-too-large")]);
    assert!(kept.exists());
}

#[test]
fn unknown_files_among_signatures_are_kept() {
    let (sandbox, pack, folder) = bound();
    let all = folder.parent().expect("a folder").to_owned();
    let file = all.join("ab".repeat(32));
    let link = all.join("cd".repeat(32));
    fs::write(&file, "no folder").expect("a file");
    let elsewhere = sandbox.write("elsewhere/x", "mine").parent().expect("a folder").to_owned();
    fs::write(elsewhere.join("ef".repeat(32)), "named like a signature").expect("a file");
    symlink(&elsewhere, &link).expect("a link");
    for parent in [&all, &folder] {
        fs::write(parent.join("README"), "unknown").expect("a file");
        fs::create_dir(parent.join("\u{1b}[2J")).expect("a folder");
    }
    let unknown = sandbox.cache().list().succeeded().result()["unknown_files"].clone();
    assert_eq!(unknown.as_array().map(Vec::len), Some(6), "{unknown}");
    sandbox.cache().verify().succeeded();
    assert!(!sandbox.cache().list().human().succeeded().stdout.contains('\u{1b}'));
    sandbox.env_packs().remove("state").succeeded();
    sandbox.cache().gc().succeeded();
    assert_eq!(
        (names(&folder), names(&all).len()),
        (vec!["\u{1b}[2J".to_owned(), "README".to_owned()], 5)
    );
    assert_eq!(names(&elsewhere).len(), 2, "a link was followed");
    bind_again(&sandbox, &pack);
}

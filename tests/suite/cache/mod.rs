//! The cache: listing, verification, and garbage collection.

mod concurrency;
mod hostile;
mod signatures;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

use test_support::{Output, Sandbox, assert_contains, text};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A sandbox with its own cache, and a pack with this path bound to the slot `state` of
/// `local`.
fn bound(path: &str) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let pack = sandbox.valid_pack("state", path, "^1");
    bind(&sandbox, path, &pack).succeeded();
    (sandbox, pack)
}

/// Binds a pack to the slot `state`.
fn bind(sandbox: &Sandbox, path: &str, pack: &Path) -> Output {
    let kind = format!("{path}@1.0.0");
    sandbox.env_packs().update("state").kind(kind).pack_ref(pack).run()
}

/// The file of a pack in the cache.
fn blob(sandbox: &Sandbox, pack: &Path) -> PathBuf {
    let digest = Sha256Digest::compute(&fs::read(pack).expect("a pack"));
    sandbox.cache_folder().join("blobs/sha256").join(digest.hex())
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(name).map(|name| name.to_string_lossy().into_owned()).collect(),
        Err(_) => Vec::new(),
    };
    names.sort();
    names
}

/// Sets the modification time of a file to days ago.
fn make_old(path: &Path, days: u32) {
    fs::File::open(path)
        .and_then(|file| file.set_modified(SystemTime::now() - DAY * days))
        .expect("a time");
}

/// The members `what` and `member` of each item of a list.
fn reasons<'a>(list: &'a Value, member: &str) -> Vec<(&'a str, &'a str)> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|item| (text(&item["what"]), text(&item[member])))
        .collect()
}

#[test]
fn the_cache_lists_archives_and_their_pins() {
    let (sandbox, pack) = bound("acme.state.redis");
    assert_eq!(
        text(&sandbox.gtc(["cache", "path"]).succeeded().result()["path"]),
        sandbox.cache_folder().display().to_string()
    );
    let listed = sandbox.cache().list().succeeded().result();
    let size = fs::metadata(&pack).expect("a pack").len();
    let sha256 = blob(&sandbox, &pack).file_name().expect("a name").to_string_lossy().into_owned();
    let pinned_by = json!([{"environment_id": "local", "pack_ref": pack.display().to_string()}]);
    assert_eq!(
        listed["archives"],
        json!([{"sha256": sha256, "size": size, "pinned_by": pinned_by}])
    );
    let compiled = listed["compiled"].as_array().expect("a list");
    assert_eq!(compiled.len(), 6);
    assert!(compiled.iter().all(
        |code| code["fits"] == true && code["packs"].as_array().is_some_and(|of| of.len() == 1)
    ));
    assert_eq!((&listed["archive_bytes"], &listed["half_written"]), (&json!(size), &json!(0)));
    let human = sandbox.cache().list().human().succeeded();
    human.shows(&[
        "`local` (/tmp/",
        "greentic.secrets.dev-store@0.1.0",
        "1 archive (",
        "6 compiled components (",
    ]);
}

#[test]
fn an_empty_cache_stays_empty() {
    let sandbox = Sandbox::new().with_own_cache();
    for verb in [&["path"][..], &["list"], &["verify"], &["gc"], &["gc", "--dry-run"]] {
        sandbox.gtc([&["cache"], verb].concat()).succeeded();
        assert!(!sandbox.cache_folder().exists(), "{verb:?}");
    }
}

#[test]
fn damaged_archives_are_reported_and_removed() {
    let (sandbox, pack) = bound("acme.state.redis");
    sandbox.cache().verify().succeeded();
    let kept = blob(&sandbox, &pack);
    let mut bytes = fs::read(&kept).expect("a blob");
    bytes[100] ^= 1;
    fs::write(&kept, &bytes).expect("a file");

    let report = sandbox.cache().verify().arg("--keep").exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), [("archive", "damaged")]);
    assert_eq!(
        (&report["faults"][0]["removed"], fs::read(&kept).expect("it is not removed")),
        (&json!(false), bytes)
    );
    // a damaged archive is not used, even if the file is gone
    let elsewhere = sandbox.home().join("elsewhere.gtpack");
    fs::rename(&pack, &elsewhere).expect("moved");
    let doctor = sandbox.env().doctor().exited(1).result();
    assert_eq!(doctor["load_failures"][0]["error"], "file-not-found");

    let human = sandbox.cache().verify().human().exited(1);
    human.shows(&[
        "✗ damaged: archive ",
        "pinned by `local` (",
        "removed; bind the pack again",
        "1 fault",
    ]);
    assert!(!kept.exists());
    let report = sandbox.cache().verify().succeeded().result();
    assert_eq!(report["missing"][0]["pinned_by"][0]["environment_id"], "local");
    // binding caches it again
    fs::rename(&elsewhere, &pack).expect("moved back");
    bind(&sandbox, "acme.state.redis", &pack).succeeded();
    assert_eq!(sandbox.cache().verify().succeeded().result()["missing"], json!([]));
}

#[test]
fn binding_replaces_a_damaged_archive() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    for damage in [&b""[..], b"something else"] {
        fs::write(&kept, damage).expect("a file");
        bind(&sandbox, "acme.state.redis", &pack).succeeded();
        assert_eq!(fs::read(&kept).expect("a blob"), fs::read(&pack).expect("a pack"));
    }
}

#[test]
fn damaged_code_is_reported_and_compiled_again() {
    use std::os::unix::fs::PermissionsExt as _;
    let (sandbox, _) = bound("acme.state.redis");
    let code = sandbox.compiled();
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions")
    };
    let write = |path: &Path, bytes: &[u8]| {
        mode(path, 0o600);
        fs::write(path, bytes).expect("a file");
        mode(path, 0o400);
    };
    let read = |path: &Path| fs::read(path).expect("code");
    // a flipped bit, a truncated file, a missing and an invalid record, and a wrong mode
    let mut flipped = read(&code[0]);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    write(&code[0], &flipped);
    write(&code[1], &read(&code[1])[1..]);
    fs::remove_file(code[2].with_extension("blake3")).expect("removed");
    write(&code[3].with_extension("blake3"), b"no record at all");
    mode(&code[4], 0o646);
    let faults = ["damaged", "damaged", "no-record", "no-record", "not-private"]
        .map(|code| ("compiled", code));
    let report = sandbox.cache().verify().arg("--keep").exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), faults);
    assert_eq!(sandbox.compiled(), code);
    let report = sandbox.cache().verify().exited(1).result();
    assert_eq!(reasons(&report["faults"], "code"), faults);
    assert_eq!(sandbox.compiled(), [code[5].clone()]);
    sandbox.env().doctor().succeeded();
    assert_eq!(sandbox.compiled(), code);
    sandbox.cache().verify().succeeded();
    // in a folder that other users may write to, no code is used
    mode(&sandbox.cache_folder().join("compiled"), 0o777);
    let report = sandbox.cache().verify().exited(1).result();
    assert!(
        reasons(&report["faults"], "code")
            .iter()
            .all(|fault| *fault == ("compiled", "open-folder"))
    );
    assert_eq!(sandbox.compiled(), code);
}

#[test]
fn gc_keeps_bound_packs_and_rollback_targets() {
    let (sandbox, first) = bound("acme.state.one");
    let second = sandbox.valid_pack("state", "acme.state.two", "^1");
    bind(&sandbox, "acme.state.two", &second).succeeded();
    let (first, second) = (blob(&sandbox, &first), blob(&sandbox, &second));
    let gc = sandbox.cache().gc().succeeded().result();
    assert_eq!((&gc["removed"], &gc["freed_bytes"]), (&json!([]), &json!(0)));
    assert!(first.exists() && second.exists());

    // after a rollback, only the history refers to the second one
    assert_eq!(sandbox.cache().gc().succeeded().result()["removed"], json!([]));
    let gc = || sandbox.cache().gc().limit("cache.generations=1");
    sandbox.env_packs().rollback("state").succeeded();
    let would = gc().dry_run().succeeded().result();
    assert_eq!(reasons(&would["removed"], "reason"), [("archive", "no environment pins it")]);
    assert!(second.exists());
    gc().dry_run().human().succeeded().shows(&["✓ would free "]);
    let gc = gc().succeeded().result();
    assert_eq!((&gc["removed"], &gc["freed_bytes"]), (&would["removed"], &would["freed_bytes"]));
    assert!(first.exists() && !second.exists());
    sandbox.env().doctor().succeeded();

    sandbox.env_packs().remove("state").succeeded();
    sandbox.cache().gc().succeeded();
    assert!(!first.exists());
}

#[test]
fn gc_keeps_archives_of_other_stores() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    let elsewhere = sandbox.home().join("elsewhere").display().to_string();
    let gc = || sandbox.cache().gc().args(["--store-root", &elsewhere]).succeeded().result();
    assert_eq!(gc()["removed"], json!([]));
    let listed = sandbox.cache().list().args(["--store-root", &elsewhere]).succeeded().result();
    let root = sandbox.home().join(".greentic/environments");
    assert_eq!(listed["archives"][0]["pinned_by"][0]["store_root"], root.display().to_string());
    assert!(kept.exists());
    // a store that was removed needs nothing
    fs::remove_dir_all(&root).expect("removed");
    assert_eq!(reasons(&gc()["removed"], "what"), [("archive", "archive"), ("root", "root")]);
    assert!(!kept.exists());
    assert_eq!(gc()["removed"], json!([]));
}

#[test]
fn gc_removes_nothing_if_pins_are_unreadable() {
    let (sandbox, pack) = bound("acme.state.redis");
    sandbox.write(".greentic/environments/broken/environment.json", "{");
    let message = sandbox.cache().gc().refused(2, "store");
    assert_contains(&message, &["could not determine which files are in use", "broken"]);
    let listed = sandbox.cache().list().succeeded().result();
    assert_eq!(listed["unreadable_environments"][0]["environment_id"], "broken");
    fs::remove_dir_all(sandbox.environment("broken")).expect("removed");

    let roots = sandbox.cache_folder().join("roots");
    let root = roots.join(&names(&roots)[0]);
    fs::write(&root, "/somewhere/else").expect("a file");
    let message = sandbox.cache().gc().refused(2, "damaged");
    assert!(message.contains("could not determine which files are in use"), "{message}");
    assert_eq!(
        reasons(&sandbox.cache().verify().exited(1).result()["faults"], "code"),
        [("root", "damaged")]
    );
    assert!(blob(&sandbox, &pack).exists());
    fs::remove_file(root).expect("removed");
    sandbox.cache().gc().succeeded();
}

#[test]
fn gc_removes_unused_code_and_that_of_other_versions() {
    let (sandbox, _) = bound("acme.state.redis");
    let other = sandbox.valid_pack("state", "acme.state.other", "^1");
    // the rollback restores it too, instead of the first pack
    for version in ["1.0.0", "1.0.1"] {
        let kind = format!("acme.state.other@{version}");
        sandbox.env_packs().update("state").kind(kind).pack_ref(&other).succeeded();
    }
    let code = sandbox.compiled();
    assert_eq!(code.len(), 7);
    // code of another engine, and a temporary file
    let stem = code[0].file_stem().expect("a name").to_string_lossy();
    let (component, _) = stem.split_once('-').expect("a component and an engine");
    let other_engine = code[0].with_file_name(format!("{component}-0123456789abcdef.cwasm"));
    fs::copy(&code[0], &other_engine).expect("a copy");
    let half_written = code[0]
        .with_file_name(format!(".{}.x7Qa0B", code[0].file_name().expect("a name").display()));
    fs::write(&half_written, "half").expect("a file");
    let gc = sandbox.cache().gc().limit("cache.generations=1").succeeded().result();
    assert_eq!(
        reasons(&gc["removed"], "reason"),
        [
            ("archive", "no environment pins it"),
            ("compiled", "another version of gtc or another machine compiled it")
        ]
    );
    assert!(half_written.exists(), "another process may be writing it");

    // code of built-in and bound packs stays, however old it is; that of the first pack does not
    code.iter().chain([&half_written]).for_each(|path| make_old(path, 31));
    let listed = sandbox.cache().list().limit("cache.generations=1").succeeded().result();
    let unpinned = listed["compiled"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|code| code["packs"] == json!([]));
    assert_eq!(unpinned.count(), 1);
    let gc = sandbox.cache().gc().limit("cache.generations=1").succeeded().result();
    assert_eq!(
        reasons(&gc["removed"], "reason"),
        [
            ("compiled", "no pinned pack needs it, and it was not used for a month"),
            ("half-written", "an interrupted process left it")
        ]
    );
    assert_eq!(sandbox.compiled().len(), 6);
}

#[test]
fn using_code_renews_its_age() {
    let (sandbox, _) = bound("acme.state.redis");
    let today = sandbox.cache().list().succeeded().result()["compiled"][0]["last_used"].clone();
    let code = sandbox.compiled();
    code.iter().for_each(|path| make_old(path, 31));
    assert_ne!(sandbox.cache().list().succeeded().result()["compiled"][0]["last_used"], today);
    sandbox.env().doctor().succeeded();
    let age = |path: &PathBuf| {
        path.metadata().and_then(|is| is.modified()).expect("a time").elapsed().expect("an age")
    };
    assert!(code.iter().all(|path| age(path) < DAY));
    sandbox.cache().verify().succeeded();
}

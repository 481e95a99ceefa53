//! Concurrent processes with one cache, and killed processes.

use std::fs::{self, File};
use std::process::Stdio;
use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;

use super::{bind, blob, bound, names};
use test_support::Sandbox;

/// The number of concurrent processes.
const PROCESSES: usize = 6;

#[test]
fn concurrent_binds_of_the_same_archive_succeed() {
    let sandbox = Sandbox::new().with_own_cache();
    let pack = sandbox.valid_pack("state", "acme.state.redis", "^1");
    let ids: Vec<_> = (0..PROCESSES).map(|at| format!("e{at}")).collect();
    ids.iter().for_each(|id| drop(sandbox.gtc(["op", "env", "create", "--empty", id]).succeeded()));
    std::thread::scope(|scope| {
        for id in &ids {
            let add = sandbox.env_packs().add("state").env(id).kind("acme.state.redis@1.0.0");
            let add = add.pack_ref(&pack);
            scope.spawn(|| add.succeeded());
        }
    });
    let kept = blob(&sandbox, &pack);
    assert_eq!(
        names(kept.parent().expect("a folder")),
        [kept.file_name().expect("a name").to_string_lossy()]
    );
    let pinned_by = sandbox.cache().list().succeeded().result()["archives"][0]["pinned_by"].clone();
    assert_eq!(pinned_by.as_array().expect("a list").len(), PROCESSES);
    sandbox.cache().verify().succeeded();
}

#[test]
fn gc_removes_no_archive_that_is_about_to_be_pinned() {
    let (sandbox, _) = bound("acme.state.redis");
    let path = |at: usize| format!("acme.state.p{at}");
    let packs: Vec<_> =
        (0..PROCESSES * 2).map(|at| sandbox.valid_pack("state", &path(at), "^1")).collect();
    std::thread::scope(|scope| {
        let binding = scope.spawn(|| {
            for (at, pack) in packs.iter().enumerate() {
                bind(&sandbox, &path(at), pack).succeeded();
                assert!(
                    blob(&sandbox, pack).exists(),
                    "the archive was removed before it was pinned"
                );
            }
        });
        while !binding.is_finished() {
            sandbox.cache().gc().succeeded();
        }
    });
    sandbox.cache().gc().limit("cache.generations=1").succeeded();
    // the bound pack and the rollback target
    let folder = sandbox.cache_folder().join("blobs/sha256");
    assert_eq!(names(&folder).len(), 2);
    sandbox.env().doctor().succeeded();
}

#[test]
fn gc_waits_for_the_shared_lock() {
    let (sandbox, _) = bound("acme.state.redis");
    let unpinned = sandbox.cache_folder().join("blobs/sha256").join("ab".repeat(32));
    fs::write(&unpinned, "will be pinned soon").expect("a file");
    let lock = File::open(sandbox.cache_folder().join("blobs/.lock")).expect("a lock");
    lock.lock_shared().expect("locked");
    // a process that adds an archive does not block on a shared lock
    let pack = sandbox.valid_pack("state", "acme.state.other", "^1");
    bind(&sandbox, "acme.state.other", &pack).succeeded();
    std::thread::scope(|scope| {
        let gc = scope.spawn(|| sandbox.cache().gc().succeeded());
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            assert!(!gc.is_finished() && unpinned.exists());
            std::thread::yield_now();
        }
        drop(lock);
        gc.join().expect("it ends");
    });
    assert!(!unpinned.exists());
}

#[test]
fn a_process_killed_at_any_moment_does_not_damage_the_cache() {
    let sandbox = Sandbox::new().with_own_cache();
    sandbox.env().init().succeeded();
    let path = "acme.state.redis";
    let component = padded(path);
    let compiled = Sha256Digest::compute(&component).hex();
    let pack = sandbox.written_pack("state", path, "^1", component);
    // each step starts without the archive in the cache and the code of its component
    let forget = || {
        drop(fs::remove_file(blob(&sandbox, &pack)));
        let code = sandbox
            .compiled()
            .into_iter()
            .filter(|path| path.to_string_lossy().contains(&compiled));
        code.for_each(|path| fs::remove_file(path).expect("removed"));
    };
    bind(&sandbox, path, &pack).succeeded();
    forget();
    let started = Instant::now();
    bind(&sandbox, path, &pack).succeeded();
    let duration = started.elapsed();
    let folder = sandbox.cache_folder().join("blobs/sha256");
    let (mut killed, mut half_written) = (0, 0);
    for step in 0..40_u32 {
        forget();
        let update = sandbox.env_packs().update("state").kind(format!("{path}@1.0.0"));
        let mut command = update.pack_ref(&pack).command();
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(duration * step / 40);
        child.kill().expect("killed");
        killed += usize::from(!child.wait().expect("it ends").success());
        half_written += usize::from(names(&folder).iter().any(|name| name.starts_with('.')));
        // every file with a digest as its name has that digest
        sandbox.cache().verify().succeeded();
    }
    assert!(
        killed >= 5,
        "{killed} of 40 were killed in time, {half_written} with a temporary file"
    );
    // the next process succeeds and removes temporary files
    bind(&sandbox, path, &pack).succeeded();
    assert_eq!(names(&folder).len(), 1);
    assert_eq!(fs::read(blob(&sandbox, &pack)).expect("a blob"), fs::read(&pack).expect("a pack"));
}

#[test]
fn temporary_files_of_killed_processes_are_removed() {
    let (sandbox, pack) = bound("acme.state.redis");
    let kept = blob(&sandbox, &pack);
    let leave = |number: usize| {
        let name =
            format!(".{}.half0{number}", kept.file_name().expect("a name").to_string_lossy());
        fs::write(kept.with_file_name(name), "half").expect("a file");
    };
    (0..3).for_each(leave);
    assert_eq!(sandbox.cache().list().succeeded().result()["half_written"], 3);
    fs::remove_file(&kept).expect("removed");
    bind(&sandbox, "acme.state.redis", &pack).succeeded();
    assert_eq!(names(kept.parent().expect("a folder")).len(), 1);
    // garbage collection removes them, too
    (0..3).for_each(leave);
    let gc = sandbox.cache().gc().succeeded().result();
    assert_eq!(gc["freed_bytes"], 12);
    assert_eq!(names(kept.parent().expect("a folder")).len(), 1);
}

/// A valid component that takes long to write, because of a custom section of 8 MiB.
fn padded(path: &str) -> Vec<u8> {
    let mut component = test_support::wat::Handler::new("state", path, "^1").component();
    // a custom section: id 0, size, a name of one letter, and zeros
    let padding = 8 << 20;
    component.push(0);
    let mut size = padding + 2;
    while size >= 0x80 {
        component.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    component.extend([size as u8, 1, b'x']);
    component.resize(component.len() + padding, 0);
    component
}

//! Archives are read from regular files only, never from files that block or have no end.

use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::rules::pack;
use test_support::Sandbox;

/// The commands that open a file as an archive or a component.
fn verbs(path: &Path) -> [Vec<String>; 3] {
    let path = path.display().to_string();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    [
        words(&["pack", "inspect", &path]),
        words(&["pack", "repack", &path, "--output", "out.gtpack"]),
        words(&["pack", "build", "--component", &path, "--version", "1.0.0"]),
    ]
}

fn refused(sandbox: &Sandbox, path: &Path, code: i32, kind: &str) {
    for verb in verbs(path) {
        // for `pack build`, the file is an argument and not the object of the command
        let code = if verb[1] == "build" { 2 } else { code };
        let message = sandbox.gtc(verb).refused(code, kind);
        assert!(message.contains(&path.display().to_string()), "{message}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let sandbox = Sandbox::new();
    let fifo = sandbox.home().join("fifo");
    let socket = sandbox.home().join("socket");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    let devices = ["/dev/zero", "/dev/null", "/dev/random", "/dev/tty"].map(PathBuf::from);
    let others = [fifo, socket, sandbox.home().to_owned()].into_iter().chain(devices);
    for (at, path) in others.enumerate() {
        refused(&sandbox, &path, 1, "not-a-file");
        let link = sandbox.home().join(format!("link-{at}"));
        symlink(&path, &link).expect("a link");
        refused(&sandbox, &link, 1, "not-a-file");
    }
    assert!(!sandbox.home().join("out.gtpack").exists());
}

#[test]
fn symbolic_links_are_followed_only_to_regular_files() {
    let sandbox = Sandbox::new();
    let link = |name: &str, to: &Path| {
        let link = sandbox.home().join(name);
        symlink(to, &link).expect("a link");
        link
    };
    let valid = sandbox.write("valid.gtpack", pack().bytes());
    let to_valid = link("to-valid", &valid);
    sandbox.pack().inspect(&to_valid).succeeded();
    refused(&sandbox, &link("to-nothing", Path::new("nothing")), 1, "file-not-found");
    refused(&sandbox, &link("to-itself", Path::new("to-itself")), 2, "io");
}

#[test]
fn unreadable_files_do_not_block() {
    let sandbox = Sandbox::new();
    refused(&sandbox, Path::new("/proc/self/mem"), 2, "io");
    let secret = sandbox.write("secret", b"not an archive");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    // root can read it regardless of its mode
    match std::fs::read(&secret) {
        Err(_) => refused(&sandbox, &secret, 2, "io"),
        Ok(_) => drop(sandbox.pack().inspect(&secret).refused(1, "zip-end-record")),
    }
}

#[test]
fn an_endless_file_is_not_read() {
    let sandbox = Sandbox::new();
    let sparse = sandbox.write("sparse", b"");
    std::fs::File::options()
        .write(true)
        .open(&sparse)
        .and_then(|file| file.set_len(1 << 40))
        .expect("a sparse file");
    refused(&sandbox, &sparse, 1, "archive-too-large");

    let growing = sandbox.write("growing", vec![0; 1 << 20]);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file = std::fs::File::options().append(true).open(&growing).expect("a file");
            // more than is ever read of it
            for _ in 0..80 {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                file.write_all(&[0; 1 << 20]).expect("space");
            }
        });
        let ran = sandbox.pack().inspect(&growing).exited(1);
        is_over.store(true, Ordering::Relaxed);
        assert!(ran.stderr.contains("growing"), "{ran:?}");
    });
}

//! A disk without space: a change says that it was not made, and the environment stays as it was; or
//! it was made, and says that the next change finishes it.

use std::process::Command;

use super::{is_made, request};
use test_support::footprint::show;
use test_support::{Sandbox, gtc, run_unchecked};

/// A command with `.greentic` on a disk of this size, of which `filler` bytes are used. It sees the
/// content of `.greentic`, and leaves it as it is after the command.
fn on_small_disk(sandbox: &Sandbox, size: &str, filler: u64, gtc_command: &Command) -> Command {
    let script = r#"
        set -e
        folder=$1 size=$2 filler=$3; shift 3
        mount -t tmpfs -o size=$size tmpfs /mnt
        cp -a "$folder/." /mnt
        head -c "$filler" /dev/zero > /mnt/filler || true
        mount --bind /mnt "$folder"
        code=0; "$@" || code=$?
        umount "$folder"; rm /mnt/filler
        find "$folder" -mindepth 1 -delete
        cp -a /mnt/. "$folder"
        exit $code
    "#;
    let mut command = sandbox.command("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    command.arg(sandbox.home().join(".greentic")).args([size, &filler.to_string()]).arg(gtc());
    command.args(gtc_command.get_args());
    command
}

#[test]
#[ignore = "needs unshare; `cargo xtask test` runs it"]
fn a_full_disk_changes_nothing() {
    const DISK: u64 = 256 << 10;
    const PAGE: usize = 4096;
    let sandbox = Sandbox::with_local();
    let mut made = 0;
    let mut not_made = 0;
    let mut unfinished = 0;
    // from a full disk to one with enough space, page by page
    for free in (0..DISK).step_by(PAGE) {
        let number = 2 * (made + not_made) + 1;
        let request = request(&sandbox, "", "", number);
        let before = (sandbox.document("local"), sandbox.audit_log("local"));
        let mut full = on_small_disk(&sandbox, "256k", DISK - free, &request.command());
        let output = run_unchecked(&mut full);
        let was_made = is_made(&sandbox, number);
        let is_unfinished = output.stderr.contains("unfinished");
        assert_eq!(output.code == 0 || is_unfinished, was_made, "{free}: {output:?}");
        if output.code != 0 {
            assert!(output.stderr.contains("No space left"), "{free}: {output:?}");
        }
        if was_made {
            made += 1;
            unfinished += usize::from(is_unfinished);
        } else {
            assert_eq!((sandbox.document("local"), sandbox.audit_log("local")), before, "{free}");
            not_made += 1;
        }
        request.succeeded();
        assert!(is_made(&sandbox, number), "{free}");
        if made == unfinished + 3 {
            break;
        }
    }
    show(&format!("{not_made} changes were not made, {made} were, {unfinished} unfinished"));
    assert!(not_made > 3 && made == unfinished + 3);
    sandbox.audit().verify().succeeded();
}

//! A pseudo-terminal, for programs that check if they run at a terminal.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::ptr::{null, null_mut};

/// Runs a program on a new terminal, types, and returns its exit code and all that it wrote
/// to the screen.
pub fn talk(command: &mut Command, typed: &str) -> (i32, String) {
    talk_at(command, typed, 0)
}

/// Like [`talk`], on a terminal of this many columns; 0 means that it does not tell.
pub fn talk_at(command: &mut Command, typed: &str, columns: u16) -> (i32, String) {
    let (mut ours, theirs) = pair(columns);
    let handle = || theirs.try_clone().expect("a handle");
    // SAFETY: the closure only makes two system calls. Without its own session the program
    // would use the terminal of the tests, if there is one.
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            libc::ioctl(0, libc::TIOCSCTTY, 0);
            Ok(())
        });
    }
    let mut child =
        command.stdin(handle()).stdout(handle()).stderr(handle()).spawn().expect("it starts");
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    drop(theirs);
    ours.write_all(typed.as_bytes()).expect("written");
    let mut screen = Vec::new();
    let mut chunk = [0; 4096];
    // reading from a terminal without users fails instead of returning 0
    while let Ok(count @ 1..) = ours.read(&mut chunk) {
        screen.extend_from_slice(&chunk[..count]);
    }
    let code = child.wait().expect("it ends").code().expect("an exit code");
    (code, String::from_utf8_lossy(&screen).replace('\r', ""))
}

/// Both ends of a new terminal.
fn pair(columns: u16) -> (File, File) {
    let rows = columns.min(24);
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut ours, mut theirs) = (-1, -1);
    // SAFETY: both numbers and the size live as long as the call; name and settings are optional.
    let result = unsafe { libc::openpty(&mut ours, &mut theirs, null_mut(), null(), &size) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: the call created both, and nothing else owns them.
    unsafe { (File::from_raw_fd(ours), File::from_raw_fd(theirs)) }
}

//! Measures the peak memory and the CPU time of a process.

use std::io::{PipeReader, PipeWriter, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};

use crate::{BACKSTOP, Output};

/// Runs a program that finally writes to standard error. Returns its output, and its peak
/// memory in KiB.
///
/// The pipe for standard error is full, so the program blocks at its end and is measured
/// there.
pub fn peak_at_stderr(command: &mut Command) -> (Output, u64) {
    let (mut reader, writer) = std::io::pipe().expect("a pipe");
    let filling = fill(&writer);
    let stdout = Stdio::piped();
    let mut child = command.stdout(stdout).stderr(writer).spawn().expect("it starts");
    // the command keeps the other end of the pipe open otherwise
    command.stderr(Stdio::null());
    let peak = peak_when_held(child.id());
    let stderr = drain(&mut reader, filling);
    let mut stdout = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut stdout).expect("its output");
    let status = child.wait().expect("it ends");
    (Output::from(std::process::Output { status, stdout, stderr }), peak)
}

/// Runs a program to its end. Returns its output, and its peak memory in KiB, sampled
/// every 2 ms.
pub fn watched(command: &mut Command) -> (Output, u64) {
    let (output, peak, _) = watched_with_cpu_time(command);
    (output, peak)
}

/// As [`watched`], with the CPU time of the program and of the processes that it waited for.
pub fn watched_with_cpu_time(command: &mut Command) -> (Output, u64, Duration) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let pid = child.id();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let started = Instant::now();
    let mut peak = 0;
    let mut cpu_time = Duration::ZERO;
    loop {
        // the files do not exist after the end
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        peak = peak_in(&status).unwrap_or(peak);
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        cpu_time = cpu_time_in(&stat).unwrap_or(cpu_time);
        match receiver.recv_timeout(Duration::from_millis(2)) {
            Ok(output) => return (output.expect("its output").into(), peak, cpu_time),
            Err(_) if started.elapsed() < BACKSTOP => (),
            Err(_) => {
                // the thread ends with the process
                let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
                panic!("process {pid} did not end within {BACKSTOP:?}")
            }
        }
    }
}

/// Runs a program to its end. Returns its exit code, and its CPU time with that of the processes
/// that it waited for, in microseconds instead of the hundredths of a second of `/proc`. Its output
/// is dropped.
#[expect(clippy::zombie_processes, reason = "`wait4` waits for the process")]
pub fn cpu_time(command: &mut Command) -> (i32, Duration) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    let pid = child.id() as libc::pid_t;
    let mut status = 0;
    // SAFETY: all fields are numbers, for which zeros are valid
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to variables that live longer than the call
    let waited = unsafe { libc::wait4(pid, &mut status, 0, &mut usage) };
    assert_eq!(waited, pid, "the program was waited for");
    assert!(libc::WIFEXITED(status), "{command:?} ended with status {status}");
    let duration = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    (libc::WEXITSTATUS(status), duration(usage.ru_utime) + duration(usage.ru_stime))
}

/// The CPU time in `/proc/<pid>/stat`: user and system time of the process, and of the
/// children that it waited for.
fn cpu_time_in(stat: &str) -> Option<Duration> {
    // the fields after the name, which may hold spaces; in hundredths of a second
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().map(|field| field.parse::<u64>().ok());
    Some(Duration::from_millis(10 * ticks.sum::<Option<u64>>()?))
}

/// Parses the peak memory in the status of a process, in KiB.
fn peak_in(status: &str) -> Option<u64> {
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}

/// Fills a pipe completely. Returns the number of bytes.
fn fill(mut writer: &PipeWriter) -> usize {
    fcntl_setfl(writer, OFlags::NONBLOCK).expect("a flag");
    let mut filling = 0;
    for size in [4096, 1] {
        while let Ok(written) = writer.write(&vec![b'.'; size]) {
            filling += written;
        }
    }
    fcntl_setfl(writer, OFlags::empty()).expect("a flag");
    filling
}

fn drain(reader: &mut PipeReader, filling: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("a pipe");
    bytes.split_off(filling)
}

/// Waits until a process sleeps and no longer computes. Returns its peak memory in KiB.
fn peak_when_held(pid: u32) -> u64 {
    let started = Instant::now();
    let mut seen = (String::new(), 0);
    while started.elapsed() < BACKSTOP {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
        let fields: Vec<_> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        assert!(fields[0] != "Z", "process {pid} ended without writing to standard error");
        // its state and CPU time; other waits than that for the pipe are short
        let now = format!("{} {} {}", fields[0], fields[11], fields[12]);
        let times = if now == seen.0 && fields[0] == "S" { seen.1 + 1 } else { 0 };
        seen = (now, times);
        if times >= 5 {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
            return peak_in(&status).expect("its peak");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("process {pid} did not write to standard error within {BACKSTOP:?}")
}

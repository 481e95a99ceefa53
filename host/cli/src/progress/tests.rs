//! Progress lines on a terminal that records all that is written to it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;
use indicatif::{ProgressDrawTarget, TermLike};

use super::{Progress as _, ProgressDisplay};

/// Time in which a line must appear, generous for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// All text that was written, with a `|` where a line was erased.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn text(&self) -> String {
        self.0.lock().expect("not poisoned").clone()
    }

    fn push(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("not poisoned").push_str(text);
        Ok(())
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let started = Instant::now();
        while !self.text().contains(text) {
            assert!(started.elapsed() < TIMEOUT, "`{text}` is not shown: {}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl TermLike for Recorder {
    fn width(&self) -> u16 {
        100
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.push(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.push("|")
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

fn display(show_delay: Duration) -> (ProgressDisplay, Recorder) {
    let recorder = Recorder::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(recorder.clone()), 20);
    (ProgressDisplay::on(target, show_delay), recorder)
}

/// Asserts that the last line was erased.
#[track_caller]
fn assert_cleared(recorder: &Recorder) {
    let text = recorder.text();
    let after = text.rsplit('|').next().unwrap_or_default();
    assert!(text.contains('|') && after.trim().is_empty(), "{text}");
}

#[test]
fn transfer_shows_bytes_rate_and_time_left() {
    let (display, recorder) = display(Duration::ZERO);
    let mut transfer =
        display.begin(&ForeignText::new("ghcr.io/team/\u{1b}[2Jvault\u{202e}:1"), Some(64 << 20));
    transfer.advance(16 << 20);
    transfer.advance(16 << 20);
    recorder.wait_for("32.00 MiB of 64.00 MiB, ");
    recorder.wait_for("MiB/s, ");
    recorder.wait_for(" left");
    recorder.wait_for(r"ghcr.io/team/\u{1b}[2Jvault\u{202e}:1");
    drop(transfer);
    assert_cleared(&recorder);
}

#[test]
fn transfer_of_unknown_size_shows_bytes_and_rate() {
    let (display, recorder) = display(Duration::ZERO);
    let mut transfer = display.begin(&ForeignText::new("a manifest"), None);
    transfer.advance(1536);
    recorder.wait_for("1.50 KiB, ");
    drop(transfer);
    assert_cleared(&recorder);
    assert!(!recorder.text().contains("left"), "{}", recorder.text());
}

#[test]
fn transfer_beyond_its_size_does_not_panic() {
    let (display, recorder) = display(Duration::ZERO);
    let mut transfer = display.begin(&ForeignText::new("liar"), Some(1));
    transfer.advance(u64::MAX);
    transfer.advance(u64::MAX);
    recorder.wait_for("liar");
    drop(transfer);
    assert_cleared(&recorder);
}

#[test]
fn short_work_is_not_shown() {
    let (display, recorder) = display(Duration::from_secs(3600));
    let started = Instant::now();
    display.begin(&ForeignText::new("short"), Some(1)).advance(1);
    drop(display.show_compilation(1 << 20));
    assert!(started.elapsed() < TIMEOUT);
    assert_eq!(recorder.text(), "");
}

#[test]
fn progress_is_suspended_while_other_text_is_written() {
    let (display, recorder) = display(Duration::ZERO);
    let compiling = display.show_compilation(12 << 20);
    recorder.wait_for("compiling a component of 12.00 MiB, once");
    display.suspend(|| recorder.push("a message\n").expect("a recorder does not fail"));
    let text = recorder.text();
    let before = text.split("a message").next().unwrap_or_default();
    assert!(before.rsplit('|').next().unwrap_or_default().trim().is_empty(), "{text}");
    drop(compiling);
    assert_cleared(&recorder);
}

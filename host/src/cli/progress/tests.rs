//! What is shown of a transfer, on a terminal that remembers.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;
use indicatif::{ProgressDrawTarget, TermLike};

use super::{Progress as _, Screen};

/// How long a line may take to appear on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// All that was ever shown, with a `|` where a line was taken back.
#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn text(&self) -> String {
        self.0.lock().expect("nobody panicked").clone()
    }

    fn push(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("nobody panicked").push_str(text);
        Ok(())
    }

    #[track_caller]
    fn waits_for(&self, text: &str) {
        let started = Instant::now();
        while !self.text().contains(text) {
            assert!(started.elapsed() < PATIENCE, "`{text}` is not shown: {}", self.text());
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

fn screen(blink: Duration) -> (Screen, Recorder) {
    let recorder = Recorder::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(recorder.clone()), 20);
    (Screen::on(target, blink), recorder)
}

/// Requires that the last line was taken back.
#[track_caller]
fn is_clear(recorder: &Recorder) {
    let text = recorder.text();
    let after = text.rsplit('|').next().unwrap_or_default();
    assert!(text.contains('|') && after.trim().is_empty(), "{text}");
}

#[test]
fn a_transfer_shows_bytes_rate_and_time_left() {
    let (screen, recorder) = screen(Duration::ZERO);
    let mut transfer =
        screen.begin(&ForeignText::new("ghcr.io/team/\u{1b}[2Jvault\u{202e}:1"), Some(64 << 20));
    transfer.advance(16 << 20);
    transfer.advance(16 << 20);
    recorder.waits_for("32.00 MiB of 64.00 MiB, ");
    recorder.waits_for("MiB/s, ");
    recorder.waits_for(" left");
    recorder.waits_for(r"ghcr.io/team/\u{1b}[2Jvault\u{202e}:1");
    drop(transfer);
    is_clear(&recorder);
}

#[test]
fn a_transfer_of_unknown_size_shows_what_has_come() {
    let (screen, recorder) = screen(Duration::ZERO);
    let mut transfer = screen.begin(&ForeignText::new("a manifest"), None);
    transfer.advance(1536);
    recorder.waits_for("1.50 KiB, ");
    drop(transfer);
    is_clear(&recorder);
    assert!(!recorder.text().contains("left"), "{}", recorder.text());
}

#[test]
fn a_transfer_beyond_its_size_is_no_fault() {
    let (screen, recorder) = screen(Duration::ZERO);
    let mut transfer = screen.begin(&ForeignText::new("liar"), Some(1));
    transfer.advance(u64::MAX);
    transfer.advance(u64::MAX);
    recorder.waits_for("liar");
    drop(transfer);
    is_clear(&recorder);
}

#[test]
fn what_is_over_in_a_blink_is_not_shown() {
    let (screen, recorder) = screen(Duration::from_secs(3600));
    let started = Instant::now();
    screen.begin(&ForeignText::new("short"), Some(1)).advance(1);
    drop(screen.compile(1 << 20));
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(recorder.text(), "");
}

#[test]
fn lines_make_room_for_what_else_is_written() {
    let (screen, recorder) = screen(Duration::ZERO);
    let compiling = screen.compile(12 << 20);
    recorder.waits_for("compiling a component of 12.00 MiB, once");
    screen.aside(|| recorder.push("a message\n").expect("it remembers"));
    let text = recorder.text();
    let before = text.split("a message").next().unwrap_or_default();
    assert!(before.rsplit('|').next().unwrap_or_default().trim().is_empty(), "{text}");
    drop(compiling);
    is_clear(&recorder);
}

//! Progress of downloads, compilations and builds, at the bottom of a terminal. It is erased
//! when the work ends.

#[cfg(test)]
mod tests;

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use env_pack_domain::ForeignText;
use indicatif::{BinaryBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::locale;
use gtc_core::{Progress, Transfer};

/// Delay before progress is shown: shorter work could not be read anyway.
const SHOW_DELAY: Duration = Duration::from_millis(300);
/// Interval at which a line is redrawn, to update its clock.
const REDRAW_INTERVAL: Duration = Duration::from_millis(100);

/// A terminal that shows progress lines. Clones share the terminal.
#[derive(Clone, Debug)]
pub(crate) struct ProgressDisplay {
    lines: MultiProgress,
    show_delay: Duration,
}

impl ProgressDisplay {
    /// Shows progress on standard error if it is a terminal.
    pub(crate) fn stderr() -> Self {
        Self::on(ProgressDrawTarget::stderr(), SHOW_DELAY)
    }

    /// Shows no progress.
    pub(crate) fn hidden() -> Self {
        Self::on(ProgressDrawTarget::hidden(), SHOW_DELAY)
    }

    fn on(target: ProgressDrawTarget, show_delay: Duration) -> Self {
        Self { lines: MultiProgress::with_draw_target(target), show_delay }
    }

    /// Hides the progress lines while `write` writes to the same terminal.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.lines.suspend(write);
    }

    /// Shows that a component of this size in bytes is being compiled, until the returned
    /// value is dropped.
    pub(crate) fn show_compilation(&self, bytes: usize) -> Box<dyn Send> {
        let what = format!("compiling a component of {}, once", BinaryBytes(bytes as u64));
        Box::new(self.add_line(what, None, "{spinner} {wide_msg} {elapsed}"))
    }

    /// Shows other work, until the returned value is dropped.
    pub(crate) fn show_work(&self, what: &str) -> Box<dyn Send> {
        Box::new(self.add_line(what.to_owned(), None, "{spinner} {wide_msg} {elapsed}"))
    }

    /// Adds a line that appears after the delay.
    fn add_line(
        &self,
        message: String,
        bytes: Option<u64>,
        template: &'static str,
    ) -> ProgressLine {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden())
            .with_message(message);
        if self.lines.is_hidden() {
            return ProgressLine { bar, shown: None };
        }
        let (end, ended) = channel::<()>();
        let display = self.clone();
        let hidden = bar.clone();
        // without a thread there is no progress line, and the work continues
        let thread = std::thread::Builder::new()
            .name("progress".to_owned())
            .spawn(move || display.show_until_ended(hidden, template, &ended))
            .ok();
        ProgressLine { bar, shown: thread.map(|thread| (end, thread)) }
    }

    /// Shows a line after the delay, and erases it when the sender of `ended` is dropped.
    fn show_until_ended(&self, hidden: ProgressBar, template: &str, ended: &Receiver<()>) {
        if ended.recv_timeout(self.show_delay) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        // the templates are valid; if one is not, the default is good enough
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        hidden.set_style(if *locale::IS_UTF8 { style } else { style.tick_chars("|/-\\ ") });
        let bar = self.lines.add(hidden);
        // its own timer would be another thread, and panics without one
        while ended.recv_timeout(REDRAW_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            bar.tick();
        }
        bar.finish_and_clear();
    }
}

impl Progress for ProgressDisplay {
    fn begin(&self, what: &ForeignText, bytes: Option<u64>) -> Box<dyn Transfer> {
        let template = match bytes {
            Some(_) => {
                "{spinner} {wide_msg} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left"
            }
            None => "{spinner} {wide_msg} {binary_bytes}, {binary_bytes_per_sec}",
        };
        Box::new(self.add_line(what.to_string(), bytes, template))
    }
}

/// The progress line of one piece of work.
struct ProgressLine {
    bar: ProgressBar,
    /// The thread that shows the line. It ends when the sender is dropped.
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Transfer for ProgressLine {
    fn advance(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.shown.take() {
            drop(end);
            // wait until the line is erased, before other text is written
            let _ = thread.join();
        }
    }
}

//! Long work, shown at the bottom of a terminal while it lasts: downloads and
//! compilations. Nothing of it stays there.

#[cfg(test)]
mod tests;

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use env_pack_domain::ForeignText;
use indicatif::{BinaryBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::fetch::progress::{Progress, Transfer};

/// What takes less than this is over before anybody has read what it is.
const BLINK: Duration = Duration::from_millis(300);
/// How often a line is written anew, so that its clock runs.
const TICK: Duration = Duration::from_millis(100);

/// The place where progress is shown, shared by all who make some.
#[derive(Clone, Debug)]
pub struct Screen {
    lines: MultiProgress,
    blink: Duration,
}

impl Screen {
    /// Shows progress on standard error, if it is a terminal that can take lines back.
    pub fn stderr() -> Self {
        Self::on(ProgressDrawTarget::stderr(), BLINK)
    }

    /// Shows nothing.
    pub fn none() -> Self {
        Self::on(ProgressDrawTarget::hidden(), BLINK)
    }

    fn on(target: ProgressDrawTarget, blink: Duration) -> Self {
        Self { lines: MultiProgress::with_draw_target(target), blink }
    }

    /// Writes something else to the same terminal, and gets the lines of progress out of
    /// its way.
    pub fn aside(&self, write: impl FnOnce()) {
        self.lines.suspend(write);
    }

    /// Shows that a component of this many bytes is compiled, until what is given back is
    /// dropped.
    pub fn compile(&self, bytes: usize) -> Box<dyn Send> {
        let what = format!("compiling a component of {}, once", BinaryBytes(bytes as u64));
        Box::new(self.line(what, None, "{spinner} {wide_msg} {elapsed}"))
    }

    /// Shows that something else works, until what is given back is dropped.
    pub fn work(&self, what: &str) -> Box<dyn Send> {
        Box::new(self.line(what.to_owned(), None, "{spinner} {wide_msg} {elapsed}"))
    }

    /// A line that appears when the work takes longer than a blink.
    fn line(&self, message: String, bytes: Option<u64>, template: &'static str) -> Line {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden())
            .with_message(message);
        if self.lines.is_hidden() {
            return Line { bar, shown: None };
        }
        let (end, ended) = channel::<()>();
        let (lines, hidden, blink) = (self.lines.clone(), bar.clone(), self.blink);
        let show = move || {
            if ended.recv_timeout(blink) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            // one of ours, so it is well-formed; if not, another one is shown
            hidden.set_style(
                ProgressStyle::with_template(template)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            let bar = lines.add(hidden);
            bar.enable_steady_tick(TICK);
            // until the other end is dropped
            let _ = ended.recv();
            bar.finish_and_clear();
        };
        // without a thread the work goes on unseen
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(show).ok();
        Line { bar, shown: thread.map(|thread| (end, thread)) }
    }
}

impl Progress for Screen {
    fn begin(&self, what: &ForeignText, bytes: Option<u64>) -> Box<dyn Transfer> {
        let template = match bytes {
            Some(_) => {
                "{spinner} {wide_msg} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left"
            }
            None => "{spinner} {wide_msg} {binary_bytes}, {binary_bytes_per_sec}",
        };
        Box::new(self.line(what.to_string(), bytes, template))
    }
}

/// One piece of work.
struct Line {
    bar: ProgressBar,
    /// Dropped to end the thread that shows it.
    shown: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Transfer for Line {
    fn advance(&mut self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some((end, thread)) = self.shown.take() {
            drop(end);
            // so that nothing is on the screen when something else is written there
            let _ = thread.join();
        }
    }
}

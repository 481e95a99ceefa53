//! Log lines on standard error: those of the host with `-v` or `GTC_LOG`, and those of
//! handlers.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::time::Instant;

use crate::locale::with_signs;
use env_pack_domain::ForeignText;
use gtc_core::{LogLevel, LogLine};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::error::CliError;
use crate::progress::ProgressDisplay;

/// The variable that selects log lines. It has precedence over `-v`.
pub(crate) const VARIABLE: &str = "GTC_LOG";

/// Starts to print log lines, if there is a filter or `verbosity` is at least 1. The filter is
/// a list such as `info,gtc_fetch=debug`.
///
/// # Errors
/// [`CliError::LogFilter`] if the filter is malformed.
pub(crate) fn start(
    verbosity: u8,
    filter: Option<OsString>,
    display: &ProgressDisplay,
) -> Result<(), CliError> {
    let filter = match (filter.filter(|filter| !filter.is_empty()), verbosity) {
        (Some(filter), _) => filter,
        (None, 0) => return Ok(()),
        (None, 1) => "gtc=info,handler=trace".into(),
        (None, _) => "gtc=debug,handler=trace".into(),
    };
    let targets: Option<Targets> = filter.to_str().and_then(|filter| filter.parse().ok());
    let Some(targets) = targets else {
        let filter = ForeignText::excerpt(&filter.to_string_lossy());
        return Err(CliError::LogFilter { filter });
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_timer(TimeSinceStart(Instant::now()))
        .with_writer(StderrLines(display.clone()));
    // another subscriber is there only if a program calls this twice
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
    Ok(())
}

/// Writes a log message of a handler.
pub(crate) fn handler_message(line: &LogLine) {
    let text = format_args!("`{}` in `{}`: {}", line.handler, line.call, line.message);
    match line.level {
        LogLevel::Trace => tracing::trace!(target: "handler", "{text}"),
        LogLevel::Debug => tracing::debug!(target: "handler", "{text}"),
        LogLevel::Info => tracing::info!(target: "handler", "{text}"),
        LogLevel::Warn => tracing::warn!(target: "handler", "{text}"),
        LogLevel::Error => tracing::error!(target: "handler", "{text}"),
    }
}

/// Seconds since the program started.
struct TimeSinceStart(Instant);

impl FormatTime for TimeSinceStart {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{:.3}s", self.0.elapsed().as_secs_f64())
    }
}

/// Writes lines to standard error, above the progress lines.
struct StderrLines(ProgressDisplay);

impl MakeWriter<'_> for StderrLines {
    type Writer = LineWriter;

    fn make_writer(&self) -> LineWriter {
        LineWriter(self.0.clone())
    }
}

/// Writes whole lines and escapes their control characters. The messages have escaped external
/// text already; this is a second barrier.
struct LineWriter(ProgressDisplay);

impl io::Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = ForeignText::new(text.trim_end_matches('\n')).to_string();
        let text = with_signs(&text);
        // a log line that cannot be written fails no command
        self.0.suspend(|| drop(writeln!(anstream::stderr(), "{text}")));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

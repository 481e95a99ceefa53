//! Runs one verb: parses its arguments, calls its operation, and writes the report.

use std::io;

use env_pack_domain::ForeignText;
use serde::Serialize;

use super::deserialize::NamedArguments;
use super::error::CliError;
use super::exit_code::EXIT_REFUSED;
use super::global::{Format, Global};
use super::input::Input;
use super::output::{self, Output};
use super::parse::Payload;
use super::render::RenderHuman;
use super::{prompt, settings};
use gtc_core::document;
use gtc_core::ops;
use gtc_core::{Host, RepeatedFlags};

/// The state of one run of the program.
pub(crate) struct Runner {
    pub host: Host,
    pub format: Format,
    /// Whether prompts can be shown.
    pub is_interactive: bool,
    /// Flags that suggested commands repeat.
    repeated_flags: RepeatedFlags,
}

impl Runner {
    pub(crate) fn new(global: &Global) -> Result<Self, CliError> {
        let format = Format::or_default(global.format);
        let is_interactive = format == Format::Human && prompt::is_interactive();
        let repeated_flags = settings::repeated_flags(global);
        let host = Host::new(settings::settings(global)?);
        Ok(Self { host, format, is_interactive, repeated_flags })
    }

    /// Runs a verb that exits with 0 unless it fails.
    pub(crate) fn run<P: Payload, R: Serialize + RenderHuman>(
        &self,
        noun: &'static str,
        name: &'static str,
        input: Input<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
    ) -> io::Result<u8> {
        self.check(noun, name, input, operation, |_| true)
    }

    /// Runs a verb that exits with 0 or 1, depending on its report.
    pub(crate) fn check<P: Payload, R: Serialize + RenderHuman>(
        &self,
        noun: &'static str,
        name: &'static str,
        input: Input<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
        is_ok: impl FnOnce(&R) -> bool,
    ) -> io::Result<u8> {
        self.run_with_writer(noun, name, input, operation, |output, report| {
            output.result(report)?;
            Ok(if is_ok(report) { 0 } else { EXIT_REFUSED })
        })
    }

    /// Runs a verb whose report is written by `write`, which returns the exit code.
    pub(crate) fn run_with_writer<P: Payload, R>(
        &self,
        noun: &'static str,
        name: &'static str,
        input: Input<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
        write: impl FnOnce(&Output<'_>, &R) -> io::Result<u8>,
    ) -> io::Result<u8> {
        if matches!(input, Input::Schema) {
            return output::print_schema(&document::schema::<P>()).map(|()| 0);
        }
        let request = self.read_payload(input).and_then(|payload| Ok(payload.into_request()?));
        let output =
            Output { format: self.format, noun, verb: name, repeated_flags: &self.repeated_flags };
        match request.and_then(operation) {
            Ok(report) => write(&output, &report),
            Err(error) => output.error(&error).map(|()| error.exit_code()),
        }
    }

    /// Reads the arguments from flags or from the answers file.
    fn read_payload<P: Payload>(&self, input: Input<P>) -> Result<P, CliError> {
        let path = match input {
            Input::Flags(payload) => return Ok(payload),
            Input::AnswersFile(path) => path,
            Input::Conflict | Input::Schema => {
                return Err(CliError::Arguments(
                    "`--answers` cannot be combined with flags".to_owned(),
                ));
            }
        };
        let bytes = ops::payload_file(&self.host, &path)?;
        let NamedArguments(payload) = document::parse_strict(&bytes, &path).map_err(|reason| {
            let place = match path.to_string_lossy() {
                path if path == "-" => "standard input".to_owned(),
                path => format!("`{}`", ForeignText::new(path)),
            };
            let reason = ForeignText::sentence(&reason);
            CliError::Arguments(format!("invalid arguments in {place}: {reason}"))
        })?;
        Ok(payload)
    }
}

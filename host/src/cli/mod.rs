//! The command line: arguments to requests, reports to text. No rules live here.

mod args;
mod arguments;
mod carry;
mod environment;
mod error;
mod examples;
mod grammar;
mod no_command;
mod output;
mod parse;
mod payload;
mod progress;
mod project;
mod question;
mod registry;
mod render;
mod settings;
mod table;
mod test;
mod trust;
mod update;
mod validate;
mod verb;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clap_complete::Shell;
use env_pack_domain::ForeignText;
use serde::Serialize;

use args::{
    CacheVerb, Cli, Command, DoctorSubject, EnvPacksVerb, EnvVerb, ExtensionsVerb, Format,
    GrantsVerb, Noun, PackVerb, TrustRootVerb,
};
use arguments::Object;
use error::CliError;
use output::Output;
use parse::Payload;
use project::Build;
use render::Human;
use test::Test;
use trust::Sign;
use update::Update;
use validate::{ReportForm, ValidatePayload};
use verb::Verb;

use crate::document;
use crate::host::Host;
use crate::ops::bind::{BindReport, BindRequest, BindVerb, GrantSelection};
use crate::ops::pack_test::{TestError, TestReport};
use crate::ops::refresh::RefreshRequest;
use crate::ops::validate::{self as validation, ValidationVerdict};
use crate::ops::{
    self, OpError, bench, bind, bindings, build, cache, doctor, env, export, grants, import,
    inspect, limits, pack_test, project as projects, refresh, registry as registries, repack,
    sandbox_check, signing, tool_check, trust_root, unbind,
};

/// The exit code of a command that was asked something and answered no.
const NO: u8 = 1;
/// The exit code of a command that could not do it.
pub const IMPOSSIBLE: u8 = 2;

/// Runs the command that these arguments ask for.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // by whatever name it was called, this is the one it goes by
    let arguments: Vec<OsString> =
        std::iter::once("gtc".into()).chain(arguments.into_iter().skip(1)).collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return no_command::answer(&error, &arguments),
    };
    let done = match Session::new(&cli) {
        Ok(session) => session.command(cli.command),
        Err(error) => {
            let output = Output { format: Format::choose(cli.global.format), noun: "", verb: "" };
            output.error(&error).map(|()| error.exit_code())
        }
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => no_command::unheard(&error, &arguments),
    }
}

/// The nouns, verbs and flags, for whoever lists them.
pub fn command_tree() -> clap::Command {
    Cli::command()
}

/// One run of the program.
struct Session {
    host: Host,
    format: Format,
    /// Whether somebody is there to answer questions.
    asks: bool,
}

impl Session {
    fn new(cli: &Cli) -> Result<Self, CliError> {
        let format = Format::choose(cli.global.format);
        let asks = format == Format::Human && question::somebody_is_there();
        Ok(Self { host: Host::new(settings::settings(&cli.global)?), format, asks })
    }

    fn command(&self, command: Command) -> io::Result<u8> {
        match command {
            Command::Op(Noun::Env(verb)) => self.env(verb),
            Command::Op(Noun::EnvPacks(verb)) => self.env_packs(verb),
            Command::Op(Noun::Extensions(verb)) => self.extensions(verb),
            Command::Op(Noun::Grants(verb)) => self.grants(verb),
            Command::Op(Noun::TrustRoot(verb)) => self.trust_root(verb),
            Command::Pack(verb) => self.pack(verb),
            Command::Cache(verb) => self.cache(verb),
            Command::Doctor(DoctorSubject::Program(verb)) => self.answer(
                "doctor",
                "self",
                verb,
                |_| Ok(sandbox_check::check_sandbox(&self.host)?),
                |report| report.is_confined(),
            ),
            Command::Doctor(DoctorSubject::Limits(verb)) => {
                self.done("doctor", "limits", verb, |_| Ok(limits::limits(&self.host)))
            }
            Command::Completions(verb) => {
                let script = |shell| {
                    let mut script = Vec::new();
                    clap_complete::generate::<Shell, _>(
                        shell,
                        &mut command_tree(),
                        "gtc",
                        &mut script,
                    );
                    Ok(String::from_utf8_lossy(&script).into_owned())
                };
                // a shell reads it: there is no envelope around it
                self.run("", "completions", verb, script, |_, script| {
                    output::print(script).map(|()| 0)
                })
            }
        }
    }

    fn env(&self, verb: EnvVerb) -> io::Result<u8> {
        let host = &self.host;
        match verb {
            EnvVerb::Init(verb) => self.answer(
                "env",
                "init",
                verb,
                |(environment, key)| Ok(env::init(host, &environment, key.as_deref())?),
                |report| report.doctor.healthy,
            ),
            EnvVerb::Create(verb) => {
                self.done("env", "create", verb, |request| Ok(env::create(host, &request)?))
            }
            EnvVerb::List(verb) => self.done("env", "list", verb, |()| Ok(env::list(host)?)),
            EnvVerb::Show(verb) => {
                self.done("env", "show", verb, |environment| Ok(env::show(host, &environment)?))
            }
            EnvVerb::Doctor(verb) => self.answer(
                "env",
                "doctor",
                verb,
                |(environment, strict)| Ok(doctor::doctor(host, &environment, strict)?),
                |report| report.healthy,
            ),
            EnvVerb::ToolCheck(verb) => self.answer(
                "env",
                "tool-check",
                verb,
                |environment| Ok(tool_check::tool_check(host, &environment)?),
                |report| report.passed(),
            ),
        }
    }

    fn env_packs(&self, verb: EnvPacksVerb) -> io::Result<u8> {
        const NOUN: &str = "env-packs";
        let host = &self.host;
        match verb {
            EnvPacksVerb::Add(verb) => {
                self.done(NOUN, "add", verb, |request| self.bind(BindVerb::Add, request))
            }
            EnvPacksVerb::Update(verb) => {
                self.done(NOUN, "update", verb, |update| self.update(update))
            }
            EnvPacksVerb::Remove(verb) => {
                self.done(NOUN, "remove", verb, |request| Ok(unbind::remove(host, &request)?))
            }
            EnvPacksVerb::Rollback(verb) => {
                self.done(NOUN, "rollback", verb, |request| Ok(unbind::rollback(host, &request)?))
            }
            EnvPacksVerb::List(verb) => self.done(NOUN, "list", verb, |environment| {
                Ok(bindings::list_env_packs(host, &environment)?)
            }),
        }
    }

    fn extensions(&self, verb: ExtensionsVerb) -> io::Result<u8> {
        const NOUN: &str = "extensions";
        let host = &self.host;
        match verb {
            ExtensionsVerb::Add(verb) => {
                self.done(NOUN, "add", verb, |request| self.bind(BindVerb::Add, request))
            }
            ExtensionsVerb::Update(verb) => {
                self.done(NOUN, "update", verb, |update| self.update(update))
            }
            ExtensionsVerb::Remove(verb) => {
                self.done(NOUN, "remove", verb, |request| Ok(unbind::remove(host, &request)?))
            }
            ExtensionsVerb::Rollback(verb) => {
                self.done(NOUN, "rollback", verb, |request| Ok(unbind::rollback(host, &request)?))
            }
            ExtensionsVerb::List(verb) => self.done(NOUN, "list", verb, |environment| {
                Ok(bindings::list_extensions(host, &environment)?)
            }),
            ExtensionsVerb::Resolve(verb) => {
                self.done(NOUN, "resolve", verb, |(environment, reference)| {
                    Ok(bindings::resolve_extension(host, &environment, &reference)?)
                })
            }
        }
    }

    fn grants(&self, verb: GrantsVerb) -> io::Result<u8> {
        const NOUN: &str = "grants";
        let host = &self.host;
        match verb {
            GrantsVerb::List(verb) => {
                self.done(NOUN, "list", verb, |environment| Ok(grants::list(host, &environment)?))
            }
            GrantsVerb::Add(verb) => {
                self.done(NOUN, "add", verb, |request| Ok(grants::add(host, &request)?))
            }
            GrantsVerb::Revoke(verb) => {
                self.done(NOUN, "revoke", verb, |request| Ok(grants::revoke(host, &request)?))
            }
        }
    }

    fn trust_root(&self, verb: TrustRootVerb) -> io::Result<u8> {
        const NOUN: &str = "trust-root";
        let host = &self.host;
        match verb {
            TrustRootVerb::Add(verb) => {
                self.done(NOUN, "add", verb, |request| Ok(trust_root::add(host, &request)?))
            }
            TrustRootVerb::Remove(verb) => {
                self.done(NOUN, "remove", verb, |request| Ok(trust_root::remove(host, &request)?))
            }
            TrustRootVerb::List(verb) => self
                .done(NOUN, "list", verb, |environment| Ok(trust_root::list(host, &environment)?)),
        }
    }

    /// Replaces a binding, or takes what its reference stands for now. Who sits at the
    /// terminal sees first what that is.
    fn update(&self, update: Update) -> Result<BindReport, CliError> {
        let mut request = match update {
            Update::Bind(request) => return self.bind(BindVerb::Update, *request),
            Update::Refresh(request) => request,
        };
        if self.asks && !request.dry_run {
            let shown =
                refresh::refresh(&self.host, &RefreshRequest { dry_run: true, ..request.clone() })?;
            let Some(moved) = &shown.moved_from else { return Ok(shown) };
            if !question::take(&render::difference(moved))? {
                return Err(CliError::Declined);
            }
            request.expected = Some(moved.archive);
        }
        let mut grants = std::mem::take(&mut request.grants);
        self.with_consent(&mut grants, |grants| {
            refresh::refresh(
                &self.host,
                &RefreshRequest { grants: grants.clone(), ..request.clone() },
            )
        })
    }

    /// Does what grants are needed for. What nobody granted yet is put to whoever sits at
    /// the terminal, once.
    fn with_consent<R>(
        &self,
        grants: &mut GrantSelection,
        operation: impl Fn(&GrantSelection) -> Result<R, OpError>,
    ) -> Result<R, CliError> {
        match operation(grants) {
            Err(OpError::NotGranted { missing, .. })
                if self.asks && question::consent(&missing)? =>
            {
                grants.permissions = grants.permissions.union(&missing);
                Ok(operation(grants)?)
            }
            result => Ok(result?),
        }
    }

    /// Binds a pack. What it asks for and nobody granted yet is put to whoever sits at
    /// the terminal, once.
    fn bind(&self, verb: BindVerb, mut request: BindRequest) -> Result<BindReport, CliError> {
        let mut grants = std::mem::take(&mut request.grants);
        self.with_consent(&mut grants, |grants| {
            bind::bind(&self.host, verb, &BindRequest { grants: grants.clone(), ..request.clone() })
        })
    }

    fn pack(&self, verb: PackVerb) -> io::Result<u8> {
        let host = &self.host;
        match verb {
            PackVerb::New(verb) => {
                self.done("pack", "new", verb, |request| Ok(projects::new(host, &request)?))
            }
            PackVerb::Build(verb) => self.done("pack", "build", verb, |build| match build {
                Build::Component(request) => Ok(build::build(host, &request)?),
                Build::Project(folder, output) => Ok(projects::build(host, &folder, output)?),
            }),
            PackVerb::Inspect(verb) => self.done("pack", "inspect", verb, |(pack_ref, wit)| {
                Ok(inspect::inspect(host, &pack_ref, wit)?)
            }),
            PackVerb::Bench(verb) => self.done("pack", "bench", verb, |(pack_ref, turns)| {
                Ok(bench::bench(host, &pack_ref, turns)?)
            }),
            PackVerb::Validate(verb) => self.validate(verb),
            PackVerb::Test(verb) => {
                self.answer("pack", "test", verb, |test| self.test(test), |report| report.passed())
            }
            PackVerb::Repack(verb) => {
                self.done("pack", "repack", verb, |request| Ok(repack::repack(host, &request)?))
            }
            PackVerb::Keygen(verb) => {
                self.done("pack", "keygen", verb, |output| Ok(signing::keygen(&output)?))
            }
            PackVerb::Push(verb) => {
                self.done("pack", "push", verb, |request| Ok(registries::push(host, &request)?))
            }
            PackVerb::Pull(verb) => {
                self.done("pack", "pull", verb, |request| Ok(registries::pull(host, &request)?))
            }
            PackVerb::Save(verb) => {
                self.done("pack", "save", verb, |request| Ok(export::export(host, &request)?))
            }
            PackVerb::Load(verb) => {
                self.done("pack", "load", verb, |request| Ok(import::import(host, &request)?))
            }
            PackVerb::Sign(verb) => self.done("pack", "sign", verb, |sign| match sign {
                Sign::File(request) => Ok(signing::sign(host, &request)?),
                Sign::Published(reference, key) => Ok(registries::sign(host, &reference, &key)?),
            }),
            PackVerb::Verify(verb) => {
                self.done("pack", "verify", verb, |request| Ok(signing::verify(host, &request)?))
            }
        }
    }

    /// Validates packs, and reports in the form that was asked for.
    fn validate(&self, verb: Verb<ValidatePayload>) -> io::Result<u8> {
        let operation = |(request, form)| Ok((validation::validate(&self.host, &request), form));
        self.run("pack", "validate", verb, operation, |output, (report, form)| {
            match form {
                None => output.result(report)?,
                Some(ReportForm::Human) => {
                    Output { format: Format::Human, ..*output }.result(report)?
                }
                Some(ReportForm::Json) => {
                    Output { format: Format::Json, ..*output }.result(report)?
                }
                Some(ReportForm::Sarif) => output::print_json(&render::sarif(report))?,
                Some(ReportForm::Junit) => output::print(&render::junit(report)?)?,
                Some(ReportForm::Github) => output::print(&render::github(report))?,
            }
            Ok(match report.verdict() {
                ValidationVerdict::Passed => 0,
                ValidationVerdict::Failed => NO,
                ValidationVerdict::Unknown => IMPOSSIBLE,
            })
        })
    }

    /// Runs scenarios, or records one. What a recording does to this machine is put to
    /// whoever sits at the terminal, once.
    fn test(&self, test: Test) -> Result<TestReport, CliError> {
        let mut request = match test {
            Test::Run(request) => return Ok(pack_test::test(&self.host, &request)?),
            Test::Record(request) => request,
        };
        match pack_test::record(&self.host, &request) {
            Err(OpError::Test(TestError::NotConfirmed { permissions }))
                if self.asks && question::run_here(&permissions)? =>
            {
                request.confirmed = true;
                Ok(pack_test::record(&self.host, &request)?)
            }
            result => Ok(result?),
        }
    }

    fn cache(&self, verb: CacheVerb) -> io::Result<u8> {
        const NOUN: &str = "cache";
        let host = &self.host;
        match verb {
            CacheVerb::Path(verb) => self.done(NOUN, "path", verb, |()| Ok(cache::path(host))),
            CacheVerb::List(verb) => self.done(NOUN, "list", verb, |()| Ok(cache::list(host)?)),
            CacheVerb::Verify(verb) => self.answer(
                NOUN,
                "verify",
                verb,
                |keep| Ok(cache::verify::verify(host, keep)?),
                |report| report.is_sound(),
            ),
            CacheVerb::Gc(verb) => self.answer(
                NOUN,
                "gc",
                verb,
                |dry_run| Ok(cache::gc::gc(host, dry_run)?),
                |report| report.is_done(),
            ),
        }
    }

    /// Runs a verb that either does what it is asked or fails.
    fn done<P: Payload, R: Serialize + Human>(
        &self,
        noun: &'static str,
        name: &'static str,
        verb: Verb<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
    ) -> io::Result<u8> {
        self.answer(noun, name, verb, operation, |_| true)
    }

    /// Runs a verb whose report is an answer: yes or no.
    fn answer<P: Payload, R: Serialize + Human>(
        &self,
        noun: &'static str,
        name: &'static str,
        verb: Verb<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
        is_yes: impl FnOnce(&R) -> bool,
    ) -> io::Result<u8> {
        self.run(noun, name, verb, operation, |output, report| {
            output.result(report)?;
            Ok(if is_yes(report) { 0 } else { NO })
        })
    }

    /// Runs a verb, and writes what comes of it.
    fn run<P: Payload, R>(
        &self,
        noun: &'static str,
        name: &'static str,
        verb: Verb<P>,
        operation: impl FnOnce(P::Request) -> Result<R, CliError>,
        write: impl FnOnce(&Output<'_>, &R) -> io::Result<u8>,
    ) -> io::Result<u8> {
        if matches!(verb, Verb::Schema) {
            return output::print_json(&document::schema::<P>()).map(|()| 0);
        }
        let request = self.payload(verb).and_then(|payload| Ok(payload.parse()?));
        let output = Output { format: self.format, noun, verb: name };
        match request.and_then(operation) {
            Ok(report) => write(&output, &report),
            Err(error) => output.error(&error).map(|()| error.exit_code()),
        }
    }

    /// The arguments: from flags, or from a file, never from both.
    fn payload<P: Payload>(&self, verb: Verb<P>) -> Result<P, CliError> {
        let path = match verb {
            Verb::Flags(payload) => return Ok(payload),
            Verb::File(path) => path,
            Verb::Both | Verb::Schema => {
                return Err(CliError::Arguments(
                    "flags and `--answers` cannot be given together".to_owned(),
                ));
            }
        };
        let bytes = ops::payload_file(&self.host, &path)?;
        let invalid = |reason: String| {
            let (path, reason) =
                (ForeignText::new(path.to_string_lossy()), ForeignText::sentence(&reason));
            CliError::Arguments(format!("`{path}` does not hold the arguments: {reason}"))
        };
        document::read_strictly(&bytes, &path).map(|Object(payload)| payload).map_err(invalid)
    }
}

//! The command line: parses arguments into requests, calls operations, and renders their
//! reports. It holds no rules of its own.

mod carry;
mod commands;
mod deserialize;
mod environment_arg;
mod error;
mod examples;
mod grammar;
mod input;
mod output;
mod parse;
mod payload;
mod progress;
mod project;
mod prompt;
mod registry;
mod render;
mod runner;
mod settings;
mod table;
mod test;
mod trust;
mod update;
mod usage_error;
mod validate;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use commands::{
    CacheVerb, Cli, Command, DoctorSubject, EnvPacksVerb, EnvVerb, ExtensionsVerb, Format,
    GrantsVerb, Noun, PackVerb, TrustRootVerb,
};
use error::CliError;
use input::Input;
use output::Output;
use payload::CompletionsPayload;
use project::BuildSource;
use runner::Runner;
use test::TestAction;
use trust::SignTarget;
use update::UpdateRequest;
use validate::{ReportForm, ValidatePayload};

use crate::ops::bind::{BindReport, BindRequest, BindVerb, GrantSelection};
use crate::ops::pack_test::{TestError, TestReport};
use crate::ops::refresh::RefreshRequest;
use crate::ops::validate::{self as validation, ValidationVerdict};
use crate::ops::{
    OpError, bench, bind, bindings, build, cache, doctor, env, export, grants, import, inspect,
    limits, pack_test, project as projects, refresh, registry as registries, repack, sandbox_check,
    signing, tool_check, trust_root, unbind,
};

/// Exit code of a refusal or a failed check.
const EXIT_REFUSED: u8 = 1;
/// Exit code of an error: usage, input and output, network, or a bug.
pub const EXIT_ERROR: u8 = 2;

/// Runs the command that the arguments name, and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // help and errors call it `gtc`, whatever the file is called
    let arguments: Vec<OsString> =
        std::iter::once("gtc".into()).chain(arguments.into_iter().skip(1)).collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage_error::report(&error, &arguments),
    };
    let done = match Runner::new(&cli) {
        Ok(runner) => runner.command(cli.command),
        Err(error) => {
            let output =
                Output { format: Format::or_default(cli.global.format), noun: "", verb: "" };
            output.error(&error).map(|()| error.exit_code())
        }
    };
    match done {
        Ok(code) => code.into(),
        Err(error) => usage_error::report_write_error(&error, &arguments),
    }
}

/// The command tree, for completions, tests and documentation.
pub fn command_tree() -> clap::Command {
    Cli::command()
}

impl Runner {
    fn command(&self, command: Command) -> io::Result<u8> {
        match command {
            Command::Op(Noun::Env(verb)) => self.env(verb),
            Command::Op(Noun::EnvPacks(verb)) => self.env_packs(verb),
            Command::Op(Noun::Extensions(verb)) => self.extensions(verb),
            Command::Op(Noun::GrantSelection(verb)) => self.grants(verb),
            Command::Op(Noun::TrustRoot(verb)) => self.trust_root(verb),
            Command::Pack(verb) => self.pack(verb),
            Command::Cache(verb) => self.cache(verb),
            Command::Doctor(DoctorSubject::Program(input)) => self.check(
                "doctor",
                "self",
                input,
                |_| Ok(sandbox_check::check_sandbox(&self.host)?),
                |report| report.is_confined(),
            ),
            Command::Doctor(DoctorSubject::Limits(input)) => {
                self.run("doctor", "limits", input, |_| Ok(limits::limits(&self.host)))
            }
            Command::Completions(input) => self.completions(input),
        }
    }

    /// Prints a completion script. A shell reads it, so there is no JSON envelope.
    fn completions(&self, input: Input<CompletionsPayload>) -> io::Result<u8> {
        self.run_with_writer(
            "",
            "completions",
            input,
            |shell| {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command_tree(), "gtc", &mut script);
                Ok(String::from_utf8_lossy(&script).into_owned())
            },
            |_, script| output::print(script).map(|()| 0),
        )
    }

    fn env(&self, verb: EnvVerb) -> io::Result<u8> {
        let host = &self.host;
        match verb {
            EnvVerb::Init(input) => self.check(
                "env",
                "init",
                input,
                |(environment, key)| Ok(env::init(host, &environment, key.as_deref())?),
                |report| report.doctor.healthy,
            ),
            EnvVerb::Create(input) => {
                self.run("env", "create", input, |request| Ok(env::create(host, &request)?))
            }
            EnvVerb::List(input) => self.run("env", "list", input, |()| Ok(env::list(host)?)),
            EnvVerb::Show(input) => {
                self.run("env", "show", input, |environment| Ok(env::show(host, &environment)?))
            }
            EnvVerb::Doctor(input) => self.check(
                "env",
                "doctor",
                input,
                |(environment, strict)| Ok(doctor::doctor(host, &environment, strict)?),
                |report| report.healthy,
            ),
            EnvVerb::ToolCheck(input) => self.check(
                "env",
                "tool-check",
                input,
                |environment| Ok(tool_check::tool_check(host, &environment)?),
                |report| report.passed(),
            ),
        }
    }

    fn env_packs(&self, verb: EnvPacksVerb) -> io::Result<u8> {
        const NOUN: &str = "env-packs";
        let host = &self.host;
        match verb {
            EnvPacksVerb::Add(input) => {
                self.run(NOUN, "add", input, |request| self.bind(BindVerb::Add, request))
            }
            EnvPacksVerb::Update(input) => {
                self.run(NOUN, "update", input, |update| self.update(update))
            }
            EnvPacksVerb::Remove(input) => {
                self.run(NOUN, "remove", input, |request| Ok(unbind::remove(host, &request)?))
            }
            EnvPacksVerb::Rollback(input) => {
                self.run(NOUN, "rollback", input, |request| Ok(unbind::rollback(host, &request)?))
            }
            EnvPacksVerb::List(input) => self.run(NOUN, "list", input, |environment| {
                Ok(bindings::list_env_packs(host, &environment)?)
            }),
        }
    }

    fn extensions(&self, verb: ExtensionsVerb) -> io::Result<u8> {
        const NOUN: &str = "extensions";
        let host = &self.host;
        match verb {
            ExtensionsVerb::Add(input) => {
                self.run(NOUN, "add", input, |request| self.bind(BindVerb::Add, request))
            }
            ExtensionsVerb::Update(input) => {
                self.run(NOUN, "update", input, |update| self.update(update))
            }
            ExtensionsVerb::Remove(input) => {
                self.run(NOUN, "remove", input, |request| Ok(unbind::remove(host, &request)?))
            }
            ExtensionsVerb::Rollback(input) => {
                self.run(NOUN, "rollback", input, |request| Ok(unbind::rollback(host, &request)?))
            }
            ExtensionsVerb::List(input) => self.run(NOUN, "list", input, |environment| {
                Ok(bindings::list_extensions(host, &environment)?)
            }),
            ExtensionsVerb::Resolve(input) => {
                self.run(NOUN, "resolve", input, |(environment, reference)| {
                    Ok(bindings::resolve_extension(host, &environment, &reference)?)
                })
            }
        }
    }

    fn grants(&self, verb: GrantsVerb) -> io::Result<u8> {
        const NOUN: &str = "grants";
        let host = &self.host;
        match verb {
            GrantsVerb::List(input) => {
                self.run(NOUN, "list", input, |environment| Ok(grants::list(host, &environment)?))
            }
            GrantsVerb::Add(input) => {
                self.run(NOUN, "add", input, |request| Ok(grants::add(host, &request)?))
            }
            GrantsVerb::Revoke(input) => {
                self.run(NOUN, "revoke", input, |request| Ok(grants::revoke(host, &request)?))
            }
        }
    }

    fn trust_root(&self, verb: TrustRootVerb) -> io::Result<u8> {
        const NOUN: &str = "trust-root";
        let host = &self.host;
        match verb {
            TrustRootVerb::Add(input) => {
                self.run(NOUN, "add", input, |request| Ok(trust_root::add(host, &request)?))
            }
            TrustRootVerb::Remove(input) => {
                self.run(NOUN, "remove", input, |request| Ok(trust_root::remove(host, &request)?))
            }
            TrustRootVerb::List(input) => self
                .run(NOUN, "list", input, |environment| Ok(trust_root::list(host, &environment)?)),
        }
    }

    /// Replaces a binding, or refreshes it. At a terminal, shows the changes and asks before
    /// it refreshes.
    fn update(&self, update: UpdateRequest) -> Result<BindReport, CliError> {
        let mut request = match update {
            UpdateRequest::Bind(request) => return self.bind(BindVerb::Update, *request),
            UpdateRequest::Refresh(request) => request,
        };
        if self.is_interactive && !request.dry_run {
            let preview =
                refresh::refresh(&self.host, &RefreshRequest { dry_run: true, ..request.clone() })?;
            let Some(moved) = &preview.moved_from else { return Ok(preview) };
            if !prompt::confirm_update(&render::difference(moved))? {
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

    /// Runs an operation. If permissions are missing, asks for them at a terminal and runs it
    /// once more.
    fn with_consent<R>(
        &self,
        grants: &mut GrantSelection,
        operation: impl Fn(&GrantSelection) -> Result<R, OpError>,
    ) -> Result<R, CliError> {
        match operation(grants) {
            Err(OpError::NotGranted { missing, .. })
                if self.is_interactive && prompt::confirm_permissions(&missing)? =>
            {
                grants.permissions = grants.permissions.union(&missing);
                Ok(operation(grants)?)
            }
            result => Ok(result?),
        }
    }

    /// Binds a pack, and asks for missing permissions at a terminal.
    fn bind(&self, verb: BindVerb, mut request: BindRequest) -> Result<BindReport, CliError> {
        let mut grants = std::mem::take(&mut request.grants);
        self.with_consent(&mut grants, |grants| {
            bind::bind(&self.host, verb, &BindRequest { grants: grants.clone(), ..request.clone() })
        })
    }

    fn pack(&self, verb: PackVerb) -> io::Result<u8> {
        let host = &self.host;
        match verb {
            PackVerb::New(input) => {
                self.run("pack", "new", input, |request| Ok(projects::new(host, &request)?))
            }
            PackVerb::Build(input) => self.run("pack", "build", input, |build| match build {
                BuildSource::Component(request) => Ok(build::build(host, &request)?),
                BuildSource::Project(folder, output) => Ok(projects::build(host, &folder, output)?),
            }),
            PackVerb::Inspect(input) => self.run("pack", "inspect", input, |(pack_ref, wit)| {
                Ok(inspect::inspect(host, &pack_ref, wit)?)
            }),
            PackVerb::Bench(input) => self.run("pack", "bench", input, |(pack_ref, turns)| {
                Ok(bench::bench(host, &pack_ref, turns)?)
            }),
            PackVerb::Validate(input) => self.validate(input),
            PackVerb::Test(input) => {
                self.check("pack", "test", input, |test| self.test(test), |report| report.passed())
            }
            PackVerb::Repack(input) => {
                self.run("pack", "repack", input, |request| Ok(repack::repack(host, &request)?))
            }
            PackVerb::Keygen(input) => {
                self.run("pack", "keygen", input, |output| Ok(signing::keygen(&output)?))
            }
            PackVerb::Push(input) => {
                self.run("pack", "push", input, |request| Ok(registries::push(host, &request)?))
            }
            PackVerb::Pull(input) => {
                self.run("pack", "pull", input, |request| Ok(registries::pull(host, &request)?))
            }
            PackVerb::Save(input) => {
                self.run("pack", "save", input, |request| Ok(export::export(host, &request)?))
            }
            PackVerb::Load(input) => {
                self.run("pack", "load", input, |request| Ok(import::import(host, &request)?))
            }
            PackVerb::Sign(input) => self.run("pack", "sign", input, |sign| match sign {
                SignTarget::File(request) => Ok(signing::sign(host, &request)?),
                SignTarget::Published(reference, key) => {
                    Ok(registries::sign(host, &reference, &key)?)
                }
            }),
            PackVerb::Verify(input) => {
                self.run("pack", "verify", input, |request| Ok(signing::verify(host, &request)?))
            }
        }
    }

    /// Validates packs and writes the report in the requested format.
    fn validate(&self, input: Input<ValidatePayload>) -> io::Result<u8> {
        self.run_with_writer(
            "pack",
            "validate",
            input,
            |(request, form)| Ok((validation::validate(&self.host, &request), form)),
            |output, (report, form)| {
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
                    ValidationVerdict::Failed => EXIT_REFUSED,
                    ValidationVerdict::Unknown => EXIT_ERROR,
                })
            },
        )
    }

    /// Runs scenarios, or records one. Before it records, asks at a terminal.
    fn test(&self, action: TestAction) -> Result<TestReport, CliError> {
        let mut request = match action {
            TestAction::Run(request) => return Ok(pack_test::test(&self.host, &request)?),
            TestAction::Record(request) => request,
        };
        match pack_test::record(&self.host, &request) {
            Err(OpError::Test(TestError::NotConfirmed { permissions }))
                if self.is_interactive && prompt::confirm_recording(&permissions)? =>
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
            CacheVerb::Path(input) => self.run(NOUN, "path", input, |()| Ok(cache::path(host))),
            CacheVerb::List(input) => self.run(NOUN, "list", input, |()| Ok(cache::list(host)?)),
            CacheVerb::Verify(input) => self.check(
                NOUN,
                "verify",
                input,
                |keep| Ok(cache::verify::verify(host, keep)?),
                |report| report.is_sound(),
            ),
            CacheVerb::Gc(input) => self.check(
                NOUN,
                "gc",
                input,
                |dry_run| Ok(cache::gc::gc(host, dry_run)?),
                |report| report.is_done(),
            ),
        }
    }
}

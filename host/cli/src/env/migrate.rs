//! `gtc op env migrate`: bring environments of earlier versions up to date.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentOrAll;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::env::{self, MigrateReport, MigrateRequest, MigratedEnvironment};

/// Environments to bring up to date.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MigratePayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentOrAll,
    /// All environments of the store
    #[arg(long, conflicts_with_all = ["env", "environment_id", "if_revision"])]
    #[serde(default)]
    pub all: bool,
    /// Make the changes; otherwise they are only shown
    #[arg(long)]
    #[serde(default)]
    pub apply: bool,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for MigratePayload {
    type Request = MigrateRequest;

    fn into_request(self) -> Result<MigrateRequest, UsageError> {
        let environment = self.environment_id.parse()?;
        if environment.is_some() == self.all {
            return Err(UsageError::new("all", "name either an environment or `--all`"));
        }
        if self.all && self.if_revision.is_some() {
            return Err(UsageError::new("all", "cannot be combined with `--if-revision`"));
        }
        Ok(MigrateRequest {
            environment,
            apply: self.apply,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<MigratePayload>) -> io::Result<u8> {
    runner.run_with_writer(
        "env",
        "migrate",
        input,
        |request| Ok(env::migrate(&runner.host, &request)?),
        |output, report| {
            output.result(report)?;
            Ok(exit_code(report))
        },
    )
}

fn exit_code(report: &MigrateReport) -> u8 {
    if report.is_incomplete {
        EXIT_ERROR
    } else if report.environments.iter().any(|environment| environment.error.is_some()) {
        EXIT_REFUSED
    } else {
        0
    }
}

impl RenderHuman for MigrateReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text: String =
            self.environments.iter().map(|environment| render(environment, self.applied)).collect();
        let mut pending =
            self.environments.iter().filter(|environment| !environment.is_unchanged());
        let first = pending.next();
        let selection = match first {
            Some(first) if self.environments.len() == 1 => {
                format!("--env {}", first.environment_id)
            }
            _ => "--all".to_owned(),
        };
        if self.environments.is_empty() {
            text.push_str("there are no environments\n");
        } else if first.is_some() && !self.applied {
            text.push_str(&format!(
                "next: make these changes with `gtc op env migrate {selection} --apply`\n"
            ));
        }
        text
    }
}

fn render(environment: &MigratedEnvironment, applied: bool) -> String {
    let id = &environment.environment_id;
    if let Some(error) = &environment.error {
        let bad = Style::Bad.paint(BAD);
        return format!("{bad} environment `{id}` cannot be migrated\n  {}\n", shown(error));
    }
    let mut text = if environment.is_unchanged() {
        format!("environment `{id}` is up to date\n")
    } else if applied {
        let revision = environment.revision;
        format!("{} migrated environment `{id}` (revision {revision})\n", Style::Good.paint(GOOD))
    } else {
        let notice = Style::Notice.paint(NOTICE);
        format!("{notice} environment `{id}` would be migrated; nothing changed yet\n")
    };
    for kind in &environment.bound {
        text.push_str(&format!("  binds `{kind}`\n"));
    }
    if environment.converts_pins {
        text.push_str("  converts the pins to the present schema\n");
    }
    for slot in &environment.kept_empty {
        let learned =
            if environment.remembered.contains(slot) { ", says the audit log" } else { "" };
        text.push_str(&format!(
            "  keeps slot `{slot}` empty: its binding was removed on purpose{learned}\n"
        ));
    }
    text
}

//! `gtc doctor self`: check that the sandbox for untrusted components works on this
//! machine.

use std::io;

use crate::args::NoPayload;
use crate::input::Input;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::sandbox_check::{self, LayerState, SandboxCheckReport};

pub(super) fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.check(
        "doctor",
        "self",
        input,
        |()| Ok(sandbox_check::check_sandbox(&runner.host)?),
        |report| report.is_confined(),
    )
}

impl RenderHuman for SandboxCheckReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut actions = Table::new(["OPERATION", "RESULT"]);
        for action in &self.forbidden_actions {
            let result = if action.prevented {
                Style::Good.cell(format!("{GOOD} prevented"))
            } else {
                Style::Bad.cell(format!("{BAD} not prevented"))
            };
            actions.row([Style::Plain.cell(&action.what), result]);
        }
        let mut layers = Table::new(["PROTECTION", "STATE"]);
        for layer in &self.layers {
            let state = match layer.state {
                LayerState::InForce => Style::Good.cell(format!("{GOOD} in force")),
                LayerState::PartlyInForce => {
                    Style::Notice.cell(format!("{NOTICE} partly in force"))
                }
                LayerState::NotAvailable => Style::Notice.cell(format!("{NOTICE} not available")),
            };
            layers.row([Style::Plain.cell(&layer.name), state]);
        }
        let verdict = if self.is_confined() {
            "external components are compiled in an effective sandbox"
        } else {
            "the sandbox is incomplete on this machine; use a newer kernel for packs you do not trust"
        };
        format!("gtc {}\n\n{}\n{}\n{verdict}\n", self.version, actions.render(), layers.render())
    }
}

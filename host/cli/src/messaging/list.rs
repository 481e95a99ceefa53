//! `gtc op messaging endpoint list`: list the messaging endpoints of an environment.

use std::io;

use super::arguments::NOUN;
use crate::args::EnvironmentPayload;
use crate::binding::list::listing;
use crate::input::Input;
use crate::render::{BAD, RenderHuman, empty_cell, join_or_none, shown};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::messaging::{self, EndpointReport, EndpointsReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run(NOUN, "list", input, |environment| Ok(messaging::list(&runner.host, &environment)?))
}

impl RenderHuman for EndpointsReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["ENDPOINT", "PROVIDER", "NAME", "GENERATION", "BUNDLES"]);
        for endpoint in &self.endpoints {
            table.row(endpoint_row(endpoint));
        }
        let mut text = listing(&self.environment_id.to_string(), "messaging endpoints", &table);
        for fault in &self.malformed {
            let sign = Style::Bad.paint(BAD);
            text.push_str(&format!("\n{sign} {} is not used: {}\n", fault.place, fault.reason));
        }
        text
    }
}

fn endpoint_row(endpoint: &EndpointReport) -> [crate::table::Cell; 5] {
    let provider = format!("{} ({})", endpoint.provider_id, endpoint.provider_type);
    let bundles = if endpoint.linked_bundles.is_empty() {
        empty_cell()
    } else {
        let bundles = endpoint.linked_bundles.iter().map(ToString::to_string);
        Style::Plain.cell(join_or_none(bundles))
    };
    [
        Style::Bold.cell(&endpoint.endpoint_id),
        Style::Plain.cell(provider),
        Style::Plain.cell(shown(endpoint.display_name.as_exact())),
        Style::Plain.cell(endpoint.generation),
        bundles,
    ]
}

//! Text of a messaging endpoint, and of its changes.

use crate::render::{GOOD, RenderHuman, join_or_none};
use crate::table::{Style, Table};
use gtc_core::ops::messaging::{EndpointChangeReport, EndpointReport};

impl RenderHuman for EndpointReport {
    fn render_human(&self, _verb: &str) -> String {
        let flow = self.welcome_flow.as_ref().map(|flow| {
            format!("{} of pack {} in bundle {}", flow.flow_id, flow.pack_id, flow.bundle_id)
        });
        let webhook = self.webhook_secret_ref.as_ref().map(ToString::to_string);
        let mut table = Table::new(["MESSAGING ENDPOINT", self.endpoint_id.as_str()]);
        for (name, value) in [
            ("environment", self.environment_id.to_string()),
            ("provider type", self.provider_type.to_string()),
            ("provider id", self.provider_id.to_string()),
            ("display name", self.display_name.to_string()),
            ("linked bundles", join_or_none(self.linked_bundles.iter().map(ToString::to_string))),
            ("welcome flow", flow.unwrap_or_else(|| "none".to_owned())),
            ("secrets", join_or_none(self.secret_refs.iter().map(ToString::to_string))),
            ("webhook secret", webhook.unwrap_or_else(|| "none".to_owned())),
            ("generation", self.generation.to_string()),
            ("created", self.created_at.to_string()),
            ("updated", format!("{} by {}", self.updated_at, self.updated_by)),
        ] {
            table.row([Style::Faint.cell(name), Style::Plain.cell(value)]);
        }
        table.render()
    }
}

impl RenderHuman for EndpointChangeReport {
    fn render_human(&self, verb: &str) -> String {
        let endpoint = &self.endpoint;
        let done = match verb {
            "add" => "added",
            _ if self.unchanged => "nothing to change in",
            _ => "changed",
        };
        let sign = Style::Good.paint(GOOD);
        format!(
            "{sign} {done} messaging endpoint `{}` of environment `{}`\n\n{}",
            endpoint.endpoint_id,
            endpoint.environment_id,
            endpoint.render_human(verb)
        )
    }
}

//! `gtc op messaging`: the messaging endpoints of an environment.

mod add;
mod arguments;
mod link;
mod list;
mod remove;
mod report;
mod rotate;
mod show;
mod welcome_flow;

use std::io;

use clap::Subcommand;

use add::AddPayload;
use link::LinkPayload;
use remove::RemovePayload;
use rotate::RotatePayload;
use show::ShowPayload;
use welcome_flow::WelcomeFlowPayload;

use super::args::EnvironmentPayload;
use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum MessagingNoun {
    /// Manage the instances of messaging providers, and the bundles that they reach
    #[command(subcommand)]
    Endpoint(EndpointVerb),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EndpointVerb {
    /// Add an instance of a messaging provider
    #[command(after_help = add::EXAMPLES)]
    Add(Input<AddPayload>),
    /// List the endpoints of an environment
    List(Input<EnvironmentPayload>),
    /// Show an endpoint
    Show(Input<ShowPayload>),
    /// Let an endpoint reach the flows of a deployed bundle
    LinkBundle(Input<LinkPayload>),
    /// Stop an endpoint from reaching the flows of a bundle
    UnlinkBundle(Input<LinkPayload>),
    /// Set the flow that runs on first contact, or remove it
    SetWelcomeFlow(Input<WelcomeFlowPayload>),
    /// Remove an endpoint
    Remove(Input<RemovePayload>),
    /// Replace the reference to the secret that the provider presents
    RotateWebhookSecret(Input<RotatePayload>),
}

pub(crate) fn run(runner: &Runner, noun: MessagingNoun) -> io::Result<u8> {
    let MessagingNoun::Endpoint(verb) = noun;
    match verb {
        EndpointVerb::Add(input) => add::run(runner, input),
        EndpointVerb::List(input) => list::run(runner, input),
        EndpointVerb::Show(input) => show::run(runner, input),
        EndpointVerb::LinkBundle(input) => link::run_link(runner, input),
        EndpointVerb::UnlinkBundle(input) => link::run_unlink(runner, input),
        EndpointVerb::SetWelcomeFlow(input) => welcome_flow::run(runner, input),
        EndpointVerb::Remove(input) => remove::run(runner, input),
        EndpointVerb::RotateWebhookSecret(input) => rotate::run(runner, input),
    }
}

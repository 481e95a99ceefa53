//! `gtc pack`: create, build, test, sign and distribute packs.

mod arguments;
mod bench;
mod build;
mod inspect;
mod keygen;
mod load;
mod new;
mod pull;
mod push;
mod repack;
mod report;
mod save;
mod sign;
mod test;
mod validate;
mod verify;

use std::io;

use clap::Subcommand;

use bench::BenchPayload;
use build::BuildPayload;
use inspect::InspectPayload;
use keygen::KeygenPayload;
use load::LoadPayload;
use new::NewPayload;
use pull::PullPayload;
use push::PushPayload;
use repack::RepackPayload;
use save::SavePayload;
use sign::SignPayload;
use test::TestPayload;
use validate::ValidatePayload;
use verify::VerifyPayload;

use super::input::Input;
use super::runner::Runner;

#[derive(Debug, Subcommand)]
pub(crate) enum PackVerb {
    /// Create a project with a handler and a test
    #[command(after_help = new::EXAMPLES)]
    New(Input<NewPayload>),
    /// Build a pack from a project or from a component
    #[command(after_help = build::EXAMPLES)]
    Build(Input<BuildPayload>),
    /// Show the contents of a pack without running it
    #[command(after_help = inspect::EXAMPLES)]
    Inspect(Input<InspectPayload>),
    /// Measure how long the handlers of a pack take
    #[command(after_help = bench::EXAMPLES)]
    Bench(Input<BenchPayload>),
    /// Report all problems of packs and how to fix them (for CI)
    #[command(after_help = validate::EXAMPLES)]
    Validate(Input<ValidatePayload>),
    /// Run the scenarios of a pack in the sandbox, with simulated programs and network
    #[command(after_help = test::EXAMPLES)]
    Test(Input<TestPayload>),
    /// Rewrite a non-canonical archive in canonical form
    #[command(after_help = repack::EXAMPLES)]
    Repack(Input<RepackPayload>),
    /// Push a pack to an OCI registry
    #[command(after_help = push::EXAMPLES)]
    Push(Input<PushPayload>),
    /// Pull a pack from an OCI registry into a file
    #[command(after_help = pull::EXAMPLES)]
    Pull(Input<PullPayload>),
    /// Save packs to one file, for machines that cannot reach a registry
    #[command(after_help = save::EXAMPLES)]
    Save(Input<SavePayload>),
    /// Load packs from a file that `gtc pack save` wrote
    #[command(after_help = load::EXAMPLES)]
    Load(Input<LoadPayload>),
    /// Create a key pair for signing packs
    #[command(after_help = keygen::EXAMPLES)]
    Keygen(Input<KeygenPayload>),
    /// Sign a pack
    #[command(after_help = sign::EXAMPLES)]
    Sign(Input<SignPayload>),
    /// Verify that a pack has a trusted signature
    #[command(after_help = verify::EXAMPLES)]
    Verify(Input<VerifyPayload>),
}

pub(crate) fn run(runner: &Runner, verb: PackVerb) -> io::Result<u8> {
    match verb {
        PackVerb::New(input) => new::run(runner, input),
        PackVerb::Build(input) => build::run(runner, input),
        PackVerb::Inspect(input) => inspect::run(runner, input),
        PackVerb::Bench(input) => bench::run(runner, input),
        PackVerb::Validate(input) => validate::run(runner, input),
        PackVerb::Test(input) => test::run(runner, input),
        PackVerb::Repack(input) => repack::run(runner, input),
        PackVerb::Push(input) => push::run(runner, input),
        PackVerb::Pull(input) => pull::run(runner, input),
        PackVerb::Save(input) => save::run(runner, input),
        PackVerb::Load(input) => load::run(runner, input),
        PackVerb::Keygen(input) => keygen::run(runner, input),
        PackVerb::Sign(input) => sign::run(runner, input),
        PackVerb::Verify(input) => verify::run(runner, input),
    }
}

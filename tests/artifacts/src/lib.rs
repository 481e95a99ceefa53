//! Where the guests lie that the build script has built.

use std::path::{Path, PathBuf};

macro_rules! guests {
    ($($name:ident = $file:literal, $doc:literal;)+) => {
        $(#[doc = $doc]
        pub fn $name() -> PathBuf {
            Path::new(env!("GUESTS")).join($file)
        })+
    };
}

guests! {
    vault = "vault_secrets.wasm", "The example `vault-secrets`.";
    terraform = "terraform_deployer.wasm", "The example `terraform-deployer`.";
    oauth = "oauth_extension.wasm", "The example `oauth-extension`.";
    panics = "examples/panics.wasm", "Panics in its preflight.";
    witness = "examples/witness.wasm", "Reports what it is told of its binding.";
    prober = "examples/prober.wasm", "Runs a program and tries a connection.";
    asker = "examples/asker.wasm", "Asks of the host what its answers say, and repeats all it hears.";
    liar = "examples/liar.wasm", "Says in every place what a terminal should not be told.";
    std_witness = "examples/std_witness.wasm", "Uses the standard library and reports what it finds.";
    std_panics = "examples/std_panics.wasm", "Panics with the standard library.";
    sleeper = "examples/sleeper.wasm", "Sleeps for an hour.";
}

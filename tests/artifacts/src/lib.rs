//! The paths of the guests that the build script has built.

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
    witness = "examples/witness.wasm", "Reports its environment, instance and answers.";
    prober = "examples/prober.wasm", "Runs a program and tries a connection.";
    asker = "examples/asker.wasm", "Makes the host calls that its answers list, and reports the replies.";
    waiter = "examples/waiter.wasm", "An extension that runs a program with the name of its instance, or panics.";
    liar = "examples/liar.wasm", "Returns control characters in every text.";
    std_witness = "examples/std_witness.wasm", "Tries the features of the standard library, and reports the results.";
    std_panics = "examples/std_panics.wasm", "Panics with the standard library.";
    text_slot = "examples/text_slot.wasm", "Has version 0.2 of the interface, and uses every interface of the host.";
    sleeper = "examples/sleeper.wasm", "Sleeps for an hour.";
}

//! A program that uses the host as a library: the example `embed-host`, built and run.

use std::process::Command;

use crate::support::{Sandbox, repository, run};

#[test]
fn a_program_hosts_handlers_of_its_own_and_of_packs() {
    let mut build = Command::new(env!("CARGO"));
    // with the features of the workspace, as `cargo test --workspace` has built it already
    build.args(["build", "--workspace", "--example", "embed-host", "--locked"]).current_dir(repository());
    let built = build.output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_gtc")).with_file_name("examples").join("embed-host");

    let mut sandbox = Sandbox::new();
    sandbox.program("vault", "echo Vault v1.15.2");
    let pack = sandbox.built_pack(test_artifacts::vault(), "0.4.2", &[]).display().to_string();
    let cache = sandbox.home().join("embedded").display().to_string();
    let embed = |kind: &str| run(sandbox.command(&program).args([&cache, &pack, kind]));
    let asked = embed("acme.secrets.vault@0.4.2").succeeded();
    asked.shows(&["greentic.secrets.dev-store (secrets)", "acme.secrets.vault (secrets)", "1.15.2"]);
    embed("example.extension.clock@1.0.0").succeeded().shows(&["it ticks"]);
    let unknown = embed("acme.secrets.nobody@1.0.0").exited(1);
    assert!(unknown.stderr.contains("acme.secrets.nobody"), "{unknown:?}");
}

//! `gtc pack new`: the files of a new project, and the folders that it refuses.

use std::fs;
use std::os::unix::fs::symlink;

use env_pack_domain::CapabilitySlot;
use gtc_core::project::{self, ProjectLimits};
use serde_json::{Value, json};

use test_support::Sandbox;

#[test]
fn the_slot_is_in_the_path_or_named() {
    let sandbox = Sandbox::new();
    for (path, flags, slot, variant) in [
        ("acme.deployer.a", &[][..], "deployer", "Deployer"),
        ("acme.extension.a", &[], "extension", "Extension"),
        ("acme.messaging.a", &[], "messaging", "Messaging"),
        ("acme.oauth.a", &["--slot", "extension"], "extension", "Extension"),
        ("acme.secrets.a", &["--slot", "extension"], "extension", "Extension"),
        ("0.1", &["--slot", "revocation"], "revocation", "Revocation"),
    ] {
        let made = sandbox.gtc(["pack", "new", path].iter().chain(flags)).succeeded().result();
        assert_eq!((&made["slot"], &made["folder"]), (&json!(slot), &json!(path)), "{made}");
        let source =
            fs::read_to_string(sandbox.home().join(path).join("src/lib.rs")).expect("a file");
        assert!(
            source.contains(&format!("Slot::{variant};"))
                && source.contains(&format!("new(\"{path}\")"))
        );
    }
    let builtin = ["pack", "new", "greentic.secrets.dev-store", "--dir", "mine"];
    let message = sandbox.gtc(builtin).refused(1, "conflict");
    assert!(message.contains("built-in") && !sandbox.home().join("mine").exists(), "{message}");
    let message = sandbox.gtc(["pack", "new", "acme.vault"]).refused(2, "invalid-argument");
    assert!(message.contains("the second segment of `acme.vault` is not a slot"), "{message}");
    assert!(
        CapabilitySlot::ALL.iter().all(|slot| message.contains(&slot.to_string())),
        "{message}"
    );
    for (argument, flags) in [
        ("descriptor_path", &["acme"][..]),
        ("descriptor_path", &["../up.secrets"]),
        ("descriptor_path", &["acme.secrets.x@1.0.0"]),
        ("slot", &["acme.x.y", "--slot", "cellar"]),
        ("lang", &["acme.secrets.y", "--lang", "cobol"]),
    ] {
        let message =
            sandbox.gtc(["pack", "new"].iter().chain(flags)).refused(2, "invalid-argument");
        assert!(message.contains(&format!("argument `{argument}`")), "{message}");
    }
}

#[test]
fn a_pack_without_a_handler_is_an_extension() {
    let sandbox = Sandbox::new();
    let new = ["pack", "new", "acme.fast2flow.router", "--no-handler"];
    let made = sandbox.gtc(new.iter().chain(&["--dir", "a"])).succeeded().result();
    assert_eq!((&made["slot"], made.get("language")), (&json!("extension"), None), "{made}");
    let human = sandbox.human(new).succeeded();
    human.shows(&["created acme.fast2flow.router: an extension without a handler"]);
    let readme = fs::read_to_string(sandbox.home().join("a/README.md")).expect("a file");
    let bind = "gtc op extensions add --env local --kind acme.fast2flow.router@0.1.0";
    assert!(readme.contains(bind) && !readme.contains("tool-check"), "{readme}");
    let workflow = fs::read_to_string(sandbox.home().join("a/.github/workflows/pack.yml"));
    let workflow = workflow.expect("a file");
    assert!(workflow.contains("gtc pack build") && !workflow.contains("pack test"), "{workflow}");

    let build = ["pack", "build", "acme.fast2flow.router"];
    sandbox.human(build).succeeded().shows(&[
        "slot      extension",
        "kind      acme.fast2flow.router@0.1.0",
        "supports  ^0.1",
        "no handler: workloads read its answers by name",
        "next: bind it with `gtc op extensions add",
    ]);
    let name = "acme.fast2flow.router/acme.fast2flow.router-0.1.0.gtpack";
    let bytes = sandbox.read(name);
    sandbox.gtc(build).succeeded();
    assert_eq!(sandbox.read(name), bytes, "a build is reproducible");
    let validate = sandbox.gtc(["pack", "validate", "--strict", name]).succeeded().result();
    let finding = &validate["packs"][0]["findings"][0];
    assert_eq!(finding["code"], "pack-without-handler");
    let message = "it can be bound as the extension `acme.fast2flow.router@0.1.0`";
    assert!(finding["message"].as_str().is_some_and(|found| found.contains(message)), "{finding}");
    sandbox.pack().validate(name).arg("--require-handler").exited(1);
    let inspected = sandbox.pack().inspect(name).succeeded().result();
    assert_eq!(
        inspected["extension"],
        json!({"descriptor_path": "acme.fast2flow.router", "supported_versions": "^0.1"})
    );
    let human = sandbox.pack().inspect(name).human().succeeded();
    human.shows(&["can be bound as the extension `acme.fast2flow.router`, versions `^0.1`"]);

    for flags in [&["--slot", "state"][..], &["--lang", "rust"]] {
        let other = new.iter().chain(&["--dir", "b"]).chain(flags);
        sandbox.gtc(other).refused(2, "invalid-argument");
    }
    let builtin = ["pack", "new", "greentic.state.in-memory", "--no-handler"];
    sandbox.gtc(builtin).refused(1, "conflict");
    sandbox.write("c/gtc-pack.toml", "handler = false\nid = \"Router\"\nversion = \"1.0.0\"\n");
    let message = sandbox.gtc(["pack", "build", "c"]).refused(1, "invalid-argument");
    assert!(message.contains("pack `Router`") && message.contains("descriptor path"), "{message}");
    assert!(!sandbox.home().join("c/Router-1.0.0.gtpack").exists());
}

#[test]
fn existing_files_are_not_overwritten() {
    let sandbox = Sandbox::new();
    let new = |folder: &str| sandbox.gtc(["pack", "new", "acme.secrets.demo", "--dir", folder]);
    let kept = sandbox.write("full/.kept", "mine");
    let message = new("full").refused(1, "conflict");
    assert!(message.contains("folder `full` is not empty"), "{message}");
    assert_eq!(fs::read_to_string(kept).expect("a file"), "mine");
    assert_eq!(fs::read_dir(sandbox.home().join("full")).expect("a folder").count(), 1);
    sandbox.write("file", "mine");
    assert!(new("file").refused(2, "io").contains("`file` is not a folder"));
    let nowhere =
        sandbox.write("answers.json", r#"{"descriptor_path": "acme.secrets.demo", "dir": ""}"#);
    sandbox.gtc(["pack", "new", "--answers", &nowhere.display().to_string()]).refused(2, "io");
    symlink("nowhere", sandbox.home().join("dangling")).expect("a link");
    new("dangling").refused(2, "io");
    fs::create_dir(sandbox.home().join("empty")).expect("a folder");
    new("empty").succeeded();
    new("empty").refused(1, "conflict");
    sandbox.write("repository/.git/HEAD", "ref: refs/heads/main");
    new("repository").succeeded();
    sandbox.write("other/.git/HEAD", "ref: refs/heads/main");
    sandbox.write("other/README.md", "mine");
    new("other").refused(1, "conflict");
}

/// Every document of a new project parses, and its WIT world resolves.
#[test]
fn generated_projects_are_well_formed() {
    let sandbox = Sandbox::new();
    for language in ["rust", "python", "javascript"] {
        for slot in ["deployer", "revocation", "messaging", "extension"] {
            let folder = sandbox.home().join(format!("{language}-{slot}"));
            let name = folder.display().to_string();
            let path = format!("acme.{slot}.demo");
            sandbox.gtc(["pack", "new", &path, "--lang", language, "--dir", &name]).succeeded();
            let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
            let workflow: Value =
                serde_saphyr::from_str(&read(".github/workflows/pack.yml")).expect("YAML");
            let runs = |job: &str, command: &str| {
                let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
                let scripts = steps.iter().filter_map(|step| step["run"].as_str());
                scripts.flat_map(str::lines).any(|line| line.starts_with(command))
            };
            for (job, command) in [
                ("pack", "gtc pack build"),
                ("pack", "gtc pack validate"),
                ("publish", "gtc pack push"),
            ] {
                assert!(runs(job, command), "{workflow}");
            }
            let project = project::read(&folder, &ProjectLimits::default()).expect("a project");
            assert_eq!(project.id.expect("an id").as_str(), path);
            let readme = read("README.md");
            let bind = match slot {
                "deployer" => "gtc op env-packs update --env local --slot deployer",
                "revocation" => "gtc op env-packs add --env local --slot revocation",
                "extension" => "gtc op extensions add --env local --kind acme.extension.demo@0.1.0",
                _ => "# slot `messaging` is bound by the tools of its endpoints",
            };
            assert!(readme.contains(bind), "{readme}");
            assert_eq!(
                readme.contains("gtc op env tool-check local"),
                slot != "messaging",
                "{readme}"
            );
            if language == "rust" {
                continue;
            }
            let mut resolve = wit_parser::Resolve::default();
            let (package, _) = resolve.push_dir(folder.join("wit")).expect("an interface");
            resolve.select_world(&[package], Some("handler")).expect("a world");
        }
    }
    let package: Value =
        serde_json::from_slice(&sandbox.read("javascript-deployer/package.json")).expect("JSON");
    assert_eq!(package["name"], "acme-deployer-demo");
}

//! The host as a library: `Plugins`, and the example `embed-host`, built and run.

use std::process::Command;

use env_pack_domain::{
    BindingContext, CapabilitySlot, DescriptorPath, EnvPackHandler, HandlerFault, Permissions,
    Preflight, ResolveError, VersionReq,
};
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};
use gtc_core::ops::plugins::{Plugins, RegisterError};
use gtc_core::{Host, HostSettings, OperationError};
use gtc_engine::Worker;

use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, gtc, packs, repository, run};

/// A handler that the embedding program implements.
#[derive(Debug)]
struct Native {
    path: DescriptorPath,
    versions: VersionReq,
    preflight: fn(&BindingContext) -> Result<Preflight, HandlerFault>,
}

impl EnvPackHandler for Native {
    fn slot(&self) -> CapabilitySlot {
        CapabilitySlot::Extension
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.versions
    }

    fn preflight(&self, binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        (self.preflight)(binding)
    }
}

fn native(
    path: &str,
    versions: &str,
    preflight: fn(&BindingContext) -> Result<Preflight, HandlerFault>,
) -> Box<dyn EnvPackHandler> {
    let (path, versions) =
        (path.parse().expect("a path"), versions.parse().expect("a requirement"));
    Box::new(Native { path, versions, preflight })
}

fn nothing(_: &BindingContext) -> Result<Preflight, HandlerFault> {
    Ok(Preflight::default())
}

fn host(sandbox: &Sandbox, worker: Worker) -> Host {
    let settings =
        HostSettings::quiet(sandbox.home().join("environments"), sandbox.cache_folder().to_owned());
    Host::new(HostSettings { worker, ..settings })
}

fn with_worker(sandbox: &Sandbox) -> Host {
    host(sandbox, Worker::Program(gtc().into()))
}

fn paths(plugins: &Plugins) -> Vec<String> {
    plugins.iter().map(|plugin| plugin.handler.descriptor_path().to_string()).collect()
}

#[test]
fn a_host_and_its_plugins_are_send_and_sync() {
    fn goes<T: Send + Sync + 'static>(_: &T) {}
    let sandbox = Sandbox::new();
    let host = with_worker(&sandbox);
    let mut plugins = Plugins::new(&host).expect("the built-ins");
    plugins.register(native("example.extension.clock", "^1", nothing)).expect("it is free");
    goes(&host);
    goes(&plugins);
    drop(host);
    let kinds = ["greentic.secrets.dev-store@0.1.0", "example.extension.clock@1.2.3"];
    std::thread::scope(|threads| {
        for kind in kinds {
            let plugin =
                plugins.resolve(&kind.parse().expect("a descriptor")).expect("it is registered");
            threads.spawn(move || {
                plugin.preflight(&"local".parse().expect("an id"), None, "{}").expect("an answer")
            });
        }
    });
}

#[test]
fn a_panic_of_a_native_handler_is_its_fault() {
    let sandbox = Sandbox::new();
    let mut plugins = Plugins::new(&with_worker(&sandbox)).expect("the built-ins");
    plugins
        .register(native("example.extension.bad", "^1", |_| panic!("no {} here", "clock")))
        .expect("it is free");
    let bad = plugins
        .resolve(&"example.extension.bad@1.0.0".parse().expect("a descriptor"))
        .expect("it is registered");
    let fault = bad.preflight(&"local".parse().expect("an id"), None, "{}").expect_err("it panics");
    assert_eq!(fault.kind(), "trapped");
    assert!(
        fault.to_string().contains("it panicked") && fault.to_string().contains("no clock here"),
        "{fault}"
    );
}

#[test]
fn a_preflight_knows_its_binding() {
    let sandbox = Sandbox::new();
    let mut plugins = Plugins::new(&with_worker(&sandbox)).expect("the built-ins");
    let tells = |binding: &BindingContext| {
        let (call, answers) = (env_pack_domain::Call::Preflight, &binding.answers_json);
        let text = format!(
            "{} {:?} {answers}",
            binding.env_id,
            binding.instance_id.as_ref().map(ToString::to_string)
        );
        Err(HandlerFault::WrongShape { call, reason: env_pack_domain::ForeignText::new(text) })
    };
    plugins.register(native("example.extension.tells", "^1", tells)).expect("it is free");
    let kind = "example.extension.tells@1.0.0".parse().expect("a descriptor");
    let plugin =
        plugins.resolve_for_slot(&kind, CapabilitySlot::Extension).expect("it is registered");
    let instance = "eu-1".parse().expect("an instance");
    let message = plugin
        .preflight(&"staging".parse().expect("an id"), Some(&instance), "[1]")
        .expect_err("it tells");
    assert!(message.to_string().ends_with("staging Some(\"eu-1\") [1]"), "{message}");
    let other = plugins
        .resolve_for_slot(&kind, CapabilitySlot::Secrets)
        .map(|_| ())
        .expect_err("another slot");
    assert!(matches!(other, ResolveError::SlotMismatch { .. }), "{other}");
}

#[test]
fn a_path_has_one_handler_whatever_versions_others_support() {
    let sandbox = Sandbox::new();
    let host = with_worker(&sandbox);
    let mut plugins = Plugins::new(&host).expect("the built-ins");
    plugins.register(native("example.extension.clock", "^1", nothing)).expect("it is free");
    let second = plugins
        .register(native("example.extension.clock", "^2", nothing))
        .expect_err("it is taken");
    assert!(second.to_string().contains("already registered by the program itself"), "{second}");
    let shadow = plugins
        .register(native("greentic.secrets.dev-store", "*", nothing))
        .expect_err("it is built in");
    assert!(shadow.to_string().contains("the built-in pack"), "{shadow}");
    let two = plugins
        .resolve(&"example.extension.clock@2.0.0".parse().expect("a descriptor"))
        .map(|_| ());
    assert!(matches!(two, Err(ResolveError::VersionUnsupported { .. })), "{two:?}");
}

#[test]
fn a_pack_is_registered_completely_or_not_at_all() {
    let sandbox = Sandbox::new();
    let host = with_worker(&sandbox);
    let mut plugins = Plugins::new(&host).expect("the built-ins");
    plugins.register(native("acme.state.b", "^1", nothing)).expect("it is free");
    let before = paths(&plugins);
    let pack = |first: &str, second: &str| {
        let handler = |(component, path): (&str, &str)| {
            let declared = HandlerDeclaration {
                slot: CapabilitySlot::State,
                descriptor_path: path.parse().expect("a path"),
                supported_versions: "^1".parse().expect("a requirement"),
                permissions: Permissions::default(),
            };
            let bytes = Handler::new("state", path, "^1").component();
            NewHandler { component: component.to_owned(), bytes, declared }
        };
        let handlers = [("one", first), ("two", second)].into_iter().map(handler).collect();
        let (id, version) = ("acme.state".to_owned(), "1.0.0".parse().expect("a version"));
        let bytes = gtc_archive::write(&NewPack {
            id,
            version,
            publisher: "acme".to_owned(),
            answers_schema: None,
            handlers,
        })
        .expect("a pack");
        let path = sandbox.write(format!("{first}-{second}.gtpack"), bytes);
        path.display().to_string().parse().expect("a reference")
    };
    let mut refused = |pack| {
        let error = plugins.register_pack(&host, &pack, &Permissions::default());
        assert_eq!(paths(&plugins), before);
        error.expect_err("it is refused")
    };
    let taken = refused(pack("acme.state.a", "acme.state.b"));
    assert!(matches!(taken, RegisterError::PathTaken(_)), "{taken}");
    let twice = refused(pack("acme.state.a", "acme.state.a"));
    assert_eq!(twice.kind(), "path-answered-twice");
    let free = pack("acme.state.a", "acme.state.c");
    assert_eq!(
        plugins.register_pack(&host, &free, &Permissions::default()).expect("it is free").len(),
        2
    );
}

#[test]
fn only_declared_permissions_are_granted() {
    let sandbox = Sandbox::new();
    let host = with_worker(&sandbox);
    let pack = sandbox.built_pack(test_artifacts::asker(), "1.0.0", &["--tool", "vault version"]);
    let pack = pack.display().to_string().parse().expect("a reference");
    let mut plugins = Plugins::new(&host).expect("the built-ins");
    let granted = packs::permissions(&["vault version", "rm -rf"], &["h:1"]);
    let paths = plugins.register_pack(&host, &pack, &granted).expect("it is free");
    plugins.register_pack(&host, &pack, &Permissions::default()).expect("it is the same archive");
    let plugin = plugins
        .iter()
        .find(|plugin| plugin.handler.descriptor_path() == &paths[0])
        .expect("it is registered");
    let declared = packs::permissions(&["vault version"], &[]);
    assert_eq!((plugin.declared, plugin.granted), (&declared, &declared));
    assert_eq!(plugin.origin.pack_ref, Some(pack));
}

#[test]
fn without_a_worker_the_error_says_how_to_add_one() {
    let sandbox = Sandbox::new().with_own_cache();
    let pack = sandbox.valid_pack("state", "acme.state.a", "^1").display().to_string();
    let host = host(&sandbox, Worker::None);
    let mut plugins = Plugins::new(&host).expect("built-ins need none");
    let refused =
        plugins.register_pack(&host, &pack.parse().expect("a reference"), &Permissions::default());
    let Err(RegisterError::Pack { source, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(source.kind(), "no-worker");
    let hint = source.hint().expect("a hint");
    assert!(hint.contains("gtc_core::run_if_worker"), "{hint}");
    assert_eq!(paths(&plugins).len(), 5);
}

#[test]
fn a_program_hosts_handlers_of_its_own_and_of_packs() {
    let mut build = Command::new(env!("CARGO"));
    // use the features of the workspace, with which `cargo test --workspace` has built it
    build
        .args(["build", "--workspace", "--example", "embed-host", "--locked"])
        .current_dir(repository());
    let built = build.output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let program = std::path::Path::new(gtc()).with_file_name("examples").join("embed-host");

    let mut sandbox = Sandbox::new();
    sandbox.program("vault", "echo Vault v1.15.2");
    let pack = sandbox.built_pack(test_artifacts::vault(), "0.4.2", &[]).display().to_string();
    let cache = sandbox.home().join("embedded").display().to_string();
    let embed = |arguments: &[&str]| run(sandbox.command(&program).arg(&cache).args(arguments));
    let listed = embed(&[&pack]).succeeded();
    listed.shows(&[
        "greentic.secrets.dev-store (secrets), built in",
        "example.extension.clock (extension), native",
    ]);
    listed.shows(&["acme.secrets.vault (secrets), from", "environment `local` is healthy"]);
    embed(&[&pack, "acme.secrets.vault@0.4.2"]).succeeded().shows(&["1.15.2"]);
    embed(&[&pack, "example.extension.clock@1.0.0"]).succeeded().shows(&["it ticks"]);
    let unknown = embed(&[&pack, "acme.secrets.missing@1.0.0"]).exited(1);
    assert!(unknown.stderr.contains("acme.secrets.missing"), "{unknown:?}");
    let usage = embed(&[]).exited(1);
    assert_contains(&usage.stderr, &["embed-host <cache folder> <pack> [<path>@<version>]"]);
}

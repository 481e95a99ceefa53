//! Requests through a proxy.

use super::archive;
use test_support::registry::image::Image;
use test_support::registry::proxy::Proxy;
use test_support::registry::scripted::{REPOSITORY, ScriptedRegistry};
use test_support::{Output, Sandbox, run};

/// A registry that only the proxy can reach.
const REGISTRY: &str = "registry.example:5000";

fn pull(sandbox: &Sandbox, variables: &[(&str, &str)]) -> Output {
    let pull = sandbox.pack().pull(format!("oci://{REGISTRY}/{REPOSITORY}:1"));
    let pull = pull.output("pulled.gtpack").args(["--plain-http", REGISTRY]);
    let mut command = pull.limit("registry.attempts=1").command();
    command.envs(variables.iter().copied());
    run(&mut command)
}

#[test]
fn requests_go_through_the_proxy() {
    let sandbox = Sandbox::new().with_own_cache();
    let registry = ScriptedRegistry::with_image(&Image::pack(&archive()));
    let proxy = Proxy::to(&registry.host());
    let address = format!("http://user:secret@{}", proxy.host());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let before = proxy.requests().len();
        pull(&sandbox, &[(name, &address)]).succeeded();
        assert_eq!(sandbox.read("pulled.gtpack"), archive());
        assert!(proxy.requests().len() > before, "{name}");
        std::fs::remove_file(sandbox.home().join("pulled.gtpack")).expect("a file");
    }
    assert!(proxy.requests().iter().all(|head| head.contains(REGISTRY)), "{:#?}", proxy.requests());

    let before = proxy.requests().len();
    let direct =
        pull(&sandbox, &[("HTTP_PROXY", &address), ("NO_PROXY", "other.example,registry.example")]);
    direct.refused(2, "registry-unreachable");
    assert_eq!(proxy.requests().len(), before);

    let refusal = pull(&sandbox, &[("HTTP_PROXY", "http://user:secret@127.0.0.1:1")]).exited(2);
    assert!(!refusal.stderr.contains("secret"), "{refusal:?}");
}

//! Verbs about many environments: `--all` and patterns of environments.

mod check;
mod growth;
mod list;
mod rollback;

use test_support::Sandbox;
use test_support::wat::Handler;

const KIND: &str = "acme.secrets.vault@1.0.0";

/// A sandbox with the environments `dev`, `prod-eu` and `prod-us`; each binds a pack to `secrets`,
/// and the last one a later version. Returns the path of the first version too.
fn three_environments() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let handler = Handler::new("secrets", "acme.secrets.vault", "^1");
    let first = sandbox.write("packs/vault.gtpack", handler.archive_by("acme", "1.0.0"));
    let later = sandbox.write("packs/later.gtpack", handler.archive_by("acme", "1.1.0"));
    for (id, pack) in [("dev", &first), ("prod-eu", &first), ("prod-us", &later)] {
        sandbox.env().create(id).succeeded();
        let update = sandbox.env_packs().update("secrets").env(id).kind(KIND).pack_ref(pack);
        update.succeeded();
    }
    (sandbox, first.display().to_string())
}

/// Makes an environment unreadable.
fn damage(sandbox: &Sandbox, id: &str) {
    let path = sandbox.environment(id).join("environment.json");
    std::fs::write(path, "{").expect("a file");
}

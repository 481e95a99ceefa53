//! The verbs of `gtc`, spelled as on the command line:
//! `sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&path).run()`.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use crate::{Output, Sandbox, run};

/// A command of `gtc`, before it runs.
#[must_use = "it runs with `run`"]
#[derive(Clone)]
pub struct Gtc<'a> {
    sandbox: &'a Sandbox,
    arguments: Vec<OsString>,
}

impl<'a> Gtc<'a> {
    fn new(sandbox: &'a Sandbox, words: &str) -> Self {
        Self { sandbox, arguments: words.split_whitespace().map(OsString::from).collect() }
    }

    /// Runs the command, which prints JSON because its output is not a terminal.
    pub fn run(self) -> Output {
        run(&mut self.command())
    }

    /// Runs the command and requires exit code 0.
    #[track_caller]
    pub fn succeeded(self) -> Output {
        self.run().succeeded()
    }

    /// Runs the command and requires an exit code.
    #[track_caller]
    pub fn exited(self, code: i32) -> Output {
        self.run().exited(code)
    }

    /// Runs the command and requires an error; see [`Output::refused`].
    #[track_caller]
    pub fn refused(self, code: i32, kind: &str) -> String {
        self.run().refused(code, kind)
    }

    /// Returns the command, to run it in another way.
    pub fn command(&self) -> Command {
        let mut command = self.sandbox.gtc_command();
        command.args(&self.arguments);
        command
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn args<S: AsRef<OsStr>>(self, arguments: impl IntoIterator<Item = S>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Names another environment than `local`: replaces the value of `--env` if the verb has it;
    /// otherwise the id becomes an argument.
    pub fn env(mut self, id: &str) -> Self {
        match self.arguments.iter().position(|argument| argument == "--env") {
            Some(at) => {
                self.arguments[at + 1] = id.into();
                self
            }
            None => self.arg(id),
        }
    }
}

impl Sandbox {
    /// A command without required options, for arguments that come from a file.
    pub fn verb(&self, words: &str) -> Gtc<'_> {
        Gtc::new(self, words)
    }
}

/// Declares the methods that append an option: `kind(descriptor) => "--kind";` becomes
/// `fn kind(self, descriptor)`, which appends `--kind <descriptor>`.
macro_rules! options {
    ($($name:ident($($value:ident)?) => $words:literal;)*) => {
        impl Gtc<'_> {$(
            pub fn $name(self $(, $value: impl AsRef<OsStr>)?) -> Self {
                self.args($words.split(' '))$(.arg($value))?
            }
        )*}
    };
}

options! {
    all() => "--all";
    all_instances() => "--all-instances";
    allow_network(address) => "--network";
    allow_tool(command) => "--tool";
    answers(file) => "--answers";
    answers_ref(path) => "--answers-ref";
    answers_schema(file) => "--answers-schema";
    bundle_id(id) => "--bundle-id";
    clear() => "--clear";
    declared() => "--declared";
    display_name(name) => "--display-name";
    dry_run() => "--dry-run";
    endpoint_id(id) => "--endpoint-id";
    expect(digest) => "--expect";
    flow_id(id) => "--flow-id";
    grant_declared() => "--declared";
    grant_network(address) => "--network";
    grant_tool(command) => "--tool";
    file(path) => "--file";
    force() => "--force";
    human() => "--format human";
    idempotency_key(key) => "--idempotency-key";
    if_generation(number) => "--if-generation";
    if_revision(number) => "--if-revision";
    instance_id(id) => "--instance-id";
    keep_going() => "--keep-going";
    key(file) => "--key";
    kind(descriptor) => "--kind";
    limit(limit) => "--limit";
    network(address) => "--network";
    no_answers() => "--no-answers";
    no_fetch() => "--no-fetch";
    offline() => "--offline";
    output(file) => "--output";
    pack_id(id) => "--pack-id";
    pack_ref(reference) => "--pack-ref";
    provider_id(id) => "--provider-id";
    refresh() => "--refresh";
    secret_ref(reference) => "--secret-ref";
    slot(name) => "--slot";
    strict() => "--strict";
    to(generation) => "--to";
    tool(command) => "--tool";
    trust_in(environment) => "--trust-in";
    updated_by(name) => "--updated-by";
    version(version) => "--version";
    webhook_secret_ref(reference) => "--webhook-secret-ref";
    yes() => "--yes";
}

/// Declares nouns: their types, their verbs, and the methods of a sandbox that return them.
///
/// `Cache cache { gc() => "cache gc"; }` becomes the type `Cache` with the method `gc`, and
/// `Sandbox::cache`: `sandbox.cache().gc().run()` runs `gtc cache gc`.
macro_rules! nouns {
    ($($noun:ident $method:ident { $($verb:ident($($value:ident)?) => $words:literal;)* })*) => {$(
        pub struct $noun<'a>(&'a Sandbox);

        impl<'a> $noun<'a> {$(
            pub fn $verb(&self $(, $value: impl AsRef<OsStr>)?) -> Gtc<'a> {
                Gtc::new(self.0, $words)$(.arg($value))?
            }
        )*}

        impl Sandbox {
            pub fn $method(&self) -> $noun<'_> {
                $noun(self)
            }
        }
    )*};
}

nouns! {
    Env env {
        create(id) => "op env create --env";
        delete(id) => "op env delete --env local --confirm";
        doctor() => "op env doctor";
        export() => "op env export --env local";
        backup(file) => "op env backup --env local --output";
        restore(file) => "op env restore";
        import(file) => "op env import";
        init() => "op env init";
        list() => "op env list";
        migrate() => "op env migrate --env local";
        rename(id) => "op env rename --env local --to";
        show() => "op env show";
        tool_check() => "op env tool-check";
        update() => "op env update --env local";
    }
    EnvPacks env_packs {
        add(slot) => "op env-packs add --env local --slot";
        list() => "op env-packs list";
        pin(slot) => "op env-packs pin --env local --slot";
        remove(slot) => "op env-packs remove --env local --slot";
        rollback(slot) => "op env-packs rollback --env local --slot";
        update(slot) => "op env-packs update --env local --slot";
    }
    Extensions extensions {
        add() => "op extensions add --env local";
        list() => "op extensions list";
        pin() => "op extensions pin --env local";
        remove() => "op extensions remove --env local";
        resolve(reference) => "op extensions resolve";
        rollback() => "op extensions rollback --env local";
        update() => "op extensions update --env local";
    }
    Grants grants {
        add(path) => "op grants add --env local --kind";
        list() => "op grants list";
        revoke(path) => "op grants revoke --env local --kind";
    }
    TrustRoot trust_root {
        add(key) => "op trust-root add --env local --key";
        list() => "op trust-root list";
        remove(key_id) => "op trust-root remove --env local --key-id";
    }
    Answers answers {
        edit() => "op answers edit --env local";
        list() => "op answers list";
        put() => "op answers put --env local";
        show() => "op answers show --env local";
    }
    Audit audit {
        list() => "op audit list";
        prune(before) => "op audit prune --env local --before";
        show(number) => "op audit show --env local --event";
        verify() => "op audit verify";
    }
    History history {
        list() => "op history";
    }
    Request request {
        show(key) => "op request show --env local --key";
    }
    Endpoint endpoint {
        add(provider_type) => "op messaging endpoint add --env local --provider-type";
        link_bundle(bundle) => "op messaging endpoint link-bundle --env local --bundle-id";
        list() => "op messaging endpoint list";
        remove(id) => "op messaging endpoint remove --env local --endpoint-id";
        rotate_webhook_secret(id) => "op messaging endpoint rotate-webhook-secret --env local --endpoint-id";
        set_welcome_flow(id) => "op messaging endpoint set-welcome-flow --env local --endpoint-id";
        show(id) => "op messaging endpoint show --env local --endpoint-id";
        unlink_bundle(bundle) => "op messaging endpoint unlink-bundle --env local --bundle-id";
    }
    Pack pack {
        build(component) => "pack build --component";
        inspect(reference) => "pack inspect";
        load(file) => "pack load";
        pull(reference) => "pack pull";
        push(file) => "pack push";
        repack(file) => "pack repack";
        save(reference) => "pack save";
        sign(reference) => "pack sign";
        test(path) => "pack test";
        validate(reference) => "pack validate";
        verify(reference) => "pack verify";
    }
    Cache cache {
        gc() => "cache gc";
        list() => "cache list";
        verify() => "cache verify";
    }
}

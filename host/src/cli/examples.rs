//! What to type: the examples under the help of the verbs for pack authors. A test parses
//! every one of them.

pub const NEW: &str = "\
Examples:
  gtc pack new acme.secrets.vault
  gtc pack new acme.mail --slot extension --lang python --dir mail

Then, in its folder: `gtc pack build` and `gtc pack test`.";

pub const BUILD: &str = "\
Examples:
  gtc pack build
  gtc pack build vault --output vault.gtpack
  gtc pack build --component vault.wasm --version 0.4.2 --allow-tool 'vault version'

The component runs in the sandbox once, to say what it is.
Then: `gtc pack validate` and `gtc pack test`.";

pub const INSPECT: &str = "\
Examples:
  gtc pack inspect vault.gtpack
  gtc pack inspect oci://ghcr.io/acme/vault:0.4.2 --wit";

pub const BENCH: &str = "\
Examples:
  gtc pack bench vault.gtpack
  gtc pack bench greentic.secrets.dev-store@0.1.0 --turns 1000

For each handler, the shortest and the median time:
  load cold    its component is compiled, as on first sight
  load warm    its compiled code is mapped, and the three constants are asked
  instantiate  a fresh instance is made
  slot, descriptor-path, supported-versions, preflight
               the call alone; preflight with nothing granted and no answers
and the most memory that an instance had. What takes seconds is measured less often than
`--turns` says; TURNS says how often. JSON has microseconds and bytes.";

pub const VALIDATE: &str = "\
Examples:
  gtc pack validate vault.gtpack
  gtc pack validate vault.gtpack --strict --require-handler --require-signature --key acme.key.pub
  gtc pack validate vault.gtpack redis.gtpack --report sarif

The exit code is 0 when all is well, 1 when something is wrong, and 2 when that could not
be found out. Every finding has a code; docs/validate.md says what each of them means.";

pub const TEST: &str = "\
Examples:
  gtc pack test
  gtc pack test vault.gtpack --scenario tests/too-old.yaml
  gtc pack test vault.gtpack --record here

The exit code is 0 when all scenarios pass, 1 when one fails, and 2 when there is none, or
one makes no sense. docs/testing.md says what a scenario is.";

pub const REPACK: &str = "\
Example:
  gtc pack repack sloppy.gtpack --output vault.gtpack

Signatures are for the bytes of an archive: sign what comes of it again.";

pub const PUSH: &str = "\
Example:
  gtc pack push vault.gtpack oci://ghcr.io/acme/vault:0.4.2

The login is that of docker or podman. A signature beside the pack goes along.
Pin the digest that is printed.";

pub const PULL: &str = "\
Examples:
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2 --output vault.gtpack --force";

pub const SAVE: &str = "\
Examples:
  gtc pack save oci://ghcr.io/acme/vault:0.4.2 redis.gtpack --output packs.tar
  gtc pack save --env local --trust-root-of local --output packs.tar

There: `gtc pack load packs.tar`.";

pub const LOAD: &str = "\
Examples:
  gtc pack load packs.tar
  gtc pack load packs.tar --output packs --trust-in local";

pub const KEYGEN: &str = "\
Example:
  gtc pack keygen --output acme.key

Keep acme.key to yourself, and give acme.key.pub away.";

pub const SIGN: &str = "\
Example:
  gtc pack sign vault.gtpack --key acme.key

What is in a registry is signed there, by its digest:
  gtc pack sign oci://ghcr.io/acme/vault@sha256:<digest> --key acme.key";

pub const VERIFY: &str = "\
Examples:
  gtc pack verify vault.gtpack --key acme.key.pub
  gtc pack verify oci://ghcr.io/acme/vault:0.4.2 --env local

The exit code is 0 when somebody trusted vouches for the pack, and 1 when nobody does.";

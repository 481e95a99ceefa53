//! Examples below the help of the `gtc pack` commands. A test parses each of them.

pub const NEW: &str = "\
Examples:
  gtc pack new acme.secrets.vault
  gtc pack new acme.mail --slot extension --lang python --dir mail

Next, in its folder: `gtc pack build` and `gtc pack test`.";

pub const BUILD: &str = "\
Examples:
  gtc pack build
  gtc pack build vault --output vault.gtpack
  gtc pack build --component vault.wasm --version 0.4.2 --allow-tool 'vault version'

The component runs once in the sandbox, to read its slot, path and versions.
Next: `gtc pack validate` and `gtc pack test`.";

pub const INSPECT: &str = "\
Examples:
  gtc pack inspect vault.gtpack
  gtc pack inspect oci://ghcr.io/acme/vault:0.4.2 --wit";

pub const BENCH: &str = "\
Examples:
  gtc pack bench vault.gtpack
  gtc pack bench greentic.secrets.dev-store@0.1.0 --turns 1000

For each handler, prints the minimum and the median time:
  load cold    compile the component, as on first use
  load warm    map the compiled code and read slot, path and supported versions
  instantiate  create an instance
  slot, descriptor-path, supported-versions, preflight
               the call alone; preflight without permissions and without answers
and the peak memory of an instance. Steps that take seconds are measured less often; TURNS
is the number of measurements. JSON has microseconds and bytes.";

pub const VALIDATE: &str = "\
Examples:
  gtc pack validate vault.gtpack
  gtc pack validate vault.gtpack --strict --require-handler --require-signature --key acme.key.pub
  gtc pack validate vault.gtpack redis.gtpack --report sarif

Exit code: 0 if all packs pass, 1 if one fails, 2 if one could not be examined.
docs/validate.md explains the code of every finding.";

pub const TEST: &str = "\
Examples:
  gtc pack test
  gtc pack test vault.gtpack --scenario tests/too-old.yaml
  gtc pack test vault.gtpack --record here

Exit code: 0 if all scenarios pass, 1 if one fails, 2 if there is none or one is invalid.
docs/testing.md explains scenarios.";

pub const REPACK: &str = "\
Example:
  gtc pack repack sloppy.gtpack --output vault.gtpack

Signatures are for the exact bytes of an archive: sign the new one again.";

pub const PUSH: &str = "\
Example:
  gtc pack push vault.gtpack oci://ghcr.io/acme/vault:0.4.2

Uses the credentials of docker or podman. A signature file next to the pack is pushed too.
Pin the digest that is printed.";

pub const PULL: &str = "\
Examples:
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2 --output vault.gtpack --force";

pub const SAVE: &str = "\
Examples:
  gtc pack save oci://ghcr.io/acme/vault:0.4.2 redis.gtpack --output packs.tar
  gtc pack save --env local --trust-root-of local --output packs.tar

On the other machine: `gtc pack load packs.tar`.";

pub const LOAD: &str = "\
Examples:
  gtc pack load packs.tar
  gtc pack load packs.tar --output packs --trust-in local";

pub const KEYGEN: &str = "\
Example:
  gtc pack keygen --output acme.key

Keep acme.key secret and distribute acme.key.pub.";

pub const SIGN: &str = "\
Example:
  gtc pack sign vault.gtpack --key acme.key

A pack in a registry is signed there, by its digest:
  gtc pack sign oci://ghcr.io/acme/vault@sha256:<digest> --key acme.key";

pub const VERIFY: &str = "\
Examples:
  gtc pack verify vault.gtpack --key acme.key.pub
  gtc pack verify oci://ghcr.io/acme/vault:0.4.2 --env local

Exit code: 0 if the pack has a trusted signature, 1 if not.";

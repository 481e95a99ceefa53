//! Checks that the operator is logged in, by commands that fail otherwise.
//!
//! ```
//! use env_pack_sdk::can_i;
//! use env_pack_sdk::checks::{Access, Check, access};
//!
//! const MAY_DEPLOY: Access = can_i!("create", "deployments.apps");
//! const MAY_WATCH: Access = can_i!("watch", "pods", namespace);
//! const CHECKS: &[Check] =
//!     &[Check::access(&MAY_DEPLOY), Check::access(&access::AWS_IDENTITY), Check::later(MAY_WATCH.ask())];
//! // in the preflight, with a namespace from the answers: MAY_WATCH.check_with(&["shop"])
//! ```

use alloc::string::{String, ToString};

use super::check::{Ask, Probe};
use super::command::{self, KnownFailure, KnownFailures, Meaning, run_command};
use crate::limits::excerpt;
use crate::tools::{Failure, Output};
use crate::{Outcome, ToolCheck};

/// A command whose output tells whether the operator is logged in.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    name: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    description: &'static str,
    install_hint: &'static str,
    login_hint: &'static str,
    read: fn(&Output) -> Option<Answer>,
    known_failures: KnownFailures,
}

/// The answer that a command's output contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The operator is logged in; the text, if any, is the identity.
    Yes(Option<String>),
    /// The operator is not logged in, with the command's message.
    No(String),
}

impl Access {
    /// Creates a check that runs a command. By default, exit code 0 means that the operator is
    /// logged in.
    pub const fn new(
        name: &'static str,
        program: &'static str,
        args: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            program,
            args,
            description: "",
            install_hint: "install it and put it on PATH",
            login_hint: "log in",
            read: |output| (output.exit_code == 0).then_some(Answer::Yes(None)),
            known_failures: KnownFailures::NONE,
        }
    }

    /// Describes the check, as a phrase for the operator.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Tells the operator how to install the program, as one sentence or command.
    pub const fn install_hint(mut self, hint: &'static str) -> Self {
        self.install_hint = hint;
        self
    }

    /// Tells the operator how to log in.
    pub const fn login_hint(mut self, hint: &'static str) -> Self {
        self.login_hint = hint;
        self
    }

    /// Sets the function that reads the answer from the output. It returns `None` if there is
    /// no answer; the known failures are searched then.
    pub const fn read_with(mut self, read: fn(&Output) -> Option<Answer>) -> Self {
        self.read = read;
        self
    }

    /// Sets the failures to recognise if there is no answer.
    pub const fn known_failures(mut self, known_failures: &'static [KnownFailure]) -> Self {
        self.known_failures = KnownFailures::new(known_failures);
        self
    }

    /// The permission that the check needs.
    pub const fn ask(&self) -> Ask {
        Ask::Tool { program: self.program, args: self.args }
    }

    pub(super) const fn has_wildcard(&self) -> bool {
        let mut at = 0;
        while at < self.args.len() {
            if matches!(self.args[at].as_bytes(), b"*") {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Runs the command and checks its output.
    pub fn check(&self) -> ToolCheck {
        self.judge(run_command(self.program, self.args, &[]))
    }

    /// Runs the command with each `*` among its arguments replaced by the next value.
    pub fn check_with(&self, filling: &[&str]) -> ToolCheck {
        self.judge(run_command(self.program, self.args, filling))
    }

    /// Checks the output of the command, without running it.
    pub fn judge(&self, ran: Result<Output, Failure>) -> ToolCheck {
        let description = match self.description {
            "" => self.name,
            description => description,
        };
        ToolCheck {
            name: self.name.to_string(),
            description: description.to_string(),
            outcome: self.outcome(ran),
        }
    }

    fn outcome(&self, ran: Result<Output, Failure>) -> Outcome {
        let output = match ran {
            Ok(output) => output,
            Err(failure) => return command::probe_failed(failure, self.install_hint),
        };
        match (self.read)(&output) {
            Some(Answer::Yes(detail)) => Outcome::Ok(detail.map(|detail| excerpt(&detail))),
            Some(Answer::No(detail)) => Meaning::AuthFailed.outcome(&detail, self.login_hint),
            None => self.known_failures.explain(&output),
        }
    }
}

impl Probe for Access {
    fn run(&self) -> Option<ToolCheck> {
        Some(self.check())
    }
}

const AWS_LOGIN: &str = "log in with `aws sso login`, or set up credentials with `aws configure`";
const AZ_LOGIN: &str = "log in with `az login`";
const GCLOUD_LOGIN: &str = "log in with `gcloud auth login`";
const KUBE_LOGIN: &str =
    "log in to the cluster, or choose another with `kubectl config use-context <context>`";
const KUBE_ASK: &str = "ask the cluster administrator for a role that allows it";
const KUBE_UP: &str =
    "start the cluster, or choose another with `kubectl config use-context <context>`";
const ONLINE: &str = "check the network of this machine, its proxies and its VPN";
const VAULT_LOGIN: &str = "log in with `vault login`";
const VAULT_UP: &str = "check VAULT_ADDR, and that the server is running";

const fn auth_failed(message: &'static str, hint: &'static str) -> KnownFailure {
    KnownFailure::new(message, Meaning::AuthFailed, hint)
}

const fn unreachable(message: &'static str, hint: &'static str) -> KnownFailure {
    KnownFailure::new(message, Meaning::Unreachable, hint)
}

/// The identity that the AWS CLI is logged in as.
pub const AWS_IDENTITY: Access =
    Access::new("aws-identity", "aws", &["sts", "get-caller-identity", "--output", "text"])
        .describe("logged in to AWS")
        .install_hint(super::catalogue::AWS_HINT)
        .login_hint(AWS_LOGIN)
        .read_with(second_column)
        .known_failures(&[
            auth_failed("Unable to locate credentials", AWS_LOGIN),
            auth_failed("The config profile (", AWS_LOGIN),
            auth_failed("ExpiredToken", AWS_LOGIN),
            auth_failed("InvalidClientTokenId", AWS_LOGIN),
            auth_failed("SignatureDoesNotMatch", AWS_LOGIN),
            auth_failed("AccessDenied", AWS_LOGIN),
            auth_failed("SSO Token", AWS_LOGIN),
            auth_failed("SSO session", AWS_LOGIN),
            auth_failed("Token has expired", AWS_LOGIN),
            unreachable("Could not connect to the endpoint URL", ONLINE),
            unreachable("Connect timeout on endpoint URL", ONLINE),
            unreachable("Failed to connect to proxy URL", ONLINE),
        ]);

/// The active account of gcloud.
pub const GCLOUD_ACCOUNT: Access = Access::new(
    "gcloud-account",
    "gcloud",
    &["auth", "list", "--filter=status:ACTIVE", "--format=value(account)"],
)
.describe("logged in to Google Cloud")
.install_hint(super::catalogue::GCLOUD_HINT)
.login_hint(GCLOUD_LOGIN)
.read_with(|output| logged_in_as(output, "no account is active"));

/// The current subscription of the Azure CLI.
pub const AZ_ACCOUNT: Access =
    Access::new("az-account", "az", &["account", "show", "--output", "tsv", "--query", "id"])
        .describe("logged in to Azure")
        .install_hint(super::catalogue::AZ_HINT)
        .login_hint(AZ_LOGIN)
        .read_with(|output| logged_in_as(output, "no subscription is selected"))
        .known_failures(&[auth_failed("az login", AZ_LOGIN), auth_failed("AADSTS", AZ_LOGIN)]);

/// Checks the token of the Vault CLI. The output is not repeated, because it contains the
/// token.
pub const VAULT_TOKEN: Access = Access::new("vault-token", "vault", &["token", "lookup"])
    .describe("logged in to Vault")
    .install_hint(super::catalogue::VAULT_HINT)
    .login_hint(VAULT_LOGIN)
    .known_failures(&[
        auth_failed("permission denied", VAULT_LOGIN),
        auth_failed("missing client token", VAULT_LOGIN),
        auth_failed("bad token", VAULT_LOGIN),
        auth_failed("invalid token", VAULT_LOGIN),
        unreachable("connection refused", VAULT_UP),
        unreachable("no such host", VAULT_UP),
        unreachable("i/o timeout", VAULT_UP),
        unreachable("deadline exceeded", VAULT_UP),
        unreachable(
            "server gave HTTP response to HTTPS client",
            "use the scheme `http://` in VAULT_ADDR",
        ),
        unreachable("Vault is sealed", "unseal the server with `vault operator unseal`"),
    ]);

/// Checks that the current context of kubectl allows an action, with `kubectl auth can-i …`.
/// Use the macro [`can_i!`](crate::can_i) instead.
pub const fn can_i(name: &'static str, args: &'static [&'static str]) -> Access {
    Access::new(name, "kubectl", args)
        .describe("allowed in the Kubernetes cluster")
        .install_hint(super::catalogue::KUBECTL_HINT)
        .login_hint(KUBE_ASK)
        .read_with(yes_or_no)
        .known_failures(KUBE_FAILURES)
}

/// Checks that the current context of kubectl allows an action: `can_i!("create", "pods")`,
/// or `can_i!("create", "pods", namespace)` with a namespace from [`Access::check_with`].
#[macro_export]
macro_rules! can_i {
    ($verb:literal, $resource:literal) => {
        $crate::checks::access::can_i(
            concat!("can ", $verb, " ", $resource),
            &["auth", "can-i", $verb, $resource],
        )
    };
    ($verb:literal, $resource:literal, namespace) => {
        $crate::checks::access::can_i(
            concat!("can ", $verb, " ", $resource),
            &["auth", "can-i", $verb, $resource, "-n", "*"],
        )
    };
}

const KUBE_FAILURES: &[KnownFailure] = &[
    auth_failed("You must be logged in to the server", KUBE_LOGIN),
    auth_failed("provide credentials", KUBE_LOGIN),
    auth_failed("getting credentials", KUBE_LOGIN),
    auth_failed("Error from server (Forbidden)", KUBE_ASK),
    unreachable("The connection to the server", KUBE_UP),
    unreachable("Unable to connect to the server", KUBE_UP),
    unreachable("connection refused", KUBE_UP),
    unreachable("no such host", KUBE_UP),
    unreachable("i/o timeout", KUBE_UP),
];

/// Reads the identity from the first line; without one, the operator is not logged in.
fn logged_in_as(output: &Output, otherwise: &str) -> Option<Answer> {
    (output.exit_code == 0).then(|| match command::first_line(&output.stdout) {
        Some(line) => Answer::Yes(Some(line.to_string())),
        None => Answer::No(otherwise.to_string()),
    })
}

/// Reads the identity from the second column of the line; the first is the account number.
fn second_column(output: &Output) -> Option<Answer> {
    let mut lines = output.stdout.lines().filter_map(|line| line.trim().split('\t').nth(1));
    lines.next().filter(|_| output.exit_code == 0).map(|name| Answer::Yes(Some(name.to_string())))
}

/// Reads the answer of `kubectl auth can-i`, and skips warnings. A `no` has exit code 1, and
/// an optional reason.
fn yes_or_no(output: &Output) -> Option<Answer> {
    output.stdout.lines().map(str::trim).find_map(|line| match line {
        "yes" if output.exit_code == 0 => Some(Answer::Yes(None)),
        line if line == "no" || line.starts_with("no - ") => Some(Answer::No(line.to_string())),
        _ => None,
    })
}

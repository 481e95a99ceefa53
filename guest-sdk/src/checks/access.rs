//! Whether the operator is let in: commands that fail honestly when nobody is logged in,
//! or when nothing answers.
//!
//! ```
//! use env_pack_sdk::can_i;
//! use env_pack_sdk::checks::{Access, Check, access};
//!
//! const MAY_DEPLOY: Access = can_i!("create", "deployments.apps");
//! const MAY_WATCH: Access = can_i!("watch", "pods", namespace);
//! const CHECKS: &[Check] =
//!     &[Check::access(&MAY_DEPLOY), Check::access(&access::AWS_IDENTITY), Check::later(MAY_WATCH.ask())];
//! // and in the preflight, with a namespace out of the answers: MAY_WATCH.check_with(&["shop"])
//! ```

use alloc::string::{String, ToString};

use super::check::{Ask, Probe};
use super::command::{self, KnownFailure, KnownFailures, Meaning, run_command};
use crate::limits::excerpt;
use crate::tools::{Failure, Output};
use crate::{Outcome, ToolCheck};

/// A command that succeeds only for somebody who is let in.
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

/// What a command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes; the text, if any, says who is let in.
    Yes(Option<String>),
    /// No, in these words.
    No(String),
}

impl Access {
    /// A check of this name that runs a command; until told otherwise, its exit code 0
    /// means yes.
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

    /// What is checked, as a phrase for people.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// How the operator gets the program, as one sentence or command.
    pub const fn install_hint(mut self, hint: &'static str) -> Self {
        self.install_hint = hint;
        self
    }

    /// What the operator does when the answer is no.
    pub const fn login_hint(mut self, hint: &'static str) -> Self {
        self.login_hint = hint;
        self
    }

    /// What its output means; nothing when it is no answer, but perhaps a complaint.
    pub const fn read_with(mut self, read: fn(&Output) -> Option<Answer>) -> Self {
        self.read = read;
        self
    }

    /// What it prints when nobody is logged in, or nothing answers.
    pub const fn known_failures(mut self, known_failures: &'static [KnownFailure]) -> Self {
        self.known_failures = KnownFailures::new(known_failures);
        self
    }

    /// What it asks of the operator's machine.
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

    /// Runs the command through the host and judges what came back.
    pub fn check(&self) -> ToolCheck {
        self.judge(run_command(self.program, self.args, &[]))
    }

    /// Runs the command with something in the place of each `*` among its arguments.
    pub fn check_with(&self, filling: &[&str]) -> ToolCheck {
        self.judge(run_command(self.program, self.args, filling))
    }

    /// Judges what running the command brought, without running anything.
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
    fn run(&self) -> ToolCheck {
        self.check()
    }
}

const AWS_LOGIN: &str = "log in with `aws sso login`, or set up credentials with `aws configure`";
const AZ_LOGIN: &str = "log in with `az login`";
const GCLOUD_LOGIN: &str = "log in with `gcloud auth login`";
const KUBE_LOGIN: &str =
    "log in to the cluster, or choose another with `kubectl config use-context <context>`";
const KUBE_ASK: &str = "ask whoever runs the cluster for a role that allows it";
const KUBE_UP: &str =
    "start the cluster, or choose another with `kubectl config use-context <context>`";
const ONLINE: &str = "check the network of this machine, its proxies and its VPN";
const VAULT_LOGIN: &str = "log in with `vault login`";
const VAULT_UP: &str = "check VAULT_ADDR, and whether the server is up";

const fn auth_failed(says: &'static str, next: &'static str) -> KnownFailure {
    KnownFailure::new(says, Meaning::AuthFailed, next)
}

const fn unreachable(says: &'static str, next: &'static str) -> KnownFailure {
    KnownFailure::new(says, Meaning::Unreachable, next)
}

/// Who the AWS CLI is logged in as.
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

/// The account that gcloud acts for.
pub const GCLOUD_ACCOUNT: Access = Access::new(
    "gcloud-account",
    "gcloud",
    &["auth", "list", "--filter=status:ACTIVE", "--format=value(account)"],
)
.describe("logged in to Google Cloud")
.install_hint(super::catalogue::GCLOUD_HINT)
.login_hint(GCLOUD_LOGIN)
.read_with(|output| logged_in_as(output, "no account is active"));

/// The subscription that the Azure CLI acts for.
pub const AZ_ACCOUNT: Access =
    Access::new("az-account", "az", &["account", "show", "--output", "tsv", "--query", "id"])
        .describe("logged in to Azure")
        .install_hint(super::catalogue::AZ_HINT)
        .login_hint(AZ_LOGIN)
        .read_with(|output| logged_in_as(output, "no subscription is selected"))
        .known_failures(&[auth_failed("az login", AZ_LOGIN), auth_failed("AADSTS", AZ_LOGIN)]);

/// Whether the token that the Vault CLI uses is good. Nothing of what is printed is
/// repeated: the token is in it.
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
            "give VAULT_ADDR the scheme that the server speaks, `http://` here",
        ),
        unreachable("Vault is sealed", "unseal the server with `vault operator unseal`"),
    ]);

/// Whether the current context of kubectl may do something: a check of this name that
/// runs `kubectl auth can-i …`. Written with [`can_i!`](crate::can_i).
pub const fn can_i(name: &'static str, args: &'static [&'static str]) -> Access {
    Access::new(name, "kubectl", args)
        .describe("allowed in the Kubernetes cluster")
        .install_hint(super::catalogue::KUBECTL_HINT)
        .login_hint(KUBE_ASK)
        .read_with(yes_or_no)
        .known_failures(KUBE_FAILURES)
}

/// Whether the current context of kubectl may do something: `can_i!("create", "pods")`,
/// or `can_i!("create", "pods", namespace)` for a namespace that is filled in with
/// [`Access::check_with`].
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

/// The first line, if there is one, says who is let in.
fn logged_in_as(output: &Output, otherwise: &str) -> Option<Answer> {
    (output.exit_code == 0).then(|| match command::first_line(&output.stdout) {
        Some(line) => Answer::Yes(Some(line.to_string())),
        None => Answer::No(otherwise.to_string()),
    })
}

/// The second column of the line says who is let in; the first is the number of the
/// account.
fn second_column(output: &Output) -> Option<Answer> {
    let mut lines = output.stdout.lines().filter_map(|line| line.trim().split('\t').nth(1));
    lines.next().filter(|_| output.exit_code == 0).map(|name| Answer::Yes(Some(name.to_string())))
}

/// The answer of `kubectl auth can-i`, whatever warnings stand around it. A no comes with
/// an exit code of 1, and maybe a reason.
fn yes_or_no(output: &Output) -> Option<Answer> {
    let answers = output.stdout.lines().map(str::trim);
    let mut answers = answers.filter_map(|line| match line {
        "yes" if output.exit_code == 0 => Some(Answer::Yes(None)),
        line if line == "no" || line.starts_with("no - ") => Some(Answer::No(line.to_string())),
        _ => None,
    });
    answers.next()
}

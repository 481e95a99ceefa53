//! Why a registry did not give what it was asked for.

use std::path::PathBuf;
use std::time::Duration;

use env_pack_domain::{ForeignText, Sha256Digest};

/// Why nothing came from a registry, or nothing that can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No socket may be opened.
    #[error("it is not in the cache, and nothing is fetched offline")]
    Offline,
    /// No socket may be opened, to bring something either.
    #[error("nothing is sent offline")]
    NotSentOffline,
    /// There is no such registry, or it does not answer.
    #[error("`{host}` {fault}")]
    TransportError {
        /// Who was asked.
        host: ForeignText,
        /// What came of it.
        fault: TransportError,
    },
    /// It took longer than one reference may take.
    #[error("`{host}` did not finish within {} s", .limit.as_secs_f32())]
    TooSlow {
        /// Who was asked.
        host: ForeignText,
        /// The limit.
        limit: Duration,
    },
    /// It asks to be left alone for longer than anybody waits.
    #[error("`{host}` wants no further request for {} s (status {status})", .wait.as_secs())]
    Busy {
        /// Who was asked.
        host: ForeignText,
        /// The status of its answer.
        status: u16,
        /// How long it wants to be left alone.
        wait: Duration,
    },
    /// It answers, but not with what was asked for.
    #[error("`{host}` answers the request for {what} with status {status}{}", said(.message))]
    Status {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
        /// The status of its answer.
        status: u16,
        /// What it says about it.
        message: Option<ForeignText>,
    },
    /// There is nothing under this name.
    #[error("`{host}` does not have {what}")]
    NotFound {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
    },
    /// It does not let this user in.
    #[error("`{host}` refuses access (status {status}); tried {tried}")]
    Denied {
        /// Who was asked.
        host: ForeignText,
        /// The status of its answer.
        status: u16,
        /// The credentials that were looked for, and what became of each.
        tried: String,
    },
    /// It refuses, and does not say how to log in.
    #[error("`{host}` refuses access (status 401) and does not say how to log in")]
    NoChallenge {
        /// Who was asked.
        host: ForeignText,
    },
    /// It sends us elsewhere for a token.
    #[error("`{registry}` wants the login sent to `{realm}`, which is another host{}", flag(.registry, .host))]
    ForeignRealm {
        /// Who was asked.
        registry: ForeignText,
        /// Where it sends us.
        realm: ForeignText,
        /// The host there, if it is an address that could be allowed.
        host: Option<ForeignText>,
    },
    /// A secret would be readable on its way.
    #[error("`{host}` is reached without encryption, and no credential is sent that way")]
    PlainCredential {
        /// Who was asked.
        host: ForeignText,
    },
    /// It sends us elsewhere.
    #[error("`{host}` sends the request for {what} to `{target}`, {reason}")]
    Redirected {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
        /// Where it sends us.
        target: ForeignText,
        /// Why we do not go there.
        reason: &'static str,
    },
    /// It says more than it may.
    #[error("{what} from `{host}` has more than {limit} bytes")]
    TooLarge {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// It gives something else than was asked for.
    #[error("{what} from `{host}` has the digest {found} instead of {expected}")]
    WrongDigest {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
        /// What was asked for.
        expected: Sha256Digest,
        /// What came.
        found: Sha256Digest,
    },
    /// A blob has another length than its descriptor says.
    #[error("the layer from `{host}` has {found} bytes instead of {expected}")]
    WrongLength {
        /// Who was asked.
        host: ForeignText,
        /// What its descriptor says.
        expected: u64,
        /// How many came; one more than expected stands for any number.
        found: u64,
    },
    /// What came cannot be read.
    #[error("{what} from `{host}` cannot be read: {reason}")]
    Malformed {
        /// Who was asked.
        host: ForeignText,
        /// What was asked for.
        what: &'static str,
        /// What is wrong with it.
        reason: ForeignText,
    },
    /// It is something else than a pack.
    #[error("it is {what}, not an env-pack")]
    NotAPack {
        /// What it is.
        what: ForeignText,
    },
    /// The file of certificates cannot be used.
    #[error("the certificates in `{}` cannot be used: {reason}", ForeignText::new(.path.to_string_lossy()))]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: ForeignText,
    },
    /// The proxy is none.
    #[error("the proxy `{proxy}` is no address that a request can be sent to")]
    Proxy {
        /// The value of the variable, without any credentials.
        proxy: ForeignText,
    },
}

/// How a connection failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The name does not resolve.
    #[error("is no known host")]
    NoHost,
    /// Nobody answers there.
    #[error("cannot be connected to: {0}")]
    Connect(ForeignText),
    /// Nothing came for too long.
    #[error("stopped answering for too long")]
    Silent,
    /// The encryption cannot be trusted.
    #[error("cannot be trusted: {0}")]
    Tls(ForeignText),
    /// The connection broke, or something came that is no HTTP.
    #[error("broke off: {0}")]
    Broken(ForeignText),
}

impl RegistryError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Offline | Self::NotSentOffline => "offline",
            Self::TransportError { fault: TransportError::Tls(_), .. } => "registry-untrusted",
            Self::TransportError { .. } | Self::TooSlow { .. } => "registry-unreachable",
            Self::Busy { .. } => "registry-busy",
            Self::Status { .. } => "registry-refused",
            Self::NotFound { .. } => "not-in-registry",
            Self::Denied { .. } | Self::NoChallenge { .. } => "registry-unauthorized",
            Self::ForeignRealm { .. } | Self::PlainCredential { .. } => "registry-login-refused",
            Self::Redirected { .. } => "registry-redirect",
            Self::TooLarge { .. } => "registry-too-large",
            Self::WrongDigest { .. } | Self::WrongLength { .. } => "registry-digest-mismatch",
            Self::Malformed { .. } => "registry-malformed",
            Self::NotAPack { .. } => "not-a-pack",
            Self::Certificates { .. } | Self::Proxy { .. } => "registry-settings",
        }
    }

    /// Whether the registry gave an answer, if not the one that was hoped for; otherwise
    /// nobody knows what it would be.
    pub fn is_definitive(&self) -> bool {
        !matches!(
            self,
            Self::Offline
                | Self::NotSentOffline
                | Self::TransportError { .. }
                | Self::TooSlow { .. }
                | Self::Busy { .. }
                | Self::Status { .. }
                | Self::Certificates { .. }
                | Self::Proxy { .. }
        )
    }

    /// What somebody does next, as one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Offline => {
                "fetch it once without `--offline`, or bring it along with `gtc pack save` and `gtc pack load`"
            }
            Self::NotSentOffline => "ask for it without `--offline` and GTC_OFFLINE",
            Self::TransportError { fault: TransportError::Tls(_), .. } => {
                "name the file of its certificate authority with `--ca-file`; if it has no encryption and that is intended, name it with `--plain-http`"
            }
            Self::TransportError { .. } | Self::TooSlow { .. } => {
                "check the name of the registry, the network and the proxy; what is bound already can be used with `--offline`"
            }
            Self::Busy { .. } => "try again later, or log in: registries let those do more who do",
            Self::Status { .. } | Self::Malformed { .. } => {
                "check that this is an OCI registry, and ask whoever runs it"
            }
            Self::TooLarge { .. } => {
                "no honest pack is so large; if this one is, raise the cap, see `gtc doctor limits`"
            }
            Self::NotFound { .. } => {
                "check the reference; some registries say the same to those who are not logged in"
            }
            Self::Denied { .. } | Self::NoChallenge { .. } => {
                "log in with `docker login` or `podman login`, or set GTC_REGISTRY_HOST, GTC_REGISTRY_USERNAME and GTC_REGISTRY_PASSWORD"
            }
            Self::ForeignRealm { .. } => {
                "if that host is known to belong to the registry, allow it with the `--token-realm` of the message, or in GTC_TOKEN_REALMS"
            }
            Self::PlainCredential { .. } => {
                "have the registry encrypt; without, it can only be used anonymously"
            }
            Self::Redirected { .. } => {
                "ask whoever runs the registry; it may be a login page that answers in its place"
            }
            Self::WrongDigest { .. } | Self::WrongLength { .. } => {
                "do not trust what comes from there; try again, and if it stays so, tell whoever runs the registry"
            }
            Self::NotAPack { .. } => "check the reference; packs are pushed with `gtc pack push`",
            Self::Certificates { .. } => "check the path; the file holds certificates in PEM",
            Self::Proxy { .. } => "set HTTPS_PROXY to `http://<host>:<port>`, or take it away",
        }
    }
}

/// How a login would be allowed to go to a host.
fn flag(registry: &ForeignText, host: &Option<ForeignText>) -> String {
    host.iter().map(|host| format!(" (without `--token-realm {registry}={host}`)")).collect()
}

fn said(message: &Option<ForeignText>) -> String {
    message.iter().map(|message| format!(": {message}")).collect()
}

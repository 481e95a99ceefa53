//! Errors of requests to registries.

use std::path::PathBuf;
use std::time::Duration;

use env_pack_domain::{ForeignText, Sha256Digest};

/// Why a registry did not deliver or accept something.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A fetch in offline mode.
    #[error("it is not in the cache, and nothing is fetched in offline mode")]
    Offline,
    /// A push in offline mode.
    #[error("nothing is pushed in offline mode")]
    PushOffline,
    /// There was no valid HTTP response.
    #[error("`{host}` {fault}")]
    Transport {
        /// The host of the request.
        host: ForeignText,
        /// The cause.
        fault: TransportError,
    },
    /// The time limit of the request, or of the whole operation, expired.
    #[error("`{host}` did not finish within {} s", .limit.as_secs_f32())]
    DeadlineExceeded {
        /// The host of the request.
        host: ForeignText,
        /// The time limit.
        limit: Duration,
    },
    /// The registry asks to wait longer than the limit `registry.retry-time`.
    #[error("`{host}` asks to retry in {} s (status {status})", .wait.as_secs())]
    RateLimited {
        /// The host that responded.
        host: ForeignText,
        /// The HTTP status.
        status: u16,
        /// The time of its `Retry-After` header.
        wait: Duration,
    },
    /// Any other unsuccessful status.
    #[error("`{host}` responds to the request for {what} with status {status}{}", suffix(.message))]
    Status {
        /// The host that responded.
        host: ForeignText,
        /// The requested item: `the manifest`.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The message of the registry.
        message: Option<ForeignText>,
    },
    /// Status 404.
    #[error("`{host}` does not have {what}")]
    NotFound {
        /// The host that responded.
        host: ForeignText,
        /// The requested item.
        what: &'static str,
    },
    /// Access is denied with the available credentials.
    #[error("`{host}` denies access (status {status}); tried {tried}")]
    Denied {
        /// The host that responded.
        host: ForeignText,
        /// The HTTP status.
        status: u16,
        /// The sources of credentials, each with its result.
        tried: String,
    },
    /// Access is denied, and the response names no supported authentication scheme.
    #[error("`{host}` denies access (status 401) and offers no supported way to log in")]
    NoChallenge {
        /// The host that responded.
        host: ForeignText,
    },
    /// The registry names a token service that may not receive its credentials.
    #[error("`{registry}` wants the login sent to `{realm}`, which is another host{}", realm_flag(.registry, .host))]
    UntrustedRealm {
        /// The registry.
        registry: ForeignText,
        /// The URL of the token service.
        realm: ForeignText,
        /// The host of the URL, if `--token-realm` could allow it.
        host: Option<ForeignText>,
    },
    /// The credential would be sent without encryption.
    #[error("`{host}` is used without encryption, so no credential is sent to it")]
    UnencryptedCredential {
        /// The host of the request.
        host: ForeignText,
    },
    /// A redirect that is not followed.
    #[error("`{host}` redirects the request for {what} to `{target}`: {reason}")]
    Redirected {
        /// The host that responded.
        host: ForeignText,
        /// The requested item.
        what: &'static str,
        /// The target of the redirect.
        target: ForeignText,
        /// Why it is not followed.
        reason: &'static str,
    },
    /// A response is too large.
    #[error("{what} from `{host}` has more than {limit} bytes")]
    TooLarge {
        /// The host that responded.
        host: ForeignText,
        /// The requested item.
        what: &'static str,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The content does not have the expected digest.
    #[error("{what} from `{host}` has the digest {found} instead of {expected}")]
    WrongDigest {
        /// The host that responded.
        host: ForeignText,
        /// The requested item.
        what: &'static str,
        /// The digest of the reference, descriptor or response header.
        expected: Sha256Digest,
        /// The digest of the content.
        found: Sha256Digest,
    },
    /// A layer does not have the size of its descriptor.
    #[error("the layer from `{host}` has {found} bytes instead of {expected}")]
    WrongLength {
        /// The host that responded.
        host: ForeignText,
        /// The size that the descriptor declares.
        expected: u64,
        /// The number of bytes that arrived. More than `expected` means at least that many.
        found: u64,
    },
    /// A response is not in the expected format.
    #[error("{what} from `{host}` cannot be read: {reason}")]
    Malformed {
        /// The host that responded.
        host: ForeignText,
        /// The requested item.
        what: &'static str,
        /// The defect.
        reason: ForeignText,
    },
    /// The artifact is valid, but not a pack.
    #[error("it is {what}, not an env-pack")]
    NotAPack {
        /// The kind of artifact: `a container image`.
        what: ForeignText,
    },
    /// The file of `--ca-file` cannot be used.
    #[error("the certificates in `{}` cannot be used: {reason}", ForeignText::new(.path.to_string_lossy()))]
    Certificates {
        /// The file.
        path: PathBuf,
        /// The defect.
        reason: ForeignText,
    },
    /// The proxy variable does not hold a URL.
    #[error("the proxy `{proxy}` is not an address that requests can be sent to")]
    InvalidProxy {
        /// The value of the variable, without credentials.
        proxy: ForeignText,
    },
}

/// A failure below HTTP. Each message continues a sentence that begins with the host.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The host name does not resolve.
    #[error("is not a known host")]
    UnknownHost,
    /// No connection to the host or the proxy.
    #[error("cannot be connected to: {0}")]
    Connect(ForeignText),
    /// No byte arrived within the limit `registry.read-time`.
    #[error("stopped responding")]
    ReadTimeout,
    /// The TLS handshake failed.
    #[error("cannot be trusted: {0}")]
    Tls(ForeignText),
    /// The connection broke, or the response is not valid HTTP.
    #[error("sent an incomplete response: {0}")]
    Incomplete(ForeignText),
    /// This machine lacks threads, memory or file descriptors for a connection.
    #[error("was not connected to, because this machine could not: {0}")]
    Shortage(ForeignText),
}

impl TransportError {
    /// Whether a retry may succeed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Incomplete(_) | Self::UnknownHost)
    }
}

impl RegistryError {
    /// Returns true if this machine lacks something, which says nothing about the registry.
    pub fn is_shortage(&self) -> bool {
        matches!(self, Self::Transport { fault: TransportError::Shortage(_), .. })
    }

    /// A stable identifier of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Offline | Self::PushOffline => "offline",
            _ if self.is_shortage() => "host-resources",
            Self::Transport { fault: TransportError::Tls(_), .. } => "registry-untrusted",
            Self::Transport { .. } | Self::DeadlineExceeded { .. } => "registry-unreachable",
            Self::RateLimited { .. } => "registry-busy",
            Self::Status { .. } => "registry-refused",
            Self::NotFound { .. } => "not-in-registry",
            Self::Denied { .. } | Self::NoChallenge { .. } => "registry-unauthorized",
            Self::UntrustedRealm { .. } | Self::UnencryptedCredential { .. } => {
                "registry-login-refused"
            }
            Self::Redirected { .. } => "registry-redirect",
            Self::TooLarge { .. } => "registry-too-large",
            Self::WrongDigest { .. } | Self::WrongLength { .. } => "registry-digest-mismatch",
            Self::Malformed { .. } => "registry-malformed",
            Self::NotAPack { .. } => "not-a-pack",
            Self::Certificates { .. } | Self::InvalidProxy { .. } => "registry-settings",
        }
    }

    /// Whether another attempt with the same request may succeed.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Transport { fault, .. } if fault.is_transient())
    }

    /// Whether the registry gave a definitive answer. Otherwise it is unknown whether the
    /// requested item exists.
    pub fn is_definitive(&self) -> bool {
        match self {
            Self::Offline
            | Self::PushOffline
            | Self::Transport { .. }
            | Self::DeadlineExceeded { .. }
            | Self::RateLimited { .. }
            | Self::Status { .. }
            | Self::Certificates { .. }
            | Self::InvalidProxy { .. } => false,
            Self::NotFound { .. }
            | Self::Denied { .. }
            | Self::NoChallenge { .. }
            | Self::UntrustedRealm { .. }
            | Self::UnencryptedCredential { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::WrongDigest { .. }
            | Self::WrongLength { .. }
            | Self::Malformed { .. }
            | Self::NotAPack { .. } => true,
        }
    }

    /// Advice for the user, in the imperative.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Offline => {
                "fetch it once without `--offline`, or transfer it with `gtc pack save` and `gtc pack load`"
            }
            Self::PushOffline => "run the command without `--offline` and GTC_OFFLINE",
            Self::Transport { fault: TransportError::Tls(_), .. } => {
                "name the file of its certificate authority with `--ca-file`; if it has no encryption and that is intended, name it with `--plain-http`"
            }
            Self::Transport { .. } | Self::DeadlineExceeded { .. } => {
                "check the name of the registry, the network and the proxy; packs that are already bound can be used with `--offline`"
            }
            Self::RateLimited { .. } => {
                "try again later, or log in: many registries allow more requests after a login"
            }
            Self::Status { .. } | Self::Malformed { .. } => {
                "check that this is an OCI registry, and ask its operator"
            }
            Self::TooLarge { .. } => {
                "this exceeds the size of any known pack; if it is intended, raise the limit, see `gtc doctor limits`"
            }
            Self::NotFound { .. } => {
                "check the reference; some registries report the same if a login is missing"
            }
            Self::Denied { .. } | Self::NoChallenge { .. } => {
                "log in with `docker login` or `podman login`, or set GTC_REGISTRY_HOST, GTC_REGISTRY_USERNAME and GTC_REGISTRY_PASSWORD"
            }
            Self::UntrustedRealm { .. } => {
                "if that host is known to belong to the registry, allow it with the `--token-realm` of the message, or in GTC_TOKEN_REALMS"
            }
            Self::UnencryptedCredential { .. } => {
                "enable encryption on the registry, or use it anonymously"
            }
            Self::Redirected { .. } => {
                "ask the operator of the registry; a login page may be responding in its place"
            }
            Self::WrongDigest { .. } | Self::WrongLength { .. } => {
                "do not trust this registry; try again, and if it happens again, inform its operator"
            }
            Self::NotAPack { .. } => "check the reference; packs are pushed with `gtc pack push`",
            Self::Certificates { .. } => "check the path; the file holds certificates in PEM",
            Self::InvalidProxy { .. } => "set HTTPS_PROXY to `http://<host>:<port>`, or unset it",
        }
    }
}

/// The flag that would allow a token service.
fn realm_flag(registry: &ForeignText, host: &Option<ForeignText>) -> String {
    host.as_ref()
        .map_or_else(String::new, |host| format!(" (without `--token-realm {registry}={host}`)"))
}

fn suffix(message: &Option<ForeignText>) -> String {
    message.as_ref().map_or_else(String::new, |message| format!(": {message}"))
}

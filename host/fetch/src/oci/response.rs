//! HTTP responses: status, headers, and a body that is read with a size limit.

use std::fmt::Display;
use std::io::{self, Read as _};
use std::time::Duration;

use env_pack_domain::ForeignText;
use gtc_fs::shortage::is_shortage;
use ureq::http::HeaderMap;
use ureq::{Body, BodyReader, Timeout};

use super::address::quote_url;
use super::deadline::Deadline;
use super::error::{RegistryError, TransportError};

/// The most that is read of an error response, in bytes: its message is a sentence.
const MESSAGE_BYTES: u64 = 8 << 10;
/// Statuses after which a retry may succeed.
const TRANSIENT_STATUSES: [u16; 5] = [429, 500, 502, 503, 504];

/// A response whose body was not read yet.
pub(super) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    /// The host that responded.
    pub host: ForeignText,
    /// The requested item, for messages.
    pub what: &'static str,
    pub body: Body,
    pub deadline: Deadline,
}

impl HttpResponse {
    /// The value of a header, if it is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the same request may succeed later.
    pub(super) fn is_transient_failure(&self) -> bool {
        TRANSIENT_STATUSES.contains(&self.status)
    }

    /// The `Retry-After` header: seconds, or a date.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Some(at.duration_since(jiff::Timestamp::now()).try_into().unwrap_or_default())
    }

    /// The body, if it has no more than `limit` bytes.
    pub(super) fn bytes(self, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let host = self.host.clone();
        let what = self.what;
        let mut bytes = Vec::new();
        let mut reader = self.reader();
        let mut chunk = [0; 8 << 10];
        loop {
            match reader.read(&mut chunk)? {
                0 => return Ok(bytes),
                count => bytes.extend_from_slice(&chunk[..count]),
            }
            if bytes.len() as u64 > limit {
                return Err(RegistryError::TooLarge { host, what, limit });
            }
        }
    }

    /// A reader of the body.
    pub(super) fn reader(self) -> ResponseReader {
        ResponseReader { host: self.host, deadline: self.deadline, body: self.body.into_reader() }
    }

    /// The error for an unsuccessful status.
    pub(super) fn into_error(self) -> RegistryError {
        let host = self.host.clone();
        let what = self.what;
        let status = self.status;
        if status == 404 {
            return RegistryError::NotFound { host, what };
        }
        RegistryError::Status { host, what, status, message: self.server_message() }
    }

    /// The error for a redirect that is not followed.
    pub(super) fn redirect_error(&self, reason: &'static str) -> RegistryError {
        let target = quote_url(self.header("location").unwrap_or("nowhere"));
        RegistryError::Redirected { host: self.host.clone(), what: self.what, target, reason }
    }

    /// The message of an error response in the format of the OCI distribution
    /// specification. A body in another format, such as an HTML page, has none.
    fn server_message(self) -> Option<ForeignText> {
        #[derive(serde::Deserialize)]
        struct ErrorBody {
            errors: Vec<ErrorItem>,
        }
        #[derive(serde::Deserialize)]
        struct ErrorItem {
            message: String,
        }
        let bytes = self.bytes(MESSAGE_BYTES).ok()?;
        let body: ErrorBody = serde_json::from_slice(&bytes).ok()?;
        body.errors.first().map(|first| ForeignText::sentence(&first.message))
    }
}

/// Reads the body of a response in chunks.
pub(super) struct ResponseReader {
    host: ForeignText,
    deadline: Deadline,
    body: BodyReader<'static>,
}

impl ResponseReader {
    /// Reads what is available; 0 bytes at the end of the body.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            match self.body.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => {
                    return result
                        .map_err(|error| transport_error(&self.host, error.into(), self.deadline));
                }
            }
        }
    }
}

/// Translates an error of the HTTP library.
pub(super) fn transport_error(
    host: &ForeignText,
    error: ureq::Error,
    deadline: Deadline,
) -> RegistryError {
    use ureq::Error;
    let fault = match error {
        Error::Timeout(Timeout::Global) => return deadline.deadline_error(host),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            TransportError::Connect(ForeignText::new("timed out"))
        }
        Error::Timeout(_) => TransportError::ReadTimeout,
        Error::HostNotFound => TransportError::UnknownHost,
        Error::Tls(reason) => TransportError::Tls(ForeignText::new(reason)),
        Error::Rustls(reason) => TransportError::Tls(sentence(&reason)),
        Error::ConnectionFailed => TransportError::Connect(ForeignText::new("no connection")),
        Error::ConnectProxyFailed(reason) => TransportError::Connect(sentence(&reason)),
        Error::Io(error) => io_fault(&error),
        error => TransportError::Incomplete(sentence(&error)),
    };
    RegistryError::Transport { host: host.clone(), fault }
}

fn io_fault(error: &io::Error) -> TransportError {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    if let Some(reason) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return TransportError::Tls(sentence(reason));
    }
    // errors of the system's resolver have no kind of their own
    if error.to_string().starts_with("failed to lookup address") {
        return TransportError::UnknownHost;
    }
    match error.kind() {
        _ if is_shortage(error) => TransportError::Shortage(sentence(error)),
        ConnectionRefused | AddrNotAvailable | HostUnreachable | NetworkUnreachable => {
            TransportError::Connect(sentence(error))
        }
        _ => TransportError::Incomplete(sentence(error)),
    }
}

fn sentence(error: &dyn Display) -> ForeignText {
    ForeignText::sentence(&error.to_string())
}

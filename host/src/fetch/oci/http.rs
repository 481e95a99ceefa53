//! Requests that end: in time, within bounds, and after few attempts. None follows a
//! redirect by itself, and none carries a credential that it was not given.

use std::io::{self, Read};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;
use ureq::http::{HeaderMap, Method};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, BodyReader, Proxy};
use url::Url;

use super::certificates::CertificateAuthorities;
use super::error::{RegistryError, TransportError};
use super::settings::Proxies;
use crate::fetch::FetchLimits;

/// The wait before the second attempt; every further one waits twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// What is read of an answer that is no success, in bytes: a sentence about it.
const MESSAGE_BYTES: u64 = 8 << 10;
/// Answers that may be better later.
const PASSING: [u16; 5] = [429, 500, 502, 503, 504];
const USER_AGENT: &str = concat!("gtc/", env!("CARGO_PKG_VERSION"));

/// Whoever makes requests.
#[derive(Debug)]
pub(super) struct HttpClient {
    limits: FetchLimits,
    proxies: Proxies,
    authorities: CertificateAuthorities,
    /// Who keeps connections for the next request: plain or encrypted, directly or not.
    agents: [OnceLock<Agent>; 4],
}

/// When everything about one reference has to be done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    limit: Duration,
}

/// A request that can be made again.
#[derive(Clone, Debug)]
pub(super) struct HttpRequest<'a> {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: &'a [u8],
    /// What it asks for, in words.
    pub what: &'static str,
    /// Whether the pack itself is on its way, which may take as long as everything may.
    is_pack: bool,
}

/// An answer whose body nobody has read yet.
pub(super) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    /// Who answers.
    pub host: ForeignText,
    pub what: &'static str,
    body: Body,
    deadline: Deadline,
}

impl Deadline {
    pub fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// The earlier one of this deadline, and that after some time.
    fn or_after(self, limit: Duration) -> Self {
        let other = Self::after(limit);
        if other.at < self.at { other } else { self }
    }

    fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    fn missed(&self, host: &ForeignText) -> RegistryError {
        RegistryError::TooSlow { host: host.clone(), limit: self.limit }
    }
}

impl<'a> HttpRequest<'a> {
    pub fn get(url: Url, what: &'static str) -> Self {
        Self { method: Method::GET, url, headers: Vec::new(), body: &[], what, is_pack: false }
    }

    /// The same request, which may take as long as it does to bundle a pack.
    pub fn for_pack(self) -> Self {
        Self { is_pack: true, ..self }
    }

    /// A request that brings something along.
    pub fn bringing(method: Method, url: Url, body: &'a [u8], what: &'static str) -> Self {
        Self { method, url, headers: Vec::new(), body, what, is_pack: false }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The host of an address, and its port unless it is the usual one.
pub(super) fn host_of(url: &Url) -> ForeignText {
    let host = url.host_str().unwrap_or_default();
    ForeignText::excerpt(
        &url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}

impl HttpClient {
    pub fn new(limits: FetchLimits, proxies: Proxies, authorities: CertificateAuthorities) -> Self {
        Self { limits, proxies, authorities, agents: Default::default() }
    }

    pub fn limits(&self) -> &FetchLimits {
        &self.limits
    }

    /// Makes a request, and makes it again when what came of it may pass.
    ///
    /// # Errors
    /// [`RegistryError`] when nothing came of it. An answer with any status is something.
    pub fn send(
        &self,
        request: &HttpRequest<'_>,
        deadline: Deadline,
    ) -> Result<HttpResponse, RegistryError> {
        let mut patience = RetryPolicy::new(&self.limits, deadline);
        loop {
            let result = self.once(request, deadline);
            let wanted = match &result {
                Ok(response) if PASSING.contains(&response.status) => response.wanted_wait(),
                Err(RegistryError::TransportError { fault, .. }) if fault.may_pass() => None,
                _ => return result,
            };
            if let (Ok(HttpResponse { host, status, .. }), Some(wait)) = (&result, wanted)
                && wait > self.limits.retry_time
            {
                return Err(RegistryError::Busy { host: host.clone(), status: *status, wait });
            }
            if !patience.waits(wanted) {
                return result;
            }
        }
    }

    /// Makes a request once.
    pub fn once(
        &self,
        request: &HttpRequest<'_>,
        deadline: Deadline,
    ) -> Result<HttpResponse, RegistryError> {
        let HttpRequest { method, url, headers, body, what, is_pack } = request;
        let host = host_of(url);
        let deadline = if *is_pack { deadline } else { deadline.or_after(self.limits.answer_time) };
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            return Err(deadline.missed(&host));
        }
        let agent = self.agent(url)?;
        let builder = ureq::http::Request::builder().method(method).uri(url.as_str());
        let builder =
            headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, value));
        let result = match *method {
            // with a body, however empty, it would be another request
            Method::GET | Method::HEAD => {
                builder.body(()).map_err(ureq::Error::from).and_then(|request| {
                    agent.run(
                        agent.configure_request(request).timeout_global(Some(remaining)).build(),
                    )
                })
            }
            _ => builder.body(*body).map_err(ureq::Error::from).and_then(|request| {
                agent.run(agent.configure_request(request).timeout_global(Some(remaining)).build())
            }),
        };
        let (parts, body) = result.map_err(|error| fault(&host, error, deadline))?.into_parts();
        Ok(HttpResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            host,
            what,
            body,
            deadline,
        })
    }

    fn agent(&self, url: &Url) -> Result<&Agent, RegistryError> {
        let is_encrypted = url.scheme() == "https";
        let proxy = self.proxies.of(url);
        let place = &self.agents[usize::from(is_encrypted) * 2 + usize::from(proxy.is_some())];
        if let Some(agent) = place.get() {
            return Ok(agent);
        }
        // reading whom the system trusts takes a while, which a plain connection does not need
        let roots = if is_encrypted { self.authorities.roots()? } else { RootCerts::WebPki };
        let proxy =
            proxy.map(|proxy| Proxy::new(proxy).map_err(|_| invalid_proxy(proxy))).transpose()?;
        Ok(place.get_or_init(|| self.build(roots, proxy)))
    }

    fn build(&self, roots: RootCerts, proxy: Option<Proxy>) -> Agent {
        let FetchLimits { connect_time, read_time, .. } = self.limits;
        let config = Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(USER_AGENT)
            .timeout_resolve(Some(connect_time))
            .timeout_connect(Some(connect_time))
            .timeout_per_read(Some(read_time))
            .timeout_per_write(Some(read_time));
        config.build().into()
    }
}

/// How often, and for how long, somebody tries again.
pub(super) struct RetryPolicy {
    left: u64,
    wait: Duration,
    deadline: Deadline,
}

impl RetryPolicy {
    pub fn new(limits: &FetchLimits, deadline: Deadline) -> Self {
        Self { left: limits.attempts.saturating_sub(1), wait: FIRST_WAIT, deadline }
    }

    /// Waits before the next attempt, as long as was asked for; or says that there is
    /// none.
    pub fn waits(&mut self, wanted: Option<Duration>) -> bool {
        let pause = wanted.unwrap_or(self.wait);
        if self.left == 0 || pause >= self.deadline.remaining() {
            return false;
        }
        thread::sleep(pause);
        self.left -= 1;
        self.wait *= 2;
        true
    }
}

impl HttpResponse {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// How long the other side wants to be left alone: seconds, or a date.
    fn wanted_wait(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => {
                let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
                Some(at.duration_since(jiff::Timestamp::now()).try_into().unwrap_or_default())
            }
        }
    }

    /// The body, if it has no more than `limit` bytes.
    pub fn bytes(self, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let (host, what) = (self.host.clone(), self.what);
        let mut bytes = Vec::new();
        let mut reader = self.reader();
        loop {
            let mut chunk = [0; 8 << 10];
            match reader.read(&mut chunk)? {
                0 => return Ok(bytes),
                n => bytes.extend_from_slice(&chunk[..n]),
            }
            if bytes.len() as u64 > limit {
                return Err(RegistryError::TooLarge { host, what, limit });
            }
        }
    }

    /// The body as it comes.
    pub fn reader(self) -> ResponseReader {
        ResponseReader { host: self.host, deadline: self.deadline, body: self.body.into_reader() }
    }

    /// The error that this answer is.
    pub fn refusal(self) -> RegistryError {
        let (host, what, status) = (self.host.clone(), self.what, self.status);
        match status {
            404 => RegistryError::NotFound { host, what },
            _ => RegistryError::Status { host, what, status, message: self.message() },
        }
    }

    /// What a registry says about its refusal, as the specification has it. The pages of
    /// others are nothing to quote.
    fn message(self) -> Option<ForeignText> {
        #[derive(serde::Deserialize)]
        struct Errors {
            errors: Vec<Said>,
        }
        #[derive(serde::Deserialize)]
        struct Said {
            message: String,
        }
        let bytes = self.bytes(MESSAGE_BYTES).ok()?;
        let errors: Errors = serde_json::from_slice(&bytes).ok()?;
        errors.errors.first().map(|first| ForeignText::sentence(&first.message))
    }
}

/// A body that is read as it comes.
pub(super) struct ResponseReader {
    host: ForeignText,
    deadline: Deadline,
    body: BodyReader<'static>,
}

impl ResponseReader {
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        loop {
            match self.body.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => {
                    return read.map_err(|error| fault(&self.host, error.into(), self.deadline));
                }
            }
        }
    }
}

impl TransportError {
    /// Whether it may be better at the next attempt.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Broken(_) | Self::NoHost)
    }
}

/// What a fault of the library means.
fn fault(host: &ForeignText, error: ureq::Error, deadline: Deadline) -> RegistryError {
    use ureq::{Error, Timeout};
    let said = |error: &dyn std::fmt::Display| ForeignText::sentence(&error.to_string());
    let fault = match error {
        Error::Timeout(Timeout::Global) => return deadline.missed(host),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            TransportError::Connect(ForeignText::new("out of time"))
        }
        Error::Timeout(_) => TransportError::Silent,
        Error::HostNotFound => TransportError::NoHost,
        Error::Tls(reason) => TransportError::Tls(ForeignText::new(reason)),
        Error::Rustls(reason) => TransportError::Tls(said(&reason)),
        Error::ConnectionFailed => TransportError::Connect(ForeignText::new("no connection")),
        Error::ConnectProxyFailed(reason) => TransportError::Connect(said(&reason)),
        Error::Io(error) => {
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(reason) => TransportError::Tls(said(reason)),
                // what the system's resolver says has no kind of its own
                None if error.to_string().starts_with("failed to lookup address") => {
                    TransportError::NoHost
                }
                None if is_about_connecting(error.kind()) => TransportError::Connect(said(&error)),
                None => TransportError::Broken(said(&error)),
            }
        }
        error => TransportError::Broken(said(&error)),
    };
    RegistryError::TransportError { host: host.clone(), fault }
}

fn is_about_connecting(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    matches!(kind, ConnectionRefused | AddrNotAvailable | HostUnreachable | NetworkUnreachable)
}

/// The error about a proxy, which may hold a password.
fn invalid_proxy(proxy: &str) -> RegistryError {
    RegistryError::Proxy {
        proxy: ForeignText::excerpt(proxy.rsplit('@').next().unwrap_or_default()),
    }
}

//! The HTTP client: requests with deadlines, retries and proxies. It follows no redirect
//! and adds no credential.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;
use ureq::http::{Method, Request, Response};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Proxy};
use url::Url;

use super::address::{host_of, without_secrets};
use super::certificates::CertificateAuthorities;
use super::deadline::{Deadline, RetryPolicy};
use super::error::RegistryError;
use super::request::HttpRequest;
use super::resolver::SystemResolver;
use super::response::{HttpResponse, transport_error};
use super::settings::Proxies;
use crate::limits::FetchLimits;

const USER_AGENT: &str = concat!("gtc/", env!("CARGO_PKG_VERSION"));

/// Sends requests.
#[derive(Debug)]
pub(super) struct HttpClient {
    limits: FetchLimits,
    proxies: Proxies,
    authorities: CertificateAuthorities,
    /// Connection pools, created on first use: plain or encrypted, direct or by proxy.
    agents: [OnceLock<Agent>; 4],
}

impl HttpClient {
    pub(super) fn new(
        limits: FetchLimits,
        proxies: Proxies,
        authorities: CertificateAuthorities,
    ) -> Self {
        Self { limits, proxies, authorities, agents: Default::default() }
    }

    pub(super) fn limits(&self) -> &FetchLimits {
        &self.limits
    }

    /// Sends a request, and retries it after a transient failure.
    ///
    /// # Errors
    /// [`RegistryError`] if there is no response. A response with any status is a success.
    pub(super) fn send(
        &self,
        request: &HttpRequest<'_>,
        deadline: Deadline,
    ) -> Result<HttpResponse, RegistryError> {
        let mut retry = RetryPolicy::new(&self.limits, deadline);
        loop {
            let result = self.send_once(request, deadline);
            let retry_after = match &result {
                Ok(response) if response.is_transient_failure() => response.retry_after(),
                Err(error) if error.is_transient() => None,
                _ => return result,
            };
            if let (Ok(HttpResponse { host, status, .. }), Some(wait)) = (&result, retry_after)
                && wait > self.limits.retry_time
            {
                return Err(RegistryError::RateLimited {
                    host: host.clone(),
                    status: *status,
                    wait,
                });
            }
            if !retry.wait_for_retry(retry_after) {
                return result;
            }
        }
    }

    /// Sends a request without retries.
    pub(super) fn send_once(
        &self,
        request: &HttpRequest<'_>,
        deadline: Deadline,
    ) -> Result<HttpResponse, RegistryError> {
        let host = host_of(&request.url);
        let deadline = if request.is_transfer {
            deadline
        } else {
            deadline.min_after(self.limits.answer_time)
        };
        let timeout = deadline.remaining();
        if timeout.is_zero() {
            return Err(deadline.deadline_error(&host));
        }
        let agent = self.agent(&request.url)?;
        let started = Instant::now();
        let result = run(agent, request, timeout);
        log_request(request, &result, started.elapsed());
        let (parts, body) =
            result.map_err(|error| transport_error(&host, error, deadline))?.into_parts();
        Ok(HttpResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            host,
            what: request.what,
            body,
            deadline,
        })
    }

    /// The connection pool for a URL.
    fn agent(&self, url: &Url) -> Result<&Agent, RegistryError> {
        let is_encrypted = url.scheme() == "https";
        let proxy = self.proxies.proxy_for(url);
        let slot = &self.agents[usize::from(is_encrypted) * 2 + usize::from(proxy.is_some())];
        if let Some(agent) = slot.get() {
            return Ok(agent);
        }
        // reading the certificates of the system takes a while, and a plain connection does
        // not need them
        let roots = if is_encrypted { self.authorities.load()? } else { RootCerts::WebPki };
        let proxy =
            proxy.map(|proxy| Proxy::new(proxy).map_err(|_| invalid_proxy(proxy))).transpose()?;
        Ok(slot.get_or_init(|| self.build_agent(roots, proxy)))
    }

    fn build_agent(&self, roots: RootCerts, proxy: Option<Proxy>) -> Agent {
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
        Agent::with_parts(config.build(), DefaultConnector::default(), SystemResolver)
    }
}

fn run(
    agent: &Agent,
    request: &HttpRequest<'_>,
    timeout: Duration,
) -> Result<Response<Body>, ureq::Error> {
    let mut builder = Request::builder().method(&request.method).uri(request.url.as_str());
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    // with a body, even an empty one, GET and HEAD would send `Content-Length`
    if matches!(request.method, Method::GET | Method::HEAD) {
        let request =
            agent.configure_request(builder.body(())?).timeout_global(Some(timeout)).build();
        agent.run(request)
    } else {
        let request = builder.body(request.body)?;
        agent.run(agent.configure_request(request).timeout_global(Some(timeout)).build())
    }
}

fn log_request(
    request: &HttpRequest<'_>,
    result: &Result<Response<Body>, ureq::Error>,
    time: Duration,
) {
    let outcome = match result {
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) => ForeignText::sentence(&error.to_string()).to_string(),
    };
    tracing::info!(
        "{} {}: {outcome}, after {} ms",
        request.method,
        without_secrets(&request.url),
        time.as_millis()
    );
}

/// The error for an unusable proxy. Its credentials are cut off.
fn invalid_proxy(proxy: &str) -> RegistryError {
    let address = proxy.rsplit('@').next().unwrap_or_default();
    RegistryError::InvalidProxy { proxy: ForeignText::excerpt(address) }
}

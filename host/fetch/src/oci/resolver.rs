//! Resolves host names within a deadline.

use std::sync::mpsc;
use std::thread;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Duration;

/// The resolver of the system, which has no deadline, on a thread that is abandoned at the
/// deadline. That of `ureq` does the same, but panics where threads are limited.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let uri = uri.clone();
        let config = config.clone();
        let without_deadline = NextTimeout { after: Duration::NotHappening, ..timeout };
        let (sender, receiver) = mpsc::channel();
        let resolve = move || {
            let found = DefaultResolver::default().resolve(&uri, &config, without_deadline);
            // fails after the deadline, when the receiver is gone
            let _ = sender.send(found);
        };
        thread::Builder::new().name("resolver".to_owned()).spawn(resolve)?;
        receiver.recv_timeout(*timeout.after).map_err(|_| Error::Timeout(timeout.reason))?
    }
}

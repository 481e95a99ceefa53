//! Names and addresses that do not answer. The tests replace the resolver.

use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use env_pack_domain::Permissions;

use super::*;

const HOST: &str = "name.example";

fn reach(network: &Network, port: u16, time: Duration) -> (Result<(), NetworkFailure>, Duration) {
    let address = format!("{HOST}:{port}").parse().expect("an address");
    let granted = Permissions { tools: vec![], network: vec![address] };
    let permissions = ProbePermissions { granted: granted.clone(), declared: granted };
    let limits = EngineLimits { connect_time: time, ..EngineLimits::default() };
    let start = Instant::now();
    let deadline = start + Duration::from_secs(60);
    let result = network.reach(&ConnectionAttempt {
        permissions: &permissions,
        host: HOST,
        port,
        deadline,
        limits: &limits,
    });
    (result, start.elapsed())
}

fn network(lookup: Lookup, permits: usize) -> Network {
    Network { lookup, lookups: Semaphore::new(permits), offline: false }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn a_name_server_that_never_answers_uses_at_most_all_permits() {
    static LOOKUPS: AtomicUsize = AtomicUsize::new(0);
    let never: Lookup = |_, _| {
        LOOKUPS.fetch_add(1, Ordering::SeqCst);
        loop {
            thread::park();
        }
    };
    let network = network(never, 2);
    for _ in 0..5 {
        let (result, took) = reach(&network, 80, Duration::from_millis(50));
        assert_eq!(result, Err(NetworkFailure::TimedOut));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    assert_eq!(LOOKUPS.load(Ordering::SeqCst), 2);
}

#[test]
fn every_address_of_a_name_is_tried() {
    let (listener, port) = listener();
    // nothing listens on the first, on this port
    let several: Lookup =
        |_, port| Ok(vec![([127, 0, 0, 2], port).into(), ([127, 0, 0, 1], port).into()]);
    assert_eq!(reach(&network(several, 1), port, Duration::from_secs(5)).0, Ok(()));
    drop(listener);
    assert_eq!(
        reach(&network(several, 1), port, Duration::from_secs(5)).0,
        Err(NetworkFailure::Refused)
    );
    let none: Lookup = |_, _| Ok(Vec::new());
    assert_eq!(
        reach(&network(none, 1), port, Duration::from_secs(5)).0,
        Err(NetworkFailure::NotFound)
    );
    let unknown: Lookup = |_, _| Err(io::ErrorKind::NotFound.into());
    assert_eq!(
        reach(&network(unknown, 1), port, Duration::from_secs(5)).0,
        Err(NetworkFailure::NotFound)
    );
}

#[test]
fn an_address_that_hangs_leaves_time_for_the_next() {
    let (listener, port) = listener();
    let hanging = TcpListener::bind(("127.0.0.3", port)).expect("the same port elsewhere");
    // SAFETY: the socket is open, and the call uses nothing else. A backlog of zero lets
    // all but a few connections hang.
    assert_eq!(unsafe { libc::listen(hanging.as_raw_fd(), 0) }, 0);
    let fill =
        || TcpStream::connect_timeout(&([127, 0, 0, 3], port).into(), Duration::from_millis(100));
    let full: Vec<_> = std::iter::from_fn(|| fill().ok()).take(16).collect();
    let both: Lookup =
        |_, port| Ok(vec![([127, 0, 0, 3], port).into(), ([127, 0, 0, 1], port).into()]);
    let (result, took) = reach(&network(both, 1), port, Duration::from_millis(600));
    assert_eq!((result, full.len() < 16), (Ok(()), true));
    assert!((250..600).contains(&took.as_millis()), "{took:?}");
    drop(listener);
    let alone: Lookup = |_, port| Ok(vec![([127, 0, 0, 3], port).into()]);
    let (result, took) = reach(&network(alone, 1), port, Duration::from_millis(300));
    assert_eq!(result, Err(NetworkFailure::TimedOut));
    assert!((300..900).contains(&took.as_millis()), "{took:?}");
}

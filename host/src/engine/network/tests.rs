//! Names and addresses that do not answer, played by lookups of our own: a test has no
//! name server to break.

use std::net::TcpListener;
use std::os::fd::AsRawFd as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

const HOST: &str = "name.example";

fn reach(network: &Network, port: u16, time: Duration) -> (Result<(), Failure>, Duration) {
    let address = format!("{HOST}:{port}").parse().expect("an address");
    let grants = Permissions { tools: vec![], network: vec![address] };
    let limits = Limits { reach_time: time, ..Limits::default() };
    let start = Instant::now();
    let deadline = start + Duration::from_secs(60);
    let result =
        network.reach(&Attempt { grants: &grants, host: HOST, port, deadline, limits: &limits });
    (result, start.elapsed())
}

fn network(lookup: Lookup, places: usize) -> Network {
    Network { lookup, lookups: Turnstile::new(places), offline: false }
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn a_name_server_that_never_answers_holds_nobody_and_no_more_threads_than_there_are_places() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let never: Lookup = |_, _| {
        ASKED.fetch_add(1, Ordering::SeqCst);
        loop {
            thread::park();
        }
    };
    let network = network(never, 2);
    for _ in 0..5 {
        let (result, took) = reach(&network, 80, Duration::from_millis(50));
        assert_eq!(result, Err(Failure::TimedOut));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
    assert_eq!(ASKED.load(Ordering::SeqCst), 2);
}

#[test]
fn every_address_of_a_name_is_tried() {
    let (listener, port) = listener();
    // nothing listens on the first, on this port
    let several: Lookup =
        |_, port| Ok(vec![([127, 0, 0, 2], port).into(), ([127, 0, 0, 1], port).into()]);
    assert_eq!(reach(&network(several, 1), port, Duration::from_secs(5)).0, Ok(()));
    drop(listener);
    assert_eq!(reach(&network(several, 1), port, Duration::from_secs(5)).0, Err(Failure::Refused));
    let none: Lookup = |_, _| Ok(Vec::new());
    assert_eq!(reach(&network(none, 1), port, Duration::from_secs(5)).0, Err(Failure::NotFound));
    let unknown: Lookup = |_, _| Err(io::ErrorKind::NotFound.into());
    assert_eq!(reach(&network(unknown, 1), port, Duration::from_secs(5)).0, Err(Failure::NotFound));
}

#[test]
fn an_address_that_hangs_leaves_the_next_one_time() {
    let (listener, port) = listener();
    let hanging = TcpListener::bind(("127.0.0.3", port)).expect("the same port elsewhere");
    // a listener that never accepts takes so many connections, and then leaves everybody
    // waiting SAFETY: the socket is open, and the call takes nothing else.
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
    assert_eq!(result, Err(Failure::TimedOut));
    assert!((300..900).contains(&took.as_millis()), "{took:?}");
}

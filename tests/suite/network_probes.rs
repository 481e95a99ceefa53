//! `network.reach`: only to granted addresses, without sending a byte, and within its time
//! limit.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use test_support::asker::answers;
use test_support::{Sandbox, run};

fn listener(address: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind((address, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port.to_string())
}

#[test]
fn a_connection_is_opened_and_closed_without_sending_a_byte() {
    let (listener, port) = listener("127.0.0.1");
    let sandbox =
        Sandbox::with_asker(&[], &[&format!("127.0.0.1:{port}"), &format!("localhost:{port}")]);
    let received = std::thread::spawn(move || {
        (0..2)
            .map(|_| {
                listener
                    .accept()
                    .expect("a connection")
                    .0
                    .read_to_end(&mut Vec::new())
                    .expect("its end")
            })
            .sum()
    });
    let questions = [format!("reach|127.0.0.1|{port}"), format!("reach|LOCALHOST|{port}")];
    let answers = sandbox.ask(&[&questions[0], &questions[1]]);
    assert_eq!(answers.iter().map(|answer| &*answer.how).collect::<Vec<_>>(), ["Ok(())", "Ok(())"]);
    let bytes: usize = received.join().expect("it listens");
    assert_eq!(bytes, 0);
}

#[test]
fn an_address_that_is_not_granted_is_not_connected_to() {
    let (listener, port) = listener("127.0.0.1");
    listener.set_nonblocking(true).expect("a listener");
    let sandbox = Sandbox::with_asker(
        &[],
        &[&format!("127.0.0.2:{port}"), "127.0.0.1:1", "other.example:443"],
    );
    let others = [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "127.1",
        "0x7f000001",
        "127.0.0.1.",
        "[127.0.0.1]",
        "::1",
        "::ffff:127.0.0.1",
        "",
        "127.0.0.2\n",
        "127.0.0.1:1",
    ];
    let questions: Vec<String> = others.iter().map(|host| format!("reach|{host}|{port}")).collect();
    let answers = sandbox.ask(&questions.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(answers.len(), others.len());
    for (host, answer) in others.iter().zip(answers) {
        assert!(
            answer.how.contains("Denied") && answer.how.contains("not declared by the pack"),
            "{host:?}: {answer:?}"
        );
    }
    assert_eq!(
        listener.accept().map(drop).map_err(|error| error.kind()),
        Err(std::io::ErrorKind::WouldBlock)
    );
}

#[test]
fn an_ipv6_address_is_granted_with_brackets_and_probed_without() {
    let Ok(listener) = TcpListener::bind(("::1", 0)) else {
        // printed with `--nocapture`
        let _ = writeln!(std::io::stderr(), "NOT CHECKED: this machine has no IPv6");
        return;
    };
    let port = listener.local_addr().expect("an address").port();
    let sandbox = Sandbox::with_asker(&[], &[&format!("[::1]:{port}")]);
    let answers = sandbox.ask(&[&format!("reach|::1|{port}"), &format!("reach|[::1]|{port}")]);
    assert_eq!(answers[0].how, "Ok(())");
    assert!(answers[1].how.contains("Denied"), "{answers:?}");
}

#[test]
fn a_hanging_connection_ends_at_its_deadline() {
    let (listener, port) = listener("127.0.0.1");
    // SAFETY: the socket is open, and the call uses nothing else.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), 0) }, 0);
    // a listener that does not accept lets all but a few connections hang
    let address = listener.local_addr().expect("an address");
    let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
    let full: Vec<_> = std::iter::from_fn(fill).take(16).collect();
    assert!(full.len() < 16);
    let sandbox = Sandbox::with_asker(
        &[],
        &[&format!("127.0.0.1:{port}"), "127.0.0.1:1", "no-such-name.invalid:443"],
    );
    let start = Instant::now();
    let answers = sandbox.ask(&[
        &format!("reach|127.0.0.1|{port}"),
        "reach|127.0.0.1|1",
        "reach|no-such-name.invalid|443",
    ]);
    assert!(answers[0].how.contains("TimedOut"), "{answers:?}");
    assert!(answers[1].how.contains("Refused"), "{answers:?}");
    // without a name server, a lookup ends after the same time
    assert!(
        answers[2].how.contains("NotFound") || answers[2].how.contains("TimedOut"),
        "{answers:?}"
    );
    assert!(start.elapsed() >= Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn offline_mode_opens_no_connection_even_if_granted() {
    let (listener, port) = listener("127.0.0.1");
    listener.set_nonblocking(true).expect("a listener");
    let sandbox = Sandbox::with_asker(&[], &[&format!("127.0.0.1:{port}")]);
    sandbox.questions(&[&format!("reach|127.0.0.1|{port}")]);
    let answers = answers(&run(sandbox.asking().arg("--offline")).succeeded());
    assert!(answers[0].how.contains("Denied") && answers[0].how.contains("offline"), "{answers:?}");
    assert_eq!(
        listener.accept().map(drop).map_err(|error| error.kind()),
        Err(std::io::ErrorKind::WouldBlock)
    );
    run(sandbox.asking().arg("--offline=no")).exited(2);
    let again = run(sandbox.asking().env("GTC_OFFLINE", "1")).succeeded();
    assert!(again.stdout.contains("offline"), "{again:?}");
    let online = run(sandbox.asking().env("GTC_OFFLINE", "0")).succeeded();
    assert!(!online.stdout.contains("offline"), "{online:?}");
}

#[test]
fn offline_mode_runs_tools_only_for_their_version() {
    let mut sandbox = Sandbox::with_asker(&["vault version", "vault token lookup"], &[]);
    sandbox.program("vault", "echo Vault v1.15.0");
    sandbox.questions(&["run|vault|version", "run|vault|token|lookup"]);
    let offline = answers(&run(sandbox.asking().arg("--offline")).succeeded());
    assert!(offline[0].how.starts_with("0 "), "{offline:?}");
    assert!(offline[1].how.contains("Denied") && offline[1].how.contains("offline"), "{offline:?}");
    let online = answers(&run(&mut sandbox.asking()).succeeded());
    assert!(online.iter().all(|answer| answer.how.starts_with("0 ")), "{online:?}");
}

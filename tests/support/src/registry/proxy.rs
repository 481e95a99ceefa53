//! An HTTP proxy for tests that forwards every connection to one server.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy on a free port of this machine. It runs until the process exits.
pub struct Proxy {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Forwards all connections to this address.
    pub fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let recorded = Arc::clone(&requests);
        let target = target.to_owned();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let recorded = Arc::clone(&recorded);
                let target = target.clone();
                // an error means that one side closed the connection
                thread::spawn(move || {
                    stream.and_then(|stream| forward(stream, &target, &recorded))
                });
            }
        });
        Self { address, requests }
    }

    /// The address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The head of the first request of each connection.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

fn forward(mut client: TcpStream, target: &str, recorded: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut server = TcpStream::connect(target)?;
    if text.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    } else {
        // without TLS, the request line may contain a URL instead of a path
        let (method, rest) = text.split_once(' ').unwrap_or_default();
        let path = rest
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
            .unwrap_or(rest);
        server.write_all(format!("{method} {path}").as_bytes())?;
    }
    recorded.lock().expect("not poisoned").push(text);
    let mut from = client.try_clone()?;
    let mut to = server.try_clone()?;
    thread::spawn(move || io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write)));
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

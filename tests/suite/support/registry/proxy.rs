//! A proxy: whatever it is asked to connect to, it connects to one place.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A proxy on a free port of this machine. It ends with the process; what it passes on
/// ends with whoever talks.
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Passes everything on to this address.
    pub fn to(place: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (heard, place) = (Arc::clone(&asked), place.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, place) = (Arc::clone(&heard), place.clone());
                // whoever hangs up has heard enough
                thread::spawn(move || stream.and_then(|stream| pass_on(stream, &place, &heard)));
            }
        });
        Self { address, asked }
    }

    /// Its address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// What it was asked to connect to, each time with all headers.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panics while it holds them").clone()
    }
}

fn pass_on(mut client: TcpStream, place: &str, heard: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut server = TcpStream::connect(place)?;
    match text.starts_with("CONNECT ") {
        true => client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?,
        // where nothing is encrypted, the whole address may stand where the path does
        false => {
            let (method, rest) = text.split_once(' ').unwrap_or_default();
            let path = rest
                .split_once("://")
                .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
                .unwrap_or(rest);
            server.write_all(format!("{method} {path}").as_bytes())?;
        }
    }
    heard.lock().expect("no test panics while it holds them").push(text);
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write)));
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Both)
}

//! An HTTP server for tests. It reads one request on each connection, records it, and sends
//! the response that a function returns.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::reply::{Connection, Reply};

/// How often a blocked read or write checks whether the server stops.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The decoded query parameters.
    pub query: BTreeMap<String, String>,
    /// Values by names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The body as a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        parse_form(&String::from_utf8_lossy(&self.body))
    }
}

/// A server on a free port of this machine. It stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    requests: Mutex<Vec<Request>>,
    is_stopped: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
    answer: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
}

impl Server {
    /// Starts the server, with TLS if a configuration is given.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            requests: Mutex::default(),
            is_stopped: AtomicBool::new(false),
            tls,
            answer: Box::new(answer),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in
                listener.incoming().take_while(|_| !serving.is_stopped.load(Ordering::Relaxed))
            {
                let serving = Arc::clone(&serving);
                // an error means that the client closed the connection
                thread::spawn(move || stream.and_then(|stream| serving.serve(stream)));
            }
        });
        Self { address, shared }
    }

    /// The address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// All requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("not poisoned").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_stopped.store(true, Ordering::Relaxed);
        // a connection wakes the listener
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(POLL_INTERVAL))?;
        stream.set_write_timeout(Some(POLL_INTERVAL))?;
        match &self.tls {
            None => self.handle(InterruptibleStream { stream, shared: self }),
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
                let mut stream =
                    StreamOwned::new(session, InterruptibleStream { stream, shared: self });
                self.handle(&mut stream)?;
                stream.conn.send_close_notify();
                stream.flush()
            }
        }
    }

    fn handle(&self, mut stream: impl Read + Connection) -> io::Result<()> {
        let request = read_request(&mut stream)?;
        let reply = (self.answer)(&request);
        let is_head = request.method == "HEAD";
        self.requests.lock().expect("not poisoned").push(request);
        reply.send(&mut stream, is_head, &|| self.is_stopped.load(Ordering::Relaxed))
    }
}

/// A stream whose reads and writes block until the server stops.
struct InterruptibleStream<'a> {
    stream: TcpStream,
    shared: &'a Shared,
}

impl InterruptibleStream<'_> {
    fn retry<T>(
        &mut self,
        mut operation: impl FnMut(&mut TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match operation(&mut self.stream) {
                Err(error)
                    if is_timeout(&error) && !self.shared.is_stopped.load(Ordering::Relaxed) => {}
                other => return other,
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl Read for InterruptibleStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.retry(|stream| stream.read(buffer))
    }
}

impl Write for InterruptibleStream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.retry(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<T: Read + Write> Connection for T {
    fn wait_for_end(&mut self, is_stopped: &dyn Fn() -> bool) -> io::Result<()> {
        while !is_stopped() && self.read(&mut [0; 1024])? != 0 {}
        Ok(())
    }
}

fn read_request(stream: &mut impl Read) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
    };
    let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: parse_form(query),
        headers,
        body,
    })
}

/// Parses `application/x-www-form-urlencoded` text.
fn parse_form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (percent_decode(name), percent_decode(value))).collect()
}

fn percent_decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    bytes.next().and_then(|digit| char::from(digit).to_digit(16)).expect("a digit")
                };
                u8::try_from(digit() * 16 + digit()).expect("two digits are a byte")
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).expect("UTF-8")
}

//! A server for tests: it hears one request on each connection, writes it down, and
//! answers as it is told to.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::reply::{Connection, Reply};

/// How long one read or write waits before the server looks whether it is to stop.
const GLANCE: Duration = Duration::from_millis(100);

/// A request that somebody made.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// The path, without what is asked.
    pub path: String,
    /// What stands behind the question mark, decoded.
    pub query: BTreeMap<String, String>,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Request {
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// The fields of a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        fields(&String::from_utf8_lossy(&self.body))
    }
}

/// A server on a free port of this machine, until it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    requests: Mutex<Vec<Request>>,
    stops: AtomicBool,
    tls: Option<Arc<ServerConfig>>,
    answer: Box<dyn Fn(&Request) -> Reply + Send + Sync>,
}

impl Server {
    /// Starts it: encrypted, if there is something to encrypt with.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (requests, stops) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { requests, stops, tls, answer: Box::new(answer) });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().take_while(|_| !serving.stops.load(Ordering::Relaxed))
            {
                let serving = Arc::clone(&serving);
                // whoever hangs up has heard enough
                thread::spawn(move || stream.and_then(|stream| serving.serve(stream)));
            }
        });
        Self { address, shared }
    }

    /// Its address and port.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Everything that was asked of it, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().expect("no test panics while it holds them").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stops.store(true, Ordering::Relaxed);
        // a connection has the listener look up
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GLANCE))?;
        stream.set_write_timeout(Some(GLANCE))?;
        match &self.tls {
            None => self.converse(Line { stream, shared: self }),
            Some(tls) => {
                let session = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(session, Line { stream, shared: self });
                self.converse(&mut stream)?;
                stream.conn.send_close_notify();
                stream.flush()
            }
        }
    }

    fn converse(&self, mut line: impl Read + Connection) -> io::Result<()> {
        let request = read_request(&mut line)?;
        let reply = (self.answer)(&request);
        let is_head = request.method == "HEAD";
        self.requests.lock().expect("no test panics while it holds them").push(request);
        reply.say(&mut line, is_head, &|| self.stops.load(Ordering::Relaxed))
    }
}

/// A connection that waits for as long as the server lives.
struct Line<'a> {
    stream: TcpStream,
    shared: &'a Shared,
}

impl Line<'_> {
    fn patiently<T>(
        &mut self,
        mut act: impl FnMut(&mut TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match act(&mut self.stream) {
                Err(error) if is_pause(&error) && !self.shared.stops.load(Ordering::Relaxed) => (),
                other => return other,
            }
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

impl Read for Line<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.patiently(|stream| stream.read(buffer))
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.patiently(|stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<T: Read + Write> Connection for T {
    fn wait_for_end(&mut self, stops: &dyn Fn() -> bool) -> io::Result<()> {
        while !stops() && self.read(&mut [0; 1024])? != 0 {}
        Ok(())
    }
}

fn read_request(line: &mut impl Read) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        line.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let header = |line: &str| {
        line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
    };
    let headers: BTreeMap<String, String> = lines.filter_map(header).collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    line.read_exact(&mut body)?;
    Ok(Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: fields(query),
        headers,
        body,
    })
}

/// Fields as forms and addresses spell them.
fn fields(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
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
    String::from_utf8(plain).expect("UTF-8")
}

//! Responses of a test server: any bytes, at any speed, with any end.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::Value;

/// The size of a write, in bytes.
const CHUNK_BYTES: usize = 16 << 10;

/// A response.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Length,
    /// Replaces status, headers and body, which need not be valid HTTP.
    raw: Option<Vec<u8>>,
    pace: Pace,
    end: End,
}

/// The header `Content-Length`.
#[derive(Clone, Copy, Debug)]
enum Length {
    Correct,
    Missing,
    Claimed(u64),
}

/// Which part is sent byte by byte, with a pause after each.
#[derive(Clone, Copy, Debug)]
enum Pace {
    Fast,
    SlowFromStart(Duration),
    SlowBody(Duration),
}

/// The event after the last byte.
#[derive(Clone, Debug)]
enum End {
    /// The connection is closed.
    Closed,
    /// These bytes are repeated until the client closes the connection.
    Repeated(Vec<u8>),
    /// Nothing, until the client closes the connection.
    Silence,
}

impl Reply {
    /// A response without a body.
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            length: Length::Correct,
            raw: None,
            pace: Pace::Fast,
            end: End::Closed,
        }
    }

    /// A response with status 200 and a body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).body(body)
    }

    /// A JSON response.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status).header("Content-Type", "application/json").body(value.to_string())
    }

    /// An error response in the format of the OCI distribution specification.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &serde_json::json!({"errors": [{"code": code, "message": message}]}))
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::new(307).header("Location", location)
    }

    /// A 401 response with a Bearer challenge.
    pub fn bearer(realm: &str) -> Self {
        let challenge = format!(
            "Bearer realm=\"{realm}\",service=\"hostile\",scope=\"repository:team/vault:pull\""
        );
        Self::error(401, "UNAUTHORIZED", "log in").header("WWW-Authenticate", &challenge)
    }

    /// Bytes that need not be HTTP; then the connection is closed.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::new(200) }
    }

    /// Closes the connection without a response.
    pub fn closed() -> Self {
        Self::raw([])
    }

    /// Sends no response, and keeps the connection open.
    pub fn silent() -> Self {
        Self { end: End::Silence, ..Self::raw([]) }
    }

    /// Endless headers.
    pub fn endless_headers() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\n").repeat(format!("X-More: {}\r\n", "a".repeat(1000)))
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Removes the header `Content-Length`: the body ends with the connection.
    pub fn without_length(self) -> Self {
        Self { length: Length::Missing, ..self }
    }

    /// Sets the header `Content-Length`, whatever the size of the body is.
    pub fn claims(self, length: u64) -> Self {
        Self { length: Length::Claimed(length), ..self }
    }

    /// Continues the body with endless spaces.
    pub fn endless(self) -> Self {
        self.repeat(vec![b' '; CHUNK_BYTES])
    }

    /// Repeats these bytes endlessly after the body.
    pub fn repeat(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Repeated(bytes.into()), ..self }
    }

    /// Keeps the connection open after the body.
    pub fn then_silent(self) -> Self {
        Self { end: End::Silence, ..self }
    }

    /// Sends everything byte by byte.
    pub fn slow(self, pause: Duration) -> Self {
        Self { pace: Pace::SlowFromStart(pause), ..self }
    }

    /// Sends the body byte by byte.
    pub fn slow_body(self, pause: Duration) -> Self {
        Self { pace: Pace::SlowBody(pause), ..self }
    }

    /// The head and the body.
    fn parts(&self, is_head: bool) -> (Vec<u8>, &[u8]) {
        if let Some(raw) = &self.raw {
            return (raw.clone(), &[]);
        }
        let mut head = format!("HTTP/1.1 {} Status\r\nConnection: close\r\n", self.status);
        match self.length {
            Length::Correct => head += &format!("Content-Length: {}\r\n", self.body.len()),
            Length::Claimed(length) => head += &format!("Content-Length: {length}\r\n"),
            Length::Missing => (),
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        (format!("{head}\r\n").into_bytes(), if is_head { &[] } else { &self.body })
    }

    /// Sends the response. Fails if the client closes the connection, or the server stops.
    pub(super) fn send(
        &self,
        to: &mut impl Connection,
        is_head: bool,
        is_stopped: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let (head, body) = self.parts(is_head);
        let (slow_head, slow_body) = match self.pace {
            Pace::Fast => (None, None),
            Pace::SlowFromStart(pause) => (Some(pause), Some(pause)),
            Pace::SlowBody(pause) => (None, Some(pause)),
        };
        send_bytes(to, &head, slow_head, is_stopped)?;
        send_bytes(to, body, slow_body, is_stopped)?;
        if is_head && self.raw.is_none() {
            return Ok(());
        }
        match &self.end {
            End::Closed => Ok(()),
            End::Repeated(bytes) => loop {
                send_bytes(to, bytes, slow_body, is_stopped)?;
            },
            End::Silence => to.wait_for_end(is_stopped),
        }
    }
}

/// A connection that the client may close.
pub(super) trait Connection: Write {
    /// Waits until the client closes the connection.
    fn wait_for_end(&mut self, is_stopped: &dyn Fn() -> bool) -> io::Result<()>;
}

fn send_bytes(
    to: &mut impl Write,
    bytes: &[u8],
    pause: Option<Duration>,
    is_stopped: &dyn Fn() -> bool,
) -> io::Result<()> {
    let chunk_bytes = if pause.is_some() { 1 } else { CHUNK_BYTES };
    for part in bytes.chunks(chunk_bytes) {
        if is_stopped() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        to.write_all(part)?;
        to.flush()?;
        if let Some(pause) = pause {
            std::thread::sleep(pause);
        }
    }
    Ok(())
}

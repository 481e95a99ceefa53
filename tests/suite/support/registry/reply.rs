//! What a server says, honest or not: any bytes, at any pace, with any end.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::Value;

/// How many bytes go out at once where they go without end.
const CHUNK: usize = 16 << 10;

/// An answer, as bytes on a connection.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    length: Length,
    /// All that goes out, when it is no answer that this type can describe.
    raw: Option<Vec<u8>>,
    pace: Pace,
    end: End,
}

/// What an answer says of the length of its body.
#[derive(Clone, Copy, Debug)]
enum Length {
    Honest,
    Unsaid,
    Claimed(u64),
}

/// From which byte on an answer trickles, and how slowly.
#[derive(Clone, Copy, Debug)]
enum Pace {
    Swift,
    SlowFromStart(Duration),
    SlowBody(Duration),
}

/// What comes after the last byte.
#[derive(Clone, Debug)]
enum End {
    /// The connection is closed.
    Closed,
    /// These bytes again and again, until the other side hangs up.
    Again(Vec<u8>),
    /// Nothing, until the other side hangs up.
    Silence,
}

impl Reply {
    /// An answer without a body.
    pub fn new(status: u16) -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self {
            status,
            headers,
            body,
            length: Length::Honest,
            raw: None,
            pace: Pace::Swift,
            end: End::Closed,
        }
    }

    /// An answer of status 200 with a body.
    pub fn of(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200).body(body)
    }

    /// A JSON answer.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::new(status).header("Content-Type", "application/json").body(value.to_string())
    }

    /// A refusal as the specification of registries spells it.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &serde_json::json!({"errors": [{"code": code, "message": message}]}))
    }

    /// An answer that sends the other side elsewhere.
    pub fn redirect(location: &str) -> Self {
        Self::new(307).header("Location", location)
    }

    /// A refusal that says where tokens come from.
    pub fn bearer(realm: &str) -> Self {
        let challenge = format!(
            "Bearer realm=\"{realm}\",service=\"hostile\",scope=\"repository:team/vault:pull\""
        );
        Self::refusal(401, "UNAUTHORIZED", "log in").header("WWW-Authenticate", &challenge)
    }

    /// Bytes that need not be HTTP, and the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::new(200) }
    }

    /// No byte: the connection is closed.
    pub fn dropped() -> Self {
        Self::raw([])
    }

    /// No byte, and the connection stays open.
    pub fn silent() -> Self {
        Self { end: End::Silence, ..Self::raw([]) }
    }

    /// Headers that never end.
    pub fn endless_headers() -> Self {
        Self::raw("HTTP/1.1 200 OK\r\n").and_again(format!("X-More: {}\r\n", "a".repeat(1000)))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body.
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Says nothing of its length: the body ends with the connection.
    pub fn without_length(self) -> Self {
        Self { length: Length::Unsaid, ..self }
    }

    /// Says that its body has so many bytes, however many come.
    pub fn claims(self, length: u64) -> Self {
        Self { length: Length::Claimed(length), ..self }
    }

    /// After its body comes more, without end.
    pub fn endless(self) -> Self {
        self.and_again(vec![b' '; CHUNK])
    }

    /// After its last byte come these, again and again.
    pub fn and_again(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { end: End::Again(bytes.into()), ..self }
    }

    /// After its last byte the connection stays open.
    pub fn then_silent(self) -> Self {
        Self { end: End::Silence, ..self }
    }

    /// One byte at a time, from the first one on.
    pub fn slow(self, pause: Duration) -> Self {
        Self { pace: Pace::SlowFromStart(pause), ..self }
    }

    /// Its headers at once, its body one byte at a time.
    pub fn slow_body(self, pause: Duration) -> Self {
        Self { pace: Pace::SlowBody(pause), ..self }
    }

    /// The bytes up to the body, and the body.
    fn parts(&self, is_head: bool) -> (Vec<u8>, &[u8]) {
        if let Some(raw) = &self.raw {
            return (raw.clone(), &[]);
        }
        let mut head = format!("HTTP/1.1 {} Said\r\nConnection: close\r\n", self.status);
        match self.length {
            Length::Honest => head += &format!("Content-Length: {}\r\n", self.body.len()),
            Length::Claimed(length) => head += &format!("Content-Length: {length}\r\n"),
            Length::Unsaid => (),
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        (format!("{head}\r\n").into_bytes(), if is_head { &[] } else { &self.body })
    }

    /// Says all of it. An error is that the other side hung up, or that `stops` says so.
    pub(super) fn say(
        &self,
        to: &mut impl Connection,
        is_head: bool,
        stops: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let (head, body) = self.parts(is_head);
        let (slow_head, slow_body) = match self.pace {
            Pace::Swift => (None, None),
            Pace::SlowFromStart(pause) => (Some(pause), Some(pause)),
            Pace::SlowBody(pause) => (None, Some(pause)),
        };
        say(to, &head, slow_head, stops)?;
        say(to, body, slow_body, stops)?;
        if is_head && self.raw.is_none() {
            return Ok(());
        }
        match &self.end {
            End::Closed => Ok(()),
            End::Again(bytes) => loop {
                say(to, bytes, slow_body, stops)?;
            },
            End::Silence => to.wait_for_end(stops),
        }
    }
}

/// A connection to somebody who may hang up.
pub(super) trait Connection: Write {
    /// Waits until the other side hangs up.
    fn wait_for_end(&mut self, stops: &dyn Fn() -> bool) -> io::Result<()>;
}

fn say(
    to: &mut impl Write,
    bytes: &[u8],
    pause: Option<Duration>,
    stops: &dyn Fn() -> bool,
) -> io::Result<()> {
    let at_once = if pause.is_some() { 1 } else { CHUNK };
    for part in bytes.chunks(at_once) {
        if stops() {
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

//! The chain of the audit log: each line has a number and the digest of the line before it, so
//! that a changed, removed, moved or added line is found.
//!
//! The number and digest of the last line are kept outside of the log too. A person who can
//! write both can rewrite the log: the chain finds mistakes and tools that edit the log, not an
//! attacker who may change the environment.

use env_pack_domain::Sha256Digest;
use serde::{Deserialize, Serialize};

/// A line of an audit log: the last one, or one that later lines continue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AuditHead {
    /// The number of the line; 0 before the first.
    pub seq: u64,
    /// The digest of the line, without its line break; none before the first.
    pub digest: Option<Sha256Digest>,
}

/// The ends of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AuditEnds {
    /// The line before the first of the chain: the last one that was pruned, or that an earlier
    /// version of this program wrote, without a number.
    pub start: AuditHead,
    /// The line that was written last.
    pub last: AuditHead,
}

/// A line that does not continue the chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenChain {
    /// The line has no number, or is not JSON: this program did not write it.
    #[error("line {line} was not written by this program, or was changed")]
    NotOurs {
        /// The number of the line in the file, from 1.
        line: u64,
    },
    /// The number does not follow that of the line before.
    #[error("line {line} has number {found}, expected {expected}: lines were removed or moved")]
    Order {
        /// The number of the line in the file, from 1.
        line: u64,
        /// The number of the record.
        found: u64,
        /// The number that follows the record before.
        expected: u64,
    },
    /// The digest is not that of the line before.
    #[error("line {line} does not continue the line before it, which was changed")]
    Digest {
        /// The number of the line in the file, from 1.
        line: u64,
    },
    /// The last line is not the one that was written last.
    #[error("the log ends with number {found}, but number {expected} was written last")]
    End {
        /// The number of the last record.
        found: u64,
        /// The number of the record that was written last.
        expected: u64,
    },
    /// The last line has the right number, and other content.
    #[error("the last line was changed")]
    LastLine,
}

impl AuditHead {
    /// Returns the head of a numbered line, without its line break.
    pub(super) fn of_line(line: &[u8]) -> Option<Self> {
        let link: Link = serde_json::from_slice(line).ok()?;
        Some(Self { seq: link.seq, digest: Some(Sha256Digest::compute(line)) })
    }

    /// Returns an event as the next line of the chain, which becomes the head.
    pub(super) fn append(&mut self, event: &str) -> String {
        let members = event.strip_prefix('{').expect("an event is a JSON object");
        let seq = self.seq.saturating_add(1);
        let line = match &self.digest {
            Some(digest) => format!("{{\"seq\":{seq},\"prev\":\"{digest}\",{members}"),
            None => format!("{{\"seq\":{seq},\"prev\":null,{members}"),
        };
        *self = Self { seq, digest: Some(digest_of(&line)) };
        line
    }
}

/// The members of a line that chain it.
#[derive(Deserialize)]
struct Link {
    seq: u64,
    prev: Option<Sha256Digest>,
}

/// Verifies the lines of a log, which are shown to it from the oldest to the newest.
#[derive(Debug)]
pub(super) struct ChainVerifier {
    ends: AuditEnds,
    /// The last numbered line.
    last: AuditHead,
    line: u64,
    unnumbered: u64,
    faults: Vec<BrokenChain>,
}

/// The most faults to list.
const MAX_FAULTS: usize = 20;

impl ChainVerifier {
    pub(super) fn new(ends: AuditEnds) -> Self {
        // the lines of earlier versions come first, and their last one is the start
        let is_pruned = ends.start.seq > 0;
        let last = if is_pruned { ends.start.clone() } else { AuditHead::default() };
        Self { ends, last, line: 0, unnumbered: 0, faults: Vec::new() }
    }

    pub(super) fn note(&mut self, text: &str) {
        self.line += 1;
        match serde_json::from_str::<Link>(text) {
            Ok(link) => self.note_link(&link, digest_of(text)),
            // before the chain are the lines of earlier versions of this program
            Err(_) if self.last.seq == 0 => {
                self.unnumbered += 1;
                self.last.digest = Some(digest_of(text));
            }
            Err(_) => self.report(BrokenChain::NotOurs { line: self.line }),
        }
    }

    fn note_link(&mut self, link: &Link, digest: Sha256Digest) {
        let line = self.line;
        let expected = self.last.seq.saturating_add(1);
        let continues = link.prev == self.last.digest;
        if link.seq != expected {
            self.report(BrokenChain::Order { line, found: link.seq, expected });
        } else if !continues {
            self.report(BrokenChain::Digest { line });
        }
        self.last = AuditHead { seq: link.seq, digest: Some(digest) };
    }

    fn report(&mut self, fault: BrokenChain) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    /// Compares the end of the log with what was written last.
    pub(super) fn finish(mut self) -> VerifiedLog {
        let found = self.last.seq;
        let expected = self.ends.last.seq;
        if found != expected {
            self.report(BrokenChain::End { found, expected });
        } else if found > 0 && self.last != self.ends.last {
            self.report(BrokenChain::LastLine);
        }
        let Self { line: lines, unnumbered, faults, ends, .. } = self;
        VerifiedLog { lines, unnumbered, pruned: ends.start.seq, last: found, faults }
    }
}

/// The result of verifying an audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLog {
    /// The number of lines.
    pub lines: u64,
    /// The number of lines before the first with a number: earlier versions wrote them.
    pub unnumbered: u64,
    /// The number of the last record that was pruned, with all before it; 0 if none was.
    pub pruned: u64,
    /// The number of the last record.
    pub last: u64,
    /// Lines that do not continue the chain, at most 20.
    pub faults: Vec<BrokenChain>,
}

fn digest_of(line: &str) -> Sha256Digest {
    Sha256Digest::compute(line.as_bytes())
}

//! Who answers what a preflight asks: this machine, or a script. Either way every
//! question is noted with its answer.
//!
//! A script answers in the place of programs and of the network only. What the pack did
//! not declare is denied before anybody is asked, and limits and deadlines are those of
//! any preflight.

use std::time::Duration;

use env_pack_domain::{BindingContext, EnvPackHandler, ForeignText, HandlerFault, ToolCheck};

use super::network::Failure as NetworkFailure;
use super::tools::{self, Failure as ToolFailure, Output};

/// A word of a command is noted up to this length, in bytes: no permission allows a
/// longer one.
const WORD_BYTES: usize = 1 << 10;
/// A command is noted up to this many words: no permission allows more.
pub(super) const WORDS: usize = 33;

/// What comes of a command.
pub type ToolReply = Result<Output, ToolFailure>;
/// What comes of a connection.
pub type NetworkReply = Result<(), NetworkFailure>;

/// Who answers.
#[derive(Clone, Debug)]
pub enum World {
    /// This machine.
    Machine,
    /// Somebody who knows all answers beforehand.
    Scripted(Script),
}

/// Answers that are known beforehand. What is asked again is answered with the next of
/// its answers, and then with the last one again. A program that is not in it is missing,
/// and a host has no address.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The commands, word by word.
    pub tools: Vec<(Vec<String>, Vec<ToolReply>)>,
    /// The addresses: host and port.
    pub network: Vec<((String, u16), Vec<NetworkReply>)>,
}

/// A question, and what the handler heard.
#[derive(Clone, Debug)]
pub enum Exchange {
    /// A program was to be run.
    Tool {
        /// The program and its arguments, as far as a permission could allow them.
        command: Vec<String>,
        /// What came of it.
        reply: ToolReply,
    },
    /// A connection was to be opened.
    Network {
        /// The host, as far as it could be one.
        host: String,
        /// The port.
        port: u16,
        /// What came of it.
        reply: NetworkReply,
    },
}

/// What came of a preflight whose questions were noted.
#[derive(Debug)]
pub struct Rehearsal {
    /// The checks, or why there are none.
    pub checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// What was asked until then, in its order.
    pub exchanges: Vec<Exchange>,
}

/// A handler whose preflight can be watched.
pub trait Rehearse: EnvPackHandler {
    /// Runs the preflight in a world, and notes what it asks. It has this much time, if
    /// that is less than any preflight has.
    fn rehearse(&self, binding: &BindingContext, world: World, time: Duration) -> Rehearsal;
}

/// A preflight that is watched.
#[derive(Debug)]
pub(super) struct Stage {
    world: World,
    exchanges: Vec<Exchange>,
}

impl Stage {
    pub fn new(world: World) -> Self {
        Self { world, exchanges: Vec::new() }
    }

    /// The answer of the script to a command that is allowed; none when this machine
    /// answers.
    pub fn tool(&self, tool: &str, args: &[String], text_bytes: usize) -> Option<ToolReply> {
        let World::Scripted(script) = &self.world else { return None };
        let is_it = |command: &[String]| {
            command.split_first().is_some_and(|(first, rest)| first == tool && rest == args)
        };
        let asked = self
            .exchanges
            .iter()
            .filter(|asked| matches!(asked, Exchange::Tool { command, .. } if is_it(command)));
        let replies =
            script.tools.iter().find(|(command, _)| is_it(command)).map(|(_, replies)| replies);
        let reply = replies
            .and_then(|replies| next(replies, asked.count()))
            .unwrap_or(Err(ToolFailure::NotFound));
        Some(reply.map(|output| tools::as_heard(output, text_bytes)))
    }

    /// The answer of the script to an address that is allowed; none when this machine
    /// answers.
    pub fn network(&self, asked_host: &str, asked_port: u16) -> Option<NetworkReply> {
        let World::Scripted(script) = &self.world else { return None };
        let is_it =
            |host: &str, port: u16| port == asked_port && host.eq_ignore_ascii_case(asked_host);
        let asked = self.exchanges.iter().filter(
            |asked| matches!(asked, Exchange::Network { host, port, .. } if is_it(host, *port)),
        );
        let replies = script
            .network
            .iter()
            .find(|((host, port), _)| is_it(host, *port))
            .map(|(_, replies)| replies);
        Some(
            replies
                .and_then(|replies| next(replies, asked.count()))
                .unwrap_or(Err(NetworkFailure::NotFound)),
        )
    }

    /// Notes what a program said.
    pub fn note_tool(&mut self, tool: &str, args: &[String], reply: &ToolReply) {
        let words = std::iter::once(tool).chain(args.iter().map(String::as_str));
        let command = words.take(WORDS).map(noted).collect();
        self.exchanges.push(Exchange::Tool { command, reply: reply.clone() });
    }

    /// Notes what came of a connection.
    pub fn note_network(&mut self, host: &str, port: u16, reply: &NetworkReply) {
        self.exchanges.push(Exchange::Network { host: noted(host), port, reply: reply.clone() });
    }

    /// What was asked.
    pub fn into_exchanges(self) -> Vec<Exchange> {
        self.exchanges
    }
}

/// The answer to a question that was asked so often before.
fn next<T: Clone>(replies: &[T], before: usize) -> Option<T> {
    replies.get(before).or(replies.last()).cloned()
}

/// As much of a word as decides about it: one that is cut stays too long for every
/// permission.
pub(super) fn within_reach(word: &str) -> &str {
    &word[..word.floor_char_boundary(word.len().min(2 * WORD_BYTES))]
}

fn noted(text: &str) -> String {
    match text.len() > WORD_BYTES {
        true => ForeignText::excerpt(text).as_exact().to_owned(),
        false => text.to_owned(),
    }
}

//! Between the words of scenarios and those of the engine.

use env_pack_domain::{ForeignText, Permissions};

use crate::engine::{Exchange, NetworkFailure, Script, ToolFailure, ToolOutput};
use crate::scenario::{
    Address, Asked, Command, Failed, Given, NetworkReply, NetworkWord, Question, Ran, Short,
    ToolReply, ToolWord,
};

/// What programs and the network answer in a scenario.
pub(super) fn script(given: &Given) -> Script {
    let tool = |(command, replies): &(Command, crate::scenario::Listed<ToolReply>)| {
        (command.0.clone(), replies.0.iter().map(|reply| tool_result(&command.0, reply)).collect())
    };
    let network = |(address, replies): &(Address, crate::scenario::Listed<NetworkReply>)| {
        let replies = replies.0.iter().map(|reply| network_result(address, reply)).collect();
        ((address.host.clone(), address.port), replies)
    };
    Script {
        tools: given.tools.0.iter().map(tool).collect(),
        network: given.network.0.iter().map(network).collect(),
    }
}

fn tool_result(command: &[String], reply: &ToolReply) -> Result<ToolOutput, ToolFailure> {
    match reply {
        Short::Word(ToolWord::Missing) => Err(ToolFailure::NotFound),
        Short::Word(ToolWord::TimedOut) => Err(ToolFailure::TimedOut),
        Short::Word(ToolWord::Denied) => Err(ToolFailure::not_granted(command)),
        Short::Full(Ran { denied: Some(reason), .. }) => Err(ToolFailure::Denied(reason.clone())),
        Short::Full(Ran { failed: Some(reason), .. }) => Err(ToolFailure::Io(reason.clone())),
        Short::Full(Ran { exit_code, stdout, stderr, truncated, .. }) => Ok(ToolOutput {
            exit_code: *exit_code,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            truncated: *truncated,
        }),
    }
}

fn network_result(address: &Address, reply: &NetworkReply) -> Result<(), NetworkFailure> {
    Err(match reply {
        Short::Word(NetworkWord::Open) => return Ok(()),
        Short::Word(NetworkWord::Refused) => NetworkFailure::Refused,
        Short::Word(NetworkWord::TimedOut) => NetworkFailure::TimedOut,
        Short::Word(NetworkWord::NotFound) => NetworkFailure::NotFound,
        Short::Word(NetworkWord::Denied) => {
            NetworkFailure::not_granted(&address.host, address.port)
        }
        Short::Full(Failed { denied: Some(reason), .. }) => NetworkFailure::Denied(reason.clone()),
        Short::Full(Failed { failed, .. }) => {
            NetworkFailure::Io(failed.clone().unwrap_or_default())
        }
    })
}

/// What comes of a command, as a scenario has it.
pub(super) fn tool_reply(
    command: &[String],
    result: &Result<ToolOutput, ToolFailure>,
) -> ToolReply {
    let reason = |denied: Option<&String>, failed: Option<&String>| {
        Short::Full(Ran { denied: denied.cloned(), failed: failed.cloned(), ..Ran::default() })
    };
    match result {
        Ok(ToolOutput { exit_code, stdout, stderr, truncated }) => Short::Full(Ran {
            exit_code: *exit_code,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            truncated: *truncated,
            ..Ran::default()
        }),
        Err(ToolFailure::NotFound) => Short::Word(ToolWord::Missing),
        Err(ToolFailure::TimedOut) => Short::Word(ToolWord::TimedOut),
        Err(denied) if *denied == ToolFailure::not_granted(command) => {
            Short::Word(ToolWord::Denied)
        }
        Err(ToolFailure::Denied(why)) => reason(Some(why), None),
        Err(ToolFailure::Io(why)) => reason(None, Some(why)),
    }
}

/// What comes of a connection, as a scenario has it.
pub(super) fn network_reply(
    host: &str,
    port: u16,
    result: &Result<(), NetworkFailure>,
) -> NetworkReply {
    Short::Word(match result {
        Ok(()) => NetworkWord::Open,
        Err(NetworkFailure::Refused) => NetworkWord::Refused,
        Err(NetworkFailure::TimedOut) => NetworkWord::TimedOut,
        Err(NetworkFailure::NotFound) => NetworkWord::NotFound,
        Err(denied) if *denied == NetworkFailure::not_granted(host, port) => NetworkWord::Denied,
        Err(NetworkFailure::Denied(why)) => {
            return Short::Full(Failed { denied: Some(why.clone()), failed: None });
        }
        Err(NetworkFailure::Io(why)) => {
            return Short::Full(Failed { denied: None, failed: Some(why.clone()) });
        }
    })
}

/// A question as a scenario has it.
pub(super) fn asked(exchange: &Exchange, declared: &Permissions) -> Asked {
    match exchange {
        Exchange::Tool { command, reply } => Asked {
            question: Question::Command(Command(command.clone())),
            answer: match reply {
                Ok(output) => format!("exit code {}", output.exit_code),
                Err(failure) => ForeignText::sentence(&failure.to_string()).as_exact().to_owned(),
            },
            is_declared: command
                .split_first()
                .is_some_and(|(tool, args)| declared.allows_tool(tool, args)),
        },
        Exchange::Network { host, port, reply } => Asked {
            question: Question::Address(Address::new(host, *port)),
            answer: reply.as_ref().map_or_else(ToString::to_string, |()| "connected".to_owned()),
            is_declared: declared.allows_network(host, *port),
        },
    }
}

//! Converts between scenario files and the engine's probe results.

use env_pack_domain::{ForeignText, Permissions};

use crate::scenario::{
    ActualCall, CommandFailure, CommandLine, CommandResult, ConnectionFailure, ConnectionStatus,
    Given, HostCall, HostPort, NetworkReply, Shorthand, ToolReply,
};
use gtc_engine::{
    Interaction, MissingPermission, NetworkFailure, ScriptedReplies, ToolFailure, ToolOutput,
};

/// Returns the replies of programs and the network in a scenario.
pub(super) fn script(given: &Given) -> ScriptedReplies {
    ScriptedReplies {
        tools: given
            .tools
            .0
            .iter()
            .map(|(command, replies)| {
                (
                    command.0.clone(),
                    replies.0.iter().map(|reply| tool_result(&command.0, reply)).collect(),
                )
            })
            .collect(),
        network: given
            .network
            .0
            .iter()
            .map(|(address, replies)| {
                let replies =
                    replies.0.iter().map(|reply| network_result(address, reply)).collect();
                ((address.host.clone(), address.port), replies)
            })
            .collect(),
    }
}

fn tool_result(command: &[String], reply: &ToolReply) -> Result<ToolOutput, ToolFailure> {
    match reply {
        Shorthand::Word(CommandFailure::Missing) => Err(ToolFailure::NotFound),
        Shorthand::Word(CommandFailure::TimedOut) => Err(ToolFailure::TimedOut),
        Shorthand::Word(CommandFailure::Denied) => {
            Err(ToolFailure::not_permitted(command, MissingPermission::Grant))
        }
        Shorthand::Full(CommandResult { denied: Some(reason), .. }) => {
            Err(ToolFailure::Denied(reason.clone()))
        }
        Shorthand::Full(CommandResult { failed: Some(reason), .. }) => {
            Err(ToolFailure::Io(reason.clone()))
        }
        Shorthand::Full(CommandResult { exit_code, stdout, stderr, truncated, .. }) => {
            Ok(ToolOutput {
                exit_code: *exit_code,
                stdout: stdout.clone(),
                stderr: stderr.clone(),
                truncated: *truncated,
            })
        }
    }
}

fn network_result(address: &HostPort, reply: &NetworkReply) -> Result<(), NetworkFailure> {
    Err(match reply {
        Shorthand::Word(ConnectionStatus::Open) => return Ok(()),
        Shorthand::Word(ConnectionStatus::Refused) => NetworkFailure::Refused,
        Shorthand::Word(ConnectionStatus::TimedOut) => NetworkFailure::TimedOut,
        Shorthand::Word(ConnectionStatus::NotFound) => NetworkFailure::NotFound,
        Shorthand::Word(ConnectionStatus::Denied) => {
            let missing = MissingPermission::Grant;
            NetworkFailure::not_permitted(&address.host, address.port, missing)
        }
        Shorthand::Full(ConnectionFailure { denied: Some(reason), .. }) => {
            NetworkFailure::Denied(reason.clone())
        }
        Shorthand::Full(ConnectionFailure { failed, .. }) => {
            NetworkFailure::Io(failed.clone().unwrap_or_default())
        }
    })
}

/// Converts the result of a command into a scenario's reply.
pub(super) fn tool_reply(
    command: &[String],
    result: &Result<ToolOutput, ToolFailure>,
) -> ToolReply {
    let reason = |denied: Option<&String>, failed: Option<&String>| {
        Shorthand::Full(CommandResult {
            denied: denied.cloned(),
            failed: failed.cloned(),
            ..CommandResult::default()
        })
    };
    match result {
        Ok(ToolOutput { exit_code, stdout, stderr, truncated }) => Shorthand::Full(CommandResult {
            exit_code: *exit_code,
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            truncated: *truncated,
            ..CommandResult::default()
        }),
        Err(ToolFailure::NotFound) => Shorthand::Word(CommandFailure::Missing),
        Err(ToolFailure::TimedOut) => Shorthand::Word(CommandFailure::TimedOut),
        Err(denied)
            if MissingPermission::ALL
                .iter()
                .any(|missing| *denied == ToolFailure::not_permitted(command, *missing)) =>
        {
            Shorthand::Word(CommandFailure::Denied)
        }
        Err(ToolFailure::Denied(why)) => reason(Some(why), None),
        Err(ToolFailure::Io(why) | ToolFailure::Shortage(why)) => reason(None, Some(why)),
    }
}

/// Converts the result of a connection into a scenario's reply.
pub(super) fn network_reply(
    host: &str,
    port: u16,
    result: &Result<(), NetworkFailure>,
) -> NetworkReply {
    Shorthand::Word(match result {
        Ok(()) => ConnectionStatus::Open,
        Err(NetworkFailure::Refused) => ConnectionStatus::Refused,
        Err(NetworkFailure::TimedOut) => ConnectionStatus::TimedOut,
        Err(NetworkFailure::NotFound) => ConnectionStatus::NotFound,
        Err(denied)
            if MissingPermission::ALL
                .iter()
                .any(|missing| *denied == NetworkFailure::not_permitted(host, port, *missing)) =>
        {
            ConnectionStatus::Denied
        }
        Err(NetworkFailure::Denied(why)) => {
            return Shorthand::Full(ConnectionFailure { denied: Some(why.clone()), failed: None });
        }
        Err(NetworkFailure::Io(why) | NetworkFailure::Shortage(why)) => {
            return Shorthand::Full(ConnectionFailure { denied: None, failed: Some(why.clone()) });
        }
    })
}

/// Converts a host call of the engine into one of a scenario.
pub(super) fn describe_exchange(exchange: &Interaction, declared: &Permissions) -> ActualCall {
    match exchange {
        Interaction::Tool { command, reply } => ActualCall {
            call: HostCall::Command(CommandLine(command.clone())),
            answer: match reply {
                Ok(output) => format!("exit code {}", output.exit_code),
                Err(failure) => ForeignText::sentence(&failure.to_string()).as_exact().to_owned(),
            },
            is_declared: command
                .split_first()
                .is_some_and(|(tool, args)| declared.allows_tool(tool, args)),
        },
        Interaction::Network { host, port, reply } => ActualCall {
            call: HostCall::Address(HostPort::new(host, *port)),
            answer: reply.as_ref().map_or_else(ToString::to_string, |()| "connected".to_owned()),
            is_declared: declared.allows_network(host, *port),
        },
    }
}

//! Arguments as people write them, parsed into what the operations take.

use std::net::SocketAddr;
use std::str::FromStr;

use env_pack_domain::change::Request;
use env_pack_domain::{
    AnswersRef, BindingKey, CapabilitySlot, CoreSlot, DescriptorPath, EnvId, ExtRef, ForeignText, InstanceId, OciRef,
    PackDescriptor, PackRef, Permissions, Place, ToolPermission,
};

use super::environment::{Environment, EnvironmentOrLocal};
use super::error::UsageError;
use super::payload::{
    BENCH_TURNS, BenchPayload, CreatePayload, ExtensionPayload, ExtensionRemovePayload, ExtensionRollbackPayload,
    GrantsChangePayload, GrantsPayload, PackPayload, PackRemovePayload, RepackPayload, ResolvePayload,
};
use crate::ops::bind::{BindRequest, Grants};
use crate::ops::env::NewEnvironment;
use crate::ops::grants::GrantsRequest;
use crate::ops::repack::RepackRequest;
use crate::ops::unbind::UnbindRequest;

pub(super) fn parsed<T: FromStr<Err: std::error::Error>>(argument: &'static str, text: &str) -> Result<T, UsageError> {
    text.parse().map_err(|error: T::Err| UsageError::argument(argument, &error))
}

/// Parses a reference; a relative path is stored absolute, because the environment does not know where it was given.
pub(super) fn pack_ref(text: &str) -> Result<PackRef, UsageError> {
    let pack_ref: PackRef = parsed("pack_ref", text)?;
    match &pack_ref {
        PackRef::File(path) if !path.starts_with("file://") => {
            let (host, _) = path.split_once('/').unwrap_or_default();
            let is_meant = host.contains(['.', ':']) && !host.starts_with('.') && is_oci(path);
            if is_meant && !std::path::Path::new(path).exists() {
                let reason =
                    format!("there is no such file; a pack in a registry is `oci://{}`", ForeignText::excerpt(path));
                return Err(UsageError::text("pack_ref", reason));
            }
            let absolute = std::path::absolute(path).map_err(|error| UsageError::argument("pack_ref", &error))?;
            parsed("pack_ref", &absolute.to_string_lossy())
        }
        // files may hold references that no registry takes; nobody may write new ones
        PackRef::Oci(text) => parsed::<OciRef>("pack_ref", text).map(|_| pack_ref),
        _ => Ok(pack_ref),
    }
}

fn is_oci(text: &str) -> bool {
    format!("oci://{text}").parse::<OciRef>().is_ok()
}

pub(super) fn core_slot(text: &str) -> Result<CoreSlot, UsageError> {
    let slot: CapabilitySlot = parsed("slot", text)?;
    CoreSlot::try_from(slot).map_err(|error| UsageError::argument("slot", &error).refused())
}

/// A path, with or without a version, which says nothing here.
fn path_of(argument: &'static str, text: &str) -> Result<DescriptorPath, UsageError> {
    match text.contains('@') {
        true => Ok(parsed::<PackDescriptor>(argument, text)?.path().clone()),
        false => parsed(argument, text),
    }
}

fn instance(text: Option<&str>) -> Result<Option<InstanceId>, UsageError> {
    text.map(|text| parsed("instance_id", text)).transpose()
}

pub(super) fn extension(kind: &str, instance_id: Option<&str>) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension { path: path_of("kind", kind)?, instance: instance(instance_id)? })
}

fn answers_ref(text: Option<String>) -> Result<Option<AnswersRef>, UsageError> {
    let Some(answers_ref) = text.map(AnswersRef::new) else { return Ok(None) };
    // files may hold references that lead elsewhere; nobody may write new ones
    answers_ref.relative_path().map_err(|error| UsageError::argument("answers_ref", &error))?;
    Ok(Some(answers_ref))
}

/// Parses commands and addresses; an error names the argument that it is in, the first of them or the second.
pub(super) fn permissions(
    arguments: [&'static str; 2],
    tools: &[String],
    network: &[String],
) -> Result<Permissions, UsageError> {
    let [tool_argument, network_argument] = arguments;
    let tool = |command: &String| {
        let words = shell_words::split(command).map_err(|error| UsageError::argument(tool_argument, &error))?;
        let mut words = words.into_iter();
        ToolPermission::new(words.next().unwrap_or_default(), words.collect())
            .map_err(|error| UsageError::argument(tool_argument, &error))
    };
    Ok(Permissions {
        tools: tools.iter().map(tool).collect::<Result<_, _>>()?,
        network: network.iter().map(|address| parsed(network_argument, address)).collect::<Result<_, _>>()?,
    })
}

/// An address as the existing tools read it back: numbers only.
fn listen_addr(text: &str) -> Result<SocketAddr, UsageError> {
    text.parse().map_err(|_| {
        let reason = format!("`{}` is no `<IP>:<port>`, such as `127.0.0.1:8080`", ForeignText::excerpt(text));
        UsageError::text("listen_addr", reason)
    })
}

impl Environment {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parsed("environment_id", &self.0)
    }
}

impl EnvironmentOrLocal {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parsed("environment_id", &self.0)
    }
}

impl CreatePayload {
    pub fn parse(self) -> Result<NewEnvironment, UsageError> {
        Ok(NewEnvironment {
            id: self.environment_id.parse()?,
            name: self.name.map(|name| parsed("name", &name)).transpose()?,
            listen_addr: self.listen_addr.map(|address| listen_addr(&address)).transpose()?,
            empty: self.empty,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl BenchPayload {
    pub fn parse(self) -> Result<(PackRef, usize), UsageError> {
        match BENCH_TURNS.contains(&self.turns) {
            true => Ok((pack_ref(&self.pack_ref)?, self.turns.into())),
            false => Err(UsageError::text("turns", "expected 1 to 10000")),
        }
    }
}

impl GrantsPayload {
    pub(super) fn parse(&self) -> Result<Grants, UsageError> {
        Ok(Grants {
            permissions: permissions(["grants.tools", "grants.network"], &self.tools, &self.network)?,
            declared: self.all.is_some(),
        })
    }
}

impl GrantsChangePayload {
    pub fn parse(self) -> Result<GrantsRequest, UsageError> {
        let permissions = permissions(["tools", "network"], &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::text("tools", "name a command, an address, or everything with `--declared`"));
        }
        Ok(GrantsRequest {
            environment: self.environment_id.parse()?,
            kind: path_of("kind", &self.kind)?,
            grants: Grants { permissions, declared: self.declared },
            idempotency_key: self.idempotency_key,
        })
    }
}

impl PackPayload {
    pub fn parse(self) -> Result<BindRequest, UsageError> {
        let request = Request {
            place: Place::Slot(core_slot(&self.slot)?),
            kind: parsed("kind", &self.kind)?,
            pack_ref: pack_ref(&self.pack_ref)?,
            answers_ref: answers_ref(self.answers_ref)?,
        };
        Ok(BindRequest {
            environment: self.environment_id.parse()?,
            request,
            grants: self.grants.parse()?,
            fetch: !self.no_fetch,
            refresh: false,
            replaces: None,
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ExtensionPayload {
    pub fn parse(self) -> Result<BindRequest, UsageError> {
        if self.all_instances && self.no_fetch {
            return Err(UsageError::text("all_instances", "instances move together only to a pack that was looked at"));
        }
        let request = Request {
            place: Place::Extension(instance(self.instance_id.as_deref())?),
            kind: parsed("kind", &self.kind)?,
            pack_ref: pack_ref(&self.pack_ref)?,
            answers_ref: answers_ref(self.answers_ref)?,
        };
        Ok(BindRequest {
            environment: self.environment_id.parse()?,
            request,
            grants: self.grants.parse()?,
            fetch: !self.no_fetch,
            refresh: false,
            replaces: None,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl PackRemovePayload {
    pub fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(core_slot(&self.slot)?),
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ExtensionRemovePayload {
    pub fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: extension(&self.kind, self.instance_id.as_deref())?,
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ExtensionRollbackPayload {
    pub fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: extension(&self.kind, self.instance_id.as_deref())?,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ResolvePayload {
    pub fn parse(&self) -> Result<(EnvId, ExtRef), UsageError> {
        Ok((self.environment_id.parse()?, parsed("reference", &self.reference)?))
    }
}

impl RepackPayload {
    pub fn request(self) -> RepackRequest {
        RepackRequest { archive: self.archive, output: self.output }
    }
}

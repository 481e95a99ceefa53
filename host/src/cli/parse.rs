//! Arguments as people write them, parsed into what the operations take.

use std::str::FromStr;

use env_pack_domain::change::Request;
use env_pack_domain::{
    AnswersRef, BindingKey, CapabilitySlot, CoreSlot, DescriptorPath, EnvId, ExtRef, InstanceId, OciRef,
    PackDescriptor, PackRef, Permissions, Place, ToolPermission, Version,
};

use super::error::UsageError;
use super::payload::{
    BuildPayload, CreatePayload, DoctorPayload, EnvironmentPayload, ExtensionPayload, ExtensionRemovePayload,
    GrantsChangePayload, GrantsPayload, InitPayload, PackPayload, PackRemovePayload, RepackPayload, ResolvePayload,
};
use crate::ops::bind::{BindRequest, Grants, UnbindRequest};
use crate::ops::env::NewEnvironment;
use crate::ops::grants::GrantsRequest;
use crate::ops::pack::BuildRequest;
use crate::ops::repack::RepackRequest;

fn parsed<T: FromStr<Err: std::error::Error>>(argument: &'static str, text: &str) -> Result<T, UsageError> {
    text.parse().map_err(|error: T::Err| UsageError::argument(argument, &error))
}

/// Parses a reference; a relative path is stored absolute, because the environment does not know where it was given.
pub(super) fn pack_ref(text: &str) -> Result<PackRef, UsageError> {
    let pack_ref: PackRef = parsed("pack_ref", text)?;
    match &pack_ref {
        PackRef::File(path) if !path.starts_with("file://") => {
            let absolute = std::path::absolute(path).map_err(|error| UsageError::argument("pack_ref", &error))?;
            parsed("pack_ref", &absolute.to_string_lossy())
        }
        // files may hold references that no registry takes; nobody may write new ones
        PackRef::Oci(text) => parsed::<OciRef>("pack_ref", text).map(|_| pack_ref),
        _ => Ok(pack_ref),
    }
}

fn core_slot(text: &str) -> Result<CoreSlot, UsageError> {
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

fn answers_ref(text: Option<String>) -> Result<Option<AnswersRef>, UsageError> {
    let Some(answers_ref) = text.map(AnswersRef::new) else { return Ok(None) };
    // files may hold references that lead elsewhere; nobody may write new ones
    answers_ref.relative_path().map_err(|error| UsageError::argument("answers_ref", &error))?;
    Ok(Some(answers_ref))
}

fn permissions(argument: &'static str, tools: &[String], network: &[String]) -> Result<Permissions, UsageError> {
    let tool = |command: &String| {
        let words = shell_words::split(command).map_err(|error| UsageError::argument(argument, &error))?;
        let mut words = words.into_iter();
        ToolPermission::new(words.next().unwrap_or_default(), words.collect())
            .map_err(|error| UsageError::argument(argument, &error))
    };
    Ok(Permissions {
        tools: tools.iter().map(tool).collect::<Result<_, _>>()?,
        network: network.iter().map(|address| parsed(argument, address)).collect::<Result<_, _>>()?,
    })
}

impl EnvironmentPayload {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parsed("environment_id", &self.environment_id)
    }
}

impl DoctorPayload {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parsed("environment_id", &self.environment_id)
    }
}

impl InitPayload {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parsed("environment_id", &self.environment_id)
    }
}

impl CreatePayload {
    pub fn parse(self) -> Result<NewEnvironment, UsageError> {
        let id = parsed("environment_id", &self.environment_id)?;
        Ok(NewEnvironment { id, name: self.name, listen_addr: self.listen_addr, empty: self.empty })
    }
}

impl GrantsPayload {
    fn parse(&self) -> Result<Grants, UsageError> {
        let declared = match self.all.as_deref() {
            None => false,
            Some("declared") => true,
            Some(_) => return Err(UsageError::text("grants", "`all` can only be `declared`")),
        };
        Ok(Grants { permissions: permissions("grants", &self.tools, &self.network)?, declared })
    }
}

impl GrantsChangePayload {
    pub fn parse(self) -> Result<GrantsRequest, UsageError> {
        let permissions = permissions("tools", &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::text("tools", "name a command, an address, or everything with `--declared`"));
        }
        Ok(GrantsRequest {
            environment: parsed("environment_id", &self.environment_id)?,
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
            environment: parsed("environment_id", &self.environment_id)?,
            request,
            grants: self.grants.parse()?,
            fetch: !self.no_fetch,
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
            environment: parsed("environment_id", &self.environment_id)?,
            request,
            grants: self.grants.parse()?,
            fetch: !self.no_fetch,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl PackRemovePayload {
    pub fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: parsed("environment_id", &self.environment_id)?,
            key: BindingKey::Slot(core_slot(&self.slot)?),
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ExtensionRemovePayload {
    pub fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: parsed("environment_id", &self.environment_id)?,
            key: BindingKey::Extension {
                path: path_of("kind", &self.kind)?,
                instance: instance(self.instance_id.as_deref())?,
            },
            idempotency_key: self.idempotency_key,
        })
    }
}

impl ResolvePayload {
    pub fn parse(&self) -> Result<(EnvId, ExtRef), UsageError> {
        Ok((parsed("environment_id", &self.environment_id)?, parsed("reference", &self.reference)?))
    }
}

impl BuildPayload {
    pub fn parse(self) -> Result<BuildRequest, UsageError> {
        Ok(BuildRequest {
            version: parsed::<Version>("version", &self.version)?,
            permissions: permissions("allow_tool", &self.allow_tool, &self.allow_network)?,
            component: self.component,
            id: self.id,
            publisher: self.publisher,
            output: self.output,
        })
    }
}

impl RepackPayload {
    pub fn request(self) -> RepackRequest {
        RepackRequest { archive: self.archive, output: self.output }
    }
}

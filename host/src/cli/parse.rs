//! Arguments as people write them, parsed into what the operations take.

use std::str::FromStr;

use clap::Args;
use clap_complete::Shell;
use env_pack_domain::change::BindingRequest;
use env_pack_domain::{
    BindingKey, BindingPlace, CapabilitySlot, CoreSlot, EnvId, ExtRef, ForeignText, InstanceId,
    PackRef, Permissions,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::environment::{Environment, EnvironmentOrLocal};
use super::error::UsageError;
use super::grammar::{DescriptorOrPath, ListenAddr, NewPackRef};
use super::payload::{
    BENCH_TURNS, BenchPayload, CacheGcPayload, CacheVerifyPayload, CompletionsPayload,
    CreatePayload, DoctorPayload, EnvironmentPayload, ExtensionPayload, ExtensionRemovePayload,
    ExtensionRollbackPayload, GrantsChangePayload, GrantsPayload, InitPayload, InspectPayload,
    NoPayload, PackPayload, PackRemovePayload, RepackPayload, ResolvePayload,
};
use crate::ops::bind::{BindRequest, GrantSelection};
use crate::ops::env::NewEnvironment;
use crate::ops::grants::GrantsRequest;
use crate::ops::repack::RepackRequest;
use crate::ops::unbind::UnbindRequest;

/// The arguments of a verb.
pub trait Payload: Args + DeserializeOwned + JsonSchema {
    /// What its operation takes.
    type Request;

    /// Reads the arguments. What is on this machine has no say in it, but for the folder
    /// that relative paths begin in, so that a schema can state what is taken.
    ///
    /// # Errors
    /// [`UsageError`] when one of them is malformed, or several do not go together.
    fn parse(self) -> Result<Self::Request, UsageError>;
}

pub(super) fn parsed<T: FromStr<Err: std::error::Error>>(
    argument: &'static str,
    text: &str,
) -> Result<T, UsageError> {
    text.parse().map_err(|error: T::Err| UsageError::argument(argument, &error))
}

/// Parses a reference to a pack that is to be bound: an environment can only write down
/// what is text.
fn bound_ref(text: &str) -> Result<PackRef, UsageError> {
    match pack_ref("pack_ref", text)? {
        PackRef::File(path)
            if !path.starts_with("file://") && !std::path::Path::new(&path).is_absolute() =>
        {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::argument("pack_ref", &error))?;
            let reason = format!("`{}` is not UTF-8", ForeignText::new(absolute.to_string_lossy()));
            Err(UsageError::text("pack_ref", reason))
        }
        pack_ref => Ok(pack_ref),
    }
}

/// Parses a reference; a relative path is stored absolute, because the environment does
/// not know where it was given.
pub(super) fn pack_ref(argument: &'static str, text: &str) -> Result<PackRef, UsageError> {
    match parsed::<NewPackRef>(argument, text)?.0 {
        PackRef::File(path) if !path.starts_with("file://") => {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::argument(argument, &error))?;
            // where the folder has a name that is no text, it can only be read from here
            Ok(PackRef::File(absolute.to_str().map_or(path, str::to_owned)))
        }
        pack_ref => Ok(pack_ref),
    }
}

pub(super) fn core_slot(text: &str) -> Result<CoreSlot, UsageError> {
    let slot: CapabilitySlot = parsed("slot", text)?;
    CoreSlot::try_from(slot).map_err(|error| UsageError::argument("slot", &error).refused())
}

fn instance(text: Option<&str>) -> Result<Option<InstanceId>, UsageError> {
    text.map(|text| parsed("instance_id", text)).transpose()
}

pub(super) fn extension(kind: &str, instance_id: Option<&str>) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension {
        path: parsed::<DescriptorOrPath>("kind", kind)?.0,
        instance: instance(instance_id)?,
    })
}

/// Parses commands and addresses; an error names the argument that it is in, the first of
/// them or the second.
pub(super) fn permissions(
    arguments: [&'static str; 2],
    tools: &[String],
    network: &[String],
) -> Result<Permissions, UsageError> {
    let [tool_argument, network_argument] = arguments;
    Ok(Permissions {
        tools: tools
            .iter()
            .map(|command| parsed(tool_argument, command))
            .collect::<Result<_, _>>()?,
        network: network
            .iter()
            .map(|address| parsed(network_argument, address))
            .collect::<Result<_, _>>()?,
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

impl Payload for CreatePayload {
    type Request = NewEnvironment;

    fn parse(self) -> Result<NewEnvironment, UsageError> {
        let listen_addr = self.listen_addr.map(|address| parsed("listen_addr", &address));
        Ok(NewEnvironment {
            id: self.environment_id.parse()?,
            name: self.name.map(|name| parsed("name", &name)).transpose()?,
            listen_addr: listen_addr.transpose()?.map(|ListenAddr(address)| address),
            empty: self.empty,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for BenchPayload {
    type Request = (PackRef, usize);

    fn parse(self) -> Result<(PackRef, usize), UsageError> {
        match BENCH_TURNS.contains(&self.turns) {
            true => Ok((pack_ref("pack_ref", &self.pack_ref)?, self.turns.into())),
            false => Err(UsageError::text("turns", "expected 1 to 10000")),
        }
    }
}

impl GrantsPayload {
    pub(super) fn parse(&self) -> Result<GrantSelection, UsageError> {
        Ok(GrantSelection {
            permissions: permissions(
                ["grants.tools", "grants.network"],
                &self.tools,
                &self.network,
            )?,
            declared: self.all.is_some(),
        })
    }
}

impl Payload for GrantsChangePayload {
    type Request = GrantsRequest;

    fn parse(self) -> Result<GrantsRequest, UsageError> {
        let permissions = permissions(["tools", "network"], &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::text(
                "tools",
                "name a command, an address, or everything with `--declared`",
            ));
        }
        Ok(GrantsRequest {
            environment: self.environment_id.parse()?,
            kind: parsed::<DescriptorOrPath>("kind", &self.kind)?.0,
            grants: GrantSelection { permissions, declared: self.declared },
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for PackPayload {
    type Request = BindRequest;

    fn parse(self) -> Result<BindRequest, UsageError> {
        let request = BindingRequest {
            place: BindingPlace::Slot(core_slot(&self.slot)?),
            kind: parsed("kind", &self.kind)?,
            pack_ref: bound_ref(&self.pack_ref)?,
            answers_ref: self.answers_ref.map(|path| parsed("answers_ref", &path)).transpose()?,
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

impl Payload for ExtensionPayload {
    type Request = BindRequest;

    fn parse(self) -> Result<BindRequest, UsageError> {
        if self.all_instances && self.no_fetch {
            return Err(UsageError::text(
                "all_instances",
                "instances move together only to a pack that was looked at",
            ));
        }
        let request = BindingRequest {
            place: BindingPlace::Extension(instance(self.instance_id.as_deref())?),
            kind: parsed("kind", &self.kind)?,
            pack_ref: bound_ref(&self.pack_ref)?,
            answers_ref: self.answers_ref.map(|path| parsed("answers_ref", &path)).transpose()?,
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

impl Payload for PackRemovePayload {
    type Request = UnbindRequest;

    fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(core_slot(&self.slot)?),
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ExtensionRemovePayload {
    type Request = UnbindRequest;

    fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: extension(&self.kind, self.instance_id.as_deref())?,
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ExtensionRollbackPayload {
    type Request = UnbindRequest;

    fn parse(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: extension(&self.kind, self.instance_id.as_deref())?,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ResolvePayload {
    type Request = (EnvId, ExtRef);

    fn parse(self) -> Result<(EnvId, ExtRef), UsageError> {
        Ok((self.environment_id.parse()?, parsed("reference", &self.reference)?))
    }
}

impl Payload for RepackPayload {
    type Request = RepackRequest;

    fn parse(self) -> Result<RepackRequest, UsageError> {
        Ok(RepackRequest { archive: self.archive, output: self.output })
    }
}

impl Payload for NoPayload {
    type Request = ();

    fn parse(self) -> Result<(), UsageError> {
        Ok(())
    }
}

impl Payload for EnvironmentPayload {
    type Request = EnvId;

    fn parse(self) -> Result<EnvId, UsageError> {
        self.environment_id.parse()
    }
}

impl Payload for InitPayload {
    type Request = (EnvId, Option<String>);

    fn parse(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.idempotency_key))
    }
}

impl Payload for DoctorPayload {
    type Request = (EnvId, bool);

    fn parse(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.strict))
    }
}

impl Payload for InspectPayload {
    type Request = (PackRef, bool);

    fn parse(self) -> Result<Self::Request, UsageError> {
        Ok((pack_ref("pack_ref", &self.pack_ref)?, self.wit))
    }
}

impl Payload for CacheVerifyPayload {
    type Request = bool;

    fn parse(self) -> Result<bool, UsageError> {
        Ok(self.keep)
    }
}

impl Payload for CacheGcPayload {
    type Request = bool;

    fn parse(self) -> Result<bool, UsageError> {
        Ok(self.dry_run)
    }
}

impl Payload for CompletionsPayload {
    type Request = Shell;

    fn parse(self) -> Result<Shell, UsageError> {
        Ok(self.shell)
    }
}

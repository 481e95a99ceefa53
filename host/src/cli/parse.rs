//! Parses the arguments of each verb into the request of its operation.

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

use super::environment_arg::{EnvironmentArg, OptionalEnvironmentArg};
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

/// The arguments of a verb, before they are parsed.
pub trait Payload: Args + DeserializeOwned + JsonSchema {
    /// The request that the operation takes.
    type Request;

    /// Parses the arguments. Reads nothing but the current folder, which relative paths are
    /// resolved against, so that the schema alone decides which documents are valid.
    ///
    /// # Errors
    /// [`UsageError`] if an argument is malformed, or conflicts with another.
    fn into_request(self) -> Result<Self::Request, UsageError>;
}

pub(super) fn parse_argument<T: FromStr<Err: std::error::Error>>(
    argument: &'static str,
    text: &str,
) -> Result<T, UsageError> {
    text.parse().map_err(|error: T::Err| UsageError::from_error(argument, &error))
}

/// Parses a reference to a pack to bind. Its absolute path must be UTF-8, because it is
/// written to `environment.json`.
fn parse_binding_ref(text: &str) -> Result<PackRef, UsageError> {
    match parse_pack_ref("pack_ref", text)? {
        PackRef::File(path)
            if !path.starts_with("file://") && !std::path::Path::new(&path).is_absolute() =>
        {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::from_error("pack_ref", &error))?;
            let reason = format!("`{}` is not UTF-8", ForeignText::new(absolute.to_string_lossy()));
            Err(UsageError::new("pack_ref", reason))
        }
        pack_ref => Ok(pack_ref),
    }
}

/// Parses a reference to a pack, and makes a relative path absolute.
pub(super) fn parse_pack_ref(argument: &'static str, text: &str) -> Result<PackRef, UsageError> {
    match parse_argument::<NewPackRef>(argument, text)?.0 {
        PackRef::File(path) if !path.starts_with("file://") => {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::from_error(argument, &error))?;
            // keep it relative if the current folder is not UTF-8: it can still be read
            Ok(PackRef::File(absolute.to_str().map_or(path, str::to_owned)))
        }
        pack_ref => Ok(pack_ref),
    }
}

pub(super) fn parse_core_slot(text: &str) -> Result<CoreSlot, UsageError> {
    let slot: CapabilitySlot = parse_argument("slot", text)?;
    CoreSlot::try_from(slot).map_err(|error| UsageError::from_error("slot", &error).into_refusal())
}

fn parse_instance(text: Option<&str>) -> Result<Option<InstanceId>, UsageError> {
    text.map(|text| parse_argument("instance_id", text)).transpose()
}

pub(super) fn parse_extension_key(
    kind: &str,
    instance_id: Option<&str>,
) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension {
        path: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
        instance: parse_instance(instance_id)?,
    })
}

/// Parses permissions. `arguments` names the arguments that hold tools and network, for
/// errors.
pub(super) fn parse_permissions(
    arguments: [&'static str; 2],
    tools: &[String],
    network: &[String],
) -> Result<Permissions, UsageError> {
    let [tool_argument, network_argument] = arguments;
    Ok(Permissions {
        tools: tools
            .iter()
            .map(|command| parse_argument(tool_argument, command))
            .collect::<Result<_, _>>()?,
        network: network
            .iter()
            .map(|address| parse_argument(network_argument, address))
            .collect::<Result<_, _>>()?,
    })
}

impl EnvironmentArg {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parse_argument("environment_id", &self.0)
    }
}

impl OptionalEnvironmentArg {
    pub fn parse(&self) -> Result<EnvId, UsageError> {
        parse_argument("environment_id", &self.0)
    }
}

impl Payload for CreatePayload {
    type Request = NewEnvironment;

    fn into_request(self) -> Result<NewEnvironment, UsageError> {
        let listen_addr = self.listen_addr.map(|address| parse_argument("listen_addr", &address));
        Ok(NewEnvironment {
            id: self.environment_id.parse()?,
            name: self.name.map(|name| parse_argument("name", &name)).transpose()?,
            listen_addr: listen_addr.transpose()?.map(|ListenAddr(address)| address),
            empty: self.empty,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for BenchPayload {
    type Request = (PackRef, usize);

    fn into_request(self) -> Result<(PackRef, usize), UsageError> {
        if !BENCH_TURNS.contains(&self.turns) {
            return Err(UsageError::new("turns", "expected 1 to 10000"));
        }
        Ok((parse_pack_ref("pack_ref", &self.pack_ref)?, self.turns.into()))
    }
}

impl GrantsPayload {
    pub(super) fn parse(&self) -> Result<GrantSelection, UsageError> {
        Ok(GrantSelection {
            permissions: parse_permissions(
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

    fn into_request(self) -> Result<GrantsRequest, UsageError> {
        let permissions = parse_permissions(["tools", "network"], &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::new(
                "tools",
                "name at least one of `--tool`, `--network` and `--declared`",
            ));
        }
        Ok(GrantsRequest {
            environment: self.environment_id.parse()?,
            kind: parse_argument::<DescriptorOrPath>("kind", &self.kind)?.0,
            grants: GrantSelection { permissions, declared: self.declared },
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for PackPayload {
    type Request = BindRequest;

    fn into_request(self) -> Result<BindRequest, UsageError> {
        let request = BindingRequest {
            place: BindingPlace::Slot(parse_core_slot(&self.slot)?),
            kind: parse_argument("kind", &self.kind)?,
            pack_ref: parse_binding_ref(&self.pack_ref)?,
            answers_ref: self
                .answers_ref
                .map(|path| parse_argument("answers_ref", &path))
                .transpose()?,
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

    fn into_request(self) -> Result<BindRequest, UsageError> {
        if self.all_instances && self.no_fetch {
            return Err(UsageError::new(
                "all_instances",
                "cannot be combined with `--no-fetch`, because the pack must be checked for every instance",
            ));
        }
        let request = BindingRequest {
            place: BindingPlace::Extension(parse_instance(self.instance_id.as_deref())?),
            kind: parse_argument("kind", &self.kind)?,
            pack_ref: parse_binding_ref(&self.pack_ref)?,
            answers_ref: self
                .answers_ref
                .map(|path| parse_argument("answers_ref", &path))
                .transpose()?,
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

    fn into_request(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(parse_core_slot(&self.slot)?),
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ExtensionRemovePayload {
    type Request = UnbindRequest;

    fn into_request(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
            all_instances: false,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ExtensionRollbackPayload {
    type Request = UnbindRequest;

    fn into_request(self) -> Result<UnbindRequest, UsageError> {
        Ok(UnbindRequest {
            environment: self.environment_id.parse()?,
            key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key,
        })
    }
}

impl Payload for ResolvePayload {
    type Request = (EnvId, ExtRef);

    fn into_request(self) -> Result<(EnvId, ExtRef), UsageError> {
        Ok((self.environment_id.parse()?, parse_argument("reference", &self.reference)?))
    }
}

impl Payload for RepackPayload {
    type Request = RepackRequest;

    fn into_request(self) -> Result<RepackRequest, UsageError> {
        Ok(RepackRequest { archive: self.archive, output: self.output })
    }
}

impl Payload for NoPayload {
    type Request = ();

    fn into_request(self) -> Result<(), UsageError> {
        Ok(())
    }
}

impl Payload for EnvironmentPayload {
    type Request = EnvId;

    fn into_request(self) -> Result<EnvId, UsageError> {
        self.environment_id.parse()
    }
}

impl Payload for InitPayload {
    type Request = (EnvId, Option<String>);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.idempotency_key))
    }
}

impl Payload for DoctorPayload {
    type Request = (EnvId, bool);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.strict))
    }
}

impl Payload for InspectPayload {
    type Request = (PackRef, bool);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((parse_pack_ref("pack_ref", &self.pack_ref)?, self.wit))
    }
}

impl Payload for CacheVerifyPayload {
    type Request = bool;

    fn into_request(self) -> Result<bool, UsageError> {
        Ok(self.keep)
    }
}

impl Payload for CacheGcPayload {
    type Request = bool;

    fn into_request(self) -> Result<bool, UsageError> {
        Ok(self.dry_run)
    }
}

impl Payload for CompletionsPayload {
    type Request = Shell;

    fn into_request(self) -> Result<Shell, UsageError> {
        Ok(self.shell)
    }
}

//! The command line to complete, as far as it is typed, and the stored names that fit it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgMatches, Command};
use env_pack_domain::messaging::{BundleId, EndpointId};
use env_pack_domain::{EnvId, InstanceId, KeyId, PackDescriptor};

use crate::settings;
use gtc_core::ops::bindings::{self, ListedBinding};
use gtc_core::ops::messaging::{self, EndpointReport};
use gtc_core::ops::{env, trust_root};
use gtc_core::{Host, HostSettings};

/// The index of the word to complete, which zsh and elvish pass in a variable.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// A command line that is being typed.
pub(super) struct Line {
    /// The arguments of the last subcommand; none if the words make no sense so far.
    arguments: Option<ArgMatches>,
    /// None if there is no folder of environments.
    host: Option<Host>,
}

impl Line {
    /// Parses the words around the one that is to be completed.
    pub(super) fn parse(parser: Command, words: &[OsString]) -> Arc<Self> {
        let mut others = words.to_vec();
        let current = index().unwrap_or(usize::MAX).min(words.len() - 1);
        others.remove(current);
        let matches = parser.ignore_errors(true).try_get_matches_from(others);
        let mut arguments = matches.ok();
        while let Some((_, inner)) = arguments.as_ref().and_then(ArgMatches::subcommand) {
            arguments = Some(inner.clone());
        }
        let store_root = arguments.as_ref().and_then(|arguments| {
            let given = arguments.try_get_one::<PathBuf>("store_root").ok().flatten();
            settings::store_root(given.map(PathBuf::as_path)).ok()
        });
        // nothing here uses the cache
        let host = store_root.map(|root| Host::new(HostSettings::quiet(root, PathBuf::new())));
        Arc::new(Self { arguments, host })
    }

    /// The value of an argument, if it is given.
    pub(super) fn value(&self, id: &str) -> Option<&str> {
        let value = self.arguments.as_ref()?.try_get_one::<String>(id);
        value.ok().flatten().map(String::as_str)
    }

    /// The environment that is named so far, or else the default one.
    fn environment(&self) -> Option<EnvId> {
        let named = self.value("env").or_else(|| self.value("environment_id"));
        named.unwrap_or("local").parse().ok()
    }

    pub(super) fn environments(&self) -> Vec<EnvId> {
        let environments = self.host.as_ref().and_then(|host| env::ids(host).ok());
        environments.unwrap_or_default()
    }

    pub(super) fn builtins(&self) -> Vec<PackDescriptor> {
        self.host.iter().flat_map(Host::builtin_packs).collect()
    }

    /// The packs that are bound to slots.
    pub(super) fn packs(&self) -> Vec<ListedBinding> {
        let report = self.read(|host, id| bindings::list_env_packs(host, id).ok());
        report.map(|report| report.bindings).unwrap_or_default()
    }

    pub(super) fn extensions(&self) -> Vec<ListedBinding> {
        let report = self.read(|host, id| bindings::list_extensions(host, id).ok());
        report.map(|report| report.extensions).unwrap_or_default()
    }

    /// The instances of the extension that is named so far, or else of all extensions.
    pub(super) fn instances(&self) -> Vec<InstanceId> {
        let kind = self.value("kind").map(|kind| kind.split('@').next().unwrap_or_default());
        let extensions = self
            .extensions()
            .into_iter()
            .filter(|extension| kind.is_none_or(|kind| extension.kind.path().to_string() == kind));
        let mut instances: Vec<InstanceId> =
            extensions.filter_map(|extension| extension.instance_id?.parse().ok()).collect();
        instances.sort();
        instances.dedup();
        instances
    }

    /// The messaging endpoints of the environment.
    pub(super) fn endpoints(&self) -> Vec<EndpointReport> {
        let report = self.read(|host, id| messaging::list(host, id).ok());
        report.map(|report| report.endpoints).unwrap_or_default()
    }

    /// The bundles that are linked to the endpoint that is named so far.
    pub(super) fn linked_bundles(&self) -> Vec<BundleId> {
        let named = self.value("endpoint_id").and_then(|id| id.parse::<EndpointId>().ok());
        let named = self.endpoints().into_iter().find(|it| Some(&it.endpoint_id) == named.as_ref());
        named.map(|endpoint| endpoint.linked_bundles).unwrap_or_default()
    }

    /// The bundles that are deployed in the environment.
    pub(super) fn deployed_bundles(&self) -> Vec<BundleId> {
        self.read(|host, id| messaging::deployed_bundles(host, id).ok()).unwrap_or_default()
    }

    pub(super) fn trusted_keys(&self) -> Vec<KeyId> {
        let report = self.read(|host, id| trust_root::list(host, id).ok());
        let keys = report.map(|report| report.keys).unwrap_or_default();
        keys.into_iter().map(|key| key.key_id).collect()
    }

    fn read<T>(&self, read: impl Fn(&Host, &EnvId) -> Option<T>) -> Option<T> {
        read(self.host.as_ref()?, &self.environment()?)
    }
}

#[expect(clippy::disallowed_methods, reason = "the scripts of clap pass the index so")]
fn index() -> Option<usize> {
    std::env::var(INDEX).ok()?.parse().ok()
}

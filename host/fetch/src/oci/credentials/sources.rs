//! The sources of credentials, from the environment variables that the caller passes in.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use super::attempt::CredentialSource;
use super::secret::Secret;

/// The sources of credentials. The default is none.
#[derive(Clone, Debug, Default)]
pub struct CredentialSources {
    /// The folder with the `config.json` of Docker: `DOCKER_CONFIG`, or `~/.docker`.
    pub docker_folder: Option<PathBuf>,
    /// The file of `REGISTRY_AUTH_FILE`.
    pub registry_auth_file: Option<PathBuf>,
    /// The files `containers/auth.json` of podman, skopeo and buildah.
    pub containers_files: Vec<PathBuf>,
    /// The variables `GTC_REGISTRY_…`.
    pub registry: RegistryVariables,
    /// The environment of credential helpers. They are searched in its `PATH`.
    pub helper_variables: Variables,
}

/// The credential of the variables `GTC_REGISTRY_…`.
#[derive(Clone, Debug, Default)]
pub struct RegistryVariables {
    /// `GTC_REGISTRY_HOST`: the registry that the credential is for. Default: every one.
    pub host: Option<String>,
    /// `GTC_REGISTRY_USERNAME`.
    pub username: Option<String>,
    /// `GTC_REGISTRY_PASSWORD`.
    pub password: Option<Secret>,
    /// `GTC_REGISTRY_TOKEN`.
    pub token: Option<Secret>,
}

/// Environment variables. Their values may be secrets, so `Debug` shows only names.
#[derive(Clone, Default)]
pub struct Variables(pub Vec<(OsString, OsString)>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Variables {
    /// The value of a variable, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.0.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// The prefix of variables that are not passed on.
const OWN_PREFIX: &[u8] = b"GTC_";

impl CredentialSources {
    /// The sources of a user with this home folder and these environment variables.
    pub fn from_env(home: Option<PathBuf>, variables: Vec<(OsString, OsString)>) -> Self {
        let mut variables = Variables(variables);
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let path = |name| variables.get(name).map(PathBuf::from);
        let text = |name| variables.get(name).map(|value| value.to_string_lossy().into_owned());
        let config_folder = path("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let containers_folders = [path("XDG_RUNTIME_DIR"), config_folder].into_iter().flatten();
        let mut sources = Self {
            docker_folder: path("DOCKER_CONFIG").or_else(|| below_home(".docker")),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            containers_files: containers_folders
                .map(|folder| folder.join("containers").join("auth.json"))
                .collect(),
            registry: RegistryVariables {
                host: text("GTC_REGISTRY_HOST"),
                username: text("GTC_REGISTRY_USERNAME"),
                password: text("GTC_REGISTRY_PASSWORD").map(Secret::new),
                token: text("GTC_REGISTRY_TOKEN").map(Secret::new),
            },
            helper_variables: Variables::default(),
        };
        variables.0.retain(|(name, _)| !name.as_encoded_bytes().starts_with(OWN_PREFIX));
        sources.helper_variables = variables;
        sources
    }

    /// The credential files, in the order in which they are tried.
    pub(super) fn files(&self) -> impl Iterator<Item = (CredentialSource, PathBuf)> {
        let docker = self
            .docker_folder
            .iter()
            .map(|folder| (CredentialSource::Docker, folder.join("config.json")));
        let named = self
            .registry_auth_file
            .iter()
            .map(|path| (CredentialSource::RegistryAuthFile, path.clone()));
        let containers =
            self.containers_files.iter().map(|path| (CredentialSource::Containers, path.clone()));
        docker.chain(named).chain(containers)
    }
}

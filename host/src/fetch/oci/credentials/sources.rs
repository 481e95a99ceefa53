//! Where credentials may be: values that the caller took from the variables of the
//! process.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use super::attempt::CredentialSource;
use super::secret::Secret;

/// Where to look for credentials. The default is nowhere.
#[derive(Clone, Debug, Default)]
pub struct CredentialSources {
    /// The folder that holds docker's `config.json`.
    pub docker_folder: Option<PathBuf>,
    /// The file that `REGISTRY_AUTH_FILE` names.
    pub registry_auth_file: Option<PathBuf>,
    /// The files in which podman and its kin keep credentials.
    pub containers_files: Vec<PathBuf>,
    /// What the variables of `gtc` itself say.
    pub registry: RegistryVariables,
    /// The variables that credential helpers see; they are looked up in the `PATH` among
    /// them.
    pub helper_variables: Variables,
}

/// The variables `GTC_REGISTRY_…`.
#[derive(Clone, Debug, Default)]
pub struct RegistryVariables {
    /// The only registry that the others are for.
    pub host: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// The token.
    pub token: Option<Secret>,
}

/// Variables of a process. Their values are not shown: some of them are secrets.
#[derive(Clone, Default)]
pub struct Variables(pub Vec<(OsString, OsString)>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Variables {
    /// The value of a variable that is set to something.
    pub(super) fn get(&self, name: &str) -> Option<&OsStr> {
        let found = self.0.iter().find(|(variable, _)| variable == name);
        found.map(|(_, value)| value.as_os_str()).filter(|value| !value.is_empty())
    }
}

/// The variables that are for us alone begin with this.
const OWN_PREFIX: &[u8] = b"GTC_";

impl CredentialSources {
    /// The places where a user with this home folder and these variables keeps
    /// credentials.
    pub fn of(home: Option<PathBuf>, variables: Vec<(OsString, OsString)>) -> Self {
        let mut variables = Variables(variables);
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        let path = |name| variables.get(name).map(PathBuf::from);
        let text = |name| variables.get(name).map(|value| value.to_string_lossy().into_owned());
        let config = path("XDG_CONFIG_HOME").or_else(|| below_home(".config"));
        let containers = [path("XDG_RUNTIME_DIR"), config].into_iter().flatten();
        let sources = Self {
            docker_folder: path("DOCKER_CONFIG").or_else(|| below_home(".docker")),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            containers_files: containers
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
        Self { helper_variables: variables, ..sources }
    }

    /// The files, in the order in which they are looked into.
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

//! The settings of an environment that people change: its name, and the members of
//! `host_config` that this program knows. All others keep their exact text.

use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::{JsonObject, raw};

pub(super) const HOST_CONFIG: &str = "host_config";
/// The members of `host_config`, in the order in which they are written.
const ORDER: [&str; 6] =
    ["env_id", "region", "tenant_org_id", "listen_addr", "public_base_url", "gui_enabled"];

/// A setting of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The display name.
    Name,
    /// The region of its runtime.
    Region,
    /// The tenant that it belongs to.
    TenantOrgId,
    /// The address that its runtime listens on.
    ListenAddr,
    /// The URL by which others reach its runtime.
    PublicBaseUrl,
    /// Whether its runtime has a graphical interface.
    GuiEnabled,
}

impl Setting {
    /// All settings, in the order of the document.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Region,
        Self::TenantOrgId,
        Self::ListenAddr,
        Self::PublicBaseUrl,
        Self::GuiEnabled,
    ];

    /// The name of its member in the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Region => "region",
            Self::TenantOrgId => "tenant_org_id",
            Self::ListenAddr => "listen_addr",
            Self::PublicBaseUrl => "public_base_url",
            Self::GuiEnabled => "gui_enabled",
        }
    }
}

/// The settings of an environment, as its document has them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The document, for errors.
    path: PathBuf,
    pub(super) name: Option<Box<RawValue>>,
    pub(super) host_config: Option<Box<RawValue>>,
}

impl Settings {
    pub(super) fn of(document: &JsonObject, path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            name: document.get(Setting::Name.name()).map(ToOwned::to_owned),
            host_config: document.get(HOST_CONFIG).map(ToOwned::to_owned),
        }
    }

    /// Returns the value of a setting; none if the document has none.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when `host_config` is not an object.
    pub fn get(&self, setting: Setting) -> Result<Option<Value>, StoreError> {
        let host_config;
        let value = match setting {
            Setting::Name => self.name.as_deref(),
            _ => {
                host_config = self.host_config()?;
                host_config.get(setting.name())
            }
        };
        let value = value.map(|value| serde_json::from_str(value.get()).unwrap_or_default());
        Ok(value.filter(|value: &Value| !value.is_null()))
    }

    /// Returns the settings with another value of one of them, or without it.
    ///
    /// # Errors
    /// As for [`get`](Self::get).
    pub fn with(&self, setting: Setting, value: Option<Value>) -> Result<Self, StoreError> {
        let mut after = self.clone();
        if setting == Setting::Name {
            after.name = value.map(|value| raw(value, 0));
            return Ok(after);
        }
        let mut host_config = self.host_config()?;
        host_config.put_in_order(setting.name(), value.map(|value| raw(value, 0)), &ORDER);
        after.host_config = Some(host_config.into_raw(1));
        Ok(after)
    }

    fn host_config(&self) -> Result<JsonObject<'_>, StoreError> {
        let Some(text) = &self.host_config else { return Ok(JsonObject::default()) };
        serde_json::from_str(text.get()).map_err(|error| {
            let place = format!("`{HOST_CONFIG}`");
            StoreError::malformed(&self.path, place, StoreError::reason(&error))
        })
    }
}

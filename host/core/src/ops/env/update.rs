//! Changes the settings of an environment: its name, address and the like.

use std::net::SocketAddr;

use env_pack_domain::{DisplayName, EnvId, ForeignText, Label};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::EnvError;
use super::event::event;
use crate::Host;
use crate::base_url::BaseUrl;
use crate::ops::audit;
use gtc_store::{Change, Setting, Settings, StoreError, Stored};

/// A request to change the settings of an environment.
#[derive(Clone, Debug)]
pub struct UpdateRequest {
    /// The environment.
    pub environment: EnvId,
    /// The new values of settings; the others stay as they are.
    pub values: NewSettings,
    /// The settings to remove.
    pub clear: Vec<OptionalSetting>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// New values of settings.
#[derive(Clone, Debug, Default)]
pub struct NewSettings {
    /// The display name.
    pub name: Option<DisplayName>,
    /// The region of the runtime.
    pub region: Option<Label>,
    /// The tenant that the environment belongs to.
    pub tenant_org_id: Option<Label>,
    /// The address that the runtime listens on.
    pub listen_addr: Option<SocketAddr>,
    /// The URL by which others reach the runtime.
    pub public_base_url: Option<BaseUrl>,
    /// Whether the runtime has a graphical interface.
    pub gui_enabled: Option<bool>,
}

/// A setting that an environment need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionalSetting {
    /// The region.
    Region,
    /// The tenant.
    TenantOrgId,
    /// The address that the runtime listens on.
    ListenAddr,
    /// The URL by which others reach the runtime.
    PublicBaseUrl,
    /// Whether the runtime has a graphical interface.
    GuiEnabled,
}

impl From<OptionalSetting> for Setting {
    fn from(setting: OptionalSetting) -> Self {
        match setting {
            OptionalSetting::Region => Self::Region,
            OptionalSetting::TenantOrgId => Self::TenantOrgId,
            OptionalSetting::ListenAddr => Self::ListenAddr,
            OptionalSetting::PublicBaseUrl => Self::PublicBaseUrl,
            OptionalSetting::GuiEnabled => Self::GuiEnabled,
        }
    }
}

impl NewSettings {
    /// Returns the new value of a setting; none if it stays as it is.
    fn value(&self, setting: Setting) -> Option<Value> {
        match setting {
            Setting::Name => self.name.as_ref().map(|name| name.as_str().into()),
            Setting::Region => self.region.as_ref().map(|region| region.as_str().into()),
            Setting::TenantOrgId => self.tenant_org_id.as_ref().map(|id| id.as_str().into()),
            Setting::ListenAddr => self.listen_addr.map(|address| address.to_string().into()),
            Setting::PublicBaseUrl => self.public_base_url.as_ref().map(|url| url.as_str().into()),
            Setting::GuiEnabled => self.gui_enabled.map(Into::into),
        }
    }
}

/// The result of changing settings.
#[derive(Debug, Serialize, Deserialize)]
pub struct UpdateReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The number of changes of the environment after this one, for `--if-revision`.
    pub revision: u64,
    /// The settings that changed, in the order of the document; none if all had their values.
    pub changes: Vec<SettingChange>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A setting before and after a change.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingChange {
    /// The name of its member in the document.
    pub setting: String,
    /// The value before; `null` if there was none.
    pub before: Value,
    /// The value now; `null` if there is none.
    pub after: Value,
}

/// Changes settings of an environment. Members of the document that this program does not know,
/// and bindings, stay as they are. If nothing changes, nothing is written or recorded.
///
/// # Errors
/// [`EnvError`] when the environment does not exist, or cannot be read or written.
pub fn update(host: &Host, request: &UpdateRequest) -> Result<UpdateReport, EnvError> {
    let UpdateRequest { environment, idempotency_key, if_revision, .. } = request;
    let values: Vec<_> =
        requested(request).map(|(setting, value)| json!([setting.name(), value])).collect();
    let store_request = host
        .request("env update", idempotency_key.as_ref(), &json!({ "values": values }))
        .if_revision(*if_revision);
    let event = event(host, "update", environment, idempotency_key.as_deref());
    let result = host.store.change(environment, &store_request, |stored: Stored| {
        let (settings, changes) = changed(&stored.settings, request)?;
        let is_unchanged = changes.is_empty();
        let mut event = event.clone();
        let values = changes.iter().map(|(setting, it)| (setting.name(), shown(&it.after)));
        event.target.extend(values);
        let report = UpdateReport {
            environment_id: environment.clone(),
            revision: stored.revision.saturating_add(u64::from(!is_unchanged)),
            changes: changes.into_iter().map(|(_, change)| change).collect(),
            idempotency_key: idempotency_key.clone(),
        };
        let events = if is_unchanged { Vec::new() } else { vec![event] };
        let settings = (!is_unchanged).then_some(settings);
        Ok::<_, EnvError>(Change { settings, ..Change::recorded(events, report) })
    });
    audit::record_failure(host, environment, vec![event], result)
}

/// Returns the settings that a request names, in the order of the document, with their new values;
/// no value removes a setting.
fn requested(request: &UpdateRequest) -> impl Iterator<Item = (Setting, Option<Value>)> {
    Setting::ALL.into_iter().filter_map(|setting| {
        let is_cleared = request.clear.iter().any(|cleared| Setting::from(*cleared) == setting);
        let value = request.values.value(setting);
        (is_cleared || value.is_some()).then_some((setting, value))
    })
}

/// Returns the settings after a request, and those that it changes.
fn changed(
    before: &Settings,
    request: &UpdateRequest,
) -> Result<(Settings, Vec<(Setting, SettingChange)>), StoreError> {
    let mut after = before.clone();
    let mut changes = Vec::new();
    for (setting, value) in requested(request) {
        let old = before.get(setting)?;
        if old == value {
            continue;
        }
        after = after.with(setting, value.clone())?;
        let change = SettingChange {
            setting: setting.name().to_owned(),
            before: old.unwrap_or_default(),
            after: value.unwrap_or_default(),
        };
        changes.push((setting, change));
    }
    Ok((after, changes))
}

/// Returns a value as the audit log and people read it; none for `null`.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl SettingChange {
    /// Returns the values before and after, for people; none where there is none.
    pub fn shown(&self) -> [Option<ForeignText>; 2] {
        [&self.before, &self.after]
            .map(|value| shown(value).map(|text| ForeignText::excerpt(&text)))
    }
}

//! The capability slots: a closed list, of which some are bound once per environment.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::serialize::impl_serialize_as_display;

/// A capability that an environment offers, filled by a handler.
///
/// The list is closed. A new slot needs a new version of the handler interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CapabilitySlot {
    /// Deploys revisions of bundles.
    Deployer,
    /// Stores secrets and serves them to workloads.
    Secrets,
    /// Exports traces, metrics and logs.
    Telemetry,
    /// Stores conversations.
    Sessions,
    /// Stores data of flows between runs.
    State,
    /// Lists revisions that must no longer run.
    Revocation,
    /// Connects a messaging provider. An environment can have many.
    Messaging,
    /// Anything else that workloads look up by name. An environment can have many.
    Extension,
}

impl CapabilitySlot {
    /// All slots, in display order.
    pub const ALL: [Self; 8] = [
        Self::Deployer,
        Self::Secrets,
        Self::Telemetry,
        Self::Sessions,
        Self::State,
        Self::Revocation,
        Self::Messaging,
        Self::Extension,
    ];

    /// The lowercase name of the slot in files, flags and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployer => "deployer",
            Self::Secrets => "secrets",
            Self::Telemetry => "telemetry",
            Self::Sessions => "sessions",
            Self::State => "state",
            Self::Revocation => "revocation",
            Self::Messaging => "messaging",
            Self::Extension => "extension",
        }
    }
}

impl fmt::Display for CapabilitySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CapabilitySlot {
    type Err = UnknownSlot;

    fn from_str(text: &str) -> Result<Self, UnknownSlot> {
        Self::ALL
            .into_iter()
            .find(|slot| slot.as_str() == text)
            .ok_or_else(|| UnknownSlot { text: ForeignText::excerpt(text) })
    }
}

/// The error for a text that is not the name of a slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a capability slot (one of {})", CapabilitySlot::ALL.map(CapabilitySlot::as_str).join(", "))]
pub struct UnknownSlot {
    /// The text, or its beginning.
    pub text: ForeignText,
}

/// A slot that an environment binds at most once, in `packs`: every slot except
/// [`Messaging`](CapabilitySlot::Messaging) and [`Extension`](CapabilitySlot::Extension).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoreSlot(CapabilitySlot);

impl CoreSlot {
    /// All core slots, in display order.
    pub fn all() -> impl Iterator<Item = Self> {
        CapabilitySlot::ALL.into_iter().filter_map(|slot| Self::try_from(slot).ok())
    }

    /// Returns it as a [`CapabilitySlot`].
    pub const fn slot(self) -> CapabilitySlot {
        self.0
    }
}

impl TryFrom<CapabilitySlot> for CoreSlot {
    type Error = NotCoreSlot;

    fn try_from(slot: CapabilitySlot) -> Result<Self, NotCoreSlot> {
        match slot {
            CapabilitySlot::Messaging => Err(NotCoreSlot { slot, noun: "messaging endpoint" }),
            CapabilitySlot::Extension => Err(NotCoreSlot { slot, noun: "extensions" }),
            _ => Ok(Self(slot)),
        }
    }
}

impl fmt::Display for CoreSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error for a slot that can have many bindings, where a core slot is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "slot `{slot}` can have many bindings and is never in `packs`; manage it with `gtc op {noun}`"
)]
pub struct NotCoreSlot {
    /// The requested slot.
    pub slot: CapabilitySlot,
    /// The noun of the `gtc op` command that manages it.
    pub noun: &'static str,
}

impl_serialize_as_display!(CapabilitySlot, CoreSlot);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for slot in CapabilitySlot::ALL {
            assert_eq!(slot.to_string().parse(), Ok(slot));
        }
    }

    #[test]
    fn names_are_exact() {
        for text in ["", "Secrets", " secrets", "secret", "extensions"] {
            let error = text.parse::<CapabilitySlot>().expect_err(text);
            assert!(error.to_string().contains("one of deployer, secrets"), "{error}");
        }
    }

    #[test]
    fn there_are_six_core_slots() {
        let names: Vec<_> = CoreSlot::all().map(|slot| slot.to_string()).collect();
        assert_eq!(names, ["deployer", "secrets", "telemetry", "sessions", "state", "revocation"]);
    }

    #[test]
    fn other_slots_name_their_command() {
        let noun = |slot: CapabilitySlot| {
            CoreSlot::try_from(slot).expect_err("many per environment").to_string()
        };
        assert!(noun(CapabilitySlot::Messaging).ends_with("`gtc op messaging endpoint`"));
        assert!(noun(CapabilitySlot::Extension).ends_with("`gtc op extensions`"));
    }
}

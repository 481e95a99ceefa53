//! The closed list of capability slots, and which of them an environment binds once.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::serialize::impl_serialize_as_display;

/// A capability that an environment offers.
///
/// The list is closed: a new slot is a new version of the handler interface, because core
/// code links a typed interface for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CapabilitySlot {
    /// Brings revisions of bundles to life.
    Deployer,
    /// Keeps and hands out secrets.
    Secrets,
    /// Carries traces, metrics and logs away.
    Telemetry,
    /// Remembers conversations.
    Sessions,
    /// Stores what flows need between runs.
    State,
    /// Tells which revisions may no longer run.
    Revocation,
    /// Connects a messaging provider; many per environment.
    Messaging,
    /// Anything a workload resolves by name; many per environment.
    Extension,
}

impl CapabilitySlot {
    /// Every slot, in the order people see them.
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

    /// The name of the slot in files, flags and messages.
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

/// A text that names no slot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no capability slot (one of {})", CapabilitySlot::ALL.map(CapabilitySlot::as_str).join(", "))]
pub struct UnknownSlot {
    /// The text.
    pub text: ForeignText,
}

/// A slot that an environment binds at most once, in `packs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoreSlot(CapabilitySlot);

impl CoreSlot {
    /// Every core slot, in the order people see them.
    pub fn all() -> impl Iterator<Item = Self> {
        CapabilitySlot::ALL.into_iter().filter_map(|slot| Self::try_from(slot).ok())
    }

    /// The slot.
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

/// A slot that holds many bindings, asked for where one-per-environment slots are bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "slot `{slot}` holds many bindings and never lives in `packs`; it is managed through `gtc op {noun}`"
)]
pub struct NotCoreSlot {
    /// The slot asked for.
    pub slot: CapabilitySlot,
    /// The command noun that manages it.
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

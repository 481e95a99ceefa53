//! An environment as it is stored, parsed from its texts.

use std::net::SocketAddr;

use env_pack_domain::{EnvId, Environment, Pin};

use super::backend::{Place, TextKind, Texts};
use super::document::EnvironmentDocument;
use super::document_fault::DocumentFault;
use super::endpoints::StoredEndpoints;
use super::error::{ChangeError, StoreError};
use super::pins::PinsDocument;
use super::settings::Settings;
use super::trust_root::TrustRoot;

/// An environment with the pins of its bindings, and its trusted keys.
#[derive(Debug)]
pub struct Stored {
    /// The environment.
    pub environment: Environment,
    /// The settings of the environment.
    pub settings: Settings,
    /// The elements of `environment.json` that could not be read as bindings.
    pub faults: Vec<DocumentFault>,
    /// The messaging endpoints.
    pub endpoints: Box<StoredEndpoints>,
    /// The pins of bindings that are not well-formed or not known, with their pack references.
    pub other_pins: Vec<(String, Pin)>,
    /// Whether the pins have an older schema, which [`Change::converts_pins`] replaces.
    ///
    /// [`Change::converts_pins`]: crate::Change::converts_pins
    pub has_old_pins: bool,
    /// The trusted keys. An error concerns only operations that use them; no key may be assumed
    /// trusted then.
    pub trust_root: Result<TrustRoot, StoreError>,
    /// Whether `runtime.json` exists, which a runtime writes.
    pub has_runtime: bool,
    /// Whether the environment does not exist yet: the change that is being made creates it.
    pub is_new: bool,
    /// The number of changes of the environment.
    pub revision: u64,
}

impl Stored {
    /// Fails if a change of the environment would be refused, because an element is malformed.
    ///
    /// # Errors
    /// [`StoreError::Malformed`]
    pub fn ensure_changeable(&self) -> Result<(), StoreError> {
        ensure_changeable(&self.faults)
    }

    /// Fails if a change would be refused, because the caller expects another revision.
    ///
    /// # Errors
    /// [`ChangeError::Moved`]
    pub fn ensure_revision(&self, expected: Option<u64>) -> Result<(), ChangeError> {
        match expected {
            Some(expected) if expected != self.revision => Err(ChangeError::Moved {
                environment: self.environment.id().clone(),
                expected,
                found: self.revision,
            }),
            _ => Ok(()),
        }
    }
}

/// Fails if an element is not well-formed. One of a slot that only a later version knows is.
pub(super) fn ensure_changeable(faults: &[DocumentFault]) -> Result<(), StoreError> {
    match faults.iter().find(|fault| fault.unknown_slot.is_none()) {
        Some(DocumentFault { path, place, reason, .. }) => {
            Err(StoreError::malformed(path, place, reason.as_exact()))
        }
        None => Ok(()),
    }
}

/// The values of a new environment.
#[derive(Clone, Copy, Debug)]
pub struct NewDocument<'a> {
    /// The display name.
    pub name: &'a str,
    /// The listen address of its runtime.
    pub listen_addr: SocketAddr,
}

/// The stored values that a change is compared with, and the documents it is rendered into.
#[derive(Debug)]
pub(super) struct Base {
    pub environment: Environment,
    pub document: EnvironmentDocument,
    pub faults: Vec<DocumentFault>,
    pub pins: PinsDocument,
    /// The text of the pins, if there is one.
    pub pins_text: Option<String>,
    /// Whether the environment does not exist yet.
    pub is_new: bool,
}

impl Base {
    /// Returns a new environment without bindings.
    pub(super) fn new(id: &EnvId, new: &NewDocument<'_>) -> Self {
        Self {
            environment: Environment::empty(id.clone()),
            document: EnvironmentDocument::new(id, new.name, new.listen_addr),
            faults: Vec::new(),
            pins: PinsDocument::default(),
            pins_text: None,
            is_new: true,
        }
    }

    /// Returns a new environment whose content comes from elsewhere.
    pub(super) fn without_content(id: &EnvId) -> Self {
        let listen_addr = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::new(id, &NewDocument { name: id.as_str(), listen_addr })
    }

    /// Parses the texts of an environment, except for the trusted keys.
    pub(super) fn parse(texts: &Texts, place: &Place, id: &EnvId) -> Result<Self, StoreError> {
        let path = place.text(id, TextKind::Document.name());
        let (document, environment, faults) =
            EnvironmentDocument::parse(&texts.document, &path, id)?;
        let pins = match &texts.pins {
            Some(text) => PinsDocument::parse(text, &place.text(id, TextKind::Pins.name()))?,
            None => PinsDocument::default(),
        };
        let environment = pins.pin(environment);
        let pins_text = texts.pins.clone();
        Ok(Self { environment, document, faults, pins, pins_text, is_new: false })
    }

    /// Returns the pins of bindings that are not well-formed or not known.
    pub(super) fn other_pins(&self, environment: &Environment) -> Vec<(String, Pin)> {
        if self.faults.is_empty() { Vec::new() } else { self.pins.others(environment) }
    }

    /// Parses the texts of an environment to change it.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] also for a single binding that is not well-formed.
    pub(super) fn parse_to_change(
        texts: &Texts,
        place: &Place,
        id: &EnvId,
    ) -> Result<Self, StoreError> {
        let base = Self::parse(texts, place, id)?;
        ensure_changeable(&base.faults)?;
        Ok(base)
    }
}

/// Parses the trusted keys of an environment.
pub(super) fn parse_trust_root(
    text: Result<Option<String>, StoreError>,
    place: &Place,
    id: &EnvId,
) -> Result<TrustRoot, StoreError> {
    TrustRoot::parse(text?.as_deref(), &place.text(id, TextKind::TrustRoot.name()))
}

//! An environment in one document, schema `gtc.environment-export.v1`, to move it to another store.
//!
//! It holds the stored documents with their exact text, and the answers that bindings name.
//! Revision, audit log and requests belong to a store, and are not part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, EnvId, Environment, ForeignText};
use serde_json::value::RawValue;

use super::backend::{MAX_ANSWERS_BYTES, NewAnswers, TextKind, is_answers_path};
use super::document::EnvironmentDocument;
use super::error::{AnswersError, StoreError};
use super::object::{JsonObject, ensure_shallow, raw};
use super::pins::PinsDocument;
use super::stored::ensure_changeable;
use super::trust_root::TrustRoot;

const SCHEMA: &str = "gtc.environment-export.v1";
const ENVIRONMENT_ID: &str = "environment_id";
const DOCUMENT: &str = "document";
const PINS: &str = "pins";
const TRUST_ROOT: &str = "trust_root";
const ANSWERS: &str = "answers";
const MEMBERS: [&str; 6] = ["schema", ENVIRONMENT_ID, DOCUMENT, PINS, TRUST_ROOT, ANSWERS];
/// The largest document of an environment in bytes, so that each that is exported can be imported.
pub const MAX_PORTABLE_BYTES: u64 = 64 << 20;

/// An environment in one document.
#[derive(Clone, Debug)]
pub struct PortableEnvironment {
    id: EnvId,
    /// The number of changes of the environment that was read; 0 of a parsed document.
    revision: u64,
    document: Box<RawValue>,
    pins: Option<Box<RawValue>>,
    trust_root: Option<Box<RawValue>>,
    /// The answers by their place.
    answers: BTreeMap<PathBuf, Box<RawValue>>,
}

/// A JSON document of an environment.
#[derive(Clone, Copy, Debug)]
pub struct PortablePart<'a> {
    /// The file, relative to the folder of the environment.
    pub path: &'a Path,
    /// The JSON text.
    pub text: &'a RawValue,
}

impl PortableEnvironment {
    /// Makes one of stored texts.
    pub(super) fn new(
        id: &EnvId,
        revision: u64,
        texts: [Option<&str>; 3],
        answers: BTreeMap<PathBuf, String>,
        place: &dyn Fn(&str) -> PathBuf,
    ) -> Result<Self, StoreError> {
        let [document, pins, trust_root] = texts;
        let document = raw_json(document.unwrap_or_default(), &place(TextKind::Document.name()))?;
        let pins = pins.map(|text| raw_json(text, &place(TextKind::Pins.name()))).transpose()?;
        let trust_root = trust_root
            .map(|text| raw_json(text, &place(TextKind::TrustRoot.name())))
            .transpose()?;
        let mut parsed = BTreeMap::new();
        for (path, text) in answers {
            let json = raw_json(&text, &place(&path.to_string_lossy()))?;
            parsed.insert(path, json);
        }
        Ok(Self { id: id.clone(), revision, document, pins, trust_root, answers: parsed })
    }

    /// Parses an exported document, and everything in it. Errors name `path`.
    ///
    /// # Errors
    /// [`AnswersError`] when it is not well-formed, has another schema, or has answers that would
    /// not be in the environment.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, AnswersError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let place = format!("byte {}", error.valid_up_to());
            StoreError::malformed(path, place, "it is not UTF-8")
        })?;
        ensure_shallow(text)
            .map_err(|reason| StoreError::malformed(path, "the document", reason))?;
        let object = JsonObject::document(text, path, &[SCHEMA])?;
        if let Some((name, _)) = object.members().find(|(name, _)| !MEMBERS.contains(name)) {
            let place = format!("`{}`", ForeignText::excerpt(name));
            return Err(StoreError::malformed(path, place, "no such member is known").into());
        }
        let id: String = object.require(ENVIRONMENT_ID, path)?;
        let id: EnvId = id.parse().map_err(|error: env_pack_domain::InvalidName| {
            StoreError::malformed(path, format!("`{ENVIRONMENT_ID}`"), error.to_string())
        })?;
        let answers = match object.get(ANSWERS) {
            Some(_) => object.require::<JsonObject<'_>>(ANSWERS, path)?,
            None => JsonObject::default(),
        };
        let parsed = Self {
            document: object.require(DOCUMENT, path)?,
            pins: optional(&object, PINS),
            trust_root: optional(&object, TRUST_ROOT),
            answers: parse_answers(&answers, path)?,
            revision: 0,
            id,
        };
        parsed.ensure_well_formed(path)?;
        Ok(parsed)
    }

    fn ensure_well_formed(&self, path: &Path) -> Result<(), StoreError> {
        let within = |member: &'static str| move |error| inside(error, member);
        let (_, environment, faults) =
            EnvironmentDocument::parse(self.document.get(), path, &self.id)
                .map_err(within(DOCUMENT))?;
        ensure_changeable(&faults).map_err(within(DOCUMENT))?;
        self.ensure_answers_are_named(&environment, path)?;
        if let Some(pins) = &self.pins {
            PinsDocument::parse(pins.get(), path).map_err(within(PINS))?;
        }
        TrustRoot::parse(self.trust_root.as_deref().map(RawValue::get), path)
            .map_err(within(TRUST_ROOT))?;
        Ok(())
    }

    /// Fails if no binding names some of the answers: nothing would ever remove them.
    fn ensure_answers_are_named(
        &self,
        environment: &Environment,
        path: &Path,
    ) -> Result<(), StoreError> {
        let named: BTreeSet<PathBuf> =
            named_answers(environment).filter_map(|it| it.relative_path().ok()).collect();
        match self.answers.keys().find(|place| !named.contains(*place)) {
            Some(place) => {
                let place = ForeignText::excerpt(&place.to_string_lossy());
                let place = format!("`{ANSWERS}.{place}`");
                Err(StoreError::malformed(path, place, "no binding names these answers"))
            }
            None => Ok(()),
        }
    }

    /// Returns the id of the environment.
    pub fn id(&self) -> &EnvId {
        &self.id
    }

    /// Returns the number of changes of the environment that was read; 0 of a parsed document.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Returns the environment, with its pins. Errors name `path`.
    ///
    /// # Errors
    /// [`StoreError::Malformed`]
    pub fn environment(&self, path: &Path) -> Result<Environment, StoreError> {
        let (_, environment, _) = EnvironmentDocument::parse(self.document.get(), path, &self.id)?;
        let pins = self.pins.as_ref().map(|pins| PinsDocument::parse(pins.get(), path));
        Ok(pins.transpose()?.unwrap_or_default().pin(environment))
    }

    /// Returns its trusted keys. Errors name `path`.
    ///
    /// # Errors
    /// [`StoreError::Malformed`]
    pub fn trust_root(&self, path: &Path) -> Result<TrustRoot, StoreError> {
        TrustRoot::parse(self.trust_root.as_deref().map(RawValue::get), path)
    }

    /// Returns the number of its answers documents.
    pub fn answers_count(&self) -> usize {
        self.answers.len()
    }

    /// Returns its JSON documents, as the files of an environment that they are.
    pub fn parts(&self) -> impl Iterator<Item = PortablePart<'_>> {
        let texts = [
            (TextKind::Document, Some(&self.document)),
            (TextKind::Pins, self.pins.as_ref()),
            (TextKind::TrustRoot, self.trust_root.as_ref()),
        ];
        let texts =
            texts.into_iter().filter_map(|(kind, text)| Some((Path::new(kind.name()), text?)));
        let answers = self.answers.iter().map(|(path, text)| (path.as_path(), text));
        texts.chain(answers).map(|(path, text)| PortablePart { path, text })
    }

    /// Returns the environment with another id, also where entities of its document name it.
    #[must_use]
    pub fn with_id(mut self, id: &EnvId) -> Self {
        if *id != self.id {
            self.document = EnvironmentDocument::with_id(&self.document, &self.id, id);
            self.id = id.clone();
        }
        self
    }

    /// Returns it as a JSON document.
    pub fn render(&self) -> String {
        let mut object = JsonObject::default();
        object.set("schema", raw(SCHEMA, 1));
        object.set(ENVIRONMENT_ID, raw(&self.id, 1));
        object.set(DOCUMENT, self.document.clone());
        object.put(PINS, self.pins.clone());
        object.put(TRUST_ROOT, self.trust_root.clone());
        let mut answers = JsonObject::default();
        for (path, text) in &self.answers {
            answers.set(&path.to_string_lossy(), text.clone());
        }
        object.set(ANSWERS, answers.into_raw(1));
        object.render(0) + "\n"
    }

    /// Returns the texts to write.
    pub(super) fn writes(&self) -> Vec<(TextKind, String)> {
        let texts = [
            (TextKind::Document, Some(&self.document)),
            (TextKind::Pins, self.pins.as_ref()),
            (TextKind::TrustRoot, self.trust_root.as_ref()),
        ];
        let written = texts.into_iter().filter_map(|(kind, text)| Some((kind, text?)));
        written.map(|(kind, text)| (kind, text.get().to_owned() + "\n")).collect()
    }

    /// Returns the answers to write.
    pub(super) fn new_answers(&self) -> Vec<NewAnswers> {
        let answers = self.answers.iter().map(|(path, text)| NewAnswers {
            answers_ref: AnswersRef::new(path.to_string_lossy()),
            text: text.get().to_owned(),
        });
        answers.collect()
    }
}

/// Returns the text of a member; none if there is no such member.
fn optional(object: &JsonObject<'_>, name: &str) -> Option<Box<RawValue>> {
    object.get(name).map(ToOwned::to_owned)
}

/// Parses the answers of an exported document.
fn parse_answers(
    answers: &JsonObject<'_>,
    path: &Path,
) -> Result<BTreeMap<PathBuf, Box<RawValue>>, AnswersError> {
    let mut parsed = BTreeMap::new();
    for (name, text) in answers.members() {
        let answers_ref = AnswersRef::new(name);
        let place = answers_ref.relative_path()?;
        if !is_answers_path(&place) {
            return Err(AnswersError::Reserved { answers_ref });
        }
        if text.get().len() as u64 > MAX_ANSWERS_BYTES {
            return Err(AnswersError::TooLarge { path: place, limit: MAX_ANSWERS_BYTES });
        }
        if parsed.insert(place, text.to_owned()).is_some() {
            return Err(twice(path, name).into());
        }
    }
    // `a` cannot be a file, and the folder of `a/b`
    for place in parsed.keys() {
        if let Some(folder) = place.ancestors().skip(1).find(|folder| parsed.contains_key(*folder))
        {
            return Err(twice(path, &folder.to_string_lossy()).into());
        }
    }
    Ok(parsed)
}

fn twice(path: &Path, name: &str) -> StoreError {
    let place = format!("`{ANSWERS}.{}`", ForeignText::excerpt(name));
    StoreError::malformed(path, place, "other answers have the same place")
}

/// Returns the answers that bindings, and the previous ones, name.
pub(super) fn named_answers(environment: &Environment) -> impl Iterator<Item = &AnswersRef> {
    let bindings = environment
        .bindings()
        .flat_map(|binding| std::iter::once(binding).chain(binding.readable_previous()));
    bindings.filter_map(|binding| binding.answers_ref.as_ref())
}

fn raw_json(text: &str, path: &Path) -> Result<Box<RawValue>, StoreError> {
    ensure_shallow(text).map_err(|reason| StoreError::malformed(path, "the document", reason))?;
    serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))
}

/// Returns the error of a part of a document, with the member that has the part.
fn inside(error: StoreError, member: &str) -> StoreError {
    match error {
        StoreError::Malformed { path, place, reason } => {
            StoreError::Malformed { path, place: format!("`{member}`, {place}"), reason }
        }
        other => other,
    }
}

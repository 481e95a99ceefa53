//! Shorter spellings of scenario values: a word or a table, one value or a list, a parsed
//! text, and a table without duplicate keys. Their errors name the expected form.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::str::FromStr;

use env_pack_domain::ForeignText;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer as _, MapAccess, SeqAccess, Visitor,
};

/// A word, or a table with details.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged, inline)]
pub enum Shorthand<W, F> {
    /// The word.
    Word(W),
    /// The table.
    Full(F),
}

impl<'de, W: Deserialize<'de>, F: Deserialize<'de>> Deserialize<'de> for Shorthand<W, F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShorthandVisitor(PhantomData))
    }
}

struct ShorthandVisitor<W, F>(PhantomData<(W, F)>);

impl<'de, W: Deserialize<'de>, F: Deserialize<'de>> Visitor<'de> for ShorthandVisitor<W, F> {
    type Value = Shorthand<W, F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text (quoted, if it looks like a number) or a table")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let deserializer: StrDeserializer<'_, E> = text.into_deserializer();
        W::deserialize(deserializer).map(Shorthand::Word)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        F::deserialize(MapAccessDeserializer::new(map)).map(Shorthand::Full)
    }
}

/// One value, or a list of at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Listed_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
    }
}

impl<'de, W: Deserialize<'de>, F: Deserialize<'de>> Deserialize<'de>
    for OneOrMany<Shorthand<W, F>>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor(PhantomData))
    }
}

struct OneOrManyVisitor<W, F>(PhantomData<(W, F)>);

impl<'de, W: Deserialize<'de>, F: Deserialize<'de>> Visitor<'de> for OneOrManyVisitor<W, F> {
    type Value = OneOrMany<Shorthand<W, F>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, a table, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        ShorthandVisitor(PhantomData).visit_str(text).map(|one| OneOrMany(vec![one]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        ShorthandVisitor(PhantomData).visit_map(map).map(|one| OneOrMany(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        if all.is_empty() {
            return Err(A::Error::custom("an empty list, where at least one answer is expected"));
        }
        Ok(OneOrMany(all))
    }
}

/// A value that is parsed from a text with [`FromStr`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromText<T>(pub T);

impl<T> JsonSchema for FromText<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for FromText<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A table that keeps its order and refuses duplicate keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UniqueMap<K, V>(pub Vec<(K, V)>);

impl<K, V> Default for UniqueMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K, V: JsonSchema> JsonSchema for UniqueMap<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Table_{}", V::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<V>();
        schemars::json_schema!({ "type": "object", "additionalProperties": value })
    }
}

impl<'de, K: FromStr<Err: fmt::Display> + Eq + Hash + Clone, V: Deserialize<'de>> Deserialize<'de>
    for UniqueMap<K, V>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMapVisitor(PhantomData))
    }
}

struct UniqueMapVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: FromStr<Err: fmt::Display> + Eq + Hash + Clone, V: Deserialize<'de>> Visitor<'de>
    for UniqueMapVisitor<K, V>
{
    type Value = UniqueMap<K, V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        let mut keys = HashSet::new();
        while let Some(text) = map.next_key::<String>()? {
            let key: K = text.parse().map_err(A::Error::custom)?;
            if !keys.insert(key.clone()) {
                let text = ForeignText::excerpt(&text);
                return Err(A::Error::custom(format!("duplicate key `{text}`")));
            }
            entries.push((key, map.next_value()?));
        }
        Ok(UniqueMap(entries))
    }
}

//! JSON without duplicate members. Parsers differ about which of two members of the same
//! name counts, so signed documents must not have any.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};

/// Deserialises a document in which no object has a member twice.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice::<UniqueMembers>(bytes)?;
    serde_json::from_slice(bytes)
}

/// Any JSON value without duplicate members; its content is dropped.
struct UniqueMembers;

impl<'de> de::Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueMembersVisitor)
    }
}

struct UniqueMembersVisitor;

impl<'de> Visitor<'de> for UniqueMembersVisitor {
    type Value = UniqueMembers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueMembers, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, UniqueMembers)) = map.next_entry::<String, UniqueMembers>()? {
            if let Some(name) = names.replace(name) {
                return Err(de::Error::custom(format!("duplicate member `{name}`")));
            }
        }
        Ok(UniqueMembers)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<UniqueMembers, A::Error> {
        while list.next_element::<UniqueMembers>()?.is_some() {}
        Ok(UniqueMembers)
    }

    fn visit_bool<E>(self, _: bool) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_i64<E>(self, _: i64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_u64<E>(self, _: u64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_f64<E>(self, _: f64) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_str<E>(self, _: &str) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }

    fn visit_unit<E>(self) -> Result<UniqueMembers, E> {
        Ok(UniqueMembers)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde::de::value::{BytesDeserializer, Error};

    use super::*;

    #[test]
    fn the_deepest_duplicate_member_is_refused() {
        assert!(parse::<serde_json::Value>(b"[{\"a\":[{\"b\":1,\"c\":2}]}]").is_ok());
        let refused = parse::<serde_json::Value>(b"[{\"a\":[{\"b\":1,\"b\":2}]}]");
        assert_eq!(
            refused.expect_err("a duplicate").to_string(),
            "duplicate member `b` at line 1 column 20"
        );
    }

    #[test]
    fn bytes_are_not_a_json_value() {
        let refused = UniqueMembers::deserialize(BytesDeserializer::<Error>::new(b"a"));
        let refused = refused.err().expect("refused").to_string();
        assert!(refused.ends_with("expected a JSON value"), "{refused}");
    }
}

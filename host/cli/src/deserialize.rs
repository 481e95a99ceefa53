//! Deserialization of answers files, where it differs from what serde derives.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Arguments by name. Serde would also accept an array, in the order of the fields.
pub(crate) struct NamedArguments<P>(pub P);

impl<'de, P: Deserialize<'de>> Deserialize<'de> for NamedArguments<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<P>(PhantomData<P>);

        impl<'de, P: Deserialize<'de>> Visitor<'de> for ObjectVisitor<P> {
            type Value = P;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of arguments")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P, A::Error> {
                P::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

/// Deserializes a nested object of arguments, and refuses arrays.
pub(crate) fn deserialize_object<'de, D: Deserializer<'de>, P: Deserialize<'de>>(
    deserializer: D,
) -> Result<P, D::Error> {
    NamedArguments::deserialize(deserializer).map(|NamedArguments(object)| object)
}

/// Deserializes an integer. As in JSON Schema, `31.0` is an integer too.
pub(crate) fn deserialize_u16<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    struct IntegerVisitor;

    impl Visitor<'_> for IntegerVisitor {
        type Value = u16;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an integer of at most {}", u16::MAX)
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u16, E> {
            u16::try_from(number)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
        }

        fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<u16, E> {
            let integer = (0..=u16::MAX).find(|integer| f64::from(*integer) == number);
            integer.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(number), &self))
        }
    }

    deserializer.deserialize_any(IntegerVisitor)
}

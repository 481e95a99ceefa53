//! How the arguments of a verb are read from a document, where that is stricter than what
//! types do of themselves.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// Arguments that stand in an object, each under its name; a list of them in the order of
/// some program's source is none.
pub struct Object<P>(pub P);

impl<'de, P: Deserialize<'de>> Deserialize<'de> for Object<P> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named<P>(PhantomData<P>);

        impl<'de, P: Deserialize<'de>> Visitor<'de> for Named<P> {
            type Value = P;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("arguments by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<P, A::Error> {
                P::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(Named(PhantomData)).map(Self)
    }
}

/// Reads an object within an object.
pub fn object<'de, D: Deserializer<'de>, P: Deserialize<'de>>(
    deserializer: D,
) -> Result<P, D::Error> {
    Object::deserialize(deserializer).map(|Object(object)| object)
}

/// Reads a whole number, however it is written: to JSON Schema, `31.0` is one too.
pub fn whole_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    struct Whole;

    impl Visitor<'_> for Whole {
        type Value = u16;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a whole number of at most {}", u16::MAX)
        }

        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<u16, E> {
            u16::try_from(number)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
        }

        fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<u16, E> {
            let whole = (0..=u16::MAX).find(|whole| f64::from(*whole) == number);
            whole.ok_or_else(|| E::invalid_value(serde::de::Unexpected::Float(number), &self))
        }
    }

    deserializer.deserialize_any(Whole)
}

//! Serialisation of domain values as their text.

/// Implements `Serialize` by `Display`.
macro_rules! impl_serialize_as_display {
    ($($type:ty),+) => {
        $(impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })+
    };
}
pub(crate) use impl_serialize_as_display;

/// Implements `Deserialize` by `FromStr`.
macro_rules! impl_deserialize_from_str {
    ($($type:ty),+) => {
        $(impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        })+
    };
}
pub(crate) use impl_deserialize_from_str;

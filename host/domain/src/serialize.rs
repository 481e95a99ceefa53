//! Serialisation of domain values as their `Display` text.

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

//! The Rust bindings of the handler interface, generated from the WIT here, so that guests
//! need no generator of their own.
#![allow(missing_docs, reason = "generated; the documentation is in the WIT")]

wit_bindgen::generate!({
    world: "env-pack-handler",
    path: "wit",
    pub_export_macro: true,
    export_macro_name: "__export_component",
    additional_derives: [PartialEq],
    default_bindings_module: "env_pack_sdk::bindings",
});

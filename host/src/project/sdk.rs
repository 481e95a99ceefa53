//! The guest SDK and the interface, as this program was built with them: a project of a
//! stranger has no other place to get them from.

/// A file of the repository, below its root, and its content.
macro_rules! embedded {
    ($folder:literal: $($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../../", $folder, "/", $name)))),+]
    };
}

/// The license of both.
pub(super) const LICENSE: &[(&str, &str)] = embedded!(".": "LICENSE");

/// The crate of the SDK, without its tests.
pub(super) const SDK: &[(&str, &str)] = embedded!("guest-sdk":
    "Cargo.toml"
    "src/answers.rs"
    "src/bindings.rs"
    "src/caps.rs"
    "src/checks/access.rs"
    "src/checks/address.rs"
    "src/checks/catalogue.rs"
    "src/checks/check.rs"
    "src/checks/command.rs"
    "src/checks/mod.rs"
    "src/checks/parsers.rs"
    "src/checks/tool.rs"
    "src/checks/version.rs"
    "src/descriptor_path.rs"
    "src/handler.rs"
    "src/host.rs"
    "src/json.rs"
    "src/lib.rs"
    "src/permissions.rs"
    "src/runtime.rs"
    "src/testing.rs"
    "src/version_req.rs"
    "src/version_req/tests.rs"
);

/// The interface.
pub(super) const WIT: &[(&str, &str)] = embedded!("wit/env-pack/0.1.0":
    "handler.wit"
    "host.wit"
    "types.wit"
    "world.wit"
);

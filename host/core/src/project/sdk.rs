//! The sources of the guest SDK and the WIT interface, embedded in this program. A new
//! project gets a copy, because no registry has them.

/// Files below a folder of the repository: names and content.
macro_rules! embedded {
    ($folder:literal: $($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../../../", $folder, "/", $name)))),+]
    };
}

/// The license of the SDK and the interface.
pub(super) const LICENSE: &[(&str, &str)] = embedded!(".": "LICENSE");

/// The crate of the SDK with its WIT files, without its integration tests.
pub(super) const SDK: &[(&str, &str)] = embedded!("guest-sdk":
    "Cargo.toml"
    "src/answers.rs"
    "src/bindings.rs"
    "src/checks/access.rs"
    "src/checks/address.rs"
    "src/checks/answered.rs"
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
    "src/limits.rs"
    "src/permissions.rs"
    "src/runtime.rs"
    "src/testing.rs"
    "src/version_req/mod.rs"
    "src/version_req/tests.rs"
    "wit/handler.wit"
    "wit/host.wit"
    "wit/types.wit"
    "wit/world.wit"
);

/// The WIT files of the interface.
pub(super) const WIT: &[(&str, &str)] = embedded!("guest-sdk/wit":
    "handler.wit"
    "host.wit"
    "types.wit"
    "world.wit"
);

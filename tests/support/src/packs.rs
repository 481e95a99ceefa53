//! Packs written by the library's own writer, around any component, whatever they declare
//! of it.

use std::path::PathBuf;

use env_pack_domain::{Permissions, ToolPermission};
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};

use crate::Sandbox;
use crate::wat::Handler;

/// The bytes of a pack with one handler.
pub fn archive(
    slot: &str,
    path: &str,
    versions: &str,
    component: Vec<u8>,
    permissions: Permissions,
) -> Vec<u8> {
    archive_by("test", "1.0.0", (slot, path, versions), component, permissions, None)
}

/// The bytes of a pack with these handlers, named after the first.
pub fn archive_of(handlers: &[Handler]) -> Vec<u8> {
    let numbered = handlers.iter().enumerate();
    let declared = numbered.map(|(number, handler)| NewHandler {
        component: format!("handler-{number}"),
        bytes: handler.component(),
        declared: HandlerDeclaration {
            slot: handler.slot.parse().expect("a slot"),
            descriptor_path: handler.path.parse().expect("a path"),
            supported_versions: handler.versions.parse().expect("a requirement"),
            permissions: Permissions::default(),
        },
    });
    let pack = NewPack {
        id: handlers[0].path.clone(),
        version: "1.0.0".parse().expect("a version"),
        publisher: "test".to_owned(),
        answers_schema: None,
        handlers: declared.collect(),
    };
    gtc_archive::write(&pack).expect("a pack")
}

/// The bytes of a pack by this publisher, named after its path.
fn archive_by(
    publisher: &str,
    version: &str,
    (slot, path, versions): (&str, &str, &str),
    component: Vec<u8>,
    permissions: Permissions,
    answers_schema: Option<&str>,
) -> Vec<u8> {
    let declared = HandlerDeclaration {
        slot: slot.parse().expect("a slot"),
        descriptor_path: path.parse().expect("a path"),
        supported_versions: versions.parse().expect("a requirement"),
        permissions,
    };
    let handlers = vec![NewHandler { component: "handler".to_owned(), bytes: component, declared }];
    let pack = NewPack {
        id: path.to_owned(),
        version: version.parse().expect("a version"),
        publisher: publisher.to_owned(),
        answers_schema: answers_schema.map(|schema| schema.as_bytes().to_vec()),
        handlers,
    };
    gtc_archive::write(&pack).expect("a pack")
}

/// The bytes of a pack without a handler.
pub fn without_handler(publisher: &str, id: &str, version: &str) -> Vec<u8> {
    let pack = NewPack {
        id: id.to_owned(),
        version: version.parse().expect("a version"),
        publisher: publisher.to_owned(),
        answers_schema: None,
        handlers: Vec::new(),
    };
    gtc_archive::write(&pack).expect("a pack")
}

/// Leave to run these commands and to reach these addresses.
pub fn permissions(tools: &[&str], network: &[&str]) -> Permissions {
    let tool = |command: &&str| {
        let mut words = shell_words::split(command).expect("words").into_iter();
        ToolPermission::new(words.next().expect("a program"), words.collect())
            .expect("a permission")
    };
    let address = |address: &&str| address.parse().expect("an address");
    Permissions {
        tools: tools.iter().map(tool).collect(),
        network: network.iter().map(address).collect(),
    }
}

impl Handler {
    /// The bytes of a pack around this handler without permissions.
    pub fn archive(&self) -> Vec<u8> {
        self.archive_with(Permissions::default())
    }

    /// The bytes of a version of the pack, by this publisher.
    pub fn archive_by(&self, publisher: &str, version: &str) -> Vec<u8> {
        let declared = (self.slot, self.path.as_str(), self.versions.as_str());
        archive_by(publisher, version, declared, self.component(), Permissions::default(), None)
    }

    /// The bytes of a version of the pack that ships this schema of answers.
    pub fn archive_with_schema(&self, version: &str, schema: &str) -> Vec<u8> {
        let declared = (self.slot, self.path.as_str(), self.versions.as_str());
        let permissions = Permissions::default();
        archive_by("test", version, declared, self.component(), permissions, Some(schema))
    }

    /// The bytes of a pack around this handler that declares these permissions.
    pub fn archive_with(&self, permissions: Permissions) -> Vec<u8> {
        archive(self.slot, &self.path, &self.versions, self.component(), permissions)
    }
}

impl Sandbox {
    /// A pack around a component, in a file named after its path.
    pub fn written_pack(
        &self,
        slot: &str,
        path: &str,
        versions: &str,
        component: Vec<u8>,
    ) -> PathBuf {
        let bytes = archive(slot, path, versions, component, Permissions::default());
        self.write(format!("packs/{path}.gtpack"), bytes)
    }

    /// A pack around a valid handler that checks nothing.
    pub fn valid_pack(&self, slot: &'static str, path: &str, versions: &str) -> PathBuf {
        self.written_pack(slot, path, versions, Handler::new(slot, path, versions).component())
    }

    /// A pack around a guest, built by `gtc pack build`.
    pub fn built_pack(&self, component: PathBuf, version: &str, flags: &[&str]) -> PathBuf {
        let name = component.file_stem().expect("a name").to_string_lossy();
        let output = self.home().join(format!("packs/{name}.gtpack"));
        std::fs::create_dir_all(self.home().join("packs")).expect("a folder");
        let build = self.pack().build(&component).version(version).output(&output);
        build.args(flags).succeeded();
        output
    }
}

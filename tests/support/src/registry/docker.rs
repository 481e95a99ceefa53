//! `docker-registry`, the registry that Debian packages, on a free port of this machine.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::find_program;
use super::tokens::TokenServer;

/// The user of registries with a login.
pub const USER: &str = "tester";
/// The password of this user.
pub const PASSWORD: &str = "correct horse";
/// The bcrypt hash of the password, with the lowest cost.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";

/// An empty registry. It stops when it is dropped.
pub struct DockerRegistry {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl DockerRegistry {
    /// A registry without authentication.
    pub fn open() -> Self {
        Self::start(|_| String::new())
    }

    /// A registry with Basic authentication for [`USER`] and [`PASSWORD`].
    pub fn with_passwords() -> Self {
        Self::start(|folder| {
            let passwords = folder.join("htpasswd");
            std::fs::write(&passwords, format!("{USER}:{HASH}\n")).expect("a file");
            format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", passwords.display())
        })
    }

    /// A registry that accepts tokens of this server.
    pub fn with_tokens(tokens: &TokenServer) -> Self {
        Self::start(|folder| {
            let trusted = folder.join("tokens.pem");
            std::fs::write(&trusted, tokens.certificate()).expect("a file");
            format!(
                "auth: {{token: {{realm: \"{}\", service: {}, issuer: {}, rootcertbundle: {}}}}}\n",
                tokens.realm(),
                TokenServer::SERVICE,
                TokenServer::ISSUER,
                trusted.display()
            )
        })
    }

    fn start(authentication: impl FnOnce(&std::path::Path) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = folder.path().join("storage");
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\n\
             log: {{level: info, formatter: text}}\n\
             storage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
             http: {{addr: \"127.0.0.1:0\", secret: tests}}\n\
             {}",
            storage.display(),
            authentication(folder.path()),
        );
        std::fs::write(&config, text).expect("a file");
        let mut command =
            Command::new(find_program("docker-registry").expect("docker-registry is installed"));
        command.arg("serve").arg(&config).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut log = BufReader::new(process.stderr.take().expect("its log")).lines();
        // it logs the address once it listens; the rest of the log is read so that it never
        // blocks
        let mut logged = Vec::new();
        let address = loop {
            let line =
                log.next().unwrap_or_else(|| panic!("it exited: {logged:#?}")).expect("a line");
            match line
                .split_once("listening on ")
                .map(|(_, rest)| rest.split(['"', ' ']).next().unwrap_or_default())
            {
                Some(address) => break address.to_owned(),
                None => logged.push(line),
            }
        };
        std::thread::spawn(move || log.for_each(drop));
        Self { process, address, _folder: folder }
    }

    /// The address and port.
    pub fn host(&self) -> &str {
        &self.address
    }

    /// The reference of a repository and tag.
    pub fn reference(&self, name: &str) -> String {
        format!("oci://{}/{name}", self.address)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // it may have exited already
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

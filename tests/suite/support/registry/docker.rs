//! The registry that Debian ships, started on a free port of this machine.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::program;
use super::tokens::TokenServer;

/// Whom a registry with a login lets in.
pub const USER: &str = "tester";
/// What this user says to be let in.
pub const PASSWORD: &str = "correct horse";
/// The hash of the password that the registry has, of the least cost there is.
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2";

/// A registry with nothing in it, until it is dropped.
pub struct DockerRegistry {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl DockerRegistry {
    /// It lets everybody in.
    pub fn open() -> Self {
        Self::start(|_| String::new())
    }

    /// It lets [`USER`] in, with [`PASSWORD`].
    pub fn with_passwords() -> Self {
        Self::start(|folder| {
            let passwords = folder.join("htpasswd");
            std::fs::write(&passwords, format!("{USER}:{HASH}\n")).expect("a file");
            format!("auth: {{htpasswd: {{realm: tests, path: {}}}}}\n", passwords.display())
        })
    }

    /// It lets in who brings a token of this server.
    pub fn with_tokens(tokens: &TokenServer) -> Self {
        Self::start(|folder| {
            let trusted = folder.join("tokens.pem");
            std::fs::write(&trusted, tokens.certificate()).expect("a file");
            let (realm, service, issuer) =
                (tokens.realm(), TokenServer::SERVICE, TokenServer::ISSUER);
            let of = format!("realm: \"{realm}\", service: {service}, issuer: {issuer}");
            format!("auth: {{token: {{{of}, rootcertbundle: {}}}}}\n", trusted.display())
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
            Command::new(program("docker-registry").expect("docker-registry is installed"));
        command.arg("serve").arg(&config).env_clear().stdin(Stdio::null()).stdout(Stdio::null());
        let mut process = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let mut log = BufReader::new(process.stderr.take().expect("its log")).lines();
        // it listens before it says so; what it says later is read so that it never waits for a
        // reader
        let mut said = Vec::new();
        let address = loop {
            let line = log.next().unwrap_or_else(|| panic!("it ended: {said:#?}")).expect("a line");
            match line
                .split_once("listening on ")
                .map(|(_, rest)| rest.split(['"', ' ']).next().unwrap_or_default())
            {
                Some(address) => break address.to_owned(),
                None => said.push(line),
            }
        };
        std::thread::spawn(move || log.for_each(drop));
        Self { process, address, _folder: folder }
    }

    /// Its address and port.
    pub fn host(&self) -> &str {
        &self.address
    }

    /// A reference to something in it.
    pub fn reference(&self, name: &str) -> String {
        format!("oci://{}/{name}", self.address)
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

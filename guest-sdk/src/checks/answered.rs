//! Network addresses that the operator's answers name.

use alloc::string::ToString;

use super::address::{reachable, split};
use super::check::{Ask, Probe};
use crate::{Answers, Missing, Outcome, ToolCheck, json};

/// A network address that the operator's answers name, such as `https://vault.example:8200` or
/// `vault.example:8200`.
///
/// The pack declares the permission `${answers.<path>}`, and the operator grants the address that
/// the answers name.
///
/// ```
/// use env_pack_sdk::checks::{AnsweredAddress, Check};
///
/// const SERVER: AnsweredAddress = AnsweredAddress::new("address").describe("the Vault server");
/// const CHECKS: &[Check] = &[Check::answered(&SERVER)];
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AnsweredAddress {
    path: &'static str,
    description: &'static str,
}

impl AnsweredAddress {
    /// Creates an address from the name of an answer. A dot leads to a member of an object:
    /// `server.address`.
    pub const fn new(path: &'static str) -> Self {
        Self { path, description: "" }
    }

    /// Describes the service at the address, as a phrase for the operator.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The permission that the check needs.
    pub const fn ask(&self) -> Ask {
        Ask::Answer { path: self.path }
    }

    /// Connects to the address of the answers. Returns `None` if the operator did not answer.
    pub fn check(&self) -> Option<ToolCheck> {
        let answers = Answers::read();
        let answer = json::member_at(answers.raw_document(), self.path)?;
        let address = json::string(answer);
        if let Some((host, port)) = address.as_deref().map(str::trim).and_then(split) {
            return Some(reachable(self.description, &host, port));
        }
        let mut install_hint = "answer `".to_string();
        install_hint += self.path;
        install_hint += "` with an address like `https://service.example:443`";
        Some(ToolCheck {
            name: self.path.to_string(),
            description: self.description.to_string(),
            outcome: Outcome::Missing(Missing { install_hint }),
        })
    }
}

impl Probe for AnsweredAddress {
    fn run(&self) -> Option<ToolCheck> {
        self.check()
    }
}

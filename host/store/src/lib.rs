//! Stores environments, their pins, trust roots and audit logs. Only [`Store`] knows the stored
//! JSON; members of it that this program does not own keep their exact text.
//!
//! Beneath it, a backend keeps the texts: `files` keeps them in folders. Time and user come from
//! the caller. This crate never opens a pack.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests prepare files directly"))]

mod audit;
mod audit_chain;
mod backend;
mod bindings;
mod change;
mod document;
mod document_fault;
mod endpoints;
mod error;
mod files;
mod limits;
mod object;
mod past;
mod pin_record;
mod pins;
mod portable;
mod request;
mod request_record;
mod settings;
mod store;
mod stored;
mod transfer;
mod trust_root;

pub use audit::{Actor, AuditEvent, Origin};
pub use audit_chain::{BrokenChain, VerifiedLog};
pub use backend::{ExposedAnswers, MAX_ANSWERS_BYTES, NewAnswers, Place};
pub use change::{Change, WholeChange};
pub use document_fault::DocumentFault;
pub use endpoints::{EndpointFault, StoredEndpoints, new_endpoint_id};
pub use error::{AnswersError, ChangeError, StoreError};
pub use limits::StoreLimits;
pub use past::Past;
pub use portable::{MAX_PORTABLE_BYTES, PortableEnvironment, PortablePart};
pub use request::{Expect, Request, RequestKey};
pub use request_record::RequestRecord;
pub use settings::{Setting, Settings};
pub use store::{Answer, EnvironmentFiles, Store};
pub use stored::{NewDocument, Stored};
pub use trust_root::{TrustRoot, TrustedKey};

#[cfg(test)]
mod tests;

//! Writes, shows, lists and edits answers: the JSON documents that bindings name, which hold
//! what the operator configured. No pack is run.
//!
//! Answers are checked against the schemas of the packs that use them. They may be secret, so
//! neither errors nor the audit log repeat their values.

mod check;
mod credentials;
mod edit;
mod error;
mod form;
mod list;
mod put;
mod target;

pub use check::UnsuitableAnswers;
pub(super) use check::check_text;
pub use credentials::RedactedValues;
pub(super) use credentials::hide as hide_credentials;
pub use edit::{EditRequest, edit};
pub use error::ManageAnswersError;
pub use form::{AnswersForm, form};
pub use list::{AnswersListReport, AnswersReport, AnswersState, ListedAnswers, list, show};
pub use put::{AnswersSource, AnswersUser, PutReport, PutRequest, put};
pub use target::{AnswersSelector, AnswersTarget};

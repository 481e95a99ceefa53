//! Edits answers in an editor, on a copy. The copy stays when it is not accepted.

use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;
use gtc_fs::read::without_byte_order_mark;
use gtc_fs::{atomic, output, process};
use serde_json::{Map, Value};

use super::error::ManageAnswersError;
use super::form::{self, pretty};
use super::put::{NewText, PutReport, current};
use super::target::AnswersTarget;
use crate::Host;
use crate::answers_schema::Question;
use gtc_store::MAX_ANSWERS_BYTES;

/// The most copies of answers that may lie in the folder of temporary files.
const MAX_COPIES: u32 = 1000;

/// A request to edit answers.
#[derive(Clone, Debug)]
pub struct EditRequest {
    /// The answers to edit.
    pub target: AnswersTarget,
    /// The editor and its arguments, as in a shell.
    pub editor: String,
    /// The folder of the copy.
    pub folder: PathBuf,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// Opens an editor on a copy of the answers, and writes the copy if it is valid. Answers that do
/// not exist yet start with the defaults of their schema.
///
/// # Errors
/// [`ManageAnswersError`]; the answers are unchanged then, except as [`Store::change`] says. Once
/// the editor ran, the error is [`ManageAnswersError::NotSaved`], which names the copy.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn edit(host: &Host, request: &EditRequest) -> Result<PutReport, ManageAnswersError> {
    let EditRequest { target, .. } = request;
    let stored = host.store.load(&target.environment)?;
    let answers_ref = target.find(&stored.environment)?;
    let before = current(host, &target.environment, &answers_ref)?;
    let text = match &before {
        Some(text) => format!("{text}\n"),
        None => defaults(host, target),
    };
    let copy = create_copy(request, &text)?;
    let saved = run_editor(&request.editor, &copy).and_then(|()| {
        let text = read_copy(&copy)?;
        let write = NewText {
            verb: "edit",
            text: &text,
            expected: Some(&before),
            idempotency_key: request.idempotency_key.as_ref(),
            if_revision: request.if_revision,
        };
        write.save(host, target)
    });
    match saved {
        Ok(report) => {
            // a copy that stays is harmless
            let _ = output::remove_if_exists(&copy);
            Ok(report)
        }
        Err(source) => Err(ManageAnswersError::NotSaved {
            environment: target.environment.clone(),
            answers_ref,
            copy,
            source: Box::new(source),
        }),
    }
}

/// Returns a document with the defaults of the schema, if a pack ships one.
fn defaults(host: &Host, target: &AnswersTarget) -> String {
    let questions = form::form(host, target).map(|form| form.questions).unwrap_or_default();
    let mut members = Map::new();
    for Question { name, default, .. } in questions {
        members.extend(default.map(|default| (name, default)));
    }
    pretty(&Value::Object(members))
}

/// Creates a file that only its owner can read.
fn create_copy(request: &EditRequest, text: &str) -> Result<PathBuf, ManageAnswersError> {
    let id = &request.target.environment;
    for number in 0..MAX_COPIES {
        let path = request.folder.join(format!("gtc-answers-{id}-{number}.json"));
        match atomic::write_new(&path, text.as_bytes(), 0o600) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(ManageAnswersError::Copy { path, source }),
        }
    }
    let source = std::io::ErrorKind::AlreadyExists.into();
    Err(ManageAnswersError::Copy { path: request.folder.clone(), source })
}

fn run_editor(editor: &str, copy: &Path) -> Result<(), ManageAnswersError> {
    try_editor(editor, copy).map_err(|reason| ManageAnswersError::Editor {
        editor: ForeignText::excerpt(editor),
        reason: ForeignText::sentence(&reason),
    })
}

fn try_editor(editor: &str, copy: &Path) -> Result<(), String> {
    let words = shell_words::split(editor).map_err(|error| error.to_string())?;
    let (program, arguments) = words.split_first().ok_or("it names no program")?;
    let status = process::command(program).args(arguments).arg(copy).status();
    let status = status.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("it ended with {status}")) }
}

fn read_copy(copy: &Path) -> Result<String, ManageAnswersError> {
    let bytes = gtc_fs::read::read_capped(copy, MAX_ANSWERS_BYTES)
        .map_err(|source| ManageAnswersError::ReadCopy { path: copy.to_owned(), source })?;
    let text = std::str::from_utf8(without_byte_order_mark(&bytes));
    text.map(str::to_owned).map_err(|_| ManageAnswersError::NotUtf8 { path: copy.to_owned() })
}

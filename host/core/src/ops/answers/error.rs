//! Errors of answers.

use std::io;
use std::path::PathBuf;

use env_pack_domain::{
    AnswersRef, Binding, BindingKey, DescriptorPath, EnvId, ForeignText, InstanceId, PackRef,
};
use gtc_fs::read::ReadError;

use super::check::UnsuitableAnswers;
use crate::operation_error::{Explanation, OperationError};
use crate::ops::input_file::InputError;
use crate::ops::pack_error::PackError;
use crate::ops::phrases::{display_path, instance_phrase};
use crate::ops::suggested_commands::{default_answers_ref, inspect_command, update_command};
use crate::shell::{path_argument, quoted};
use gtc_store::{AnswersError, ChangeError, StoreError};

/// Answers were not written or shown.
#[derive(Debug, thiserror::Error)]
pub enum ManageAnswersError {
    /// The environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The stored answers could not be read.
    #[error(transparent)]
    Answers(#[from] AnswersError),
    /// The file of the new answers could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The file of the new answers is not text.
    #[error("`{}` is not UTF-8", display_path(.path))]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// A value is what is shown in place of a credential.
    #[error("the value at `{place}` is `[redacted]`, which is shown in place of a credential")]
    Placeholder {
        /// The place in the answers, as a JSON Pointer.
        place: ForeignText,
    },
    /// No binding has this descriptor path.
    #[error(
        "no pack is bound as `{kind}`{} in environment `{environment}`",
        instance_phrase(.instance.as_ref())
    )]
    NotBound {
        /// The descriptor path.
        kind: DescriptorPath,
        /// The instance, for an extension.
        instance: Option<InstanceId>,
        /// The environment.
        environment: EnvId,
    },
    /// The binding names no answers.
    #[error("{} in environment `{environment}` names no answers", .binding.key())]
    NoAnswers {
        /// The environment.
        environment: EnvId,
        /// The binding.
        binding: Box<Binding>,
    },
    /// No pack that uses the answers ships a schema, so there is nothing to ask for.
    #[error("no pack that uses answers `{}` ships a schema", shown_ref(.answers_ref))]
    NoSchema {
        /// The place of the document in the environment.
        answers_ref: AnswersRef,
    },
    /// The pack of a binding that uses the answers could not be read.
    #[error("the answers cannot be checked: pack `{pack_ref}` cannot be read")]
    Unreadable {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The answers do not match the schema of a pack that uses them.
    #[error("answers `{}` do not suit {key}", shown_ref(.answers_ref))]
    Unsuitable {
        /// The place of the document in the environment.
        answers_ref: AnswersRef,
        /// The binding.
        key: BindingKey,
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: UnsuitableAnswers,
    },
    /// The answers changed after they were copied.
    #[error(
        "answers `{}` were changed by another process in the meantime",
        shown_ref(.answers_ref)
    )]
    ChangedMeanwhile {
        /// The place of the document in the environment.
        answers_ref: AnswersRef,
    },
    /// The copy to edit could not be created.
    #[error("cannot create a copy to edit at `{}`", display_path(.path))]
    Copy {
        /// The file.
        path: PathBuf,
        /// The error that the system reported.
        source: io::Error,
    },
    /// The edited copy could not be read.
    #[error("cannot read the copy `{}`", display_path(.path))]
    ReadCopy {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: ReadError,
    },
    /// The editor failed.
    #[error("editor `{editor}` failed: {reason}")]
    Editor {
        /// The command of the editor.
        editor: ForeignText,
        /// The problem.
        reason: ForeignText,
    },
    /// The edited copy was not accepted.
    #[error("the answers were not changed; the edited copy is `{}`", display_path(.copy))]
    NotSaved {
        /// The environment.
        environment: EnvId,
        /// The place of the document in the environment.
        answers_ref: AnswersRef,
        /// The edited copy.
        copy: PathBuf,
        /// The cause.
        source: Box<Self>,
    },
}

impl OperationError for ManageAnswersError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Answers(error) => error.explain(),
            Self::Input(error) => error.explain(),
            Self::NotUtf8 { .. } => {
                Explanation::refused("answers-parse", "write a JSON document in UTF-8")
            }
            Self::Placeholder { .. } => {
                Explanation::refused("redacted", "give the value itself, or use `answers edit`")
            }
            Self::NotBound { environment, .. } => Explanation::refused(
                "not-found",
                format!(
                    "see what is bound with `gtc op grants list {environment}`, and name the \
                     instance of an extension with `--instance-id`"
                ),
            ),
            Self::NoAnswers { environment, binding } => {
                let update = update_command(environment, binding, Some(&binding.pack_ref));
                let place = default_answers_ref(binding);
                Explanation::refused(
                    "not-found",
                    format!("name them with `{update} --answers-ref {place}`"),
                )
            }
            Self::NoSchema { .. } => {
                Explanation::refused("no-schema", "give a JSON document with `--file <file>`")
            }
            Self::Unreadable { source, .. } => source.explain(),
            Self::Unsuitable { pack_ref, source, .. } => match source {
                UnsuitableAnswers::Schema(_) => source.explain(),
                UnsuitableAnswers::Mismatch { .. } => Explanation::refused(
                    source.code(),
                    format!("see the schema with `{}`", inspect_command(pack_ref)),
                ),
            },
            Self::ChangedMeanwhile { .. } => {
                Explanation::refused("conflict", "edit the answers again")
            }
            Self::Copy { .. } | Self::ReadCopy { .. } => {
                Explanation::failed("io", "check the folder that the variable TMPDIR names")
            }
            Self::Editor { .. } => {
                Explanation::failed("editor", "name an editor in the variable VISUAL or EDITOR")
            }
            Self::NotSaved { environment, answers_ref, copy, source } => {
                let file = path_argument(&copy.to_string_lossy());
                let answers_ref = quoted(answers_ref.as_str());
                Explanation {
                    hint: Some(format!(
                        "correct the copy, and write it with `gtc op answers put --env \
                         {environment} --answers-ref {answers_ref} --file {file}`"
                    )),
                    ..source.explain()
                }
            }
        }
    }
}

fn shown_ref(answers_ref: &AnswersRef) -> ForeignText {
    ForeignText::excerpt(answers_ref.as_str())
}

//! Text of the report of written answers.

use crate::render::{GOOD, RenderHuman, shown, warnings};
use crate::table::Style;
use gtc_core::ops::answers::{AnswersUser, PutReport};

/// The name of a binding in a list.
pub(super) fn user_name(user: &AnswersUser) -> String {
    let kind = user.kind.path();
    match (&user.slot, &user.instance_id) {
        (Some(slot), _) => format!("slot `{slot}`"),
        (None, Some(instance)) => format!("extension `{kind}` instance `{instance}`"),
        (None, None) => format!("extension `{kind}`"),
    }
}

impl RenderHuman for PutReport {
    fn render_human(&self, _verb: &str) -> String {
        let answers = shown(&self.answers_ref);
        let id = &self.environment_id;
        let done = if self.unchanged {
            format!("answers `{answers}` of environment `{id}` are unchanged")
        } else {
            format!("wrote answers `{answers}` of environment `{id}`")
        };
        let mut text = format!("{} {done}\n", Style::Good.paint(GOOD));
        for user in &self.bindings {
            let checked = match user.checked {
                Some(true) => "they match the schema of its pack",
                Some(false) | None => "not checked: its pack ships no schema, or is not pinned",
            };
            text.push_str(&format!("  {}: {checked}\n", user_name(user)));
        }
        if self.bindings.is_empty() {
            let flag = format!("no binding uses them yet; bind with `--answers-ref {answers}`");
            text.push_str(&warnings(&[flag]));
        }
        text
    }
}

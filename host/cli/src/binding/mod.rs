//! Arguments, prompts and reports that `gtc op env-packs` and `gtc op extensions` share.

pub(crate) mod arguments;
pub(crate) mod fleet;
pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod unbind;
pub(crate) mod update;

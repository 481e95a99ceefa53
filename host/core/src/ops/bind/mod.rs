//! Changes bindings: plan → consent → apply.
//!
//! 1. [`plan_add`], [`plan_update`], [`plan_refresh`] or [`plan_pin`] reads the environment,
//!    fetches and loads the pack, and checks it. Nothing is written.
//! 2. The caller shows [`Plan::difference`] and [`Plan::missing_permissions`] to the
//!    operator, and calls [`Plan::grant_missing`] on consent.
//! 3. [`apply()`] locks the environment, repeats the checks that another process may have
//!    invalidated, computes the new bindings, saves them, and writes the audit record.
//!
//! [`remove`] and [`rollback`] have no plan. [`preview_remove`] and [`preview_rollback`] show what
//! they would change, before the operator consents.

mod apply;
mod check;
mod difference;
mod error;
mod events;
mod generations;
mod intent;
mod paths;
mod plan;
mod preview;
mod report;
mod request;
mod unbind;

pub use apply::apply;
pub use error::{BindError, PathOwner, UnbindError, UnsuitablePack};
pub use plan::{Plan, plan_add, plan_pin, plan_refresh, plan_update, preview_refresh};
pub use preview::{
    PreviewedBinding, PreviewedChange, UnbindPreview, preview_remove, preview_rollback,
};
pub use report::{BindReport, ComparedPack, GrantsReport, PackDifference};
pub use request::{BindRequest, GrantSelection, RefreshRequest, RemoveRequest, RollbackRequest};
pub(super) use unbind::repeated_rollback;
pub use unbind::{remove, rollback};

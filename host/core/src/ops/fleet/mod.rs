//! Operations on many environments of a store at once.

mod check;
mod in_order;
mod list;
mod pattern;
mod rollback;
mod selector;

pub use check::{Fleet, FleetReport, FleetTotals, UncheckedEnvironment};
pub use list::{
    FleetEnvPacksReport, FleetExtensionsReport, UnknownSlot, UnreadableEnvironment, list_env_packs,
    list_extensions,
};
pub use pattern::{InvalidPattern, Pattern};
pub use rollback::{
    ChangeFailure, ChangeState, ChangeTotals, EnvironmentChange, FleetChangeReport, FleetPlan,
    FleetRollbackRequest, plan_rollback,
};
pub use selector::{FleetError, FleetSelector};

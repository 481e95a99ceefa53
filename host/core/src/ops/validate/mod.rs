//! `gtc pack validate`: reports all problems of packs, for their authors and for CI.
//!
//! A handler runs only if its archive is in order. It is compiled and run in a worker, with
//! the usual limits, less time and no permissions granted.

mod code;
mod declaration;
mod dry_run;
mod error_codes;
mod finding;
mod handler;
mod interpreters;
mod permissions;
mod preflight;
mod private_keys;
mod report;
mod request;
mod signatures;
mod table;
mod validator;

use env_pack_domain::{PackRef, with_causes};
use gtc_fs::read::FileKind;

use super::deadline::{Deadline, TimeLimit};
use super::pack_error::{COMMAND_OUT_OF_TIME, COMMAND_TIME_HINT};
use crate::Host;
use crate::operation_error::OperationError;
use crate::shell::quoted;
use finding::PackFindings;
use gtc_fetch::FetchError;
use signatures::RequiredSignature;
use validator::PackValidator;

pub use code::{CodeDescription, FindingSeverity};
pub use finding::PackFinding;
pub use report::{
    PackReport, ValidateReport, ValidatedHandler, ValidationFailure, ValidationVerdict,
};
pub use request::{SignaturePolicy, ValidateRequest};
pub use table::{Code, PAGE};

/// Validates packs one after the other. A pack that cannot be fetched does not affect the
/// others; if a key or trust root cannot be read, no pack is examined.
pub fn validate(host: &Host, request: &ValidateRequest) -> ValidateReport {
    let required =
        RequiredSignature::load(host, &request.signatures).map_err(|error| ValidationFailure {
            kind: error.kind(),
            message: with_causes(&error),
            hint: error.hint().unwrap_or_default(),
        });
    let deadline = Deadline::for_command(&host.limits, request.packs.len());
    let packs = request.packs.iter().map(|pack_ref| match &required {
        Ok(_) if deadline.has_passed() => {
            let failure = out_of_time(deadline.limit());
            PackReport { failure: Some(failure), ..PackReport::new(pack_ref) }
        }
        Ok(required) => validate_pack(host, request, required, pack_ref),
        Err(failure) => PackReport { failure: Some(failure.clone()), ..PackReport::new(pack_ref) },
    });
    ValidateReport::new(packs.collect(), request.strict)
}

fn validate_pack(
    host: &Host,
    request: &ValidateRequest,
    required: &RequiredSignature,
    pack_ref: &PackRef,
) -> PackReport {
    let mut report = PackReport::new(pack_ref);
    let mut findings = PackFindings::default();
    match host.fetcher.fetch(pack_ref) {
        Ok(fetched) => {
            report.size = fetched.bytes.len();
            report.sha256 = Some(fetched.digest.hex());
            signatures::check(host, pack_ref, &fetched, required, &mut findings);
            let validator =
                PackValidator { host, request, fetched: &fetched, findings: &mut findings };
            report.failure = validator.run(&mut report).err();
        }
        Err(error @ FetchError::TooLarge { .. }) => {
            findings.push(PackFinding::new(Code::ArchiveTooLarge, with_causes(&error)));
            report.stopped = Some("the archive was not read");
        }
        Err(error) => report.failure = Some(fetch_failure(pack_ref, &error)),
    }
    if request.strict {
        findings.raise_warnings();
    }
    (report.findings, report.omitted) = findings.into_sorted();
    report
}

/// The failure of a pack that was not examined because the command took too long.
fn out_of_time(limit: TimeLimit) -> ValidationFailure {
    ValidationFailure {
        kind: COMMAND_OUT_OF_TIME,
        message: format!("not examined: the packs before it took longer than {limit}"),
        hint: COMMAND_TIME_HINT.to_owned(),
    }
}

fn fetch_failure(pack_ref: &PackRef, error: &FetchError) -> ValidationFailure {
    let hint = match error {
        FetchError::NotAFile { what: FileKind::Folder, .. } => {
            let folder = pack_ref.text();
            let folder = quoted(folder.trim_end_matches('/'));
            format!("name the packs in it: `gtc pack validate {folder}/*.gtpack`")
        }
        error => error.hint().unwrap_or_default(),
    };
    ValidationFailure { kind: error.kind(), message: with_causes(error), hint }
}

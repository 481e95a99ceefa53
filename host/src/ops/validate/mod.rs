//! Everything that is wrong with packs, for their authors and for whoever lets packs in:
//! the door of a CI.
//!
//! Nothing of a pack runs whose archive is not in order. What runs is compiled in the
//! worker, has the limits of every handler, less time, and no grants.

mod code;
mod dry_run;
mod error_codes;
mod finding;
mod handler;
mod interpreters;
mod permissions;
mod preflight;
mod private_keys;
mod report;
mod signatures;
mod table;

use std::path::PathBuf;
use std::time::Duration;

use env_pack_domain::{EnvId, PackRef, Version};
use gtc_fs::read::FileKind;

use super::load_pack::{MAX_HANDLERS_PER_RUN, open_archive};
use super::pack_error::fetch_hint;
use super::quoted;
use crate::archive::{self, Pack};
use crate::engine::Provenance;
use crate::fetch::{FetchError, FetchedPack, PackFormat};
use crate::host::Host;
use finding::PackFindings;
use signatures::RequiredSignature;

pub use code::{CodeDescription, FindingSeverity};
pub use finding::PackFinding;
pub use report::{
    PackReport, ValidateReport, ValidatedHandler, ValidationFailure, ValidationVerdict,
};
pub use table::{Code, PAGE};

/// The extension of the manifest in which a pack declares its handlers.
const DECLARATIONS: &str = "manifest.cbor#greentic.env-pack.v1";
/// How long all handlers of a pack may run together, beside their first answers.
const MAX_RUN_TIME: Duration = Duration::from_secs(1);

/// Packs to be looked at.
#[derive(Clone, Debug)]
pub struct ValidateRequest {
    /// Where they are.
    pub packs: Vec<PackRef>,
    /// Whether warnings count as errors do.
    pub strict: bool,
    /// Whether a pack without a handler is an error.
    pub require_handler: bool,
    /// Whose signature each must have.
    pub signatures: SignaturePolicy,
}

/// Whose signature a pack must have.
#[derive(Clone, Debug)]
pub enum SignaturePolicy {
    /// None; it is only looked whether those that are there belong to the pack.
    NotRequired,
    /// Anybody's.
    AnySigner,
    /// That of one of the keys in these files.
    Keys(Vec<PathBuf>),
    /// That of somebody whom an environment trusts.
    Environment(EnvId),
}

/// Looks at packs, each by itself: one that cannot be had leaves the others alone. As
/// long as nobody knows whose signatures are asked for, nothing is known of any.
pub fn validate(host: &Host, request: &ValidateRequest) -> ValidateReport {
    let wanted =
        RequiredSignature::load(host, &request.signatures).map_err(|error| ValidationFailure {
            kind: error.kind(),
            message: with_causes(&error),
            hint: error.hint().unwrap_or_default(),
        });
    let packs = request.packs.iter().map(|pack_ref| match &wanted {
        Ok(wanted) => validate_pack(host, request, wanted, pack_ref),
        Err(failure) => PackReport { failure: Some(failure.clone()), ..PackReport::new(pack_ref) },
    });
    ValidateReport::new(packs.collect(), request.strict)
}

fn validate_pack(
    host: &Host,
    request: &ValidateRequest,
    wanted: &RequiredSignature,
    pack_ref: &PackRef,
) -> PackReport {
    let mut report = PackReport::new(pack_ref);
    let mut findings = PackFindings::default();
    match host.fetcher.fetch(pack_ref) {
        Ok(fetched) => {
            report.size = fetched.bytes.len();
            report.sha256 = Some(fetched.digest.hex());
            signatures::check(host, pack_ref, &fetched, wanted, &mut findings);
            let validator =
                PackValidator { host, request, fetched: &fetched, findings: &mut findings };
            report.failure = validator.run(&mut report).err();
        }
        Err(error @ FetchError::TooLarge { .. }) => {
            findings.push(PackFinding::new(Code::ArchiveTooLarge, error.to_string()));
            report.stopped = Some("nothing of it was read");
        }
        Err(error) => {
            let hint = match &error {
                FetchError::NotAFile { what: FileKind::Folder, .. } => {
                    format!(
                        "name the packs in it: `gtc pack validate {}/*.gtpack`",
                        quoted(pack_ref.text().trim_end_matches('/'))
                    )
                }
                error => fetch_hint(error).to_owned(),
            };
            report.failure =
                Some(ValidationFailure { kind: error.kind(), message: with_causes(&error), hint });
        }
    }
    if request.strict {
        // in every form of the report
        let warnings =
            findings.list.iter_mut().filter(|finding| finding.severity == FindingSeverity::Warning);
        warnings.for_each(|finding| finding.severity = FindingSeverity::Error);
    }
    // what matters most comes first, and otherwise things stay in the order in which a pack
    // is read
    findings.list.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    (report.findings, report.omitted) = (findings.list, findings.omitted);
    report
}

/// An error and its causes.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| {
        let cause = env_pack_domain::ForeignText::new(cause.to_string()).to_string();
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

/// A pack that is being looked at.
struct PackValidator<'a> {
    host: &'a Host,
    request: &'a ValidateRequest,
    fetched: &'a FetchedPack,
    findings: &'a mut PackFindings,
}

impl PackValidator<'_> {
    fn run(mut self, report: &mut PackReport) -> Result<(), ValidationFailure> {
        let Some(pack) = self.read_archive(report)? else { return Ok(()) };
        if pack.publisher.as_exact().trim().is_empty() && self.fetched.format == PackFormat::Archive
        {
            let message = "the manifest names no publisher";
            self.findings.push(
                PackFinding::new(Code::PublisherEmpty, message).on("manifest.cbor#publisher"),
            );
        }
        for packed in &pack.handlers {
            handler::check_binary(packed, self.findings);
        }
        let is_in_order = report.stopped.is_none();
        if pack.handlers.is_empty() && is_in_order {
            self.report_no_handler(PackFinding::new(
                Code::NoHandler,
                "the pack holds no env-pack handler",
            ));
        }
        if is_in_order {
            let trust =
                if self.fetched.is_builtin { Provenance::Builtin } else { Provenance::External };
            self.run_handlers(&pack, trust, report)?;
            self.check_handlers_together(&pack, report);
        }
        (report.id, report.version) = (Some(pack.id), Some(pack.version));
        Ok(())
    }

    /// A pack without a handler is what it is, unless one was asked for.
    fn report_no_handler(&mut self, mut finding: PackFinding) {
        if self.request.require_handler {
            finding.severity = FindingSeverity::Error;
            finding.hint =
                "build a handler into it: `gtc pack build --component <file> --version <version>`"
                    .to_owned();
        }
        self.findings.push(finding);
    }

    /// The pack, as far as its archive can be read.
    fn read_archive(&mut self, report: &mut PackReport) -> Result<Option<Pack>, ValidationFailure> {
        let fetched = self.fetched;
        let failed = |error: &archive::ArchiveError| ValidationFailure {
            kind: error.rule(),
            message: error.to_string(),
            hint: "report this pack to whoever maintains `gtc`: it reads the archive in two ways"
                .to_owned(),
        };
        if fetched.format == PackFormat::Component {
            return open_archive(self.host, fetched).map(Some).map_err(|error| failed(&error));
        }
        if fetched.bytes.starts_with(archive::WASM) {
            let message = "it begins as a WebAssembly component does, and not as an archive";
            self.findings.push(PackFinding::new(Code::BareComponent, message));
            report.stopped = Some("nothing of it was looked at, because it is no pack");
            return Ok(None);
        }
        let limits = &self.host.limits.archive;
        let mut look = |name: &str, content: &[u8]| {
            private_keys::check_entry(name, content, self.findings);
        };
        let survey = archive::diagnose(&fetched.bytes, limits, &mut look);
        if let [other @ archive::ArchiveError::Application] = survey.faults.as_slice() {
            self.report_no_handler(
                PackFinding::new(Code::NoHandler, other.to_string()).on("manifest.json"),
            );
            return Ok(None);
        }
        for fault in &survey.faults {
            self.findings.push(error_codes::archive_finding(fault).ok_or_else(|| failed(fault))?);
        }
        if survey.entries.is_empty() && !survey.faults.is_empty() {
            report.stopped =
                Some("nothing in it was looked at, because its container is not in order");
        } else if !survey.faults.is_empty() {
            report.stopped = Some("nothing of it was run, because its archive is not in order");
        }
        survey
            .component_faults
            .iter()
            .for_each(|fault| self.findings.push(error_codes::component_finding(fault)));
        self.check_entry_order(&survey.entries);
        Ok(survey.pack)
    }

    /// Whether the documents lie where those find them who read a pack as a stream.
    fn check_entry_order(&mut self, entries: &[archive::EntryInfo]) {
        let place = |name: &str| entries.iter().position(|entry| entry.name.as_exact() == name);
        if place("sbom.cbor").is_none() {
            // the older form has its entries in the order of their names, and its readers look them
            // up
            return;
        }
        if place("manifest.cbor").is_some_and(|at| at != 0) {
            let message = "`manifest.cbor` is not the first entry";
            self.findings.push(PackFinding::new(Code::EntryOrder, message).on("manifest.cbor"));
        }
        let behind = |at: usize| {
            entries
                .iter()
                .skip(at + 1)
                .any(|entry| !entry.name.as_exact().starts_with("signatures/"))
        };
        if place("sbom.cbor").is_some_and(behind) {
            let message = "`sbom.cbor` is not the last entry";
            self.findings.push(PackFinding::new(Code::EntryOrder, message).on("sbom.cbor"));
        }
    }

    /// Runs the handlers, as long as none of them keeps everybody waiting: a pack may
    /// hold a thousand.
    fn run_handlers(
        &mut self,
        pack: &Pack,
        trust: Provenance,
        report: &mut PackReport,
    ) -> Result<(), ValidationFailure> {
        let mut took = Duration::ZERO;
        for (at, packed) in pack.handlers.iter().enumerate() {
            let (seen, time) = handler::run(self.host, packed, trust, self.findings)?;
            report.handlers.extend(seen);
            took += time;
            let is_slow = self.findings.is_slow;
            let left = pack.handlers.len() - at - 1;
            if left > 0 && (is_slow || took > MAX_RUN_TIME || at + 1 == MAX_HANDLERS_PER_RUN) {
                let message =
                    format!("{left} more handlers were not run, after `{}`", packed.component);
                self.findings.push(PackFinding::new(Code::NotRun, message).on(DECLARATIONS));
                return Ok(());
            }
        }
        Ok(())
    }

    /// What can only be said when all handlers have said who they are.
    fn check_handlers_together(&mut self, pack: &Pack, report: &PackReport) {
        let version = pack.version.parse::<Version>().ok();
        for (at, seen) in report.handlers.iter().enumerate() {
            let place = |field: &str| format!("handlers[{}].{field}", seen.component.as_exact());
            let path = &seen.descriptor_path;
            let supported = seen.supported_versions.parse::<env_pack_domain::VersionReq>().ok();
            if let (Some(version), Some(supported)) = (&version, supported)
                && !supported.matches(version)
            {
                let message = format!(
                    "the pack has version `{version}`, and its handler of `{path}` supports `{supported}`"
                );
                self.findings.push(
                    PackFinding::new(Code::OwnVersion, message).on(place("supported_versions")),
                );
            }
            if report.handlers[..at].iter().any(|other| other.descriptor_path == *path) {
                let message = format!("two handlers answer for `{path}`");
                self.findings
                    .push(PackFinding::new(Code::PathTwice, message).on(place("descriptor_path")));
            }
            if self.is_builtin_path(path) {
                let message = format!("`{path}` is the path of a built-in pack");
                self.findings.push(
                    PackFinding::new(Code::PathOfBuiltin, message).on(place("descriptor_path")),
                );
            }
        }
    }

    /// Whether a built-in pack answers for a path, and this is not that pack itself.
    fn is_builtin_path(&self, path: &env_pack_domain::DescriptorPath) -> bool {
        let builtin = self.host.fetcher.builtins().find(|builtin| builtin.path() == path);
        let builtin =
            builtin.and_then(|builtin| self.host.fetcher.fetch(&PackRef::Builtin(builtin)).ok());
        builtin.is_some_and(|builtin| builtin.digest != self.fetched.digest)
    }
}

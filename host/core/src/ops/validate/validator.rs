//! Validates one pack: first its archive, then each handler, then the handlers together.

use std::collections::HashSet;
use std::time::Duration;

use env_pack_domain::{DescriptorPath, EnvPackHandler, PackRef, Version, VersionReq};

use super::code::FindingSeverity;
use super::declaration::{DECLARATIONS, field_path};
use super::error_codes;
use super::finding::{PackFinding, PackFindings};
use super::handler;
use super::private_keys;
use super::report::{PackReport, ValidationFailure};
use super::request::ValidateRequest;
use super::table::Code;
use crate::Host;
use crate::answers_schema::AnswersSchema;
use crate::ops::deadline::Deadline;
use crate::ops::inspect;
use crate::ops::load_pack::open_archive;
use gtc_archive::{ANSWERS_SCHEMA, ArchiveError, EntryInfo, Pack};
use gtc_engine::Provenance;
use gtc_fetch::{FetchedPack, PackFormat};

/// Time that all handlers of a pack may run together after their first answers; the rest is
/// not run then.
const MAX_RUN_TIME: Duration = Duration::from_secs(1);

/// A pack that is being validated.
pub(super) struct PackValidator<'a> {
    pub host: &'a Host,
    pub request: &'a ValidateRequest,
    pub fetched: &'a FetchedPack,
    pub findings: &'a mut PackFindings,
}

impl<'a> PackValidator<'a> {
    /// Adds everything that is wrong with the pack to the findings.
    ///
    /// # Errors
    /// [`ValidationFailure`] if this machine could not examine the pack to the end.
    pub(super) fn run(mut self, report: &mut PackReport) -> Result<(), ValidationFailure> {
        let Some(pack) = self.read_archive(report)? else { return Ok(()) };
        if pack.publisher.as_exact().trim().is_empty() && self.fetched.format == PackFormat::Archive
        {
            let message = "the manifest names no publisher";
            let finding = PackFinding::new(Code::PublisherEmpty, message);
            self.findings.push(finding.on("manifest.cbor#publisher"));
        }
        if let Some(Err(error)) = pack.answers_schema.as_deref().map(AnswersSchema::parse) {
            let subject = format!("{ANSWERS_SCHEMA}{}", error.place.as_exact());
            let finding = PackFinding::new(Code::AnswersSchema, error.to_string());
            self.findings.push(finding.on(subject));
        }
        for packed in &pack.handlers {
            handler::check_binary(packed, self.findings);
        }
        if report.stopped.is_none() {
            if pack.handlers.is_empty() {
                self.check_without_handler(&pack);
            }
            self.run_handlers(&pack, report)?;
            self.check_handlers_together(&pack, report);
        }
        report.id = Some(pack.id);
        report.version = Some(pack.version);
        Ok(())
    }

    /// Checks a pack without a handler by the rules of extensions.
    fn check_without_handler(&mut self, pack: &Pack<'_>) {
        self.report_no_handler(PackFinding::new(Code::NoHandler, without_handler(pack)));
        let config = inspect::config_pack(pack);
        if let Some(path) = config.as_ref().map(EnvPackHandler::descriptor_path)
            && self.is_builtin_path(path)
        {
            self.findings.push(builtin_path(path).on("manifest.cbor#pack_id"));
        }
    }

    /// Adds a finding about a pack without a handler: a note, unless the request requires one.
    fn report_no_handler(&mut self, mut finding: PackFinding) {
        if self.request.require_handler {
            finding.severity = FindingSeverity::Error;
            finding.hint =
                "build a handler into it: `gtc pack build --component <file> --version <version>`"
                    .to_owned();
        }
        self.findings.push(finding);
    }

    /// Reads the pack as far as its archive allows. `None` if there is no pack to go on with.
    fn read_archive(
        &mut self,
        report: &mut PackReport,
    ) -> Result<Option<Pack<'a>>, ValidationFailure> {
        let fetched = self.fetched;
        if fetched.format == PackFormat::Component {
            return open_archive(self.host, fetched)
                .map(Some)
                .map_err(|error| archive_failure(&error));
        }
        if fetched.bytes.starts_with(gtc_archive::WASM) {
            let message = "the file is a WebAssembly component, not an archive";
            self.findings.push(PackFinding::new(Code::BareComponent, message));
            report.stopped = Some("the contents were not examined, because this is not a pack");
            return Ok(None);
        }
        let limits = &self.host.limits.archive;
        let diagnosis =
            gtc_archive::diagnose(&fetched.bytes, limits, &mut |name: &str, content: &[u8]| {
                private_keys::check_entry(name, content, self.findings);
            });
        if let [application @ ArchiveError::Application] = diagnosis.faults.as_slice() {
            let finding = PackFinding::new(Code::NoHandler, application.to_string());
            self.report_no_handler(finding.on("manifest.json"));
            return Ok(None);
        }
        for fault in &diagnosis.faults {
            let finding =
                error_codes::archive_finding(fault).ok_or_else(|| archive_failure(fault))?;
            self.findings.push(finding);
        }
        if !diagnosis.faults.is_empty() {
            report.stopped = Some(if diagnosis.entries.is_empty() {
                "the contents were not examined, because the container is not valid"
            } else {
                "the handlers were not run, because the archive is not valid"
            });
        }
        for fault in &diagnosis.component_faults {
            self.findings.push(error_codes::component_finding(fault));
        }
        self.check_entry_order(&diagnosis.entries);
        Ok(diagnosis.pack)
    }

    /// Checks that tools that read a pack as a stream find the manifest first and the bill of
    /// materials last, before signatures.
    fn check_entry_order(&mut self, entries: &[EntryInfo]) {
        let position = |name: &str| entries.iter().position(|entry| entry.name.as_exact() == name);
        // packs of the older form have no such order: their readers look entries up
        let Some(sbom) = position("sbom.cbor") else { return };
        if position("manifest.cbor").is_some_and(|at| at != 0) {
            let message = "`manifest.cbor` is not the first entry";
            self.findings.push(PackFinding::new(Code::EntryOrder, message).on("manifest.cbor"));
        }
        let mut after_sbom = entries[sbom + 1..].iter();
        if after_sbom.any(|entry| !entry.name.as_exact().starts_with("signatures/")) {
            let message = "`sbom.cbor` is not the last entry";
            self.findings.push(PackFinding::new(Code::EntryOrder, message).on("sbom.cbor"));
        }
    }

    /// Runs the handlers until one is slow: a pack can contain many.
    fn run_handlers(
        &mut self,
        pack: &Pack<'_>,
        report: &mut PackReport,
    ) -> Result<(), ValidationFailure> {
        let trust =
            if self.fetched.is_builtin { Provenance::Builtin } else { Provenance::External };
        let deadline = Deadline::for_pack(&self.host.limits, &pack.handlers);
        let mut paths = HashSet::new();
        let mut run_time = Duration::ZERO;
        for (at, packed) in pack.handlers.iter().enumerate() {
            let declared = packed.declared.as_ref().map(|declared| &declared.descriptor_path);
            if let Some(path) = declared.filter(|path| !paths.insert(*path)) {
                self.findings.push(path_twice(path).on(field_path(packed, "descriptor_path")));
                continue;
            }
            let (handler, time) = handler::run(self.host, packed, trust, self.findings)?;
            report.handlers.extend(handler);
            run_time += time;
            let is_slow = self.findings.has_reached_limit || deadline.has_passed();
            let left = pack.handlers.len() - at - 1;
            if left > 0 && (is_slow || run_time > MAX_RUN_TIME) {
                let message =
                    format!("{left} more handlers were not run, after `{}`", packed.component);
                self.findings.push(PackFinding::new(Code::NotRun, message).on(DECLARATIONS));
                return Ok(());
            }
        }
        Ok(())
    }

    /// Checks what depends on the pack or on other handlers, after all have reported their
    /// metadata.
    fn check_handlers_together(&mut self, pack: &Pack<'_>, report: &PackReport) {
        let version = pack.version.parse::<Version>().ok();
        let mut paths = HashSet::new();
        for handler in &report.handlers {
            let field = |name: &str| format!("handlers[{}].{name}", handler.component.as_exact());
            let path = &handler.descriptor_path;
            let supported = handler.supported_versions.parse::<VersionReq>().ok();
            if let (Some(version), Some(supported)) = (&version, supported)
                && !supported.matches(version)
            {
                let message = format!(
                    "the pack has version `{version}`, but its handler of `{path}` supports `{supported}`"
                );
                let finding = PackFinding::new(Code::OwnVersion, message);
                self.findings.push(finding.on(field("supported_versions")));
            }
            if !paths.insert(path) {
                self.findings.push(path_twice(path).on(field("descriptor_path")));
            }
            if self.is_builtin_path(path) {
                self.findings.push(builtin_path(path).on(field("descriptor_path")));
            }
        }
    }

    /// Returns true if a built-in pack other than this one has the path.
    fn is_builtin_path(&self, path: &DescriptorPath) -> bool {
        let fetcher = &self.host.fetcher;
        let builtin = fetcher.builtins().find(|builtin| builtin.path() == path);
        let builtin = builtin.and_then(|builtin| fetcher.fetch(&PackRef::Builtin(builtin)).ok());
        builtin.is_some_and(|builtin| builtin.digest != self.fetched.digest)
    }
}

fn path_twice(path: &DescriptorPath) -> PackFinding {
    PackFinding::new(Code::PathTwice, format!("two handlers have the path `{path}`"))
}

fn builtin_path(path: &DescriptorPath) -> PackFinding {
    PackFinding::new(Code::PathOfBuiltin, format!("`{path}` is the path of a built-in pack"))
}

/// Says that a pack has no handler, and what it can be bound as.
fn without_handler(pack: &Pack<'_>) -> String {
    match inspect::config_pack(pack) {
        Some(config) => format!(
            "the pack contains no env-pack handler; it can be bound as the extension `{}@{}`",
            config.descriptor_path(),
            pack.version
        ),
        None => "the pack contains no env-pack handler, and its id is not the descriptor path of \
                 an extension"
            .to_owned(),
    }
}

/// The two readers of archives in the host disagree, which is a bug of the host.
fn archive_failure(error: &ArchiveError) -> ValidationFailure {
    ValidationFailure {
        kind: error.rule(),
        message: error.to_string(),
        hint: "report this pack to the maintainers of `gtc`, because its two zip readers disagree"
            .to_owned(),
    }
}

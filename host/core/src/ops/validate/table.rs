//! The table of all codes, with severity, cause and fix. `docs/validate.md` is generated
//! from it.

use serde::{Serialize, Serializer};

use super::code::{CodeDescription, FindingSeverity, codes};

/// The page that explains all codes.
pub const PAGE: &str = "docs/validate.md";

codes! {
"The container" {
    BareComponent "bare-component" Error
        "The file is a WebAssembly component, not a pack."
        "Pack it with `gtc pack build --component <file> --version <version>`.";
    ArchiveTooLarge "archive-too-large" Error
        "The archive is larger than the host reads."
        "Remove what the handler does not need; a pack can have at most 64 MiB.";
    EndRecord "zip-end-record" Error
        "The file does not end with the end record of a zip archive, or a comment or other bytes follow it."
        "Write the pack with `gtc pack build`; if it was downloaded, download it again.";
    MultiDisk "zip-multi-disk" Error
        "The archive is one part of a multi-part archive."
        "Write the archive into one file.";
    Zip64 "zip-zip64" Error
        "The archive uses ZIP64 fields, which zip readers interpret differently."
        "Write it without ZIP64, which is not needed below 4 GiB.";
    Zip64Field "zip-zip64-field" Error
        "An entry has a ZIP64 extra field, or asks for version 4.5 of the format, as some tools write for entries whose size they do not know yet."
        "Write the archive with a tool that knows sizes before it writes, or use `gtc pack repack`.";
    Padding "zip-padding" Error
        "Zeros between the entries, before the central directory or after the end record pad the archive."
        "Write the archive again with `gtc pack build`; if it was copied in blocks, copy it again.";
    AlignmentField "zip-alignment-field" Error
        "An entry has an extra field that only aligns its data, as `zipalign` writes it."
        "Write the archive without alignment, or use `gtc pack repack`.";
    EntryCount "zip-entry-count" Error
        "The archive has too many entries, or another number than its end record states."
        "Write the archive again, with at most 4,096 entries.";
    Tiling "zip-tiling" Error
        "There are bytes between, before or after the entries, or entries overlap."
        "Write the archive again with `gtc pack build`, or `gtc pack repack` if it came from another tool.";
    Truncated "zip-truncated" Error
        "A record extends beyond the end of the file."
        "Download the file again, or write it again.";
    RecordSignature "zip-signature" Error
        "A record does not begin with its signature."
        "Download the file again, or write it again.";
    HeadersDiffer "zip-headers-differ" Error
        "The two headers of an entry differ, so that zip readers disagree about it."
        "Write the archive with a tool that knows sizes before it writes, or use `gtc pack repack`.";
    Version "zip-version" Error
        "An entry asks for a newer version of the zip format than 2.0."
        "Use only the methods Stored and Deflate, and no newer features.";
    Flags "zip-flags" Error
        "An entry is encrypted, has a data descriptor, or another flag that only some readers support."
        "Write the archive again with `gtc pack build`, or use `gtc pack repack`.";
    Method "zip-method" Error
        "An entry uses another compression method than Stored and Deflate."
        "Use Deflate or no compression.";
    ExtraField "zip-extra-field" Error
        "An entry has an extra field or a comment."
        "Write the archive without them (`zip -X`), or use `gtc pack repack`.";
    AmbiguousField "zip-ambiguous-field" Error
        "An entry has an extra field that is malformed, unknown, or means another name, type or encryption to some readers."
        "Write the archive with `gtc pack build`, which adds no extra fields.";
    Name "zip-name" Error
        "The name of an entry is not a plain relative path of ASCII characters, or some reader would change it."
        "Rename the entry: no `..`, no leading `/`, no backslash, no `;`, no device name, no short name of Windows such as `A~1`, no `__MACOSX`, only ASCII.";
    NameTooLong "zip-name-too-long" Error
        "The name of an entry has more than 200 bytes."
        "Shorten the name.";
    DuplicateName "zip-duplicate-name" Error
        "Two entries have the same name, or names that differ only in case, or one is a folder of the other."
        "Keep one of them.";
    FileType "zip-file-type" Error
        "An entry is a link, a folder, a device or another kind of special file."
        "Replace links by their targets, and leave out folders.";
    EntryTooLarge "zip-entry-too-large" Error
        "An entry has more than 32 MiB."
        "Make it smaller, or leave it out.";
    TotalTooLarge "zip-total-too-large" Error
        "All entries together have more than 128 MiB."
        "Leave out what the handler does not need.";
    Ratio "zip-ratio" Error
        "An entry inflates to more than 200 times its size in the archive."
        "Store the entry without compression.";
    StoredSize "zip-stored-size" Error
        "An entry that is not compressed has two different sizes."
        "Write the archive again.";
    DeflateStream "zip-deflate-stream" Error
        "The compressed data of an entry does not end where its header says."
        "Write the archive again.";
    Checksum "zip-checksum" Error
        "The content of an entry does not match its checksum."
        "Download the file again, or write it again.";
}
"Bill of materials and manifest" {
    SbomMissing "sbom-missing" Error
        "The pack has no bill of materials: neither `sbom.cbor` nor the `sbom.json` of older tools."
        "Write the pack with `gtc pack build`.";
    SbomTooLarge "sbom-too-large" Error
        "The bill of materials has more than 1 MiB."
        "Pack fewer files.";
    SbomInvalid "sbom-invalid" Error
        "`sbom.cbor`, or the `sbom.json` of older tools, is not a bill of materials in the format `greentic-sbom-v1`."
        "Write the pack with `gtc pack build`.";
    SbomAmbiguous "sbom-ambiguous" Error
        "The pack has two bills of materials, `sbom.cbor` and `sbom.json`, so that readers disagree about its content."
        "Write the pack with `gtc pack build`, or remove one of them.";
    SbomAbsent "sbom-lists-absent-entry" Error
        "The bill of materials lists a file that is not in the archive."
        "Write the bill of materials after all other entries.";
    SbomOmits "sbom-omits-entry" Error
        "The bill of materials does not list an entry."
        "List the entry or remove it; add nothing to a pack after its bill of materials.";
    SbomTwice "sbom-lists-entry-twice" Error
        "The bill of materials lists a file twice."
        "List the file once.";
    SbomSize "sbom-size-differs" Error
        "The size of an entry differs from the bill of materials."
        "Write the pack again; if you did not change it, it was tampered with or damaged.";
    SbomHash "sbom-hash-differs" Error
        "The hash of an entry differs from the bill of materials."
        "Write the pack again; if you did not change it, it was tampered with or damaged.";
    ManifestMissing "manifest-missing" Error
        "There is no `manifest.cbor`, so this is not a Greentic pack."
        "Write the pack with `gtc pack build`.";
    ManifestTooLarge "manifest-too-large" Error
        "`manifest.cbor` has more than 1 MiB."
        "Move large data into separate files.";
    ManifestInvalid "manifest-invalid" Error
        "`manifest.cbor` is not a manifest of the schema `pack-v1` or of the older form."
        "Write the pack with `gtc pack build`.";
    ComponentMissing "component-missing" Error
        "The manifest names a component whose file is not in the archive."
        "Add it as `components/<id>.wasm`.";
    ComponentAmbiguous "component-ambiguous" Error
        "A component is in two places, `components/<id>.wasm` and `components/<id>@<version>/component.wasm`, so that readers disagree about it."
        "Keep the file that is meant.";
    ComponentUnlisted "component-unlisted" Error
        "The manifest names a file as a component that no bill of materials lists, such as one in `signatures/`."
        "Move the component out of `signatures/`, and list it.";
    ComponentUndeclared "component-undeclared" Warning
        "The archive contains a component, or the manifest of one, that the manifest of the pack does not name and that is therefore ignored."
        "Name it in the manifest, or remove it.";
    ComponentManifestMissing "component-manifest-missing" Error
        "The manifest of a component is not where the pack says, so that other tools cannot read the pack."
        "Write the pack with `gtc pack build`.";
    ComponentManifestInvalid "component-manifest-invalid" Error
        "The manifest of a component is malformed, so that other tools cannot read the pack."
        "Write the pack with `gtc pack build`.";
    ComponentManifestDiffers "component-manifest-differs" Error
        "The manifest of a component differs from the manifest of the pack, so that readers disagree about the component."
        "Write the pack with `gtc pack build`, which keeps both in step.";
    TooManyHandlers "too-many-handlers" Error
        "The pack has more handlers than the host loads."
        "Split it into packs of at most 32 handlers.";
    DeclarationInvalid "declaration-invalid" Error
        "The declaration of a handler in `greentic.env-pack.v1` is malformed."
        "Correct what the message names, or let `gtc pack build` write it.";
    HandlerUndeclared "handler-undeclared" Warning
        "The pack does not declare one of its handlers, so that the handler has no permissions."
        "Declare it in `greentic.env-pack.v1`, or let `gtc pack build` do it.";
    WorldDiffers "world-differs" Warning
        "The manifest names another version of the world than the component exports."
        "Write the pack with `gtc pack build`, which reads the version from the binary.";
    EntryOrder "entry-order" Warning
        "`manifest.cbor` is not the first entry, or `sbom.cbor` is not the last, which tools that read packs as a stream need."
        "Write the pack with `gtc pack build`.";
    AnswersSchema "answers-schema-invalid" Error
        "The schema of the operator's answers, `answers.schema.json`, is not one that the host accepts, so that no answers match it."
        "Correct what the message names; `docs/authoring.md` says which part of JSON Schema is supported.";
    PublisherEmpty "publisher-empty" Warning
        "The manifest does not say who publishes the pack."
        "Name the publisher: `gtc pack build --publisher <name>`.";
    NoHandler "pack-without-handler" Note
        "The pack contains no env-pack handler, so it cannot be bound to a slot; as an extension, it can be bound under its own id."
        "Nothing, if that is intended; `--require-handler` makes this an error.";
    Secret "secret-in-pack" Error
        "An entry holds a private key."
        "Remove the key from the pack and replace it: everyone who has the pack has the key. Secrets come from the operator's answers.";
    PrivateFile "private-file-in-pack" Warning
        "An entry has the name of a private-key file, such as `id_ed25519` or `*.p12`."
        "Remove the file from the pack.";
}
"The component" {
    NotAComponent "not-a-component" Error
        "The file of a handler is not a WebAssembly component."
        "Build it for `wasm32-wasip2`, or make a component of a core module with `wasm-tools component new`.";
    HandlerNotExported "handler-not-exported" Error
        "The component does not export the interface `greentic:env-pack/handler`."
        "Build it against the world `env-pack-handler` of the WIT that `gtc pack new` writes.";
    UnsupportedWit "unsupported-wit-version" Error
        "The component exports the handler interface in a version that this host does not support."
        "Build it against the WIT that `gtc pack new` writes.";
    UnsupportedImport "unsupported-import" Error
        "The component imports an interface that the host does not provide."
        "Import nothing but `greentic:env-pack` and WASI 0.2 core; there is no `wasi:http`.";
    TooComplex "component-too-complex" Error
        "The component is larger or more nested than the host compiles."
        "Build it with optimisation and fewer dependencies.";
    CompileTime "compile-out-of-time" Error
        "The component takes too long to compile."
        "Make its largest functions smaller.";
    CompileMemory "compile-out-of-memory" Error
        "The component takes too much memory to compile."
        "Make its largest functions smaller.";
    CompileCode "compile-too-much-code" Error
        "The component compiles to too much machine code."
        "Build it with fewer dependencies.";
    DoesNotCompile "does-not-compile" Error
        "The compiler does not accept the component."
        "Turn off the WebAssembly proposals that the message names, and build it again.";
    CompilerFailed "compiler-failed" Error
        "The compiler failed on the component, which is a bug of the compiler."
        "Report it to the maintainers of `gtc`, with the component and the output of `gtc --version`.";
    WrongInterface "wrong-interface" Error
        "The imports or exports of the component have other types than the interface."
        "Build it against the unchanged WIT that `gtc pack new` writes.";
    DebugInformation "debug-information" Warning
        "More than a quarter of the component is names and debug information, which the host does not use."
        "Build it for release, and strip it: `strip = true` in the profile.";
    ComponentLarge "component-large" Note
        "The component has more than 16 MiB, which other tools of the ecosystem do not read."
        "Make it smaller if other tools have to read the pack; this host accepts it.";
}
"The metadata of the handler" {
    MetadataTrapped "metadata-trapped" Error
        "The handler trapped when it was asked for its metadata."
        "Return constants from `slot`, `descriptor-path` and `supported-versions`.";
    MetadataExited "metadata-exited" Error
        "The handler exited when it was asked for its metadata."
        "Return the metadata instead of calling `exit`.";
    MetadataTime "metadata-out-of-time" Error
        "The handler took more than a second to return its metadata."
        "Return constants, and compute nothing during initialization.";
    MetadataMemory "metadata-out-of-memory" Error
        "The handler exceeded its memory limit when it was asked for its metadata."
        "Allocate less memory: the limit is 256 MiB.";
    MetadataTooMany "metadata-too-many" Error
        "The handler exceeded its limit of tables, instances or handles."
        "Build it with an ordinary toolchain, and close what it opens.";
    MetadataTooMuch "metadata-too-much-output" Error
        "The handler returned more data than allowed when it was asked for its metadata."
        "Return a slot, a path and a version requirement.";
    MetadataShape "metadata-wrong-shape" Error
        "The handler returned an invalid descriptor path or version requirement."
        "Return a path such as `acme.secrets.vault` and a requirement such as `^0.4`.";
    MetadataImport "metadata-forbidden-import" Error
        "The handler called the host when it was asked for its metadata."
        "Run programs, open connections and read answers in `preflight` only.";
    MetadataChanges "metadata-changes" Error
        "The handler returned other metadata when it was asked again."
        "Return constants.";
    SlotDiffers "slot-differs" Error
        "The handler returns another slot than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    PathDiffers "descriptor-path-differs" Error
        "The handler returns another descriptor path than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    VersionsDiffer "supported-versions-differ" Error
        "The handler returns another version requirement than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    OwnVersion "own-version-unsupported" Error
        "The handler does not support the version of its own pack."
        "Raise the requirement of the handler, or give the pack a version that it supports.";
    EveryVersion "supports-every-version" Warning
        "The handler supports every version of its descriptor, including all future versions."
        "Require the version it was written for, such as `^1`.";
    OpenVersions "supports-later-versions" Warning
        "The version requirement of the handler has no upper bound: it includes all future versions of its descriptor."
        "Give it an upper bound: `^1` or `>=1.2, <2`.";
    OtherSlot "descriptor-names-other-slot" Warning
        "The descriptor path names another slot than the handler serves."
        "Name it `<namespace>.<slot>.<implementation>` with its own slot.";
    PathOfBuiltin "path-of-builtin" Error
        "A built-in pack has this descriptor path, so that this pack cannot be bound."
        "Choose a path in your own namespace.";
    NotRun "handlers-not-run" Error
        "Not every handler of the pack was run, because those before took too long."
        "Put fewer handlers into one pack, or make the slow one faster.";
    PathTwice "path-answered-twice" Error
        "Two handlers of the pack have the same descriptor path."
        "Give each handler its own path.";
}
"Preflight without permissions" {
    PreflightTrapped "preflight-trapped" Error
        "The preflight trapped when all its commands and connections were refused."
        "Report a refusal as a failed check, like a missing tool.";
    PreflightExited "preflight-exited" Error
        "The preflight exited without a result."
        "Report a failed check instead of calling `exit`.";
    PreflightTime "preflight-out-of-time" Error
        "The preflight reached its time limit, although every call returns at once."
        "Do not retry what was refused, and do not sleep.";
    PreflightMemory "preflight-out-of-memory" Error
        "The preflight exceeded the memory limit of a handler."
        "Keep less data in memory: the limit is 256 MiB.";
    PreflightTooMany "preflight-too-many" Error
        "The preflight exceeded the limit of tables, instances or handles."
        "Close what it opens.";
    PreflightTooMuch "preflight-too-much-output" Error
        "The preflight returned more data than allowed."
        "Return at most 256 checks, and texts of at most 64 KiB.";
    PreflightShape "preflight-wrong-shape" Error
        "The preflight returned a check without a name, or two checks with the same name."
        "Give each check its own name.";
    PreflightChanges "preflight-changes" Warning
        "The preflight returned another result when it ran again under the same conditions."
        "Do not use time, random numbers or the iteration order of hash maps in checks.";
    PreflightIgnores "preflight-ignores-refusal" Warning
        "All commands and connections of the preflight were refused, but every check passed."
        "Report a refusal as a failed check.";
}
"Permissions" {
    CommandUndeclared "command-not-declared" Error
        "The preflight runs a command that the pack does not declare and that therefore cannot be granted."
        "Declare it in `CHECKS` (Rust) or under `[permissions]` in `gtc-pack.toml`; for a component, with `--tool '<command>'`.";
    AddressUndeclared "address-not-declared" Error
        "The preflight connects to an address that the pack does not declare and that therefore cannot be granted."
        "Declare it in `CHECKS` (Rust) or under `[permissions]` in `gtc-pack.toml`; for a component, with `--network <host>:<port>`.";
    ToolsUndeclared "tools-not-declared" Warning
        "The component can run programs, but the pack declares no commands."
        "Declare the commands, or do not import `greentic:env-pack/tools`.";
    ToolsUnused "tools-not-imported" Warning
        "The pack declares commands, but the component cannot run programs."
        "Declare only what the handler runs.";
    NetworkUndeclared "network-not-declared" Warning
        "The component can open connections, but the pack declares no addresses."
        "Declare the addresses, or do not import `greentic:env-pack/network`.";
    NetworkUnused "network-not-imported" Warning
        "The pack declares addresses, but the component cannot open connections."
        "Declare only what the handler connects to.";
    SectionMalformed "permissions-section-malformed" Error
        "The section of the component in which the SDK lists its permissions is malformed."
        "Build the component again with `env-pack-sdk`.";
    NeedsMore "permissions-incomplete" Warning
        "The component lists a permission that the pack does not declare."
        "Build the pack with `gtc pack build`, which reads the permissions from the component.";
    PermissionRepeated "permission-repeated" Warning
        "The pack declares a permission twice."
        "Declare it once.";
    PermissionsTooMany "permissions-too-many" Error
        "The pack declares more than 256 commands and addresses for one handler, too many to review."
        "Declare only what the preflight needs.";
    ToolIsShell "tool-is-shell" Note
        "A declared command is a shell or an interpreter, which runs the code in its arguments."
        "Declare the program that the code runs, with its arguments; the host runs it without a shell.";
}
"Signature" {
    Unsigned "unsigned" Error
        "The pack is not signed, but a signature is required."
        "Sign it with `gtc pack sign`, or put its signature next to it as `<pack>.sig`.";
    SignatureRefused "signature-refused" Error
        "The pack is signed, but not with a required key."
        "Have it signed with a trusted key, or trust the key that signed it.";
    SignatureUseless "signature-useless" Warning
        "The signature next to the pack does not belong to it."
        "Sign the pack again: `gtc pack sign --replace`.";
}
}

impl Code {
    /// The code with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// Returns true if a handler reached a limit of time or memory, so that running more of
    /// them would take too long.
    pub(super) fn is_resource_limit(self) -> bool {
        matches!(
            self,
            Self::CompileTime | Self::CompileMemory | Self::MetadataTime | Self::PreflightTime
        )
    }

    /// The page and anchor that explain the code.
    pub fn help(self) -> String {
        format!("{PAGE}#{}", self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

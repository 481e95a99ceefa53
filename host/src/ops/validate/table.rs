//! Every code there is: how much it matters, what is the case, and what to do about it.
//! `docs/validate.md` is made of this.

use serde::{Serialize, Serializer};

use super::code::{CodeDescription, FindingSeverity, codes};

/// The page on which every code is explained.
pub const PAGE: &str = "docs/validate.md";

codes! {
"The container" {
    BareComponent "bare-component" Error
        "The file is a WebAssembly component and no pack."
        "Pack it with `gtc pack build --component <file> --version <version>`.";
    ArchiveTooLarge "archive-too-large" Error
        "The archive has more bytes than anybody may ask the host to read."
        "Take out of the pack what its handler does not need; a pack has at most 64 MiB.";
    EndRecord "zip-end-record" Error
        "The file does not end in a zip archive's end record, or has a comment or more bytes after it."
        "Write the pack with `gtc pack build`; if it came over a network, get it again whole.";
    MultiDisk "zip-multi-disk" Error
        "The archive says that it is one of several parts."
        "Write the archive into one file.";
    Zip64 "zip-zip64" Error
        "The archive uses ZIP64 fields, about which readers disagree."
        "Write it without ZIP64, which nothing below 4 GiB needs.";
    EntryCount "zip-entry-count" Error
        "There are more entries than allowed, or not as many as the end record says."
        "Write the archive again, with at most 4,096 entries.";
    Tiling "zip-tiling" Error
        "There are bytes between, before or after the entries, or entries overlap."
        "Write the archive again with `gtc pack build`, or `gtc pack repack` if it came from another tool.";
    Truncated "zip-truncated" Error
        "A record reaches beyond the end of the file."
        "Get the file again, or write it again.";
    RecordSignature "zip-signature" Error
        "There is something else where a record should begin."
        "Get the file again, or write it again.";
    HeadersDiffer "zip-headers-differ" Error
        "The two headers of an entry contradict each other, so that two readers see two entries."
        "Write the archive with a tool that knows sizes before it writes, or use `gtc pack repack`.";
    Version "zip-version" Error
        "An entry asks for a newer version of the zip format than 2.0."
        "Write entries Stored or Deflate and nothing newer.";
    Flags "zip-flags" Error
        "An entry is encrypted, has a data descriptor, or another flag that only some readers obey."
        "Write the archive again with `gtc pack build`, or use `gtc pack repack`.";
    Method "zip-method" Error
        "An entry is compressed by another method than Stored and Deflate."
        "Compress with Deflate, or not at all.";
    ExtraField "zip-extra-field" Error
        "An entry has an extra field or a comment."
        "Write the archive without them (`zip -X`), or use `gtc pack repack`.";
    Name "zip-name" Error
        "The name of an entry is no plain relative path of ASCII characters."
        "Rename the entry: no `..`, no leading `/`, no backslash, no device, nothing beyond ASCII.";
    NameTooLong "zip-name-too-long" Error
        "The name of an entry has more than 200 bytes."
        "Shorten it.";
    DuplicateName "zip-duplicate-name" Error
        "Two entries have one name, or names that differ only in case, or one is a folder of the other."
        "Keep one of them.";
    FileType "zip-file-type" Error
        "An entry is a link, a folder, a device or another thing that is no regular file."
        "Put in what a link leads to, and leave folders out.";
    EntryTooLarge "zip-entry-too-large" Error
        "An entry has more than 32 MiB."
        "Make it smaller, or leave it out.";
    TotalTooLarge "zip-total-too-large" Error
        "All entries together have more than 128 MiB."
        "Leave out what the handler does not need.";
    Ratio "zip-ratio" Error
        "An entry inflates to more than 200 times its size in the archive."
        "Store the entry as it is.";
    StoredSize "zip-stored-size" Error
        "An entry that is not compressed has two different sizes."
        "Write the archive again.";
    DeflateStream "zip-deflate-stream" Error
        "The compressed data of an entry does not end where its header says."
        "Write the archive again.";
    Checksum "zip-checksum" Error
        "The content of an entry does not match its checksum."
        "Get the file again, or write it again.";
}
"Bill of materials and manifest" {
    SbomMissing "sbom-missing" Error
        "There is no `sbom.cbor`, nor a `sbom.json` of older tools, so nobody can tell what should be in the pack."
        "Write the pack with `gtc pack build`.";
    SbomTooLarge "sbom-too-large" Error
        "The bill of materials has more than 1 MiB."
        "Put fewer files into the pack.";
    SbomInvalid "sbom-invalid" Error
        "`sbom.cbor`, or the `sbom.json` of older tools, is no bill of materials of the format `greentic-sbom-v1`."
        "Write the pack with `gtc pack build`.";
    SbomAbsent "sbom-lists-absent-entry" Error
        "The bill of materials lists a file that is not there."
        "Write the bill when everything else is in its place.";
    SbomOmits "sbom-omits-entry" Error
        "There is an entry that the bill of materials does not list."
        "List it, or take it out; nothing is added to a pack after its bill.";
    SbomTwice "sbom-lists-entry-twice" Error
        "The bill of materials lists a file twice."
        "List it once.";
    SbomSize "sbom-size-differs" Error
        "An entry has another size than the bill of materials says."
        "Write the pack again; if you did not change it, somebody else did.";
    SbomHash "sbom-hash-differs" Error
        "An entry has another content than the bill of materials says."
        "Write the pack again; if you did not change it, somebody else did.";
    ManifestMissing "manifest-missing" Error
        "There is no `manifest.cbor`, so this is no Greentic pack."
        "Write the pack with `gtc pack build`.";
    ManifestTooLarge "manifest-too-large" Error
        "`manifest.cbor` has more than 1 MiB."
        "Put large things into files of their own.";
    ManifestInvalid "manifest-invalid" Error
        "`manifest.cbor` is no manifest of the schema `pack-v1`, nor of the form before it."
        "Write the pack with `gtc pack build`.";
    ComponentMissing "component-missing" Error
        "The manifest names a component whose file is not in the archive."
        "Put it in as `components/<id>.wasm`.";
    ComponentUndeclared "component-undeclared" Warning
        "There is a component in the archive, or a manifest of one, that the manifest of the pack does not name: nobody looks at it."
        "Name it in the manifest, or take it out.";
    ComponentManifestMissing "component-manifest-missing" Error
        "The pack says where the manifest of a component is, and it is not there, so that other tools cannot read the pack."
        "Write the pack with `gtc pack build`.";
    ComponentManifestInvalid "component-manifest-invalid" Error
        "The manifest of a component is none, so that other tools cannot read the pack."
        "Write the pack with `gtc pack build`.";
    ComponentManifestDiffers "component-manifest-differs" Error
        "The manifest of a component says something else than the manifest of the pack, so that two readers see two components."
        "Write the pack with `gtc pack build`, which makes one of the other.";
    DeclarationInvalid "declaration-invalid" Error
        "What the manifest declares of a handler in `greentic.env-pack.v1` is not well-formed."
        "Correct what the message names, or have `gtc pack build` write it.";
    HandlerUndeclared "handler-undeclared" Warning
        "The pack says nothing of one of its handlers, so that the handler is allowed nothing."
        "Declare it in `greentic.env-pack.v1`, or have `gtc pack build` do it.";
    WorldDiffers "world-differs" Warning
        "The manifest gives a component another version of the world than its binary exports."
        "Write the pack with `gtc pack build`, which reads the version from the binary.";
    EntryOrder "entry-order" Warning
        "`manifest.cbor` is not the first entry, or `sbom.cbor` not the last: other tools read packs as a stream."
        "Write the pack with `gtc pack build`.";
    PublisherEmpty "publisher-empty" Warning
        "The manifest does not say who publishes the pack."
        "Name the publisher: `gtc pack build --publisher <name>`.";
    NoHandler "pack-without-handler" Note
        "The pack holds no env-pack handler; it is a pack of another kind, and cannot be bound."
        "Nothing, if that is what it should be; `--require-handler` makes this an error.";
    Secret "secret-in-pack" Error
        "An entry holds a private key."
        "Remove the key from the pack and replace it: everyone who has the pack has the key. Secrets come from the operator's answers.";
    PrivateFile "private-file-in-pack" Warning
        "An entry has the name of a private-key file, such as `id_ed25519` or `*.p12`."
        "Remove the file from the pack.";
}
"The component" {
    NotAComponent "not-a-component" Error
        "The file of a handler is no WebAssembly component."
        "Build it for `wasm32-wasip2`, or make a component of a core module with `wasm-tools component new`.";
    HandlerNotExported "handler-not-exported" Error
        "The component does not export the interface `greentic:env-pack/handler`."
        "Build it against the world `env-pack-handler` of `wit/env-pack/0.1.0`.";
    UnsupportedWit "unsupported-wit-version" Error
        "The component exports the handler interface in a version that this host does not speak."
        "Build it against `wit/env-pack/0.1.0`.";
    UnsupportedImport "unsupported-import" Error
        "The component imports what no handler is given."
        "Import nothing but `greentic:env-pack` and WASI 0.2 core; there is no `wasi:http`.";
    TooComplex "component-too-complex" Error
        "The component is larger or more nested than any that a toolchain makes of an ordinary handler."
        "Build it with optimisation and fewer dependencies.";
    CompileTime "compile-out-of-time" Error
        "The component takes too long to compile."
        "Make its largest functions smaller.";
    CompileMemory "compile-out-of-memory" Error
        "The component takes too much memory to compile."
        "Make its largest functions smaller.";
    CompileCode "compile-too-much-code" Error
        "The component becomes too much machine code."
        "Build it with fewer dependencies.";
    DoesNotCompile "does-not-compile" Error
        "The compiler does not accept the component."
        "Turn off the WebAssembly proposals that the message names, and build it again.";
    WrongInterface "wrong-interface" Error
        "The imports or exports of the component have other types than the interface."
        "Build it against `wit/env-pack/0.1.0` as it stands; its types are not to be changed.";
    DebugInformation "debug-information" Warning
        "More than a quarter of the component is names and debug information, which nobody reads here."
        "Build it for release, and strip it: `strip = true` in the profile.";
    ComponentLarge "component-large" Note
        "The component has more than 16 MiB, where other tools of the ecosystem stop reading."
        "Nothing for this host; make it smaller if others should read the pack.";
}
"What the handler says of itself" {
    MetadataTrapped "metadata-trapped" Error
        "The handler broke off when it was asked who it is."
        "Answer `slot`, `descriptor-path` and `supported-versions` with constants.";
    MetadataExited "metadata-exited" Error
        "The handler ended itself when it was asked who it is."
        "Answer instead of calling `exit`.";
    MetadataTime "metadata-out-of-time" Error
        "The handler took more than a second to say who it is."
        "Answer with constants, and compute nothing when it is brought up.";
    MetadataMemory "metadata-out-of-memory" Error
        "The handler wanted more memory than there is for one when it was asked who it is."
        "Ask for less memory to begin with: 256 MiB are all there is.";
    MetadataTooMany "metadata-too-many" Error
        "The handler wanted more tables, instances or handles than there are for one."
        "Build it with an ordinary toolchain, and give back what it opens.";
    MetadataTooMuch "metadata-too-much-output" Error
        "The handler answered more than anybody reads when it was asked who it is."
        "Answer with a slot, a path and a requirement.";
    MetadataShape "metadata-wrong-shape" Error
        "What the handler says of itself is no descriptor path or no version requirement."
        "Answer a path such as `acme.secrets.vault` and a requirement such as `^0.4`.";
    MetadataImport "metadata-forbidden-import" Error
        "The handler asked something of the host before its preflight."
        "Run programs, open connections and read answers in `preflight` only.";
    MetadataChanges "metadata-changes" Error
        "The handler said something else of itself when it was asked again."
        "Answer with constants.";
    SlotDiffers "slot-differs" Error
        "The handler answers another slot than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    PathDiffers "descriptor-path-differs" Error
        "The handler answers another descriptor path than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    VersionsDiffer "supported-versions-differ" Error
        "The handler answers another version requirement than the pack declares."
        "Build the pack again with `gtc pack build`, which asks the handler.";
    OwnVersion "own-version-unsupported" Error
        "The handler does not support the version of its own pack."
        "Raise the requirement of the handler, or give the pack a version that it supports.";
    EveryVersion "supports-every-version" Warning
        "The handler supports every version of its descriptor, those too that nobody has thought of yet."
        "Require what it was written for, such as `^1`.";
    OpenVersions "supports-later-versions" Warning
        "The requirement of the handler has no end: it supports versions of its descriptor that nobody has thought of yet."
        "Give it an end: `^1`, or `>=1.2, <2`.";
    OtherSlot "descriptor-names-other-slot" Warning
        "The descriptor path names another slot than the one that the handler serves."
        "Name it `<namespace>.<slot>.<implementation>` with its own slot.";
    PathOfBuiltin "path-of-builtin" Error
        "A built-in pack answers for this descriptor path, so that this one can never be bound."
        "Choose a path in a namespace of your own.";
    NotRun "handlers-not-run" Error
        "Not every handler of the pack was run: there are more than 32, or one of them took too long."
        "Put fewer handlers into one pack, or have the one that takes so long do less.";
    PathTwice "path-answered-twice" Error
        "Two handlers of the pack answer for one descriptor path."
        "Give each handler a path of its own.";
}
"Preflight, with nothing granted" {
    PreflightTrapped "preflight-trapped" Error
        "The preflight broke off when everything it asked for was refused."
        "Report a refusal as a failed check, as a missing tool is.";
    PreflightExited "preflight-exited" Error
        "The preflight ended itself without an answer."
        "Report a failed check instead of calling `exit`.";
    PreflightTime "preflight-out-of-time" Error
        "The preflight did not come to an end though there was nothing to wait for."
        "Do not try again what was refused, and do not sleep.";
    PreflightMemory "preflight-out-of-memory" Error
        "The preflight wanted more memory than there is for one handler."
        "Keep less of what it reads: 256 MiB are all there is.";
    PreflightTooMany "preflight-too-many" Error
        "The preflight wanted more tables, instances or handles than there are for one handler."
        "Give back what it opens.";
    PreflightTooMuch "preflight-too-much-output" Error
        "The preflight answered more than anybody reads."
        "Report at most 256 checks, each text of at most 64 KiB.";
    PreflightShape "preflight-wrong-shape" Error
        "The preflight answered a check without a name, or two of one name."
        "Give each check a name of its own.";
    PreflightChanges "preflight-changes" Warning
        "The preflight answered something else when it ran again and nothing had changed."
        "Leave time, chance and order of hashing out of checks.";
    PreflightIgnores "preflight-ignores-refusal" Warning
        "Everything that the preflight asked for was refused, and every check passed all the same."
        "Report what could not be found out as a failed check.";
}
"Permissions" {
    CommandUndeclared "command-not-declared" Error
        "The preflight runs a command that the pack does not declare, so that nobody can ever grant it."
        "Declare it in `CHECKS` (Rust) or under `[permissions]` in `gtc-pack.toml`; for a component, with `--allow-tool '<command>'`.";
    AddressUndeclared "address-not-declared" Error
        "The preflight connects to an address that the pack does not declare, so that nobody can ever grant it."
        "Declare it in `CHECKS` (Rust) or under `[permissions]` in `gtc-pack.toml`; for a component, with `--allow-network <host>:<port>`.";
    ToolsUndeclared "tools-not-declared" Warning
        "The component can run programs, and the pack does not declare any."
        "Declare the commands, or leave `greentic:env-pack/tools` out.";
    ToolsUnused "tools-not-imported" Warning
        "The pack declares commands, and the component cannot run any."
        "Declare only what the handler runs.";
    NetworkUndeclared "network-not-declared" Warning
        "The component can open connections, and the pack does not declare any."
        "Declare the addresses, or leave `greentic:env-pack/network` out.";
    NetworkUnused "network-not-imported" Warning
        "The pack declares addresses, and the component cannot connect to any."
        "Declare only what the handler connects to.";
    SectionMalformed "permissions-section-malformed" Error
        "The section of the component in which its SDK wrote what it needs is malformed."
        "Build the component again with `env-pack-sdk`.";
    NeedsMore "permissions-incomplete" Warning
        "The pack does not declare something that the component itself says it needs."
        "Build the pack with `gtc pack build`, which reads it from the component.";
    PermissionRepeated "permission-repeated" Warning
        "The pack declares a permission twice."
        "Declare it once.";
    PermissionsTooMany "permissions-too-many" Error
        "The pack declares more than 256 commands and addresses for one handler, which nobody reads who is asked to grant them."
        "Declare what the preflight needs.";
    ToolIsShell "tool-is-shell" Note
        "A declared command is a shell or an interpreter, which runs the code in its arguments."
        "Declare the program that the code runs, with its arguments; the host runs it without a shell.";
}
"Signature" {
    Unsigned "unsigned" Error
        "The pack is not signed, and a signature was asked for."
        "Sign it with `gtc pack sign`, or put its signature beside it as `<pack>.sig`.";
    SignatureRefused "signature-refused" Error
        "The pack is signed, and no signature is one that was asked for."
        "Have it signed by who is trusted, or trust who has signed it.";
    SignatureUseless "signature-useless" Warning
        "There is a signature beside the pack that is none of this pack."
        "Sign the pack again after it was built: `gtc pack sign --replace`.";
}
}

impl Code {
    /// The code of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }

    /// Whether it says that something took too long, so that more of the same would too.
    pub(super) fn is_resource_limit(self) -> bool {
        matches!(
            self,
            Self::CompileTime | Self::CompileMemory | Self::MetadataTime | Self::PreflightTime
        )
    }

    /// Where it is explained.
    pub fn help(self) -> String {
        format!("{PAGE}#{}", self.name())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

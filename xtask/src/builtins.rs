//! Builds the packs that the host embeds from `builtins/`, and compares them with their
//! sources.
//!
//! They are built in a staging folder that holds only their inputs: cargo mixes the paths
//! of crates outside of a workspace into symbol names, and two checkouts must give the
//! same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::process::{command, output, root, run};
use crate::report::Report;

/// The inputs of the packed files, apart from the compiler.
const INPUTS: [&str; 2] = ["guest-sdk", "builtins"];
const TARGET: &str = "wasm32-wasip2";
/// Each crate with the descriptor path that it handles, which is the name of its pack.
const PACKS: [(&str, &str); 5] = [
    ("deployer-local-process", "greentic.deployer.local-process"),
    ("secrets-dev-store", "greentic.secrets.dev-store"),
    ("telemetry-stdout", "greentic.telemetry.stdout"),
    ("sessions-in-memory", "greentic.sessions.in-memory"),
    ("state-in-memory", "greentic.state.in-memory"),
];
const VERSION: &str = "0.1.0";

/// Builds the packs and records the digest of their inputs and the compiler.
pub(crate) fn rebuild() -> Result<()> {
    let packed = packed();
    build_into(&packed)?;
    fs::write(packed.join("inputs.sha256"), inputs_digest()? + "\n")?;
    fs::write(packed.join("compiler.txt"), compiler()?)?;
    println!("builtins: five packs built in {}", packed.display());
    Ok(())
}

/// Fails if the packed files differ from their sources.
///
/// The digest of the sources is always compared; the packs are rebuilt and compared byte
/// for byte if the compiler is the recorded one.
pub(crate) fn check(report: &mut Report) -> Result<()> {
    let packed = packed();
    let recorded_inputs = fs::read_to_string(packed.join("inputs.sha256"))
        .context("builtins/packed/inputs.sha256")?;
    ensure!(
        recorded_inputs.trim() == inputs_digest()?,
        "the sources of the built-ins changed after they were packed; run `cargo xtask builtins` and commit the result"
    );
    let recorded = fs::read_to_string(packed.join("compiler.txt"))?;
    let compiler = compiler()?;
    if recorded != compiler {
        report.not_checked(format!(
            "built-ins byte for byte, because they were packed with `{}`, and this is `{}`",
            first_line(&recorded),
            first_line(&compiler)
        ));
        return Ok(());
    }
    let fresh = root().join("target/builtins/packed");
    build_into(&fresh)?;
    for (_, path) in PACKS {
        let name = format!("{path}.gtpack");
        ensure!(
            fs::read(packed.join(&name))? == fs::read(fresh.join(&name))?,
            "builtins/packed/{name} differs from a build of its sources; run `cargo xtask builtins` and commit the result"
        );
    }
    println!("builtins: the five packs equal a build of their sources");
    Ok(())
}

fn packed() -> PathBuf {
    root().join("builtins/packed")
}

fn build_into(folder: &Path) -> Result<()> {
    let stage = root().join("target/builtins/stage");
    make_stage(&stage)?;
    let target = root().join("target/builtins/target");
    let mut build = command("cargo", &["build", "--release", "--locked", "--target", TARGET]);
    build
        .current_dir(&stage)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", remaps(&stage)?);
    run(&mut build)?;
    fs::create_dir_all(folder)?;
    // exactly what the step `tests` builds, so that nothing is compiled with other features
    run(&mut command("cargo", &["test", "--workspace", "--no-run", "--locked"]))?;
    let gtc = root().join("target/debug/gtc");
    for (krate, path) in PACKS {
        let component = target.join(TARGET).join("release").join(krate.replace('-', "_") + ".wasm");
        let component = component.display().to_string();
        let pack = folder.join(format!("{path}.gtpack")).display().to_string();
        let arguments =
            ["pack", "build", "--component", &component, "--version", VERSION, "--output", &pack];
        output(&mut command(&gtc.to_string_lossy(), &arguments))?;
    }
    Ok(())
}

/// Copies the inputs into one workspace.
fn make_stage(stage: &Path) -> Result<()> {
    if stage.exists() {
        fs::remove_dir_all(stage)?;
    }
    for file in input_files()? {
        let to = stage.join(file.strip_prefix("builtins").unwrap_or(&file));
        fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        fs::copy(root().join(&file), to)?;
    }
    let manifest = stage.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let inside = text.replace("../guest-sdk", "guest-sdk").replacen(
        "[workspace]",
        "[workspace]\nexclude = [\"guest-sdk\"]",
        1,
    );
    Ok(fs::write(manifest, inside)?)
}

/// Compiler flags that replace the paths of this machine, which the panic messages of
/// guests would contain.
fn remaps(stage: &Path) -> Result<String> {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = cargo_home.context("CARGO_HOME and HOME are not set")?.join("registry/src");
    let mut flags = vec![format!("--remap-path-prefix={}=/gtc", stage.display())];
    for registry in fs::read_dir(&registries).with_context(|| registries.display().to_string())? {
        flags.push(format!("--remap-path-prefix={}=/registry", registry?.path().display()));
    }
    Ok(flags.join("\x1f"))
}

/// The digest of the names and contents of all inputs.
fn inputs_digest() -> Result<String> {
    let mut hash = Sha256::new();
    for file in input_files()? {
        let content = fs::read(root().join(&file))?;
        hash.update(format!("{} {}\n", file.display(), content.len()));
        hash.update(content);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Every input, relative to the repository, sorted.
fn input_files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = INPUTS.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if !entry.file_type()?.is_dir() {
                files.push(path);
            } else if path != Path::new("builtins/packed") && !path.ends_with("target") {
                folders.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn compiler() -> Result<String> {
    output(&mut command("rustc", &["--version", "--verbose"]))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

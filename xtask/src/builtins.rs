//! The packs that the host embeds: built from `builtins/`, packed by `gtc` itself, and
//! kept in step with their sources.
//!
//! They are built in a staging folder that holds nothing but their inputs, because cargo
//! mixes the places of crates outside of a workspace into symbol names: only so do two
//! checkouts make the same bytes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::process::{command, output, root, run};

/// What the packed files are made of, beside the compiler.
const INPUTS: [&str; 3] = ["wit/env-pack", "guest-sdk", "builtins"];
const TARGET: &str = "wasm32-wasip2";
/// The crates, and the descriptor path each answers for, which names its pack.
const PACKS: [(&str, &str); 5] = [
    ("deployer-local-process", "greentic.deployer.local-process"),
    ("secrets-dev-store", "greentic.secrets.dev-store"),
    ("telemetry-stdout", "greentic.telemetry.stdout"),
    ("sessions-in-memory", "greentic.sessions.in-memory"),
    ("state-in-memory", "greentic.state.in-memory"),
];
const VERSION: &str = "0.1.0";

/// Builds the packs and records what they were built from.
pub fn rebuild() -> Result<()> {
    let packed = packed();
    build_into(&packed)?;
    fs::write(packed.join("inputs.sha256"), inputs_digest()? + "\n")?;
    fs::write(packed.join("compiler.txt"), compiler()?)?;
    println!("builtins: five packs built in {}", packed.display());
    Ok(())
}

/// Fails when sources and packed files disagree: by the digest of the sources always,
/// byte for byte when the compiler is the recorded one.
pub fn check() -> Result<()> {
    let packed = packed();
    let recorded = fs::read_to_string(packed.join("inputs.sha256"))
        .context("builtins/packed/inputs.sha256")?;
    ensure!(
        recorded.trim() == inputs_digest()?,
        "the sources of the built-ins changed after they were packed; run `cargo xtask builtins` and commit the result"
    );
    let (recorded, compiler) = (fs::read_to_string(packed.join("compiler.txt"))?, compiler()?);
    if recorded != compiler {
        println!(
            "builtins: sources unchanged; NOT checked byte for byte, because they were packed with another compiler:"
        );
        println!("  recorded {}, here {}", first_line(&recorded), first_line(&compiler));
        return Ok(());
    }
    let fresh = root().join("target/builtins/packed");
    build_into(&fresh)?;
    for (_, path) in PACKS {
        let name = format!("{path}.gtpack");
        if fs::read(packed.join(&name))? != fs::read(fresh.join(&name))? {
            bail!(
                "builtins/packed/{name} is not what its sources make; run `cargo xtask builtins` and commit the result"
            );
        }
    }
    println!("builtins: the five packs are byte for byte what their sources make");
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
    // just what the tests build, or half of the tree would be compiled again with other
    // features
    run(&mut command("cargo", &["build", "--workspace", "--all-targets", "--locked"]))?;
    let gtc = root().join("target/debug/gtc");
    for (krate, path) in PACKS {
        let component = target.join(TARGET).join("release").join(krate.replace('-', "_") + ".wasm");
        let pack = folder.join(format!("{path}.gtpack"));
        let (component, pack) = (component.display().to_string(), pack.display().to_string());
        let arguments =
            ["pack", "build", "--component", &component, "--version", VERSION, "--output", &pack];
        output(&mut command(&gtc.to_string_lossy(), &arguments))?;
    }
    Ok(())
}

/// Lays out a workspace with everything the guests are made of inside.
fn make_stage(stage: &Path) -> Result<()> {
    if stage.exists() {
        fs::remove_dir_all(stage)?;
    }
    for file in input_files()? {
        let place = file.strip_prefix("builtins").unwrap_or(&file);
        let to = stage.join(place);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
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

/// Compiler flags that keep the places of this machine out of the code: the panic
/// messages of guests name source files.
fn remaps(stage: &Path) -> Result<String> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = home.context("cargo has no home folder")?.join("registry/src");
    let mut flags = vec![format!("--remap-path-prefix={}=/gtc", stage.display())];
    for registry in fs::read_dir(&registries).with_context(|| registries.display().to_string())? {
        flags.push(format!("--remap-path-prefix={}=/registry", registry?.path().display()));
    }
    Ok(flags.join("\x1f"))
}

/// The digest of every input, names and contents.
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
            match entry.file_type()?.is_dir() {
                true if path == Path::new("builtins/packed") || path.ends_with("target") => {}
                true => folders.push(path),
                false => files.push(path),
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

//! Pulls a pack of 64 MiB from a registry on this machine, and compares the time with
//! `skopeo copy` of the same artifact to a folder: `cargo bench --bench pull`.
//!
//! Both alternate in the same run, each as a process with an empty cache. It needs
//! `docker-registry` and `skopeo`.
#![expect(clippy::disallowed_methods, reason = "it prepares a registry")]
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use env_pack_domain::Sha256Digest;

/// The size of the pack, in bytes.
const PACK_BYTES: usize = 64 << 20;
/// The number of measurements of each.
const ROUNDS: usize = 15;

fn main() -> Result<()> {
    let is_installed = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if let Some(missing) =
        ["docker-registry", "skopeo"].into_iter().find(|program| !is_installed(program))
    {
        println!("NOT MEASURED: `{missing}` is not installed");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let (mut registry, address) = start(folder.path())?;
    push(folder.path(), &address)?;
    let ours = folder.path().join("pack.gtpack");
    let theirs = folder.path().join("copy");
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let mut pull = Command::new(env!("CARGO_BIN_EXE_gtc"));
        pull.args(["pack", "pull", &format!("oci://{address}/bench/pack:1"), "--output"])
            .arg(&ours);
        pull.env("GTC_CACHE_DIR", folder.path().join(format!("cache-{round}")));
        let mut copy = Command::new("skopeo");
        copy.args([
            "copy",
            "--quiet",
            "--src-tls-verify=false",
            &format!("docker://{address}/bench/pack:1"),
        ]);
        copy.arg(format!("dir:{}", theirs.display()));
        let pair = [timed(&mut pull)?, timed(&mut copy)?];
        // the first round fills the caches of the system
        if round > 0 {
            times.iter_mut().zip(pair).for_each(|(times, time)| times.push(time));
        }
        ensure!(std::fs::metadata(&ours)?.len() == PACK_BYTES as u64, "the pack is incomplete");
        std::fs::remove_file(&ours)?;
        std::fs::remove_dir_all(&theirs)?;
    }
    registry.kill()?;
    registry.wait()?;
    let [ours, theirs] = times.map(median);
    println!(
        "pull of 64 MiB: gtc {:.0} ms ({:.0} MiB/s), skopeo {:.0} ms, ratio {:.2}",
        ours.as_secs_f64() * 1e3,
        64.0 / ours.as_secs_f64(),
        theirs.as_secs_f64() * 1e3,
        ours.as_secs_f64() / theirs.as_secs_f64(),
    );
    Ok(())
}

fn timed(command: &mut Command) -> Result<Duration> {
    let start = Instant::now();
    let output = command.output()?;
    let time = start.elapsed();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(time)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Starts a registry on a free port, and returns its address.
fn start(folder: &Path) -> Result<(Child, String)> {
    let config = folder.join("config.yml");
    let storage = folder.join("storage");
    let text = format!(
        "version: 0.1\nlog: {{level: info, accesslog: {{disabled: true}}}}\n\
         storage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"127.0.0.1:0\", secret: bench}}\n",
        storage.display()
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new("docker-registry");
    let mut process = command
        .arg("serve")
        .arg(config)
        .env_clear()
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let mut log = BufReader::new(process.stderr.take().context("it has no log")?).lines();
    let address = log.by_ref().map_while(Result::ok).find_map(|line| {
        let (_, rest) = line.split_once("listening on ")?;
        Some(rest.split(['"', ' ']).next().unwrap_or_default().to_owned())
    });
    std::thread::spawn(move || log.for_each(drop));
    Ok((process, address.context("`docker-registry` ended before it listened")?))
}

/// Pushes an artifact of random bytes, which cannot be compressed.
fn push(folder: &Path, address: &str) -> Result<()> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut word = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let pack: Vec<u8> = std::iter::repeat_with(&mut word).flatten().take(PACK_BYTES).collect();
    let image = folder.join("image");
    std::fs::create_dir(&image)?;
    let write = |bytes: &[u8]| -> Result<Sha256Digest> {
        let digest = Sha256Digest::compute(bytes);
        std::fs::write(image.join(digest.hex()), bytes)?;
        Ok(digest)
    };
    let config = write(b"{}")?;
    let layer = write(&pack)?;
    let manifest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\
         \"config\":{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"{config}\",\"size\":2}},\
         \"layers\":[{{\"mediaType\":\"application/vnd.greentic.gtpack.v1+zip\",\"digest\":\"{layer}\",\"size\":{PACK_BYTES}}}]}}"
    );
    std::fs::write(image.join("manifest.json"), manifest)?;
    std::fs::write(image.join("version"), "Directory Transport Version: 1.1\n")?;
    let mut copy = Command::new("skopeo");
    copy.args(["copy", "--quiet", "--dest-tls-verify=false"])
        .arg(format!("dir:{}", image.display()));
    timed(copy.arg(format!("docker://{address}/bench/pack:1")))?;
    Ok(())
}

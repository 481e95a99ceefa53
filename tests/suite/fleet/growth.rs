//! Time and memory of commands about many environments.

use std::time::Duration;

use serde_json::Value;

use test_support::Sandbox;
use test_support::footprint::show;
use test_support::memory::watched_with_cpu_time;

/// A sandbox with this many environments, each with the default packs.
fn fleet_of(count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.env().create("seed").succeeded();
    let seed = sandbox.environment("seed");
    let document = std::fs::read_to_string(seed.join("environment.json")).expect("a file");
    std::fs::remove_dir_all(seed).expect("a folder");
    for at in 0..count {
        let id = format!("prod-{at:05}");
        let folder = sandbox.environment(&id);
        std::fs::create_dir_all(&folder).expect("a folder");
        let document = document.replace("\"seed\"", &format!("\"{id}\""));
        std::fs::write(folder.join("environment.json"), document).expect("a file");
    }
    sandbox
}

/// Runs a verb about all environments, which must succeed. Returns the number of environments in
/// its report, its peak memory in KiB, and its CPU time.
fn measure(sandbox: &Sandbox, verb: &str) -> (usize, u64, Duration) {
    let mut command = sandbox.gtc_command();
    command.args(verb.split(' '));
    let (output, peak, cpu_time) = watched_with_cpu_time(&mut command);
    let result = output.succeeded().result();
    let count = match &result["environments"] {
        Value::Array(environments) => environments.len(),
        number => number.as_u64().and_then(|number| number.try_into().ok()).expect("a number"),
    };
    (count, peak, cpu_time)
}

/// The memory of a report of this many environments would be several MiB.
#[test]
fn doctor_needs_no_more_memory_for_more_environments() {
    let [few, many] = [20, 1_000].map(|count| measure(&fleet_of(count), "op env doctor --all"));
    assert_eq!([few.0, many.0], [20, 1_000]);
    assert!(many.1 < few.1 + 4_096, "{few:?} {many:?}");
}

#[test]
#[ignore = "a minute; measures 10,000 environments"]
fn growth_from_a_hundred_to_ten_thousand_environments() {
    for count in [100, 1_000, 10_000] {
        let sandbox = fleet_of(count);
        for verb in ["op env list", "op env-packs list --all", "op env doctor --all"] {
            let (found, peak, cpu_time) = measure(&sandbox, verb);
            assert_eq!(found, count);
            show(&format!("{count} environments: {verb}: {cpu_time:?} of CPU time, {peak} KiB"));
        }
        let (_, peak, _) = measure(&sandbox, "op env doctor --all");
        assert!(peak < 64 << 10, "{peak} KiB");
    }
}

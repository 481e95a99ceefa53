//! Changes of an environment that something interrupts: a kill, a failed system call, a full disk, a
//! power cut, a clock that moves. Each is made as a whole, or not at all, and repeating its request
//! makes it once.

mod clocks;
mod full_disks;
mod histories;
mod kills;
mod power_cuts;

use serde_json::json;

use test_support::Sandbox;
use test_support::verbs::Gtc;

/// Requests that a test interrupts, in turn. Each changes what the last one left.
fn request<'a>(sandbox: &'a Sandbox, key_file: &str, key_id: &str, number: usize) -> Gtc<'a> {
    let request = match number % 4 {
        0 => sandbox.trust_root().add(key_file),
        1 | 3 => {
            sandbox.write("answers.json", format!("{{\"number\": {number}}}"));
            sandbox.answers().put().answers_ref("a.json").file("answers.json")
        }
        _ => sandbox.trust_root().remove(key_id),
    };
    request.idempotency_key(format!("key-{number}"))
}

/// Returns whether the request was made, as the environment says.
fn is_made(sandbox: &Sandbox, number: usize) -> bool {
    let folder = sandbox.environment("local");
    match number % 4 {
        1 | 3 => {
            let answers = sandbox.answers().show().answers_ref("a.json").run();
            answers.code == 0 && answers.result()["answers"] == json!({"number": number})
        }
        rest => {
            let keys = sandbox.trust_root().list().succeeded().result();
            let has_key = keys["keys"].as_array().is_some_and(|keys| !keys.is_empty());
            assert!(folder.join("environment.json").is_file());
            has_key == (rest == 0)
        }
    }
}

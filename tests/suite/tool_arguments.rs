//! A handler can run exactly the granted commands; any other is denied and does not run.

use gtc_engine::EngineLimits;

use test_support::Sandbox;
use test_support::asker::{deployer, engine};
use test_support::run;

/// A sandbox with three granted commands, in which every tool writes a file.
fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::with_asker(&["probed get pods", "probed version *", "other"], &[]);
    for program in ["probed", "other", "reboot"] {
        sandbox.program(program, "touch \"$HOME/ran\"");
    }
    sandbox
}

#[test]
fn commands_outside_the_grant_are_denied_and_not_run() {
    let sandbox = sandbox();
    let long = format!("run|probed|version|{}", "x".repeat(64 << 10));
    let questions = [
        // more, fewer, other and empty arguments
        "run|probed|get|pods|--kubeconfig=/etc/evil",
        "run|probed|--kubeconfig=/etc/evil|get|pods",
        "run|probed|get|pods|-n",
        "run|probed|get",
        "run|probed",
        "run|probed|get pods",
        "run|probed|get|pods|",
        "run|probed|get|Pods",
        "run|other|x",
        "run|other|",
        // arguments that `*` does not match
        "run|probed|version|-o",
        "run|probed|version|--output=/etc/passwd",
        "run|probed|version|",
        "run|probed|version|a\nb",
        "run|probed|version|a\0b",
        "run|probed|version|\u{200b}-o",
        "run|probed|version|a|b",
        &long,
        // other tools, and other names for the same one
        "run|reboot|version|now",
        "run||version|now",
        "run|./probed|get|pods",
        "run|../bin/probed|get|pods",
        "run|/bin/sh|get|pods",
        "run|bin/probed|get|pods",
        "run|probed |get|pods",
        "run|probed\0|get|pods",
        "run|probed\n|get|pods",
        "run|pr\u{43e}bed|get|pods",
        "run|PROBED|get|pods",
        "run|*|version|x",
        "run|probed;reboot|version|x",
    ];
    let answers = sandbox.ask(&questions);
    assert_eq!(answers.len(), questions.len());
    for (question, answer) in questions.iter().zip(answers) {
        assert!(answer.how.starts_with("Failure::Denied"), "{question:?}: {answer:?}");
        assert!(
            answer.how.len() < 1000,
            "an answer does not repeat all of {} bytes",
            question.len()
        );
    }
    assert!(!sandbox.home().join("ran").exists());
    // granted commands run
    assert_eq!(
        sandbox.ask(&["run|probed|version|–o"])[0].how,
        "0 false",
        "a dash that is none is an ordinary argument"
    );
    assert!(sandbox.home().join("ran").exists());
}

#[test]
fn a_preflight_runs_at_most_thirty_two_tools() {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    sandbox.program("probed", "echo x >> \"$HOME/ran\"");
    let many = sandbox.ask(&["many|10000|probed|x"]).remove(0).how;
    assert!(many.starts_with("32 ran, 9968 failed") && many.contains("at most 32 times"), "{many}");
    assert_eq!(sandbox.read_text("ran").lines().count(), 32);
    // denied probes count too
    sandbox.questions(&["many|10000|reboot|now", "run|probed|x"]);
    let ran = run(&mut sandbox.asking()).succeeded();
    assert_eq!(deployer(&ran)["probes"].as_array().map(Vec::len), Some(32));
    assert_eq!(sandbox.read_text("ran").lines().count(), 32);
}

#[test]
fn tools_run_concurrently_up_to_a_limit() {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    sandbox.program(
        "probed",
        "mkdir -p \"$HOME/now\"; touch \"$HOME/now/$$\"; ls \"$HOME/now\" | wc -l; sleep 0.3; rm \"$HOME/now/$$\"",
    );
    let limits = EngineLimits { concurrent_tools: 4, ..EngineLimits::default() };
    let asker = engine(&sandbox, limits);
    let most = std::thread::scope(|scope| {
        let runs: Vec<_> =
            (0..12).map(|_| scope.spawn(|| asker.preflight(&["run|probed|x"]))).collect();
        let seen = runs.into_iter().map(|run| {
            let checks = run.join().expect("no panic").expect("an answer").checks;
            let env_pack_domain::CheckOutcome::Ok { detail: Some(number) } = &checks[1].outcome
            else {
                panic!("{checks:?}")
            };
            number.as_exact().trim().parse::<usize>().unwrap_or_else(|_| panic!("{checks:?}"))
        });
        seen.max()
    });
    assert_eq!(most, Some(4));
}

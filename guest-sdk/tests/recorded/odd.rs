//! Unexpected output is never taken for a version, and never counts as success.

use env_pack_sdk::checks::Tool;
use env_pack_sdk::checks::catalogue::{
    AWS, AZ, DOCKER, GCLOUD, HELM, KIND, KUBECTL, PODMAN, TERRAFORM, TOFU, VAULT,
};
use env_pack_sdk::tools::Failure;

use super::{ended, printed, summary};

const ALL: [&Tool; 11] =
    [&TOFU, &TERRAFORM, &KUBECTL, &HELM, &DOCKER, &PODMAN, &AWS, &GCLOUD, &AZ, &KIND, &VAULT];

#[test]
fn unexpected_output_is_an_error_that_quotes_it() {
    let odd = [
        "",
        "\n\r\n \t\n",
        "command not found",
        "\u{fffd}\u{fffd}\0\u{1b}[31m",
        "{",
        "{\"terraform_version\"",
        "{\"terraform_version\": 1.5}",
        "{\"terraform_version\": \"\"}",
        "{\"nested\": {\"terraform_version\": \"1.9.0\"}}",
        "[{\"terraform_version\": \"1.9.0\"}]",
        "clientVersion:\n  gitVersion:\n",
        "clientVersion:\ngitVersion: v1.30.0\n",
        "aws-cli/",
        "kind version ",
        "Vault ",
        "version 99999999999999999999.0.0",
        "v",
        "1",
        "latest",
        "<nil>",
        "100% done.",
        "see https://example.org/1.2.3/install",
    ];
    for tool in ALL {
        for text in odd {
            let summary = summary(tool.judge(printed(text)));
            assert!(
                summary.starts_with("error: it printed no version"),
                "{tool:?} {text:?}: {summary}"
            );
        }
    }
}

#[test]
fn every_failure_has_its_own_outcome() {
    for tool in ALL {
        assert_eq!(summary(tool.judge(Err(Failure::NotFound))), "missing");
        assert_eq!(summary(tool.judge(Err(Failure::TimedOut))), "error: it did not answer in time");
        assert_eq!(
            summary(tool.judge(Err(Failure::Denied("x".to_owned())))),
            "error: not allowed to run it: x"
        );
        assert_eq!(summary(tool.judge(Err(Failure::Io("x".to_owned())))), "error: x");
        assert_eq!(
            summary(tool.judge(ended(2, "", "\nboom\n"))),
            "error: it ended with exit code 2: boom"
        );
        assert_eq!(
            summary(tool.judge(ended(2, "on stdout", ""))),
            "error: it ended with exit code 2: on stdout"
        );
        assert_eq!(
            summary(tool.judge(ended(-1, "", ""))),
            "error: it ended with exit code -1: nothing"
        );
    }
}

#[test]
fn a_version_on_standard_error_counts() {
    // version 1 of the AWS CLI printed it there until 2019
    assert_eq!(summary(AWS.judge(ended(0, "", "aws-cli/2.13.1 Python/3.11\n"))), "ok: 2.13.1");
}

#[test]
fn a_custom_tool_finds_a_version_anywhere() {
    let redis = Tool::new("redis-cli", &["--version"]).at_least(7, 0, 0);
    assert_eq!(summary(redis.judge(printed("redis-cli 7.2.4 (git:d2c8a4b9)"))), "ok: 7.2.4");
    assert_eq!(summary(redis.judge(printed("redis-cli 6.2.1"))), "mismatch: 6.2.1 >=7.0.0");
    assert_eq!(summary(redis.any_version().judge(printed("hello"))), "ok");
    assert_eq!(summary(redis.any_version().judge(printed("6.2.1"))), "ok: 6.2.1");
    // ran here
    let psql = Tool::new("psql", &["--version"]).at_least(15, 0, 0);
    assert_eq!(
        summary(psql.judge(printed("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"))),
        "ok: 15.18"
    );
}

/// The host refuses the complete result of a preflight if one text exceeds 64 KiB.
#[test]
fn endless_lines_are_excerpted() {
    let line = "x".repeat(1 << 20);
    for tool in ALL {
        for ran in [
            printed(&line),
            ended(1, &line, ""),
            ended(1, "", &line),
            ended(1, "", &format!("Cannot connect to {line}")),
        ] {
            let summary = summary(tool.judge(ran));
            assert!(
                summary.len() < 2 << 10 && summary.ends_with("more bytes)"),
                "{tool:?}: {summary}"
            );
        }
    }
    let version = Tool::new("x", &[]);
    for tool in [version, version.at_least(9, 0, 0)] {
        let summary = summary(tool.judge(printed(&"1.".repeat(1 << 19))));
        assert!(summary.len() < 2 << 10, "{summary}");
    }
}

#[test]
fn two_checks_of_one_program_can_have_names() {
    let check = |tool: Tool| tool.judge(printed("1.0")).name;
    assert_eq!([check(AWS), check(AWS.named("aws again"))], ["aws", "aws again"]);
}

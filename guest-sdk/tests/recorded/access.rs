//! Logins: the messages of each program distinguish a missing login from a service that does
//! not answer.

use env_pack_sdk::can_i;
use env_pack_sdk::checks::Access;
use env_pack_sdk::checks::access::{AWS_IDENTITY, AZ_ACCOUNT, GCLOUD_ACCOUNT, VAULT_TOKEN};
use env_pack_sdk::tools::Failure;

use super::{ended, hint, summary};

const CAN_CREATE: Access = can_i!("create", "pods");

#[track_caller]
fn check(access: &Access, exit_code: i32, stdout: &str, stderr: &str, expected: &str) {
    assert_eq!(summary(access.judge(ended(exit_code, stdout, stderr))), expected);
    let windows = (stdout.replace('\n', "\r\n"), stderr.replace('\n', "\r\n"));
    assert_eq!(summary(access.judge(ended(exit_code, &windows.0, &windows.1))), expected);
}

#[test]
fn aws() {
    // ran here, all five; the account is the one of the documentation
    let good = "123456789012\tarn:aws:iam::123456789012:user/Alice\tAIDACKCEVSQ6C2EXAMPLE\n";
    check(&AWS_IDENTITY, 0, good, "", "ok: arn:aws:iam::123456789012:user/Alice");
    let logged_out = "Unable to locate credentials. You can configure credentials by running \"aws configure\".\n";
    check(&AWS_IDENTITY, 255, "", logged_out, &format!("auth failed: {}", logged_out.trim_end()));
    let expired = "\nAn error occurred (ExpiredToken) when calling the GetCallerIdentity operation: \
                   The security token included in the request is expired\n";
    check(&AWS_IDENTITY, 255, "", expired, &format!("auth failed: {}", expired.trim()));
    let profile = "\nThe config profile (nope) could not be found\n";
    check(
        &AWS_IDENTITY,
        255,
        "",
        profile,
        "auth failed: The config profile (nope) could not be found",
    );
    let unreachable =
        "\nCould not connect to the endpoint URL: \"https://sts.eu-west-1.amazonaws.com/\"\n";
    check(&AWS_IDENTITY, 255, "", unreachable, &format!("unreachable: {}", unreachable.trim()));
    // github.com/fwdcloudsec/granted/issues/593
    let sso =
        "\nError loading SSO Token: Token for https://conrix.awsapps.com/start does not exist\n";
    check(&AWS_IDENTITY, 255, "", sso, &format!("auth failed: {}", sso.trim()));
    check(
        &AWS_IDENTITY,
        252,
        "",
        "aws: error: unrecognised\n",
        "error: it ended with exit code 252: aws: error: unrecognised",
    );
    check(&AWS_IDENTITY, 0, "", "", "error: it ended with exit code 0: nothing");
}

#[test]
fn gcloud_and_az() {
    check(&GCLOUD_ACCOUNT, 0, "alice@acme.example\n", "", "ok: alice@acme.example");
    // ran here without an account
    let logged_out =
        "WARNING: The following filter keys were not present in any resource : status\n";
    check(&GCLOUD_ACCOUNT, 0, "", logged_out, "auth failed: no account is active");
    let id = "00000000-0000-0000-0000-000000000000";
    check(&AZ_ACCOUNT, 0, &format!("{id}\n"), "", &format!("ok: {id}"));
    // github.com/Azure/azure-cli/issues/33414
    let logged_out = "ERROR: Please run 'az login' to setup account.\n";
    check(&AZ_ACCOUNT, 1, "", logged_out, &format!("auth failed: {}", logged_out.trim_end()));
}

#[test]
fn kubectl() {
    // ran here, all six
    check(&CAN_CREATE, 0, "yes\n", "", "ok");
    check(
        &CAN_CREATE,
        0,
        "yes\n",
        "Warning: the server doesn't have a resource type 'pods'\n\n",
        "ok",
    );
    check(&CAN_CREATE, 1, "no\n", "", "auth failed: no");
    let log = "E1125 01:43:25.208856   21562 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: ";
    let refused = format!(
        "{log}Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp 127.0.0.1:8080: connect: connection refused\"\n\
         Warning: the server doesn't have a resource type 'pods'\n\n\
         The connection to the server localhost:8080 was refused - did you specify the right host or port?\n"
    );
    let message = "The connection to the server localhost:8080 was refused - did you specify the right host or port?";
    check(&CAN_CREATE, 1, "", &refused, &format!("unreachable: {message}"));
    let unauthorized = format!(
        "{log}the server has asked for the client to provide credentials\"\n\
         Warning: the server doesn't have a resource type 'pods'\n\n\
         error: You must be logged in to the server (Unauthorized)\n"
    );
    check(
        &CAN_CREATE,
        1,
        "",
        &unauthorized,
        "auth failed: error: You must be logged in to the server (Unauthorized)",
    );
    let unknown = "Unable to connect to the server: dial tcp: lookup nowhere.invalid on 10.0.0.53:53: no such host";
    check(&CAN_CREATE, 1, "", &format!("{unknown}\n"), &format!("unreachable: {unknown}"));
    let forbidden = "Error from server (Forbidden): selfsubjectaccessreviews.authorization.k8s.io is forbidden: \
                     User \"system:anonymous\" cannot create resource";
    check(&CAN_CREATE, 1, "", &format!("{forbidden}\n"), &format!("auth failed: {forbidden}"));
    // github.com/kubernetes/kops/issues/1526
    let timeout = "Unable to connect to the server: dial tcp 203.0.113.1:443: i/o timeout";
    check(&CAN_CREATE, 1, "", &format!("{timeout}\n"), &format!("unreachable: {timeout}"));
    check(&CAN_CREATE, 0, "", "", "error: it ended with exit code 0: nothing");
    assert!(hint(CAN_CREATE.judge(ended(1, "no - no RBAC policy matched\n", ""))).contains("role"));
}

#[test]
fn vault() {
    let good = "Key                 Value\n---                 -----\nid                  [redacted]\nttl                 767h\n";
    check(&VAULT_TOKEN, 0, good, "", "ok");
    // the form of github.com/hashicorp/vault/issues/1556
    let denied = "Error looking up token: Error making API request.\n\n\
                URL: GET http://127.0.0.1:8200/v1/auth/token/lookup-self\nCode: 403. Errors:\n\n* permission denied\n";
    check(&VAULT_TOKEN, 2, "", denied, "auth failed: * permission denied");
    let unreachable = "Error looking up token: Get \"https://127.0.0.1:8200/v1/auth/token/lookup-self\": \
                dial tcp 127.0.0.1:8200: connect: connection refused";
    check(&VAULT_TOKEN, 2, "", &format!("{unreachable}\n"), &format!("unreachable: {unreachable}"));
    assert!(hint(VAULT_TOKEN.judge(ended(2, "", denied))).contains("vault login"));
    // the words of github.com/hashicorp/vault/issues/10398: a server in development mode, and
    // no VAULT_ADDR
    let plain = "Error looking up token: Get \"https://127.0.0.1:8200/v1/auth/token/lookup-self\": \
                 http: server gave HTTP response to HTTPS client";
    check(&VAULT_TOKEN, 2, "", &format!("{plain}\n"), &format!("unreachable: {plain}"));
    assert!(hint(VAULT_TOKEN.judge(ended(2, "", plain))).contains("VAULT_ADDR"));
}

#[test]
fn endless_names_are_excerpted() {
    let line = "x".repeat(1 << 20);
    for access in [&GCLOUD_ACCOUNT, &AZ_ACCOUNT] {
        let summary = summary(access.judge(ended(0, &line, "")));
        assert!(
            summary.starts_with("ok: ")
                && summary.len() < 2 << 10
                && summary.ends_with("more bytes)"),
            "{summary}"
        );
    }
    let summary = summary(AWS_IDENTITY.judge(ended(255, "", &format!("ExpiredToken {line}"))));
    assert!(summary.starts_with("auth failed: ") && summary.len() < 2 << 10, "{summary}");
}

#[test]
fn only_a_clear_yes_counts_as_access() {
    for access in [&AWS_IDENTITY, &GCLOUD_ACCOUNT, &AZ_ACCOUNT, &CAN_CREATE, &VAULT_TOKEN] {
        assert_eq!(summary(access.judge(Err(Failure::NotFound))), "missing");
        assert_eq!(
            summary(access.judge(Err(Failure::TimedOut))),
            "error: it did not answer in time"
        );
        for text in ["", "yes", "garbage \u{fffd}", "1\t2\t3"] {
            let summary = summary(access.judge(ended(1, text, "")));
            assert!(summary.starts_with("error: it ended with exit code 1"), "{text}: {summary}");
        }
    }
}

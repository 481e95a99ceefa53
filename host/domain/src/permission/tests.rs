use super::network::MAX_HOST_BYTES;
use super::*;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn tools(patterns: &[&str]) -> Permissions {
    let tool = |pattern: &&str| {
        let mut words = words(pattern).into_iter();
        ToolPermission::new(words.next().expect("a name"), words.collect()).expect("a permission")
    };
    Permissions { tools: patterns.iter().map(tool).collect(), network: vec![] }
}

#[track_caller]
fn check(patterns: &[&str], command: &str, allowed: bool) {
    let words = words(command);
    assert_eq!(
        tools(patterns).allows_tool(&words[0], &words[1..]),
        allowed,
        "{patterns:?} and {command:?}"
    );
}

#[test]
fn a_command_is_allowed_exactly_or_not_at_all() {
    check(&["vault version"], "vault version", true);
    check(&["vault version"], "vault", false);
    check(&["vault version"], "vault version -h", false);
    check(&["vault version"], "vault Version", false);
    check(&["vault version"], "/bin/vault version", false);
    check(&[], "vault version", false);
    check(&["a", "b c"], "b c", true);
}

#[test]
fn a_star_matches_one_argument_that_is_not_an_option() {
    check(&["kubectl auth can-i * *"], "kubectl auth can-i create pods", true);
    check(&["kubectl auth can-i * *"], "kubectl auth can-i create", false);
    check(&["kubectl auth can-i * *"], "kubectl auth can-i create --kubeconfig=/x", false);
    check(&["x *"], "x -", false);
    let star = tools(&["x *"]);
    let long = "a".repeat(MAX_STAR_BYTES + 1);
    for odd in ["", "a\0", "a\nb", "\t", "a\u{202e}b", "\u{200b}-x", &long] {
        assert!(!star.allows_tool("x", &[odd.to_owned()]), "{odd:?}");
    }
    check(&["x a*"], "x ab", false);
    assert!(ToolPermission::new("*", vec![]).is_err());
}

#[test]
fn a_program_is_a_bare_name() {
    for bad in [
        "",
        "/bin/sh",
        "./x",
        "..",
        "a/b",
        "a\\b",
        "-x",
        "a b",
        "a\n",
        "é",
        "a;b",
        "$(x)",
        "`x`",
        "x*",
        &"x".repeat(65),
    ] {
        assert!(ToolPermission::new(bad, vec![]).is_err(), "{bad:?}");
    }
    assert!(ToolPermission::new("x", vec![String::new(); 33]).is_err());
    for bad in ["\0", "a\nb", "\u{1b}[m", "\u{202e}"] {
        assert!(ToolPermission::new("x", vec![bad.into()]).is_err(), "{bad:?}");
    }
}

#[test]
fn version_queries_are_recognised_by_the_whole_command() {
    let is_query = |command: &str| tools(&[command]).tools[0].is_version_query();
    for command in ["vault version", "aws --version", "kubectl version --client --output=yaml"] {
        assert!(is_query(command), "{command}");
    }
    for command in [
        "reboot --version",
        "reboot version",
        "vault",
        "vault --version",
        "vault version x",
        "aws version",
    ] {
        assert!(!is_query(command), "{command}");
    }
}

#[test]
fn commands_are_displayed_in_shell_syntax() {
    let args =
        ["--format=value(\"Google Cloud SDK\")", "it's", "", "*"].map(str::to_owned).to_vec();
    let shown = ToolPermission::new("gcloud", args).expect("a permission").to_string();
    assert_eq!(shown, r#"gcloud '--format=value("Google Cloud SDK")' 'it'\''s' '' *"#);
}

#[test]
fn addresses() {
    for text in ["vault.acme.example:8200", "127.0.0.1:1", "[::1]:443"] {
        let permission: NetworkPermission = text.parse().expect(text);
        assert_eq!(permission.to_string(), text);
    }
    let network = vec!["Vault.acme.example:8200".parse().expect("an address")];
    let permissions = Permissions { tools: vec![], network };
    assert!(permissions.allows_network("vault.ACME.example", 8200));
    assert!(!permissions.allows_network("vault.acme.example", 8201));
    assert!(!permissions.allows_network("vault.acme.example.", 8200));
    for bad in [
        "",
        "host",
        "host:",
        "host:0",
        "host:65536",
        ":80",
        "a b:80",
        "a/b:80",
        "[x]:80",
        "[127.0.0.1]:80",
    ] {
        assert!(bad.parse::<NetworkPermission>().is_err(), "{bad:?}");
    }
}

#[test]
fn sets() {
    let with = |patterns: &[&str], addresses: &[&str]| {
        let address = |address: &&str| address.parse().expect("an address");
        Permissions { network: addresses.iter().map(address).collect(), ..tools(patterns) }
    };
    let first = with(&["a", "b"], &["x:1", "y:1"]);
    let second = with(&["b", "c"], &["y:1", "z:1"]);
    assert_eq!(first.without(&second), with(&["a"], &["x:1"]));
    assert_eq!(first.union(&second), with(&["a", "b", "c"], &["x:1", "y:1", "z:1"]));
    assert!(first.without(&first).is_empty());
    assert!(
        !with(&["a"], &[]).is_empty()
            && !with(&[], &["x:1"]).is_empty()
            && with(&[], &[]).is_empty()
    );
}

#[test]
fn permissions_expose_their_parts() {
    let [permission] = &tools(&["vault token *"]).tools[..] else { panic!("one permission") };
    assert_eq!(
        (permission.tool(), permission.args()),
        ("vault", &["token".to_owned(), "*".to_owned()][..])
    );
    let address: NetworkAddress = "Vault.example:8200".parse().expect("an address");
    assert_eq!((address.host(), address.port()), ("vault.example", 8200));
    let host =
        |bytes: usize| format!("{}:1", "x".repeat(bytes)).parse::<NetworkPermission>().is_ok();
    assert!(host(MAX_HOST_BYTES) && !host(MAX_HOST_BYTES + 1));
}

#[test]
fn commands_are_limited_exactly() {
    let command = |chars: usize| format!("t {}", "a ".repeat(15) + &"b".repeat(chars - 32));
    let longest = command(ToolPermission::MAX_CHARS);
    assert_eq!(longest.len(), ToolPermission::MAX_CHARS);
    longest.parse::<ToolPermission>().expect("the longest command");
    let error = command(ToolPermission::MAX_CHARS + 1).parse::<ToolPermission>();
    assert!(error.expect_err("too long").to_string().contains("at most 4,096 characters"));
    // spaces and tabs between words are not part of the permission, but of its text
    for text in [format!("t{}a", " ".repeat(ToolPermission::MAX_CHARS)), "t a\tb".to_owned()] {
        let error = text.parse::<ToolPermission>().expect_err("a text that cannot be shown");
        assert!(error.to_string().contains("without control characters"), "{error}");
    }
}

#[test]
fn every_permission_can_be_parsed_again() {
    let make = |arg: &str, count: usize| ToolPermission::new("t", vec![arg.to_owned(); count]);
    // `t`, and for each argument a space, quotes and the escaped quote
    for (arg, most) in [("a".repeat(127), 31), ("'".repeat(64), 15)] {
        let permission = make(&arg, most).expect("a permission");
        assert_eq!(permission.to_string().parse::<ToolPermission>().expect("parsed"), permission);
        let error = make(&arg, most + 1).expect_err("too long").to_string();
        assert!(error.contains("at most 4,096 characters"), "{error}");
    }
}

#[test]
fn a_path_into_the_answers_is_strict() {
    for (text, names) in [
        ("${answers.address}", &["address"][..]),
        ("${answers.server.http-address}", &["server", "http-address"]),
        ("${answers._a.B2}", &["_a", "B2"]),
    ] {
        let path: AnswerPath = text.parse().expect(text);
        assert_eq!(path.names(), names);
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(NetworkPermission::Answer(path)));
    }
    let deep = |names: usize| format!("${{answers{}}}", ".a".repeat(names));
    assert!(deep(8).parse::<AnswerPath>().is_ok() && deep(9).parse::<AnswerPath>().is_err());
    let long = |bytes: usize| format!("${{answers.{}}}", "a".repeat(bytes));
    assert!(long(64).parse::<AnswerPath>().is_ok() && long(65).parse::<AnswerPath>().is_err());
    for bad in [
        "${}",
        "${answers}",
        "${answers.}",
        "${answers.a.}",
        "${answers..a}",
        "${answers.a",
        "${answers.a}:80",
        "${answers.a b}",
        "${answers.1a}",
        "${answers.-a}",
        "${answers.a/b}",
        "${answers.ä}",
        "${answers.a[0]}",
        "${env.a}",
        "${ answers.a}",
        "$answers.a",
        "x${answers.a}",
        "{answers.a}",
    ] {
        assert!(bad.parse::<NetworkPermission>().is_err(), "{bad:?}");
    }
}

#[test]
fn answers_name_addresses_as_operators_write_them() {
    for (answer, address) in [
        ("vault.example:8200", "vault.example:8200"),
        ("https://Vault.example:8200/v1?x#y", "vault.example:8200"),
        ("https://vault.example", "vault.example:443"),
        ("http://vault.example/", "vault.example:80"),
        ("https://[::1]", "[::1]:443"),
        ("http://[fe80::1]:8080/x", "[fe80::1]:8080"),
        ("127.0.0.1:1", "127.0.0.1:1"),
    ] {
        let found = NetworkAddress::from_answer(answer).expect(answer);
        assert_eq!(found.to_string(), address, "{answer}");
    }
    for bad in [
        "",
        "vault.example",
        "https://",
        "https://user@vault.example",
        "https://user:secret@vault.example",
        "ftp://vault.example:21",
        "vault.example:8200/v1",
        "https://vault.example:0",
        "https://vault.example:",
        "https://a b",
        "*:443",
    ] {
        assert!(NetworkAddress::from_answer(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn permissions_are_resolved_by_answers() {
    let network = |addresses: &[&str]| {
        addresses.iter().map(|address| address.parse().expect("a permission")).collect()
    };
    let declared = Permissions {
        network: network(&["a.example:1", "${answers.a}", "${answers.b}", "${answers.c}"]),
        ..tools(&["vault version"])
    };
    assert_eq!(declared.answer().expect("an answer").to_string(), "${answers.a}");
    assert!(!declared.allows_network("a.example", 2));
    let resolved = declared.resolve(|path| match path.names()[0].as_str() {
        "a" => Answer::Text(" https://a.example:1/ ".to_owned()),
        "b" => Answer::Text("https://b.example".to_owned()),
        _ => Answer::Missing,
    });
    assert_eq!(resolved.permissions.network, network(&["a.example:1", "b.example:443"]) as Vec<_>);
    assert_eq!(resolved.permissions.tools, declared.tools);
    assert!(resolved.permissions.answer().is_none());
    let [unresolved] = &resolved.unresolved[..] else { panic!("one address") };
    assert_eq!(unresolved.to_string(), "`${answers.c}` is not answered");
    let invalid = declared.resolve(|_| Answer::Text("hunter2".to_owned())).unresolved;
    assert_eq!(invalid.len(), 3);
    assert!(!invalid[0].to_string().contains("hunter2"), "{}", invalid[0]);
    assert_eq!(declared.resolve(|_| Answer::Other).unresolved, invalid);
}

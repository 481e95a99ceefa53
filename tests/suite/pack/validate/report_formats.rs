//! The formats of the report, read by independent readers.

use roxmltree::Document;
use serde_json::{Value, json};

use super::{handler, pack_of};
use crate::archives::rules::pack;
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::schema;
use test_support::zips::{Zip, bill, cbor, sealed};
use test_support::{Sandbox, assert_contains, repository, text};

/// Text of a pack that tries to control a terminal, an XML document and a workflow log.
const LIE: &str =
    "\u{1b}[2J\r\n::stop-commands::x\n##[error]%0A\"/>]]><failure/><!--&lt;\u{202e}\u{fffe}";

/// A sandbox with valid, invalid, hostile and missing packs, and the arguments to validate
/// them.
fn sandbox() -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.write("packs/good.gtpack", pack_of(handler().component()));
    let mut zip = pack();
    zip.entry("notes/b.txt").both(|header| header.name = LIE.as_bytes().to_vec());
    sandbox.write("packs/name of lies, a::b.gtpack", zip.bytes());
    let mut entries = super::archives::valid();
    let mut document = bill(&entries);
    document["files"][0]["path"] = json!(LIE);
    entries.push(("sbom.cbor".to_owned(), cbor(&document)));
    sandbox.write("packs/bill-of-lies.gtpack", Zip::stored(&entries).bytes());
    sandbox.write("packs/flows.gtpack", super::declarations::without_handler());
    let names = [
        "good.gtpack",
        "name of lies, a::b.gtpack",
        "bill-of-lies.gtpack",
        "flows.gtpack",
        "\u{1b}]0;x\u{7}\n::error::x",
    ];
    let packs = names.iter().map(|name| format!("packs/{name}"));
    let arguments =
        ["pack", "validate"].iter().map(|word| (*word).to_owned()).chain(packs).collect();
    (sandbox, arguments)
}

fn report(sandbox: &Sandbox, arguments: &[String], form: &str) -> String {
    let form = ["--report".to_owned(), form.to_owned()];
    let ran = sandbox.gtc(arguments.iter().chain(&form)).exited(2);
    assert_eq!(ran.stderr, "");
    let is_plain =
        |c: char| c == '\n' || env_pack_domain::ForeignText::is_plain(c.encode_utf8(&mut [0; 4]));
    assert!(ran.stdout.chars().all(is_plain), "a terminal obeys something in {:?}", ran.stdout);
    ran.stdout
}

fn sarif_schema() -> Value {
    let path = repository().join("tests/fixtures/sarif/sarif-schema-2.1.0.json");
    let text = std::fs::read_to_string(path).expect("a schema");
    // two of its patterns have a superfluous bracket, which only some dialects ignore
    serde_json::from_str(&text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$")).expect("JSON")
}

#[test]
fn sarif_is_what_its_schema_says() {
    let (sandbox, arguments) = sandbox();
    let log: Value = serde_json::from_str(&report(&sandbox, &arguments, "sarif")).expect("JSON");
    let faults = schema::faults(&sarif_schema(), &log);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert!(results.len() >= 4, "{results:?}");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let location = &results[0]["locations"][0];
    let artifact = &location["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(artifact, "packs/name%20of%20lies%2C%20a%3A%3Ab.gtpack");
    assert!(results[0]["properties"]["byteOffset"].is_u64(), "{results:?}");
    assert!(
        text(&location["logicalLocations"][0]["fullyQualifiedName"]).contains(r"\u{1b}[2J"),
        "{location}"
    );
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map(Vec::len), Some(1));
}

/// GitHub requires more than the schema: it refuses a log with a result without a line, and
/// merges results that it cannot tell apart.
#[test]
fn sarif_is_what_github_takes() {
    let (sandbox, mut arguments) = sandbox();
    let two = super::private_keys::pem("PRIVATE");
    let mut entries = super::archives::valid();
    entries.push(("assets/a.txt".to_owned(), two.clone().into_bytes()));
    entries.push(("assets/b.txt".to_owned(), two.into_bytes()));
    sandbox.write("packs/two.gtpack", Zip::stored(&sealed(entries)).bytes());
    arguments.push("./packs/two.gtpack".to_owned());
    let log: Value = serde_json::from_str(&report(&sandbox, &arguments, "sarif")).expect("JSON");
    let run = &log["runs"][0];
    assert!(text(&run["automationDetails"]["id"]).ends_with('/'));
    for rule in run["tool"]["driver"]["rules"].as_array().expect("rules") {
        for pointer in
            ["/id", "/name", "/shortDescription/text", "/fullDescription/text", "/help/text"]
        {
            let text = rule.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            assert!((1..=1024).contains(&text.len()), "{pointer} of {rule}");
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for result in run["results"].as_array().expect("results") {
        let physical = &result["locations"][0]["physicalLocation"];
        for number in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(
                physical["region"][number].as_u64().is_some_and(|number| number > 0),
                "{result}"
            );
        }
        let uri = text(&physical["artifactLocation"]["uri"]);
        assert!(
            !uri.is_empty()
                && !uri.starts_with("./")
                && !text(&result["message"]["text"]).is_empty(),
            "{result}"
        );
        let fingerprint = text(&result["partialFingerprints"]["primaryLocationLineHash"]);
        assert!(
            seen.insert((
                text(&result["ruleId"]).to_owned(),
                uri.to_owned(),
                fingerprint.to_owned()
            )),
            "{result}"
        );
    }
    let secrets =
        seen.iter().filter(|(rule, uri, _)| rule == "secret-in-pack" && uri == "packs/two.gtpack");
    assert_eq!(secrets.count(), 2, "{seen:?}");
}

/// GitHub refuses the whole log if one URI is invalid or has another scheme than `file`.
#[test]
fn sarif_uris_are_relative_or_files() {
    let sandbox = Sandbox::new();
    let broken = "no archive";
    let names = [
        ("a b#c%20?.gtpack", "a%20b%23c%2520%3F.gtpack"),
        ("x:y.gtpack", "x%3Ay.gtpack"),
        ("back\\slash.gtpack", "back%5Cslash.gtpack"),
        ("q'uote\".gtpack", "q%27uote%22.gtpack"),
        ("./packs/ä b/p.gtpack", "packs/%C3%A4%20b/p.gtpack"),
    ];
    let mut validate = sandbox.verb("pack validate --report sarif");
    for (name, _) in names {
        sandbox.write(name, broken);
        validate = validate.arg(name);
    }
    let absolute = sandbox.write("absolute.gtpack", broken);
    let registry = ScriptedRegistry::with_image(&Image::pack(broken.as_bytes()));
    let reference = registry.reference("1");
    let missing = registry.reference("missing");
    let ran = validate.arg(&absolute).args([&reference, &missing]).exited(2);

    let log: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let faults = schema::faults(&sarif_schema(), &log);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let relative = |reference: &str| {
        let path = reference.strip_prefix("oci://").expect("a reference");
        format!("oci/{}", path.replace(':', "%3A"))
    };
    let expected = names.iter().map(|(_, uri)| (*uri).to_owned());
    let absolute = format!("file://{}", absolute.display());
    let expected: Vec<_> = expected.chain([absolute, relative(&reference)]).collect();
    let uri = |place: &Value| {
        text(&place["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).to_owned()
    };
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.iter().map(uri).collect::<Vec<_>>(), expected);

    // the reference itself is shown to people, and given to programs
    let last = results.last().expect("a result");
    let message = text(&last["message"]["text"]);
    assert!(message.starts_with(&format!("`{reference}`: ")), "{message}");
    let logical = &last["locations"][0]["logicalLocations"][0];
    assert_eq!(logical["fullyQualifiedName"], reference);
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(uri(notification), relative(&missing));
    let message = text(&notification["message"]["text"]);
    assert!(message.starts_with(&format!("`{missing}`: ")), "{message}");
}

#[test]
fn a_report_is_written_if_a_key_or_trust_root_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.write("good.gtpack", pack_of(handler().component()));
    for wanted in [["--env", "nowhere"], ["--key", "nowhere.pub"]] {
        for (form, part) in [
            ("human", "nowhere"),
            ("json", "\"failure\""),
            ("sarif", "toolExecutionNotifications"),
            ("junit", "<error"),
            ("github", "::error"),
        ] {
            let validate = ["pack", "validate", "good.gtpack", "--report", form];
            let report = sandbox.gtc(validate.iter().chain(&wanted)).exited(2).stdout;
            assert!(report.contains(part), "{wanted:?} {form}: {report}");
        }
    }
}

/// The schema finds errors, so that `sarif_is_what_its_schema_says` means something.
#[test]
fn the_schema_refuses_invalid_sarif() {
    let schema = sarif_schema();
    let log =
        json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]});
    assert_eq!(schema::faults(&schema, &log), Vec::<String>::new());
    let wrong: [(&str, Value); 8] = [
        ("/version", json!("2.0.0")),
        ("/runs", json!({})),
        ("/runs/0", json!({"results": []})),
        ("/runs/0/tool/driver", json!({"name": 1})),
        ("/runs/0/tool/driver", json!({"name": "x", "helpUri": "x"})),
        (
            "/runs/0/tool/driver",
            json!({"name": "x", "rules": [{"id": "a", "helpUri": "docs/x.md#a"}]}),
        ),
        ("/runs/0/results", json!([{"message": {"text": "x"}, "level": "fatal"}])),
        ("/runs/0/results", json!([{"message": {"text": "x"}, "ruleIndex": -2}])),
    ];
    for (pointer, value) in wrong {
        let mut log = log.clone();
        *log.pointer_mut(pointer).expect("a place") = value.clone();
        assert!(!schema::faults(&schema, &log).is_empty(), "{pointer} {value}");
    }
}

#[test]
fn junit_is_read_by_an_xml_reader() {
    let (sandbox, arguments) = sandbox();
    let xml = report(&sandbox, &arguments, "junit");
    let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let suites: Vec<_> = root.children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(suites.len(), 5);
    let mut sums = [0; 3];
    for suite in &suites {
        assert_eq!(suite.tag_name().name(), "testsuite");
        let count = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
        let counts = [count("testcase"), count("failure"), count("error")];
        for ((name, counted), sum) in
            ["tests", "failures", "errors"].iter().zip(counts).zip(&mut sums)
        {
            assert_eq!(suite.attribute(*name), Some(counted.to_string().as_str()), "{name}");
            *sum += counted;
        }
        let mut names = std::collections::BTreeSet::new();
        for case in suite.children().filter(roxmltree::Node::is_element) {
            assert!(names.insert(case.attribute("name")), "two of one name: {xml}");
            assert_eq!(case.attribute("classname"), suite.attribute("name"));
            assert!(case.has_attribute("name") && case.has_attribute("time"));
        }
    }
    assert_eq!(root.attribute("tests"), Some(sums[0].to_string().as_str()));
    // one per invalid pack; the markup in hostile names is plain text
    assert_eq!((sums[1] >= 3, sums[2]), (true, 1), "{xml}");
    assert_eq!(suites[1].attribute("name"), Some("packs/name of lies, a::b.gtpack"));
    let names: String = suites[1].descendants().filter_map(|node| node.attribute("name")).collect();
    assert!(names.contains("<failure/><!--&lt;"), "{names}");
}

#[test]
fn workflow_commands_are_ours_alone() {
    let (sandbox, arguments) = sandbox();
    let lines = report(&sandbox, &arguments, "github");
    let json: Value = serde_json::from_str(&report(&sandbox, &arguments, "json")).expect("JSON");
    let packs = json["result"]["packs"].as_array().expect("packs");
    let found: usize =
        packs.iter().map(|pack| pack["findings"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(lines.lines().count(), found + 1, "{lines}");
    for line in lines.lines() {
        let rest = ["::error ", "::warning ", "::notice "]
            .iter()
            .find_map(|command| line.strip_prefix(command));
        let (parameters, _) =
            rest.and_then(|rest| rest.split_once("::")).unwrap_or_else(|| panic!("{line}"));
        let names: Vec<_> = parameters
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["file", "title"], "{line}");
    }
    assert_contains(
        &lines,
        &["::error file=packs/name of lies%2C a%3A%3Ab.gtpack,title=zip-name::"],
    );
}

#[test]
fn text_names_problem_place_and_next_step() {
    let (sandbox, arguments) = sandbox();
    let text = report(&sandbox, &arguments, "human");
    for line in [
        "✓ packs/good.gtpack (`test.state.broken` 1.0.0)",
        "    `test.state.broken` serves state, supports `^1`",
        "    next: Rename the entry: no `..`, no leading `/`, no backslash, no `;`, no device name, no short name of Windows such as `A~1`, no `__MACOSX`, only ASCII.",
        "    the contents were not examined, because the container is not valid",
        "    next: check the path, or name another pack file",
    ] {
        assert!(text.contains(line), "`{line}` is not in\n{text}");
    }
}

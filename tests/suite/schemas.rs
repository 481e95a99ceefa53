//! What `--schema` prints: a JSON Schema of 2020-12, which takes exactly what the verb
//! takes.

use std::ffi::OsString;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::cli::verbs;
use crate::support::schema::faults;
use crate::support::{Sandbox, repository};

/// Documents for each verb, and for each of its arguments.
const DOCUMENTS: usize = 60;

/// Texts of every kind that an argument can be, and what nearly is one.
const TEXTS: [&str; 64] = [
    "local",
    "prod-eu.1",
    ".",
    "..",
    "",
    " ",
    "a b",
    "東京",
    "\u{3000}",
    "\u{202e}",
    "a\nb",
    "a\0b",
    "\u{e0041}",
    "secrets",
    "messaging",
    "extension",
    "Secrets",
    "rust",
    "python",
    "cobol",
    "bash",
    "fish",
    "tcsh",
    "declared",
    "human",
    "sarif",
    "SARIF",
    "primary",
    "eu-1",
    "Primary",
    "acme.secrets.vault",
    "acme.oauth.auth0",
    "acme",
    "acme.secrets.vault@0.4.2",
    "acme.oauth.auth0@1.0.0-rc.1+b",
    "acme.secrets.vault@1",
    "1.2.3",
    "1.2",
    "./vault.gtpack",
    "/packs/vault.gtpack",
    "file:///packs/vault.gtpack",
    "file://host/x",
    "repo://acme/vault",
    "oci://ghcr.io/acme/vault:0.4.2",
    "oci://ghcr.io/acme/vault",
    "oci://ghcr.io/Acme",
    "ghcr.io/acme/vault:1",
    "ghcr.io/acme/vault",
    "oci://[::1]:5000/a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "answers.json",
    "../answers.json",
    "vault token lookup",
    "vault '",
    "vault #x",
    "ext://acme.oauth.auth0/primary",
    "127.0.0.1:8080",
    "[::1]:0",
    "vault.acme.example:8200",
    "2026-11-25T12:00:00Z",
    "2026-11-25T12:00:00",
    "2026-11-25T12:00:00é",
    "2026-02-29T00:00:00+01:00",
    "0123456789abcdef0123456789abcdef",
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// A text that was a good one before something was put into it.
    fn changed(&mut self, text: &str) -> Value {
        let mut text: Vec<char> = text.chars().collect();
        let at = self.below(text.len() + 1);
        let end = (at + self.below(3)).min(text.len());
        let piece = match self.below(4) {
            0 => text[at..end].repeat(self.below(140)),
            _ => self.one_of(&TEXTS).chars().take(self.below(3)).collect(),
        };
        text.splice(at..end, piece);
        text.into_iter().collect::<String>().into()
    }

    /// Whatever comes along.
    fn junk(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Null,
            1 => json!(0),
            2 => json!(31.0),
            3 => json!(-1),
            4 => json!(1.5),
            5 => json!(10_001),
            6 => json!([]),
            7 => json!({}),
            8 => json!({"human": null}),
            9 => json!([self.one_of(&TEXTS)]),
            10 => self.below(2).eq(&0).into(),
            _ => self.one_of(&TEXTS).into(),
        }
    }
}

/// What a schema says of an argument, and values it takes.
struct Argument {
    name: String,
    is_required: bool,
    good: Vec<Value>,
    /// What is in it, when it is an object.
    members: Vec<Self>,
}

/// The arguments that an object of a schema has.
fn arguments(root: &Value, object: &Value) -> Vec<Argument> {
    let required = object["required"].as_array().cloned().unwrap_or_default();
    let properties = object["properties"].as_object().cloned().unwrap_or_default();
    let argument = |(name, schema): (String, Value)| {
        let target = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
        let target = target.and_then(|target| root.pointer(target.trim_start_matches('#')));
        let members = target.map_or_else(Vec::new, |target| arguments(root, target));
        let mut whole = schema;
        if let Some(defs) = root.get("$defs") {
            whole["$defs"] = defs.clone();
        }
        let validator = jsonschema::draft202012::new(&whole).expect("a schema");
        let texts = TEXTS.iter().flat_map(|text| [json!(text), json!([text]), json!([text, text])]);
        let others =
            [json!(true), json!(false), Value::Null, json!(1), json!(31.0), json!([]), json!({})];
        let good: Vec<_> = texts.chain(others).filter(|value| validator.is_valid(value)).collect();
        assert!(!good.is_empty(), "nothing here is one of {whole}");
        Argument { is_required: required.contains(&name.clone().into()), name, good, members }
    };
    properties.into_iter().map(argument).collect()
}

/// An object that might be one of the schema.
fn object(dice: &mut Dice, arguments: &[Argument], is_clean: bool) -> Value {
    let mut object = Map::new();
    let optional = dice.one_of(&[10, 40, 80]);
    for argument in arguments {
        let is_there = dice.below(100) < if argument.is_required { 97 } else { optional };
        if !is_there {
            continue;
        }
        let value = match dice.below(10) {
            0 if !is_clean => dice.junk(),
            1 if !is_clean => match dice.one_of(&argument.good) {
                Value::String(text) => dice.changed(&text),
                Value::Array(items) if !items.is_empty() => {
                    json!([dice.changed(items[0].as_str().expect("a text"))])
                }
                other => other,
            },
            _ if !argument.members.is_empty() => self::object(dice, &argument.members, is_clean),
            _ => dice.one_of(&argument.good),
        };
        object.insert(argument.name.clone(), value);
    }
    if !is_clean && dice.below(20) == 0 {
        object
            .insert(dice.one_of(&["no_such_argument", "Slot", "env", ""]).to_owned(), dice.junk());
    }
    Value::Object(object)
}

fn document(dice: &mut Dice, arguments: &[Argument]) -> Value {
    let is_clean = dice.below(10) < 6;
    let document = object(dice, arguments, is_clean);
    match dice.below(30) {
        0 => dice.junk(),
        1 => document.as_object().expect("an object").values().cloned().collect(),
        _ => document,
    }
}

/// Whether the program takes these arguments for this verb.
fn takes(sandbox: &Sandbox, verb: &[String], file: &Path) -> bool {
    let words = verb.iter().map(OsString::from);
    let store = [
        OsString::from("--store-root"),
        sandbox.home().into(),
        "--cache-dir".into(),
        sandbox.home().into(),
    ];
    let file = [OsString::from("--answers"), file.into()];
    gtc::cli::takes([OsString::from("gtc")].into_iter().chain(words).chain(store).chain(file))
}

fn schema(verb: &[String]) -> Value {
    let schema =
        Sandbox::new().gtc(verb.iter().map(String::as_str).chain(["--schema"])).succeeded();
    serde_json::from_str(&schema.stdout).expect("JSON")
}

/// Compares schema and verb for every verb whose turn it is, `part` of 2.
fn compare(part: usize) {
    let sandbox = Sandbox::new();
    let mut dice = Dice(0x5eed);
    for verb in verbs().into_iter().skip(part).step_by(2) {
        let schema = schema(&verb);
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{verb:?}: {schema}");
        let validator: Validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let arguments = arguments(&schema, &schema);
        let mut taken = 0;
        let turns = DOCUMENTS * (1 + arguments.len());
        for turn in 0..turns {
            let document = document(&mut dice, &arguments);
            // JSON is YAML too
            let name = if turn % 4 == 0 { "arguments.yaml" } else { "arguments.json" };
            let file = sandbox.write(name, document.to_string());
            let is_taken = takes(&sandbox, &verb, &file);
            let told =
                || sandbox.gtc(verb.iter().map(String::as_str).chain(["--answers", name])).stderr;
            assert_eq!(
                validator.is_valid(&document),
                is_taken,
                "{} {name}: {document}\nthe program says: {}",
                verb.join(" "),
                if is_taken { "nothing".to_owned() } else { told() }
            );
            taken += usize::from(is_taken);
        }
        assert!((turns / 50..turns).contains(&taken), "{verb:?}: {taken} of {turns} were taken");
    }
}

#[test]
fn schemas_take_what_verbs_take() {
    compare(0);
}

#[test]
fn and_so_do_the_others() {
    compare(1);
}

/// A published schema, which editors check files with.
fn published(name: &str) -> Value {
    let text = std::fs::read_to_string(repository().join("docs").join(name)).expect("a schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "{name}");
    schema
}

#[test]
fn published_schemas_take_the_files_that_are_here() {
    let (scenario, project) =
        (published("scenario.schema.json"), published("gtc-pack.schema.json"));
    let examples = std::fs::read_dir(repository().join("examples")).expect("a folder");
    let folders = examples
        .map(|entry| entry.expect("an entry").path())
        .filter(|folder| folder.join("tests").is_dir());
    let mut seen = 0;
    for folder in folders {
        let text = std::fs::read_to_string(folder.join("gtc-pack.toml")).expect("a project");
        let file: Value = toml::from_str(&text).expect("TOML");
        assert_eq!(faults(&project, &file), [""; 0], "{}", folder.display());
        for entry in std::fs::read_dir(folder.join("tests")).expect("a folder") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a scenario");
            let file: Value = serde_saphyr::from_str(&text).expect("YAML");
            assert_eq!(faults(&scenario, &file), [""; 0], "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 10, "{seen} scenarios");
}

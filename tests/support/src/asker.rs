//! A sandbox whose deployer, the guest `asker`, runs the probes that a test names.

use std::process::Command;

use env_pack_domain::{BindingContext, HandlerFault, Permissions, Preflight, Sha256Digest};
use gtc_engine::{Engine, EngineLimits, EngineSettings, Provenance, ToolEnvironment};
use serde_json::{Value, json};

use crate::engines::settings;
use crate::{Output, Sandbox, run, text};

/// The reply to one probe.
#[derive(Debug, Default)]
pub struct Answer {
    /// The exit code and whether output was truncated, or the failure.
    pub how: String,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    /// Creates a sandbox whose deployer is granted these tools and addresses.
    pub fn with_asker(tools: &[&str], network: &[&str]) -> Self {
        let sandbox = Self::with_local();
        let tools = tools.iter().flat_map(|tool| ["--tool", tool]);
        let flags: Vec<&str> =
            tools.chain(network.iter().flat_map(|address| ["--network", address])).collect();
        let pack = sandbox.built_pack(test_artifacts::asker(), "1.0.0", &flags);
        sandbox.questions(&[]);
        let update = sandbox.env_packs().update("deployer").kind("test.deployer.asker@1.0.0");
        update.pack_ref(pack).answers_ref("answers.json").grant_declared().succeeded();
        sandbox
    }

    /// Sets the probes of the next preflights.
    pub fn questions(&self, questions: &[&str]) {
        self.write(".greentic/environments/local/answers.json", json!(questions).to_string());
    }

    /// Returns the command that runs the preflight.
    pub fn asking(&self) -> Command {
        self.env().tool_check().env("local").command()
    }

    /// Runs these probes, and returns the replies.
    pub fn ask(&self, questions: &[&str]) -> Vec<Answer> {
        self.questions(questions);
        answers(&run(&mut self.asking()).succeeded())
    }

    /// Runs the tool `probed` with the argument `x`.
    pub fn probe(&self) -> Answer {
        self.ask(&["run|probed|x"]).remove(0)
    }
}

/// Returns the replies that the deployer received.
pub fn answers(ran: &Output) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    for check in deployer(ran)["checks"].as_array().expect("a list") {
        let (at, what) = text(&check["name"]).split_once(' ').expect("a number and a word");
        let at: usize = at.parse().expect("a number");
        answers.resize_with(answers.len().max(at + 1), Answer::default);
        let detail = text(&check["outcome"]["detail"]);
        match what.split(' ').next() {
            Some("stdout") => answers[at].stdout.push_str(detail),
            Some("stderr") => answers[at].stderr.push_str(detail),
            _ => answers[at].how = detail.to_owned(),
        }
    }
    answers
}

/// Returns the report on the deployer's binding.
pub fn deployer(ran: &Output) -> Value {
    ran.result()["bindings"][0].clone()
}

/// The same deployer, loaded through the library.
pub struct Asker(gtc_engine::LoadedComponent, Permissions);

/// Loads the deployer into an engine that uses the tools of this sandbox. It is granted
/// `probed` with any one argument.
pub fn engine(sandbox: &Sandbox, limits: EngineLimits) -> Asker {
    let tools = ToolEnvironment {
        path: sandbox.path.clone().into(),
        variables: vec![("HOME".into(), sandbox.home().into())],
    };
    let compiled = Some(sandbox.cache_folder().join("compiled"));
    let engine = Engine::new(EngineSettings { tools, compiled, ..settings(limits) });
    let component = std::fs::read(test_artifacts::asker()).expect("a guest");
    let loaded = engine
        .load(&component, &Sha256Digest::compute(&component), Provenance::External)
        .expect("it loads");
    Asker(loaded, crate::packs::permissions(&["probed *"], &[]))
}

impl Asker {
    /// Runs these probes.
    pub fn preflight(&self, questions: &[&str]) -> Result<Preflight, HandlerFault> {
        self.0.handler.preflight(&BindingContext {
            env_id: "local".parse().expect("an id"),
            instance_id: None,
            answers_json: json!(questions).to_string(),
            grants: self.1.clone(),
            declared: self.1.clone(),
        })
    }
}

//! Names its slot as a text. Its preflight uses every interface of the host.

use exports::greentic::env_pack::handler::Guest;
use greentic::env_pack::types::{Outcome, ToolCheck};
use greentic::env_pack::{binding, log, network, tools};

wit_bindgen::generate!({
    path: "../../../wit/unreleased/env-pack/0.2.0",
    world: "env-pack-handler",
});

struct TextSlot;

impl Guest for TextSlot {
    fn slot() -> String {
        "state".to_owned()
    }

    fn descriptor_path() -> String {
        "test.state.text-slot".to_owned()
    }

    fn supported_versions() -> String {
        "^1".to_owned()
    }

    fn preflight() -> Vec<ToolCheck> {
        log::log(log::Level::Info, "looking around");
        let args = ["a b".to_owned(), "c".to_owned()];
        vec![
            check("environment", binding::env_id()),
            check("instance", format!("{:?}", binding::instance_id())),
            check("answers", binding::answers_json()),
            check("ran", format!("{:?}", tools::probe("probed", &args))),
            check("reached", format!("{:?}", network::reach("127.0.0.1", 1))),
        ]
    }
}

fn check(name: &str, detail: String) -> ToolCheck {
    ToolCheck {
        name: name.to_owned(),
        description: "the reply".to_owned(),
        outcome: Outcome::Ok(Some(detail)),
    }
}

export!(TextSlot);

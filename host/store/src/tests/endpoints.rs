//! Messaging endpoints in `environment.json`.

use env_pack_domain::messaging::change::{self as rules, NewEndpoint, Stamp};
use env_pack_domain::messaging::{EndpointId, Endpoints, WelcomeFlow};

use super::*;

/// The endpoints of the second fixture.
const TEAMS: &str = "01M83W7WAY4Y7WM2ZJ8JZ66T2W";
const TELEGRAM: &str = "01M83W7WBFW7B6ZQ8CZHY4MJGR";
/// The last members of the first endpoint.
const TEAMS_END: &str = "\"linked_bundles\": [],
      \"generation\": 0,
      \"created_at\": \"2026-11-23T09:36:51.550233735Z\",
      \"updated_at\": \"2026-11-23T09:36:51.550233735Z\",
      \"updated_by\": \"op#idem=add:01M83W7WAY6TSGCEN566PZN5WB\"";

fn id(text: &str) -> EndpointId {
    text.parse().expect("an id")
}

fn stamp() -> Stamp {
    Stamp { at: "2026-12-01T00:00:00Z".to_owned(), by: "operator#idem=x:1".to_owned() }
}

fn change_endpoints(store: &Store, change: impl Fn(Endpoints) -> Endpoints) -> String {
    save(store, |stored| Change {
        endpoints: Some(change(stored.endpoints.list)),
        ..Change::recorded(Vec::new(), ())
    });
    read(store, "environment.json")
}

fn link(endpoints: Endpoints, endpoint: &str) -> Endpoints {
    let bundle = "legal-advisor".parse().expect("a bundle");
    rules::link_bundle(endpoints, &id(endpoint), bundle, stamp()).expect("linked").endpoints
}

#[test]
fn a_changed_endpoint_is_written_as_the_existing_tools_write_it() {
    let (_root, store) = store(FIXTURES[1]);
    let linked = change_endpoints(&store, |endpoints| link(endpoints, TEAMS));
    let expected = "\"linked_bundles\": [
        \"legal-advisor\"
      ],
      \"generation\": 1,
      \"created_at\": \"2026-11-23T09:36:51.550233735Z\",
      \"updated_at\": \"2026-12-01T00:00:00Z\",
      \"updated_by\": \"operator#idem=x:1\"";
    assert_eq!(linked, FIXTURES[1].replacen(TEAMS_END, expected, 1));
    let welcoming = change_endpoints(&store, |endpoints| {
        let flow = WelcomeFlow {
            bundle_id: "legal-advisor".parse().expect("a bundle"),
            pack_id: "greetings".parse().expect("a pack"),
            flow_id: "hello".parse().expect("a flow"),
        };
        let set = rules::set_welcome_flow(endpoints, &id(TEAMS), Some(flow), stamp());
        set.expect("set").endpoints
    });
    let flow = "\"legal-advisor\"
      ],
      \"welcome_flow\": {
        \"bundle_id\": \"legal-advisor\",
        \"pack_id\": \"greetings\",
        \"flow_id\": \"hello\"
      },
      \"generation\": 2,";
    let expected =
        linked.replacen("\"legal-advisor\"\n      ],\n      \"generation\": 1,", flow, 1);
    assert_eq!(welcoming, expected);
    let stored = store.load(&local()).expect("loaded");
    let flow = stored.endpoints.list.as_slice()[0].welcome_flow.as_ref().expect("a flow");
    assert_eq!(flow.flow_id.as_str(), "hello");
}

#[test]
fn a_new_endpoint_has_the_members_in_their_order_and_can_be_removed_again() {
    let (_root, store) = store(FIXTURES[1]);
    let added = change_endpoints(&store, |endpoints| {
        let new = NewEndpoint {
            id: id("01M83W7WAY4Y7WM2ZJ8JZ66T20"),
            provider_id: "eu".parse().expect("a provider"),
            provider_type: "messaging.teams.bot".parse().expect("a type"),
            display_name: "EU \u{65e5}".parse().expect("a name"),
            secret_refs: vec!["secret://local/a".parse().expect("a reference")],
            webhook_secret_ref: Some("secret://local/b".parse().expect("a reference")),
        };
        rules::add(endpoints, new, stamp()).expect("added").endpoints
    });
    let element = "    },
    {
      \"schema\": \"greentic.messaging-endpoint.v1\",
      \"env_id\": \"local\",
      \"endpoint_id\": \"01M83W7WAY4Y7WM2ZJ8JZ66T20\",
      \"provider_id\": \"eu\",
      \"provider_type\": \"messaging.teams.bot\",
      \"display_name\": \"EU \u{65e5}\",
      \"secret_refs\": [
        \"secret://local/a\"
      ],
      \"webhook_secret_ref\": \"secret://local/b\",
      \"linked_bundles\": [],
      \"generation\": 0,
      \"created_at\": \"2026-12-01T00:00:00Z\",
      \"updated_at\": \"2026-12-01T00:00:00Z\",
      \"updated_by\": \"operator#idem=x:1\"
    }
  ],
  \"extensions\"";
    assert_eq!(added, FIXTURES[1].replacen("    }\n  ],\n  \"extensions\"", element, 1));
    let removed = change_endpoints(&store, |endpoints| {
        rules::remove(endpoints, &id("01M83W7WAY4Y7WM2ZJ8JZ66T20")).endpoints
    });
    assert_eq!(removed, FIXTURES[1]);
    let emptied = change_endpoints(&store, |endpoints| {
        let endpoints = rules::remove(endpoints, &id(TEAMS)).endpoints;
        rules::remove(endpoints, &id(TELEGRAM)).endpoints
    });
    assert!(emptied.contains("\"messaging_endpoints\": [],\n"), "{emptied}");
}

#[test]
fn members_of_others_and_other_endpoints_keep_their_text() {
    let odd = FIXTURES[1]
        .replacen("\"secret_refs\": [],", "\"secret_refs\":   [ ], \"x\": {\"n\": 1.00},", 1)
        .replace("\"display_name\": \"Support\",", "\"display_name\":  \"Support\", \"y\": 1e400,");
    let (_root, store) = store(&odd);
    let text = change_endpoints(&store, |endpoints| link(endpoints, TEAMS));
    let parts = [
        "\"secret_refs\": [ ],\n      \"x\": {\"n\": 1.00},\n      \"linked_bundles\": [\n",
        "\"display_name\":  \"Support\", \"y\": 1e400,",
    ];
    for part in parts {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // a change of a binding leaves all of it alone
    let (_root, store) = super::store(&odd);
    let text = text_after(&store, |environment| {
        change::remove(environment.clone(), &secrets()).expect("bound").environment
    });
    let list = |text: &str| {
        let start = text.find("\"messaging_endpoints\"").expect("the list");
        text[start..text.find("\"extensions\": [").expect("the next list")].to_owned()
    };
    assert_eq!(list(&text), list(&odd));
}

/// Parses the second fixture with a change; returns the faults, as places and reasons.
fn faults(from: &str, to: &str) -> Vec<(String, String)> {
    let text = FIXTURES[1].replacen(from, to, 1);
    assert_ne!(text, FIXTURES[1], "{from}");
    let (_root, store) = store(&text);
    let stored = store.load(&local()).expect("loaded");
    assert_eq!(stored.endpoints.list.as_slice().len() + stored.endpoints.faults.len(), 2, "{to}");
    // the other endpoint can be changed, and the faulty one keeps its text
    let other = stored.endpoints.list.as_slice()[0].id.clone();
    let changed = change_endpoints(&store, |endpoints| link(endpoints, other.as_str()));
    let start = text.find(to).expect("the change");
    assert!(changed.contains(&text[start..start + to.len()]), "{changed}");
    let faults = stored.endpoints.faults.iter().map(|faulty| &faulty.fault);
    faults.map(|fault| (fault.place.clone(), fault.reason.to_string())).collect()
}

#[test]
fn a_malformed_endpoint_says_where_and_is_left_alone() {
    for (from, to, place, reason) in [
        ("endpoint.v1", "endpoint.v2", "[0].schema`", "greentic.messaging-endpoint.v2"),
        (
            "\"env_id\": \"local\",\n      \"endpoint_id\"",
            "\"env_id\": \"prod\",\n      \"endpoint_id\"",
            "[0].env_id`",
            "`prod`",
        ),
        (TEAMS, "legal", "[0].endpoint_id`", "not an endpoint id"),
        ("\"endpoint_id\"", "\"endpoint\"", "[0].endpoint_id`", "it is missing"),
        ("\"legal\"", "7", "[0].provider_id`", "string"),
        ("\"legal\"", "\"a\\u001b\"", "[0].provider_id`", "provider id"),
        (
            "\"secret_refs\": []",
            "\"secret_refs\": [\"hunter2\"]",
            "[0].secret_refs`",
            "not a reference",
        ),
        ("secret://local/default", "hunter2", "[1].webhook_secret_ref`", "not a reference"),
        ("\"linked_bundles\": []", "\"linked_bundles\": [\" \"]", "[0].linked_bundles`", "blank"),
        ("\"linked_bundles\": []", "\"welcome_flow\": {}", "[0].welcome_flow`", "missing field"),
        (
            "\"generation\": 0,\n      \"created_at\"",
            "\"generation\": -1,\n      \"created_at\"",
            "[0].generation`",
            "-1",
        ),
        ("2026-11-23T09:36:51.550233735Z", "today", "[0].created_at`", "not a time"),
        (
            TELEGRAM,
            TEAMS,
            "[1]`",
            "endpoint `01M83W7WAY4Y7WM2ZJ8JZ66T2W` appears twice, first at `messaging_endpoints[0]`",
        ),
    ] {
        let found = faults(from, to);
        let [(found_place, found_reason)] = found.as_slice() else { panic!("{to}: {found:?}") };
        assert!(found_place.ends_with(place), "{to}: {found_place}");
        assert!(found_reason.contains(reason), "{to}: {found_reason}");
        assert!(!found_reason.contains("hunter2"), "a value may be a secret: {found_reason}");
    }
}

#[test]
fn the_second_endpoint_of_a_provider_is_a_fault() {
    let text = FIXTURES[1]
        .replace("\"support\"", "\"legal\"")
        .replace("messaging.telegram.bot", "messaging.teams.bot");
    let (_root, store) = store(&text);
    let stored = store.load(&local()).expect("loaded");
    assert_eq!(stored.endpoints.list.as_slice().len(), 1);
    let faulty = &stored.endpoints.faults[0];
    assert_eq!(faulty.id, Some(id(TELEGRAM)));
    assert_eq!(
        faulty.fault.reason.to_string(),
        "provider `legal` of type `messaging.teams.bot` appears twice, first at \
         `messaging_endpoints[0]`"
    );
    let instance = faulty.instance.as_ref().expect("an instance");
    assert_eq!((instance.0.as_str(), instance.1.as_str()), ("messaging.teams.bot", "legal"));
}

#[test]
fn endpoints_that_are_no_list_stop_no_other_change() {
    let text = FIXTURES[0].replace("\"messaging_endpoints\": []", "\"messaging_endpoints\": {}");
    let (_root, store) = store(&text);
    let stored = store.load(&local()).expect("loaded");
    let fault = stored.endpoints.list_fault.expect("a fault");
    assert_eq!(fault.place, "`messaging_endpoints`");
    let text = text_after(&store, |environment| {
        change::remove(environment.clone(), &secrets()).expect("bound").environment
    });
    assert!(text.contains("\"messaging_endpoints\": {},"), "{text}");
    // older environments have no such list
    let text = FIXTURES[0].replace("  \"messaging_endpoints\": [],\n", "");
    let (_root, store) = super::store(&text);
    let stored = store.load(&local()).expect("loaded");
    assert!(stored.endpoints.list_fault.is_none() && stored.endpoints.list.as_slice().is_empty());
    assert_eq!(rendered(&text), text);
}

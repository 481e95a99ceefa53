use super::*;
use crate::messaging::DuplicateEndpoint;

const BUNDLES: [&str; 3] = ["legal", "billing", "retired"];
const IDS: [&str; 3] =
    ["01M83W7WAY4Y7WM2ZJ8JZ66T20", "01M83W7WAY4Y7WM2ZJ8JZ66T21", "01M83W7WAY4Y7WM2ZJ8JZ66T22"];

fn id(number: usize) -> EndpointId {
    IDS[number].parse().expect("an id")
}

fn bundle(name: &str) -> BundleId {
    name.parse().expect("a bundle")
}

fn secret(text: &str) -> SecretRef {
    text.parse().expect("a reference")
}

/// An environment in which all bundles but `retired` are deployed.
fn empty() -> Endpoints {
    Endpoints::empty("local".parse().expect("an id"), BUNDLES[..2].iter().map(|name| bundle(name)))
}

fn new_endpoint(number: usize, provider: &str) -> NewEndpoint {
    NewEndpoint {
        id: id(number),
        provider_id: provider.parse().expect("a provider"),
        provider_type: "messaging.teams.bot".parse().expect("a type"),
        display_name: "Legal".parse().expect("a name"),
        secret_refs: Vec::new(),
        webhook_secret_ref: None,
    }
}

fn stamp(at: usize) -> Stamp {
    Stamp { at: format!("at {at}"), by: format!("by {at}") }
}

fn flow(name: &str) -> WelcomeFlow {
    WelcomeFlow {
        bundle_id: bundle(name),
        pack_id: "greetings".parse().expect("a pack"),
        flow_id: "hello".parse().expect("a flow"),
    }
}

/// An environment with one endpoint, to which `legal` is linked.
fn linked() -> Endpoints {
    let endpoints = add(empty(), new_endpoint(0, "one"), stamp(0)).expect("added").endpoints;
    link_bundle(endpoints, &id(0), bundle("legal"), stamp(1)).expect("linked").endpoints
}

#[test]
fn an_endpoint_is_added_once() {
    let mut new = new_endpoint(0, "one");
    let own = secret("secret://local/a");
    new.secret_refs = vec![own.clone(), secret("secret://local/b"), own.clone()];
    new.webhook_secret_ref = Some(own);
    let changed = add(empty(), new, stamp(7)).expect("added");
    let added = changed.after.expect("an endpoint");
    assert_eq!((added.generation, added.secret_refs.len()), (0, 2));
    assert_eq!((added.created_at.as_str(), added.updated_at.as_str()), ("at 7", "at 7"));
    let taken =
        add(changed.endpoints.clone(), new_endpoint(1, "one"), stamp(8)).expect_err("taken");
    assert!(matches!(&taken, EndpointRefusal::ProviderTaken { id: found, .. } if *found == id(0)));
    let taken = add(changed.endpoints, new_endpoint(0, "two"), stamp(8)).expect_err("taken");
    assert!(matches!(taken, EndpointRefusal::IdTaken { .. }));
}

#[test]
fn secrets_belong_to_the_environment() {
    let other = secret("secret://prod/a");
    for new in [
        NewEndpoint { secret_refs: vec![other.clone()], ..new_endpoint(0, "one") },
        NewEndpoint { webhook_secret_ref: Some(other.clone()), ..new_endpoint(0, "one") },
    ] {
        let refusal = add(empty(), new, stamp(0)).expect_err("another environment");
        assert!(matches!(refusal, EndpointRefusal::OtherEnvironment { .. }), "{refusal}");
    }
    set_webhook_secret_ref(linked(), &id(0), other, stamp(2)).expect_err("another environment");
}

#[test]
fn only_deployed_bundles_are_linked() {
    let refusal =
        link_bundle(linked(), &id(0), bundle("retired"), stamp(2)).expect_err("not deployed");
    assert!(matches!(refusal, EndpointRefusal::BundleNotDeployed { .. }), "{refusal}");
    // a bundle that is not deployed any more can be unlinked, and linking it again changes nothing
    let mut endpoints = Endpoints::empty("local".parse().expect("an id"), []);
    for endpoint in linked().as_slice() {
        endpoints.push(endpoint.clone()).expect("its own identity");
    }
    let again = link_bundle(endpoints.clone(), &id(0), bundle("legal"), stamp(2)).expect("linked");
    assert!(again.is_unchanged());
    let changed = unlink_bundle(endpoints, &id(0), &bundle("legal"), stamp(2)).expect("unlinked");
    assert!(!changed.is_unchanged());
}

#[test]
fn a_welcome_flow_needs_its_bundle() {
    let refusal = set_welcome_flow(linked(), &id(0), Some(flow("billing")), stamp(2));
    assert!(matches!(refusal, Err(EndpointRefusal::BundleNotLinked { .. })));
    let welcoming = set_welcome_flow(linked(), &id(0), Some(flow("legal")), stamp(2)).expect("set");
    let endpoints = welcoming.endpoints;
    let refusal = unlink_bundle(endpoints.clone(), &id(0), &bundle("legal"), stamp(3));
    assert!(matches!(refusal, Err(EndpointRefusal::HasWelcomeFlow { .. })));
    let cleared = set_welcome_flow(endpoints, &id(0), None, stamp(3)).expect("cleared").endpoints;
    let unlinked = unlink_bundle(cleared, &id(0), &bundle("legal"), stamp(4)).expect("unlinked");
    assert_eq!(unlinked.after.expect("an endpoint").linked_bundles, []);
}

#[test]
fn what_does_not_exist_is_refused_except_for_removing_it() {
    let absent = id(2);
    for refused in [
        link_bundle(linked(), &absent, bundle("legal"), stamp(2)),
        unlink_bundle(linked(), &absent, &bundle("legal"), stamp(2)),
        set_welcome_flow(linked(), &absent, None, stamp(2)),
        set_webhook_secret_ref(linked(), &absent, secret("secret://local/a"), stamp(2)),
    ] {
        assert!(matches!(refused, Err(EndpointRefusal::NotFound { .. })), "{refused:?}");
    }
    assert!(remove(linked(), &absent).is_unchanged());
    ensure_generation(&linked(), &absent, Some(0)).expect_err("absent");
    ensure_generation(&linked(), &absent, None).expect("no expectation");
    ensure_generation(&linked(), &id(0), Some(1)).expect("as expected");
    let stale = ensure_generation(&linked(), &id(0), Some(0)).expect_err("another generation");
    assert!(stale.to_string().contains("has generation 1, not the expected 0"), "{stale}");
}

/// Numbers that a seed repeats: a linear congruential generator.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

fn random_change(
    random: &mut Random,
    endpoints: Endpoints,
    step: usize,
) -> Result<Changed, EndpointRefusal> {
    let named = id(random.below(IDS.len()));
    let name = BUNDLES[random.below(BUNDLES.len())];
    match random.below(6) {
        0 => {
            let provider = ["one", "two"][random.below(2)];
            add(endpoints, new_endpoint(random.below(IDS.len()), provider), stamp(step))
        }
        1 => link_bundle(endpoints, &named, bundle(name), stamp(step)),
        2 => unlink_bundle(endpoints, &named, &bundle(name), stamp(step)),
        3 => {
            let flow = (random.below(2) == 0).then(|| flow(name));
            set_welcome_flow(endpoints, &named, flow, stamp(step))
        }
        4 => {
            let secret = secret(&format!("secret://local/{}", random.below(2)));
            set_webhook_secret_ref(endpoints, &named, secret, stamp(step))
        }
        _ => Ok(remove(endpoints, &named)),
    }
}

/// Checks what holds of every change.
fn check_change(before: &Endpoints, changed: &Changed, step: usize) {
    let named = changed.before.as_ref().or(changed.after.as_ref()).map(|endpoint| &endpoint.id);
    let others = |endpoints: &Endpoints| {
        let others = endpoints.as_slice().iter().filter(|endpoint| Some(&endpoint.id) != named);
        others.cloned().collect::<Vec<_>>()
    };
    assert_eq!(others(before), others(&changed.endpoints), "other endpoints stay");
    if changed.is_unchanged() {
        assert_eq!(*before, changed.endpoints);
        return;
    }
    let Some(after) = &changed.after else { return };
    assert_eq!((&after.updated_at, &after.updated_by), (&stamp(step).at, &stamp(step).by));
    let generation = changed.before.as_ref().map_or(0, |before| before.generation + 1);
    assert_eq!(after.generation, generation);
    if let Some(before) = &changed.before {
        assert_eq!(before.created_at, after.created_at);
        let kept = before.linked_bundles.iter().filter(|it| after.linked_bundles.contains(it));
        let new = after.linked_bundles.iter().filter(|it| !before.linked_bundles.contains(it));
        let expected: Vec<_> = kept.chain(new).cloned().collect();
        assert_eq!(after.linked_bundles, expected, "in the order in which they were linked");
    }
    let mut linked = after.linked_bundles.clone();
    linked.sort();
    linked.dedup();
    assert_eq!(linked.len(), after.linked_bundles.len(), "each bundle is linked once");
    let welcoming = after.welcome_flow.as_ref().map(|flow| &flow.bundle_id);
    assert!(welcoming.is_none_or(|bundle| linked.contains(bundle)), "{after:?}");
}

#[test]
fn random_changes_keep_the_rules() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut endpoints = empty();
        for step in 0..60 {
            let Ok(changed) = random_change(&mut random, endpoints.clone(), step) else { continue };
            check_change(&endpoints, &changed, step);
            endpoints = changed.endpoints;
            // the same list, built from nothing, has the same look-up tables
            let mut rebuilt = empty();
            for endpoint in endpoints.as_slice() {
                rebuilt.push(endpoint.clone()).expect("no two have one identity");
            }
            assert_eq!(rebuilt, endpoints, "seed {seed}, step {step}");
        }
    }
}

#[test]
fn a_stored_list_has_no_two_of_one_identity() {
    let mut endpoints = linked();
    let first = endpoints.as_slice()[0].clone();
    assert_eq!(endpoints.push(first.clone()), Err(DuplicateEndpoint::Id { at: 0 }));
    let same_provider = Endpoint { id: id(1), ..first };
    assert_eq!(endpoints.push(same_provider), Err(DuplicateEndpoint::Provider { at: 0 }));
    assert_eq!(endpoints, linked());
}

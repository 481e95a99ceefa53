use super::*;
use crate::{CapabilitySlot, CoreSlot, Permissions};

fn slot(slot: CapabilitySlot) -> BindingPlace {
    BindingPlace::Slot(CoreSlot::try_from(slot).expect("a core slot"))
}

fn instance(name: &str) -> BindingPlace {
    BindingPlace::Extension((!name.is_empty()).then(|| name.parse().expect("an instance id")))
}

fn request(place: BindingPlace, kind: &str) -> BindingRequest {
    let kind: PackDescriptor = kind.parse().expect("a descriptor");
    BindingRequest { place, pack_ref: PackRef::Builtin(kind.clone()), kind, answers_ref: None }
}

fn empty() -> Environment {
    Environment::empty("local".parse().expect("an id"))
}

fn secrets(kind: &str) -> BindingRequest {
    request(slot(CapabilitySlot::Secrets), kind)
}

fn key() -> BindingKey {
    BindingKey::Slot(CoreSlot::try_from(CapabilitySlot::Secrets).expect("a core slot"))
}

/// Runs a sequence of changes of the secrets slot and checks the final binding or refusal.
#[track_caller]
fn check(script: &[&str], expected: Result<(&str, u64, bool), &str>) {
    let mut environment = empty();
    let mut last = Ok(());
    for step in script {
        let (verb, kind) = step.split_once(' ').unwrap_or((step, ""));
        let changed = match verb {
            "add" => add(environment.clone(), secrets(kind), None),
            "update" => update(environment.clone(), secrets(kind), None),
            "remove" => remove(environment.clone(), &key()),
            "rollback" => rollback(environment.clone(), &key()),
            other => panic!("no such verb: {other}"),
        };
        last = match changed {
            Ok(changed) => {
                environment = changed.environment;
                Ok(())
            }
            Err(refusal) => Err(refusal.to_string()),
        };
    }
    match (last, expected) {
        (Ok(()), Ok((kind, generation, has_previous))) => {
            let binding = environment.binding(&key()).expect("a binding");
            let found = (binding.kind.to_string(), binding.generation, binding.previous.is_some());
            assert_eq!(found, (kind.to_owned(), generation, has_previous), "{script:?}");
        }
        (Err(refusal), Err(part)) => assert!(refusal.contains(part), "{script:?}: {refusal}"),
        (found, expected) => panic!("{script:?}: found {found:?}, expected {expected:?}"),
    }
}

#[test]
fn changes_in_sequence() {
    check(&["add a.b@1.0.0"], Ok(("a.b@1.0.0", 0, false)));
    check(&["add a.b@1.0.0", "update a.c@2.0.0"], Ok(("a.c@2.0.0", 1, true)));
    check(&["add a.b@1.0.0", "update a.c@2.0.0", "rollback"], Ok(("a.b@1.0.0", 2, false)));
    check(
        &["add a.b@1.0.0", "update a.c@2.0.0", "update a.d@3.0.0", "rollback"],
        Ok(("a.c@2.0.0", 3, false)),
    );
    check(&["add a.b@1.0.0", "remove", "add a.c@1.0.0"], Ok(("a.c@1.0.0", 0, false)));
}

#[test]
fn what_is_refused() {
    check(
        &["add a.b@1.0.0", "add a.c@1.0.0"],
        Err("slot `secrets` is already bound in environment `local`; use `update`"),
    );
    check(
        &["update a.b@1.0.0"],
        Err("slot `secrets` is not bound in environment `local`; use `add`"),
    );
    check(&["remove"], Err("is not bound"));
    check(&["rollback"], Err("is not bound"));
    check(&["add a.b@1.0.0", "rollback"], Err("has no previous binding"));
    check(
        &["add a.b@1.0.0", "update a.c@2.0.0", "rollback", "rollback"],
        Err("has no previous binding"),
    );
    check(&["add a.b@1.0.0", "update a.c@2.0.0", "remove", "rollback"], Err("is not bound"));
}

#[test]
fn only_one_previous_binding_is_kept() {
    let mut environment = add(empty(), secrets("a.b@1.0.0"), None).expect("free").environment;
    for kind in ["a.b@2.0.0", "a.b@3.0.0"] {
        environment = update(environment.clone(), secrets(kind), None).expect("bound").environment;
    }
    let previous = environment.packs()[0].readable_previous().expect("a previous binding");
    assert_eq!(previous.previous, None);
}

fn pin(archive: u8) -> Pin {
    Pin {
        manifest: None,
        archive: crate::Sha256Digest::from_bytes([archive; 32]),
        size: 1,
        pack: None,
        handlers: Vec::new(),
        grants: Permissions::default(),
        signer: None,
        locked_at: "2026-11-30T00:00:00Z".to_owned(),
    }
}

#[test]
fn a_rollback_restores_bytes_and_permissions() {
    let environment = add(empty(), secrets("a.b@1.0.0"), Some(pin(1))).expect("free").environment;
    let rebuilt = update(environment.clone(), secrets("a.b@1.0.0"), Some(pin(2))).expect("bound");
    assert_eq!(rebuilt.change.after.expect("bound").pin, Some(pin(2)));
    let restored = rollback(rebuilt.environment.clone(), &key()).expect("restored").change.after;
    assert_eq!(restored.expect("bound").pin, Some(pin(1)));
}

#[test]
fn an_earlier_binding_is_restored_as_a_new_generation() {
    let first = add(empty(), secrets("a.b@1.0.0"), Some(pin(1))).expect("free").environment;
    let earlier = first.binding(&key()).expect("bound").clone();
    assert!(restore(empty(), &earlier).is_err(), "nothing is bound");
    let second = update(first, secrets("a.b@2.0.0"), Some(pin(2))).expect("bound").environment;
    let third = update(second, secrets("a.b@3.0.0"), Some(pin(3))).expect("bound").environment;
    let restored = restore(third, &earlier).expect("bound").environment;
    let binding = restored.binding(&key()).expect("bound");
    assert_eq!((binding.generation, &binding.kind), (3, &earlier.kind));
    assert_eq!(binding.pin, Some(pin(1)));
    // it can be undone
    let undone = rollback(restored.clone(), &key()).expect("kept").environment;
    let binding = undone.binding(&key()).expect("bound");
    assert_eq!((binding.generation, &binding.pin), (4, &Some(pin(3))));
}

/// Returns an environment with a binding that was updated once; both have a pin.
fn updated() -> Environment {
    let environment = add(empty(), secrets("a.b@1.0.0"), Some(pin(1))).expect("free").environment;
    update(environment.clone(), secrets("a.c@1.0.0"), Some(pin(2))).expect("bound").environment
}

#[test]
fn a_changed_reference_keeps_everything_else() {
    let environment = updated();
    let pack_ref: PackRef = "/packs/exact.gtpack".parse().expect("a reference");
    let changed = set_pack_ref(environment.clone(), &key(), pack_ref.clone()).expect("bound");
    let before = environment.packs()[0].clone();
    let after = Binding { pack_ref, ..before.clone() };
    assert_eq!(changed.environment.packs(), std::slice::from_ref(&after));
    assert_eq!((changed.change.before, changed.change.after), (Some(before), Some(after)));
    let free = set_pack_ref(empty(), &key(), PackRef::Builtin(secrets("a.b@1.0.0").kind));
    assert!(matches!(free, Err(Refusal::NotBound { .. })));
}

#[test]
fn a_new_pin_keeps_everything_else() {
    let environment = updated();
    let changed = set_pin(environment.clone(), &key(), pin(3)).expect("bound");
    let before = environment.packs()[0].clone();
    let after = Binding { pin: Some(pin(3)), ..before.clone() };
    assert_eq!(changed.environment.packs(), std::slice::from_ref(&after));
    assert_eq!((changed.change.before, changed.change.after), (Some(before), Some(after)));
    let free = set_pin(empty(), &key(), pin(3));
    assert!(matches!(free, Err(Refusal::NotBound { .. })));
}

#[test]
fn only_the_expected_generation_is_accepted() {
    let environment = updated();
    let generation = environment.packs()[0].generation;
    for accepted in [None, Some(generation)] {
        ensure_generation(&environment, &key(), accepted).expect("accepted");
    }
    let refusal = ensure_generation(&environment, &key(), Some(generation + 1));
    assert!(matches!(refusal, Err(Refusal::OtherGeneration { .. })));
    let free = ensure_generation(&empty(), &key(), Some(0));
    assert!(matches!(free, Err(Refusal::NotBound { .. })));
}

#[test]
fn a_repeated_update_changes_nothing() {
    let environment = add(empty(), secrets("a.b@1.0.0"), Some(pin(1))).expect("free").environment;
    let environment =
        update(environment.clone(), secrets("a.c@1.0.0"), Some(pin(2))).expect("bound").environment;
    let later = Pin { locked_at: "2027-01-01T00:00:00Z".to_owned(), ..pin(2) };
    let repeated = update(environment.clone(), secrets("a.c@1.0.0"), Some(later)).expect("bound");
    assert!(repeated.change.is_unchanged());
    assert_eq!(repeated.environment, environment);
    for changed in [
        update(environment.clone(), secrets("a.c@1.0.0"), Some(pin(3))),
        update(environment.clone(), secrets("a.c@1.0.1"), Some(pin(2))),
        update(environment.clone(), secrets("a.c@1.0.0"), None),
    ] {
        assert!(!changed.expect("bound").change.is_unchanged());
    }
}

#[test]
fn a_rollback_restores_no_older_binding() {
    let oldest = secrets("a.b@1.0.0").into_binding(0, None);
    let newest = ["a.b@2.0.0", "a.b@3.0.0"].into_iter().fold(oldest, |previous, kind| {
        let mut binding = secrets(kind).into_binding(previous.generation + 1, None);
        binding.previous = Some(PreviousBinding::Known(Box::new(previous)));
        binding
    });
    let id = "local".parse().expect("an id");
    let environment = Environment::new(id, [newest]).expect("one binding");
    let restored = rollback(environment.clone(), &key()).expect("restored").environment;
    let binding = restored.binding(&key()).expect("a binding");
    assert_eq!((binding.kind.to_string().as_str(), binding.generation), ("a.b@2.0.0", 3));
    assert_eq!(binding.previous, None);
}

#[test]
fn extensions_are_identified_by_path_and_instance() {
    let mut environment = empty();
    for (name, kind) in [
        ("primary", "a.oauth@1.0.0"),
        ("", "a.oauth@1.0.0"),
        ("eu", "a.oauth@2.0.0"),
        ("", "a.other@1.0.0"),
    ] {
        environment =
            add(environment.clone(), request(instance(name), kind), None).expect(kind).environment;
    }
    assert_eq!(environment.extensions().len(), 4);
    let refusal = add(environment.clone(), request(instance("eu"), "a.oauth@9.0.0"), None)
        .expect_err("taken")
        .to_string();
    assert!(refusal.starts_with("extension `a.oauth` instance `eu` is already bound"), "{refusal}");

    let key = environment.extensions()[0].key();
    let environment =
        update(environment.clone(), request(instance("primary"), "a.oauth@1.1.0"), None)
            .expect("bound")
            .environment;
    assert_eq!(environment.binding(&key).expect("same key").generation, 1);
    let environment = rollback(environment.clone(), &key).expect("stashed").environment;
    assert_eq!(environment.binding(&key).expect("same key").kind.to_string(), "a.oauth@1.0.0");
    assert_eq!(remove(environment.clone(), &key).expect("bound").environment.extensions().len(), 3);
}

#[test]
fn a_previous_binding_of_another_place_is_not_restored() {
    let mut binding = secrets("a.b@1.0.0").into_binding(1, None);
    let stranger = request(slot(CapabilitySlot::State), "a.c@1.0.0").into_binding(0, None);
    for (previous, part) in [
        (PreviousBinding::Known(Box::new(stranger)), "it belongs to slot `state`"),
        (
            PreviousBinding::Opaque(ForeignText::new("s3://elsewhere\u{1b}[2J")),
            r"s3://elsewhere\u{1b}[2J",
        ),
    ] {
        binding.previous = Some(previous);
        let environment =
            Environment::new("local".parse().expect("an id"), [binding.clone()]).expect("valid");
        let refusal = rollback(environment.clone(), &key())
            .expect_err("not a previous binding of ours")
            .to_string();
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[test]
fn two_bindings_with_one_key_are_refused() {
    let binding = secrets("a.b@1.0.0").into_binding(0, None);
    let fault = Environment::new("local".parse().expect("an id"), [binding.clone(), binding])
        .expect_err("twice");
    assert_eq!(fault.to_string(), "slot `secrets` is bound twice");
}

/// Each instance is found at its place after others were removed.
#[test]
fn the_other_bindings_are_found_after_a_removal() {
    let names = ["one", "two", "three", "four"];
    let mut environment = empty();
    for name in names {
        let request = request(instance(name), "a.oauth@1.0.0");
        environment = add(environment, request, None).expect("free").environment;
    }
    for removed in ["two", "four", "one"] {
        let key = request(instance(removed), "a.oauth@1.0.0").key();
        environment = remove(environment, &key).expect("bound").environment;
        for name in names {
            let key = request(instance(name), "a.oauth@1.0.0").key();
            let found = environment.binding(&key).map(Binding::key);
            let listed = environment.extensions().iter().map(Binding::key).find(|it| *it == key);
            assert_eq!(found, listed, "{name} without {removed}");
        }
    }
    assert_eq!(environment.extensions().len(), 1);
}

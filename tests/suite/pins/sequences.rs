//! Random sequences of changes, compared with a model.

use serde_json::Value;

use super::{KIND, PACK, sha256, version};
use test_support::Sandbox;
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;

const SEQUENCES: u64 = 6;
const STEPS: usize = 12;
const VERSIONS: [&str; 3] = ["0.4.1", "0.4.2", "0.4.3"];

/// The expected binding of the slot `secrets`.
#[derive(Clone, Debug, PartialEq)]
struct Bound {
    pack_ref: String,
    /// The index of the version; none for the built-in pack.
    archive: Option<usize>,
}

/// The expected environment, file and tag.
#[derive(Debug)]
struct Model {
    file: usize,
    tag: usize,
    bound: Bound,
    previous: Option<Bound>,
    generation: u64,
}

impl Model {
    fn change(&mut self, bound: Bound) {
        if bound != self.bound {
            self.previous = Some(std::mem::replace(&mut self.bound, bound));
            self.generation += 1;
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    RebuildFile,
    MoveTag,
    BindFile,
    BindTag,
    Refresh,
    Rollback,
    CollectGarbage,
}

struct World {
    sandbox: Sandbox,
    registry: ScriptedRegistry,
    images: Vec<Image>,
    file: String,
    tag: String,
}

impl World {
    fn new() -> (Self, Model) {
        let sandbox = Sandbox::with_local().with_own_cache();
        let images: Vec<_> = VERSIONS.iter().map(|it| Image::pack(&version(it))).collect();
        let registry = ScriptedRegistry::with_image(&images[0]);
        let file = sandbox.write(PACK, version(VERSIONS[0])).display().to_string();
        let tag = registry.reference("1");
        let builtin = sandbox.document("local")["packs"][1]["pack_ref"].clone();
        let pack_ref = builtin.as_str().expect("a text").to_owned();
        let bound = Bound { pack_ref, archive: None };
        let model = Model { file: 0, tag: 0, bound, previous: None, generation: 0 };
        (Self { sandbox, registry, images, file, tag }, model)
    }

    /// The reference of the tag by the digest of a version.
    fn exact(&self, version: usize) -> String {
        format!("{}@{}", self.tag, self.images[version].digest())
    }

    /// Does a step, and says in the model what must come of it.
    fn step(&self, step: Step, random: &mut fastrand::Rng, model: &mut Model) {
        let slots = self.sandbox.env_packs();
        let update = slots.update("secrets");
        match step {
            Step::RebuildFile => {
                model.file = random.usize(..VERSIONS.len());
                self.sandbox.write(PACK, version(VERSIONS[model.file]));
            }
            Step::MoveTag => {
                model.tag = random.usize(..VERSIONS.len());
                self.registry.serve("1", &self.images[model.tag]);
            }
            Step::BindFile => {
                update.kind(KIND).pack_ref(&self.file).succeeded();
                model.change(Bound { pack_ref: self.file.clone(), archive: Some(model.file) });
            }
            Step::BindTag => {
                let bind = update.kind(KIND).pack_ref(&self.tag);
                let has_moved = model.bound.archive != Some(model.tag);
                if model.bound.pack_ref == self.tag && has_moved {
                    bind.refused(1, "digest-drift");
                } else {
                    bind.succeeded();
                    model.change(Bound { pack_ref: self.tag.clone(), archive: Some(model.tag) });
                }
            }
            Step::Refresh => {
                update.refresh().succeeded();
                let archive = model.bound.archive;
                let found = match &model.bound.pack_ref {
                    pack_ref if *pack_ref == self.tag => Some(model.tag),
                    pack_ref if *pack_ref == self.file => Some(model.file),
                    _ => archive,
                };
                if let Some(old) = archive.filter(|_| found != archive) {
                    let mut replaced = model.bound.clone();
                    let bound = Bound { archive: found, ..replaced.clone() };
                    if replaced.pack_ref == self.tag {
                        replaced.pack_ref = self.exact(old);
                    }
                    model.change(bound);
                    model.previous = Some(replaced);
                }
            }
            Step::Rollback => match model.previous.take() {
                Some(previous) => {
                    self.sandbox.env_packs().rollback("secrets").succeeded();
                    model.bound = previous;
                    model.generation += 1;
                }
                None => drop(slots.rollback("secrets").refused(1, "conflict")),
            },
            Step::CollectGarbage => drop(self.sandbox.cache().gc().succeeded()),
        }
    }

    /// Compares the environment with the model.
    #[track_caller]
    fn check(&self, model: &Model, history: &[Step]) {
        let digest = model.bound.archive.map(|at| sha256(&version(VERSIONS[at])));
        let digest = digest.map_or(Value::Null, Value::from);
        let run = self.sandbox.env().doctor().run().result()["bindings"][1].clone();
        assert_eq!(run["archive_sha256"], digest, "{history:?}: {model:?}: {run}");
        let listed = self.sandbox.env_packs().list().succeeded().result()["bindings"][1].clone();
        assert_eq!(listed["archive_sha256"], digest, "{history:?}: {model:?}: {listed}");
        assert_eq!(listed["pack_ref"], model.bound.pack_ref, "{history:?}: {model:?}");
        assert_eq!(listed["generation"], model.generation, "{history:?}: {model:?}");
        assert_eq!(listed["has_previous"], model.previous.is_some(), "{history:?}: {model:?}");
    }

    /// Compares the audit log with the model: replaying its events gives the binding.
    fn check_log(&self, model: &Model, history: &[Step]) {
        let mut replayed = (Value::Null, Value::from(0));
        for event in self.sandbox.audit_events("local") {
            let is_of_slot = event["target"]["slot"] == "secrets";
            if is_of_slot && event["result"]["outcome"] == "ok" {
                let generation = event["new_generation"].as_u64().expect("a number");
                assert_eq!(event["previous_generation"], generation - 1, "{history:?}: {event}");
                assert_eq!(replayed.1, generation - 1, "{history:?}: {event}");
                replayed = (event["target"]["pack_ref"].clone(), generation.into());
            }
        }
        if model.generation > 0 {
            assert_eq!(replayed.0, model.bound.pack_ref, "{history:?}: {model:?}");
        }
        assert_eq!(replayed.1, model.generation, "{history:?}: {model:?}");
    }
}

#[test]
fn a_binding_runs_what_was_bound_after_any_sequence_of_changes() {
    for seed in 0..SEQUENCES {
        let mut random = fastrand::Rng::with_seed(seed);
        let (world, mut model) = World::new();
        let mut history = Vec::new();
        for _ in 0..STEPS {
            let steps = [
                Step::RebuildFile,
                Step::MoveTag,
                Step::BindFile,
                Step::BindTag,
                Step::Refresh,
                Step::Rollback,
                Step::CollectGarbage,
            ];
            let step = *random.choice(&steps).expect("a step");
            history.push(step);
            world.step(step, &mut random, &mut model);
            world.check(&model, &history);
        }
        world.check_log(&model, &history);
    }
}

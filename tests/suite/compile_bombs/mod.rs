//! Small components that are expensive to compile, with the real worker. Each is rejected
//! before compilation or stopped within its budget, and costs the host almost nothing.
//!
//! They run in a separate process, in which memory, threads, children and files are
//! counted. With the default budgets, they take a minute: `cargo test -p gtc --test suite --locked -- --ignored --exact --nocapture
//! compile_bombs::with_default_budgets`

mod adapters;
pub mod shapes;

use std::fs;
use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;
use gtc_engine::{CompileLimits, Engine, EngineLimits, EngineSettings, Provenance};

use test_support::engines::settings;
use test_support::footprint::{Footprint, alone_with, show, used};
use test_support::{BACKSTOP, Sandbox, assert_contains};

use shapes::{
    branch_tables, chained_instances, component, component_exports, component_imports, constant,
    data, doubled_types, elements, exports, functions, given_component, imports, live_across_calls,
    locals_and_loops, multiplied_instances, nested_components, nested_ifs, padded, parameters,
    tangle, types, wide_import, work,
};

/// The most that the memory of the host may grow.
const GROWTH_KIB: u64 = 16 << 10;
/// CPU time for reading a component.
const READING: Duration = Duration::from_millis(100);

/// The expected outcome of a bomb.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// Rejected before compilation, with this text in the message.
    Read(&'static str),
    /// Rejected by the compiler, with this text in the message.
    Refused(&'static str),
    /// The compiler failed, with this text in the message.
    Failed(&'static str),
    /// Stopped for its time or memory.
    Stopped,
    /// Compiled, and then rejected because it is not a handler.
    Compiled,
}

type Bomb = (&'static str, fn() -> Vec<u8>, Fate);

fn bombs() -> Vec<Bomb> {
    use Fate::{Compiled, Failed, Read, Refused, Stopped};
    const DESCRIPTION: Fate = Read("bytes that are neither code nor data, more than 1048576");
    const ITEMS: Fate = Read("items of the component model, more than 20000");
    vec![
        (
            "a branch table of 7,000,000 targets",
            || component(&branch_tables(1, 7_000_000)),
            Read("bytes of one function"),
        ),
        (
            "a branch table of 1,000,000 targets",
            || component(&branch_tables(1, 1_000_000)),
            Read("branch targets"),
        ),
        (
            "1,000,000 functions",
            || component(&functions(1_000_000)),
            Read("functions, more than 200000"),
        ),
        ("900,000 types", || component(&types(900_000, false)), DESCRIPTION),
        (
            "300,000 types",
            || component(&types(300_000, false)),
            Read("core types, more than 50000"),
        ),
        ("900,000 types in a group", || component(&types(900_000, true)), DESCRIPTION),
        ("300,000 nested ifs", || component(&nested_ifs(300_000)), Read("bytes of one function")),
        (
            "200,000 nested ifs",
            || component(&nested_ifs(200_000)),
            Read("levels of nested blocks, more than 5000"),
        ),
        (
            "1,000 components in each other",
            || nested_components(1_000),
            Read("levels of nested components"),
        ),
        ("50 instances of 50 of 50 of 50", || multiplied_instances(4, 50), ITEMS),
        ("instances beyond all numbers", || multiplied_instances(7, 100_000), Read("more than")),
        ("10 instances each, 30 times over", || chained_instances(30, 10), ITEMS),
        ("a component given to another", given_component, Read("imported components")),
        (
            "100,000 exports",
            || component(&exports(100_000, 6)),
            Read("core imports and exports, more than 50000"),
        ),
        ("exports of long names", || component(&exports(40_000, 700)), DESCRIPTION),
        (
            "100,000 imports",
            || component(&imports(100_000)),
            Read("core imports and exports, more than 50000"),
        ),
        (
            "100,000 imports of the component",
            || component_imports(100_000, 10),
            Read("imports, more than 256"),
        ),
        ("imports of long names", || component_imports(3_000, 10_000), Read("unsupported import")),
        ("100,000 exports of the component", || component_exports(100_000, 10), DESCRIPTION),
        ("50,000 exports of the component", || component_exports(50_000, 6), Read("more than")),
        ("an import of 1,000,000 functions", || wide_import(1_000_000), DESCRIPTION),
        ("10,000,000 elements", || component(&elements(1, 10_000_000)), DESCRIPTION),
        ("200,000 segments", || component(&data(200_000, 1)), Read("segments, more than 100000")),
        ("a constant of 1,000,000 sums", || component(&constant(1_000_000)), DESCRIPTION),
        (
            "50,000 locals",
            || component(&locals_and_loops(50_000, 1)),
            Read("locals of one function, more than 10000"),
        ),
        (
            "types that double",
            || doubled_types(40),
            Refused("effective type size exceeds the limit"),
        ),
        (
            "10,000 locals and 30,000 loops",
            || component(&locals_and_loops(10_000, 30_000)),
            Stopped,
        ),
        (
            "10,000 values across 20,000 calls",
            || component(&live_across_calls(10_000, 20_000)),
            Stopped,
        ),
        ("jumps to 2,000 loops in each other", || component(&tangle(2_000, 25, 1_000)), Stopped),
        ("jumps to 200 loops with 100 locals", || component(&tangle(200, 250, 100)), Stopped),
        ("100 branch tables of 50,000 targets", || component(&branch_tables(100, 50_000)), Stopped),
        (
            "90 adapters for lists of 500 types",
            || adapters::composed(90, &adapters::lists(500)),
            Stopped,
        ),
        (
            "101 adapters in a module",
            || adapters::composed(101, &adapters::lists(9)),
            Failed("memories count exceeds limit"),
        ),
        ("calls of 1,000 parameters", || component(&parameters(1_000, 1_000)), Stopped),
        ("200,000 functions", || component(&functions(200_000)), Stopped),
        ("1,000,000 elements", || component(&elements(1, 1_000_000)), Stopped),
        (
            "an adapter for types that double",
            || adapters::composed(1, &adapters::doubled(17)),
            Compiled,
        ),
        (
            "90 adapters for types that double",
            || adapters::composed(90, &adapters::doubled(17)),
            Refused("effective type size exceeds the limit"),
        ),
        (
            "90 adapters for lists of 9 types",
            || adapters::composed(90, &adapters::lists(9)),
            Compiled,
        ),
        ("5,000 nested ifs", || component(&nested_ifs(5_000)), Compiled),
        ("exports up to their caps", || padded(component(&exports(49_000, 15)), 28), Compiled),
        ("types up to their cap", || padded(component(&types(50_000, false)), 28), Compiled),
        ("segments up to their cap", || padded(component(&data(99_000, 1)), 28), Compiled),
    ]
}

fn engine(compile: CompileLimits) -> Engine {
    let limits = EngineLimits { compile, ..EngineLimits::default() };
    Engine::new(EngineSettings { compiled: None, ..settings(limits) })
}

/// The outcome of a bomb.
struct Blast {
    kind: &'static str,
    said: String,
    took: Duration,
    used: Duration,
    grew_kib: u64,
}

fn run_bomb(engine: &Engine, bytes: &[u8]) -> Blast {
    let here = std::env::current_dir().expect("a folder");
    let digest = Sha256Digest::compute(bytes);
    fs::write("/proc/self/clear_refs", "5").expect("the peak begins anew");
    let before = Footprint::of_this_process(&here);
    let (start, used_before) = (Instant::now(), used());
    let error = engine.load(bytes, &digest, Provenance::External).expect_err("no handler");
    let (took, used) = (start.elapsed(), used() - used_before);
    let grew_kib = Footprint::of_this_process(&here).peak_kib.saturating_sub(before.resident_kib);
    Blast { kind: error.kind(), said: error.to_string(), took, used, grew_kib }
}

impl Blast {
    /// Fails with the difference from the expectation.
    fn judge(&self, fate: Fate) -> Result<(), String> {
        let Self { kind, said, took, used, grew_kib } = self;
        let right = match fate {
            Fate::Read(words) => {
                ["too-complex", "unsupported-import"].contains(kind)
                    && said.contains(words)
                    && *used <= READING
            }
            Fate::Refused(words) => *kind == "does-not-compile" && said.contains(words),
            Fate::Failed(words) => *kind == "compiler-failed" && said.contains(words),
            Fate::Stopped => ["compile-out-of-time", "compile-out-of-memory"].contains(kind),
            Fate::Compiled => *kind == "wrong-interface",
        };
        if right && *grew_kib <= GROWTH_KIB {
            Ok(())
        } else {
            Err(format!("{kind} `{said}` after {took:?} ({used:?} here), grown by {grew_kib} KiB"))
        }
    }
}

#[test]
fn compile_bombs_are_refused_or_stopped() {
    alone_with("compile_bombs::all_bombs_in_one_process", |folder| {
        for (number, (_, make, _)) in bombs().into_iter().enumerate() {
            fs::write(folder.join(number.to_string()), make()).expect("a file");
        }
    });
}

#[test]
#[ignore = "part of `compile_bombs_are_refused_or_stopped`, which runs it in a process of its own"]
fn all_bombs_in_one_process() {
    // one second for the bombs that use up their budget, and plenty for the others, because
    // the machine may be busy
    let compile = CompileLimits { seconds_per_mib: 0, ..CompileLimits::default() };
    let short = engine(CompileLimits { seconds: 1, ..compile.clone() });
    let long = engine(CompileLimits { seconds: BACKSTOP.as_secs(), ..compile });
    let here = std::env::current_dir().expect("a folder");
    for engine in [&short, &long] {
        run_bomb(engine, &component(&functions(1)));
    }
    let before = Footprint::of_this_process(&here);
    let mut wrong = Vec::new();
    for (number, (name, _, fate)) in bombs().into_iter().enumerate() {
        let bytes = fs::read(number.to_string()).expect("a file that was made before");
        let engine = if fate == Fate::Stopped { &short } else { &long };
        let blast = run_bomb(engine, &bytes);
        if let Err(fault) = blast.judge(fate) {
            wrong.push(format!("{name}: {fault}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let after = Footprint::of_this_process(&here);
    assert_eq!(
        (after.threads, after.descriptors, &after.files),
        (before.threads, before.descriptors, &before.files)
    );
    assert_eq!(after.children, "");
    assert!(after.resident_kib <= before.resident_kib + GROWTH_KIB, "{before}\n{after}");
}

#[test]
#[ignore = "long: a minute, for its figures"]
fn with_default_budgets() {
    let compile = CompileLimits::default();
    let engine = engine(compile.clone());
    let more: [Bomb; 3] = [
        (
            "200,000 functions and 28 MiB",
            || padded(component(&functions(200_000)), 28),
            Fate::Compiled,
        ),
        (
            "1,000,000 elements and 28 MiB",
            || padded(component(&elements(1, 1_000_000)), 28),
            Fate::Stopped,
        ),
        ("10 MB of valid work", || component(&work(1_000, 1_000)), Fate::Compiled),
    ];
    for (name, make, _) in bombs().into_iter().chain(more) {
        let bytes = make();
        let seconds =
            compile.seconds + (compile.seconds_per_mib * bytes.len() as u64).div_ceil(1 << 20);
        let Blast { kind, took, used, grew_kib, said } = run_bomb(&engine, &bytes);
        show(&format!(
            "{name}: {} bytes, {kind} after {took:?} of {seconds} s ({used:?} here), +{grew_kib} KiB: {said:.90}",
            bytes.len()
        ));
        assert!(grew_kib <= GROWTH_KIB, "{name}");
    }
}

#[test]
fn a_bomb_in_a_pack_is_reported() {
    let sandbox = Sandbox::with_local();
    let bomb = component(&nested_ifs(100_000));
    let pack = sandbox.written_pack("state", "acme.state.bomb", "^1", bomb);
    let update = sandbox.env_packs().update("state").kind("acme.state.bomb@1.0.0");
    let message = update.pack_ref(pack).refused(1, "too-complex");
    assert_contains(&message, &["component `handler`", "levels of nested blocks"]);
}

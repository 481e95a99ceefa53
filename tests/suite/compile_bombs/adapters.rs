//! Builds composed components for which wasmtime generates expensive adapters. A type is
//! described once, and costs code for each pair of memories between which its values pass.

const PRIMITIVES: [&str; 8] = ["u8", "u16", "u32", "u64", "f32", "f64", "char", "string"];

/// The type of a parameter: its definition, under the name `$t`.
pub type Parameter = String;

/// A tuple of lists, each of another type. At least nine, so that it is passed in memory.
pub fn lists(count: usize) -> Parameter {
    let element = |number: usize| {
        let digits = [number / 64 % 8, number / 8 % 8, number % 8].map(|digit| PRIMITIVES[digit]);
        format!("(list (tuple {}))", digits.join(" "))
    };
    let elements: Vec<String> = (0..count).map(element).collect();
    format!("(type $t (tuple {}))", elements.join(" "))
}

/// Tuples, each of which contains the previous one twice.
pub fn doubled(levels: usize) -> Parameter {
    let levels = (0..levels)
        .map(|level| format!("(type $d{} (tuple $d{level} $d{level}))", level + 1))
        .chain([format!("(type $t (tuple $d{levels}))")]);
    ["(type $d0 (tuple string string))".to_owned()].into_iter().chain(levels).collect()
}

/// A component that calls this many others, each with a memory of its own, with one parameter.
pub fn composed(callees: usize, parameter: &Parameter) -> Vec<u8> {
    let each = |item: &dyn Fn(usize) -> String| (0..callees).map(item).collect::<String>();
    let text = format!(
        r#"(component
        {parameter}
        (component $callee
            (core module $module
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
                (func (export "f") (param i32)))
            (core instance $core (instantiate $module))
            (func $f (param "x" $t) (canon lift (core func $core "f")
                (memory $core "memory") (realloc (func $core "realloc"))))
            (export "f" (func $f)))
        (component $caller
            {imports}
            (core module $module (memory (export "memory") 1))
            (core instance $core (instantiate $module))
            {lowered}
            (core module $user {core_imports})
            (core instance (instantiate $user (with "" (instance {core_exports})))))
        {instances}
        (instance (instantiate $caller {arguments}))
        (instance $handler)
        (export "greentic:env-pack/handler@0.1.0" (instance $handler)))"#,
        imports = each(&|at| format!(r#"(import "f{at}" (func $f{at} (param "x" $t)))"#)),
        lowered = each(&|at| format!(
            r#"(core func $g{at} (canon lower (func $f{at}) (memory $core "memory")))"#
        )),
        core_imports = each(&|at| format!(r#"(import "" "g{at}" (func (param i32)))"#)),
        core_exports = each(&|at| format!(r#"(export "g{at}" (func $g{at}))"#)),
        instances = each(&|at| format!("(instance $callee{at} (instantiate $callee))")),
        arguments = each(&|at| format!(r#"(with "f{at}" (func $callee{at} "f"))"#)),
    );
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

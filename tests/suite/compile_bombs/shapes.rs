//! Builds small modules and components that are expensive for a compiler, parser or linker.

use wasm_encoder::{
    Alias, BlockType, CodeSection, Component, ComponentAliasSection, ComponentExportKind,
    ComponentExportSection, ComponentImportSection, ComponentInstanceSection,
    ComponentOuterAliasKind, ComponentSectionId, ComponentTypeRef, ComponentTypeSection, ConstExpr,
    DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, InstructionSink,
    MemorySection, MemoryType, Module, ModuleArg, RawSection, RefType, TableSection, TableType,
    TypeSection, ValType,
};

const HANDLER: &str = "greentic:env-pack/handler@0.1.0";

/// A component with a core module, and an export named like a handler.
pub fn component(module: &Module) -> Vec<u8> {
    let mut component = Component::new();
    component.section(&RawSection {
        id: ComponentSectionId::CoreModule.into(),
        data: module.as_slice(),
    });
    finish(component)
}

/// Adds data to a component, which increases its budget.
pub fn padded(mut component: Vec<u8>, mib: usize) -> Vec<u8> {
    let mut padding = Component::new();
    let data = data(1, mib << 20);
    padding
        .section(&RawSection { id: ComponentSectionId::CoreModule.into(), data: data.as_slice() });
    // everything after the header of a component
    component.extend_from_slice(&padding.finish()[8..]);
    component
}

fn finish(mut component: Component) -> Vec<u8> {
    let mut instances = ComponentInstanceSection::new();
    instances.export_items(std::iter::empty::<(&str, ComponentExportKind, u32)>());
    component.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, 0, None);
    component.section(&exports);
    component.finish()
}

/// A module of functions from `i32` to `i32`, with a memory and a table. The first three
/// types are `() -> ()`, `i32 -> i32` and `() -> i64`.
fn module(functions: &[(u32, Function)]) -> Module {
    let (mut types, mut declared, mut code) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    types.ty().function([ValType::I32], [ValType::I32]);
    types.ty().function([], [ValType::I64]);
    for (ty, function) in functions {
        declared.function(*ty);
        code.function(function);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&memory()).section(&code);
    module
}

fn memory() -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    memories
}

fn one(ty: u32, locals: &[(u32, ValType)], body: impl FnOnce(&mut InstructionSink<'_>)) -> Module {
    let mut function = Function::new(locals.iter().copied());
    let mut sink = function.instructions();
    body(&mut sink);
    sink.end();
    module(&[(ty, function)])
}

/// Many locals, all set in each of many loops.
pub fn locals_and_loops(locals: u32, loops: u32) -> Module {
    one(1, &[(locals, ValType::I64)], |code| {
        for number in 0..loops {
            code.loop_(BlockType::Empty);
            code.local_get(1 + number % locals)
                .i64_const(1)
                .i64_add()
                .local_set(1 + (number * 7) % locals);
            code.local_get(0).br_if(0);
            code.end();
        }
        code.local_get(0);
    })
}

/// Many values that are live across many calls.
pub fn live_across_calls(values: u32, calls: u32) -> Module {
    one(2, &[(values, ValType::I64)], |code| {
        for value in 0..values {
            code.i32_const(value.cast_signed()).i64_load(wasm_encoder::MemArg {
                offset: 0,
                align: 0,
                memory_index: 0,
            });
            code.local_set(value);
        }
        for _ in 0..calls {
            code.call(0).drop();
        }
        code.i64_const(0);
        for value in 0..values {
            code.local_get(value).i64_add();
        }
    })
}

/// Branch tables with many targets.
pub fn branch_tables(functions: u32, targets: usize) -> Module {
    let function = || {
        let mut function = Function::new([]);
        let labels = vec![0; targets];
        function
            .instructions()
            .block(BlockType::Empty)
            .local_get(0)
            .br_table(labels, 0)
            .end()
            .local_get(0)
            .end();
        (1, function)
    };
    module(&(0..functions).map(|_| function()).collect::<Vec<_>>())
}

/// Branch tables that jump to every level of nested loops, with locals that change in
/// each.
pub fn tangle(depth: u32, tables: u32, locals: u32) -> Module {
    one(1, &[(locals, ValType::I32)], |code| {
        for _ in 0..depth {
            code.loop_(BlockType::Empty);
        }
        for number in 0..tables {
            code.local_get(0)
                .local_get(1 + number % locals)
                .i32_add()
                .local_set(1 + (number * 13) % locals);
            code.block(BlockType::Empty);
            code.local_get(1 + number % locals).br_table((0..depth).collect::<Vec<_>>(), 0);
            code.end();
        }
        for _ in 0..depth {
            code.end();
        }
        code.local_get(0);
    })
}

/// Empty functions.
pub fn functions(count: u32) -> Module {
    let mut function = Function::new([]);
    function.instructions().end();
    module(&vec![(0, function); count as usize])
}

/// Functions of ordinary code, with this many operations each.
pub fn work(count: u32, operations: u32) -> Module {
    let mut function = Function::new([(4, ValType::I64)]);
    let mut code = function.instructions();
    for number in 0..operations {
        code.local_get(1 + number % 4)
            .local_get(1 + (number + 1) % 4)
            .i64_mul()
            .local_get(1 + (number + 2) % 4);
        code.i64_rotl().local_set(1 + (number + 3) % 4);
    }
    code.local_get(0).end();
    module(&vec![(1, function); count as usize])
}

/// Types, separate or in one recursive group.
pub fn types(count: u32, in_a_group: bool) -> Module {
    let mut types = TypeSection::new();
    if in_a_group {
        let function = wasm_encoder::FuncType::new([], []);
        let inner = wasm_encoder::CompositeInnerType::Func(function);
        let composite_type =
            wasm_encoder::CompositeType { inner, shared: false, describes: None, descriptor: None };
        let sub = wasm_encoder::SubType { is_final: true, supertype_idx: None, composite_type };
        types.ty().rec(vec![sub; count as usize]);
    } else {
        for _ in 0..count {
            types.ty().function([], []);
        }
    }
    let mut module = Module::new();
    module.section(&types);
    module
}

/// A function type with many parameters, used by many functions.
pub fn parameters(count: u32, functions: u32) -> Module {
    let mut types = TypeSection::new();
    types.ty().function(vec![ValType::I64; count as usize], []);
    let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..functions {
        declared.function(0);
        let mut function = Function::new([]);
        let mut sink = function.instructions();
        for parameter in 0..count {
            sink.local_get(parameter);
        }
        sink.call(0).end();
        code.function(&function);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&code);
    module
}

/// Nested ifs.
pub fn nested_ifs(depth: u32) -> Module {
    one(1, &[], |code| {
        for _ in 0..depth {
            code.local_get(0).if_(BlockType::Empty);
        }
        for _ in 0..depth {
            code.end();
        }
        code.local_get(0);
    })
}

/// Exports of one function under many long names.
pub fn exports(count: u32, length: usize) -> Module {
    let mut exports = ExportSection::new();
    for number in 0..count {
        exports.export(&format!("{number:0length$}"), ExportKind::Func, 0);
    }
    let (mut types, mut declared, mut code) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    declared.function(0);
    let mut function = Function::new([]);
    function.instructions().end();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&exports).section(&code);
    module
}

/// Function imports.
pub fn imports(count: u32) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut imports = ImportSection::new();
    for number in 0..count {
        imports.import("a", &number.to_string(), EntityType::Function(0));
    }
    let mut module = Module::new();
    module.section(&types).section(&imports);
    module
}

/// A table, and element segments for it.
pub fn elements(segments: u32, each: usize) -> Module {
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 1,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut elements = ElementSection::new();
    for _ in 0..segments {
        elements.passive(Elements::Functions(vec![0; each].into()));
    }
    let (mut types, mut declared, mut code) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], []);
    declared.function(0);
    let mut function = Function::new([]);
    function.instructions().end();
    code.function(&function);
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&tables).section(&elements).section(&code);
    module
}

/// Data segments.
pub fn data(segments: u32, each: usize) -> Module {
    let mut data = DataSection::new();
    for _ in 0..segments {
        data.passive(vec![7; each]);
    }
    let mut module = Module::new();
    module.section(&memory()).section(&data);
    module
}

/// A global whose initial value is a long sum.
pub fn constant(additions: usize) -> Module {
    let mut instructions = vec![Instruction::I32Const(1)];
    for _ in 0..additions {
        instructions.extend([Instruction::I32Const(1), Instruction::I32Add]);
    }
    let mut globals = GlobalSection::new();
    let ty = GlobalType { val_type: ValType::I32, mutable: false, shared: false };
    globals.global(ty, &ConstExpr::extended(instructions));
    let mut module = Module::new();
    module.section(&globals);
    module
}

/// Nested components.
pub fn nested_components(depth: u32) -> Vec<u8> {
    let mut inner = Component::new();
    for _ in 0..depth {
        let mut outer = Component::new();
        outer.section(&RawSection {
            id: ComponentSectionId::Component.into(),
            data: inner.as_slice(),
        });
        inner = outer;
    }
    finish(inner)
}

/// Nested components, each of which instantiates the inner one many times.
pub fn multiplied_instances(depth: u32, times: u32) -> Vec<u8> {
    let mut inner = Component::new();
    inner.section(&RawSection {
        id: ComponentSectionId::CoreModule.into(),
        data: functions(1).as_slice(),
    });
    let mut core = wasm_encoder::InstanceSection::new();
    core.instantiate(0, std::iter::empty::<(&str, ModuleArg)>());
    inner.section(&core);
    for level in 0..depth {
        let mut outer = Component::new();
        outer.section(&RawSection {
            id: ComponentSectionId::Component.into(),
            data: inner.as_slice(),
        });
        let mut instances = ComponentInstanceSection::new();
        if level + 1 == depth {
            // the handler comes first
            instances.export_items(std::iter::empty::<(&str, ComponentExportKind, u32)>());
        }
        for _ in 0..times {
            instances.instantiate(0, std::iter::empty::<(&str, ComponentExportKind, u32)>());
        }
        outer.section(&instances);
        inner = outer;
    }
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, 0, None);
    inner.section(&exports);
    inner.finish()
}

/// Sibling components, each of which instantiates the previous one many times.
pub fn chained_instances(links: u32, times: u32) -> Vec<u8> {
    let mut root = Component::new();
    root.section(&RawSection {
        id: ComponentSectionId::Component.into(),
        data: Component::new().as_slice(),
    });
    for link in 0..links {
        let mut aliases = ComponentAliasSection::new();
        aliases.alias(Alias::Outer {
            kind: ComponentOuterAliasKind::Component,
            count: 1,
            index: link,
        });
        let mut instances = ComponentInstanceSection::new();
        for _ in 0..times {
            instances.instantiate(0, std::iter::empty::<(&str, ComponentExportKind, u32)>());
        }
        let mut component = Component::new();
        component.section(&aliases).section(&instances);
        root.section(&RawSection {
            id: ComponentSectionId::Component.into(),
            data: component.as_slice(),
        });
    }
    let mut instances = ComponentInstanceSection::new();
    instances.export_items(std::iter::empty::<(&str, ComponentExportKind, u32)>());
    instances.instantiate(links, std::iter::empty::<(&str, ComponentExportKind, u32)>());
    root.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, 0, None);
    root.section(&exports);
    root.finish()
}

/// A component with a nested component that imports another.
pub fn given_component() -> Vec<u8> {
    let text = format!(
        "(component (component $a (import \"c\" (component $c)) (instance (instantiate $c)) (instance (instantiate $c)))
        (component $none) (instance (instantiate $a (with \"c\" (component $none))))
        (instance $handler) (export \"{HANDLER}\" (instance $handler)))"
    );
    wat::parse_str(text).expect("a component")
}

/// Component imports with names of this length.
pub fn component_imports(count: u32, length: usize) -> Vec<u8> {
    let mut component = Component::new();
    let mut types = ComponentTypeSection::new();
    types.instance(&wasm_encoder::InstanceType::new());
    component.section(&types);
    let mut imports = ComponentImportSection::new();
    for number in 0..count {
        imports
            .import(format!("greentic:env-pack/i{number:0length$}"), ComponentTypeRef::Instance(0));
    }
    component.section(&imports);
    finish_after(component, count)
}

/// Component exports with names of this length.
pub fn component_exports(count: u32, length: usize) -> Vec<u8> {
    let mut component = Component::new();
    let mut instances = ComponentInstanceSection::new();
    instances.export_items(std::iter::empty::<(&str, ComponentExportKind, u32)>());
    component.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, 0, None);
    for number in 0..count {
        exports.export(format!("a:b/i{number:0length$}"), ComponentExportKind::Instance, 0, None);
    }
    component.section(&exports);
    component.finish()
}

fn finish_after(mut component: Component, instances_before: u32) -> Vec<u8> {
    let mut instances = ComponentInstanceSection::new();
    instances.export_items(std::iter::empty::<(&str, ComponentExportKind, u32)>());
    component.section(&instances);
    let mut exports = ComponentExportSection::new();
    exports.export(HANDLER, ComponentExportKind::Instance, instances_before, None);
    component.section(&exports);
    component.finish()
}

/// Component types, each of which contains the previous one twice.
pub fn doubled_types(levels: u32) -> Vec<u8> {
    let mut types = ComponentTypeSection::new();
    types.defined_type().tuple(
        [wasm_encoder::ComponentValType::Primitive(wasm_encoder::PrimitiveValType::String); 2],
    );
    for level in 0..levels {
        types.defined_type().tuple([wasm_encoder::ComponentValType::Type(level); 2]);
    }
    let mut component = Component::new();
    component.section(&types);
    finish(component)
}

/// An import of an instance with many functions.
pub fn wide_import(functions: u32) -> Vec<u8> {
    let mut instance = wasm_encoder::InstanceType::new();
    instance
        .ty()
        .function()
        .params(std::iter::empty::<(&str, wasm_encoder::ComponentValType)>())
        .result(None);
    for number in 0..functions {
        instance.export(format!("f{number}"), ComponentTypeRef::Func(0));
    }
    let mut types = ComponentTypeSection::new();
    types.instance(&instance);
    let mut component = Component::new();
    component.section(&types);
    let mut imports = ComponentImportSection::new();
    imports.import("greentic:env-pack/log@0.1.0", ComponentTypeRef::Instance(0));
    component.section(&imports);
    finish_after(component, 1)
}

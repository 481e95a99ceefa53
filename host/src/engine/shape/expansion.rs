//! What becomes of a component when each instance it makes is written out, which is what
//! a compiler of components does.
//!
//! A component of a kilobyte can make fifty instances of one that makes fifty instances
//! of another. Nothing is written out here: each component counts its own items and, for
//! each instance it makes, those of the component it is an instance of.

use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, Instance, Payload, SectionLimited,
};

/// The components that are open, outermost first.
#[derive(Default)]
pub(super) struct Expansion {
    open: Vec<Open>,
}

#[derive(Default)]
struct Open {
    /// The items of this component, written out.
    items: u64,
    /// Those of each component in its index space.
    components: Vec<u64>,
}

/// Why an expansion cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unknown {
    #[error(transparent)]
    Broken(#[from] wasmparser::BinaryReaderError),
    #[error("there is no component with the index {0}")]
    NoComponent(u32),
    /// A component that is imported, or exported by an instance: its items are not here
    /// to be counted. No toolchain does this.
    #[error("it takes components from elsewhere")]
    Elsewhere,
}

impl Expansion {
    /// A component begins.
    pub fn begin(&mut self) {
        self.open.push(Open::default());
    }

    /// The innermost component ends.
    pub fn end(&mut self) {
        let items = self.open.pop().map_or(0, |ended| ended.items);
        if let Some(outer) = self.open.last_mut() {
            outer.components.push(items);
        }
    }

    /// The items of all components that are open, written out, once this section of the
    /// innermost is added.
    pub fn add(&mut self, section: &Payload<'_>) -> Result<u64, Unknown> {
        let items = match section {
            Payload::InstanceSection(section) => core_instances(section)?,
            Payload::ComponentInstanceSection(section) => self.instances(section)?,
            Payload::ComponentAliasSection(section) => self.aliases(section)?,
            Payload::ComponentImportSection(section) => imports(section)?,
            Payload::ComponentExportSection(section) => self.exports(section)?,
            Payload::CoreTypeSection(section) => section.count().into(),
            Payload::ComponentTypeSection(section) => section.count().into(),
            Payload::ComponentCanonicalSection(section) => section.count().into(),
            _ => 0,
        };
        if let Some(open) = self.open.last_mut() {
            open.items = open.items.saturating_add(items);
        }
        Ok(self.open.iter().fold(0, |sum, open| sum.saturating_add(open.items)))
    }

    fn instances(
        &self,
        section: &SectionLimited<'_, ComponentInstance<'_>>,
    ) -> Result<u64, Unknown> {
        let mut items = 0_u64;
        for instance in section.clone() {
            let more = match instance? {
                ComponentInstance::Instantiate { component_index, args } => {
                    self.component(0, component_index)?.saturating_add(args.len() as u64)
                }
                ComponentInstance::FromExports(exports) => exports.len() as u64,
            };
            items = items.saturating_add(more).saturating_add(1);
        }
        Ok(items)
    }

    fn aliases(
        &mut self,
        section: &SectionLimited<'_, ComponentAlias<'_>>,
    ) -> Result<u64, Unknown> {
        for alias in section.clone() {
            match alias? {
                ComponentAlias::InstanceExport {
                    kind: ComponentExternalKind::Component, ..
                } => {
                    return Err(Unknown::Elsewhere);
                }
                ComponentAlias::Outer {
                    kind: ComponentOuterAliasKind::Component,
                    count,
                    index,
                } => {
                    self.take(count as usize, index)?;
                }
                _ => {}
            }
        }
        Ok(section.count().into())
    }

    fn exports(
        &mut self,
        section: &SectionLimited<'_, ComponentExport<'_>>,
    ) -> Result<u64, Unknown> {
        for export in section.clone() {
            let export = export?;
            // what is exported has an index more from then on
            if export.kind == ComponentExternalKind::Component {
                self.take(0, export.index)?;
            }
        }
        Ok(section.count().into())
    }

    /// Gives a component of the innermost, or one outside of it, an index more.
    fn take(&mut self, outwards: usize, index: u32) -> Result<(), Unknown> {
        let items = self.component(outwards, index)?;
        self.open
            .last_mut()
            .map(|open| open.components.push(items))
            .ok_or(Unknown::NoComponent(index))
    }

    /// The items of a component of the innermost, or of one outside of it.
    fn component(&self, outwards: usize, index: u32) -> Result<u64, Unknown> {
        let open = self.open.iter().rev().nth(outwards);
        open.and_then(|open| open.components.get(index as usize))
            .copied()
            .ok_or(Unknown::NoComponent(index))
    }
}

fn core_instances(section: &SectionLimited<'_, Instance<'_>>) -> Result<u64, Unknown> {
    let mut items = 0;
    for instance in section.clone() {
        items += 1 + match instance? {
            Instance::Instantiate { args, .. } => args.len() as u64,
            Instance::FromExports(exports) => exports.len() as u64,
        };
    }
    Ok(items)
}

fn imports(section: &SectionLimited<'_, ComponentImport<'_>>) -> Result<u64, Unknown> {
    for import in section.clone() {
        if matches!(import?.ty, ComponentTypeRef::Component(_)) {
            return Err(Unknown::Elsewhere);
        }
    }
    Ok(section.count().into())
}

//! Counts the items of a component as if every nested instance were expanded, which is
//! what a compiler of components does.
//!
//! A component of one kilobyte can have fifty instances of a component that has fifty
//! instances of another. Nothing is expanded here: each component counts its own items
//! and, for each instance, the items of the instantiated component.

use wasmparser::{
    ComponentAlias, ComponentExport, ComponentExternalKind, ComponentImport, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, Instance, Payload, SectionLimited,
};

/// The components being parsed, outermost first.
#[derive(Default)]
pub(super) struct Expansion {
    open: Vec<OpenComponent>,
}

#[derive(Default)]
struct OpenComponent {
    /// The expanded items of this component.
    items: u64,
    /// The expanded items of each component in its index space.
    components: Vec<u64>,
}

/// The reason why an expansion cannot be computed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExpansionError {
    #[error(transparent)]
    WorkerFailure(#[from] wasmparser::BinaryReaderError),
    #[error("there is no component with the index {0}")]
    NoComponent(u32),
    /// A component is imported, or exported by an instance, so that its items cannot be
    /// counted. Toolchains do not emit this.
    #[error("it imports a component")]
    ImportedComponent,
}

impl Expansion {
    /// Enters a nested component.
    pub(super) fn begin(&mut self) {
        self.open.push(OpenComponent::default());
    }

    /// Leaves the innermost component.
    pub(super) fn end(&mut self) {
        let items = self.open.pop().map_or(0, |ended| ended.items);
        if let Some(outer) = self.open.last_mut() {
            outer.components.push(items);
        }
    }

    /// Adds a section of the innermost component. Returns the expanded items so far.
    pub(super) fn add(&mut self, section: &Payload<'_>) -> Result<u64, ExpansionError> {
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
    ) -> Result<u64, ExpansionError> {
        let mut items = 0_u64;
        for instance in section.clone() {
            let more = match instance? {
                ComponentInstance::Instantiate { component_index, args } => {
                    self.items_of(0, component_index)?.saturating_add(args.len() as u64)
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
    ) -> Result<u64, ExpansionError> {
        for alias in section.clone() {
            match alias? {
                ComponentAlias::InstanceExport {
                    kind: ComponentExternalKind::Component, ..
                } => {
                    return Err(ExpansionError::ImportedComponent);
                }
                ComponentAlias::Outer {
                    kind: ComponentOuterAliasKind::Component,
                    count,
                    index,
                } => {
                    self.add_index(count as usize, index)?;
                }
                _ => {}
            }
        }
        Ok(section.count().into())
    }

    fn exports(
        &mut self,
        section: &SectionLimited<'_, ComponentExport<'_>>,
    ) -> Result<u64, ExpansionError> {
        for export in section.clone() {
            let export = export?;
            // an export adds an index
            if export.kind == ComponentExternalKind::Component {
                self.add_index(0, export.index)?;
            }
        }
        Ok(section.count().into())
    }

    /// Adds an index for a component of the innermost component, or of one outside it.
    fn add_index(&mut self, outwards: usize, index: u32) -> Result<(), ExpansionError> {
        let items = self.items_of(outwards, index)?;
        self.open
            .last_mut()
            .map(|open| open.components.push(items))
            .ok_or(ExpansionError::NoComponent(index))
    }

    /// Returns the expanded items of a component by its index.
    fn items_of(&self, outwards: usize, index: u32) -> Result<u64, ExpansionError> {
        let open = self.open.iter().rev().nth(outwards);
        open.and_then(|open| open.components.get(index as usize))
            .copied()
            .ok_or(ExpansionError::NoComponent(index))
    }
}

fn core_instances(section: &SectionLimited<'_, Instance<'_>>) -> Result<u64, ExpansionError> {
    let mut items = 0;
    for instance in section.clone() {
        items += 1 + match instance? {
            Instance::Instantiate { args, .. } => args.len() as u64,
            Instance::FromExports(exports) => exports.len() as u64,
        };
    }
    Ok(items)
}

fn imports(section: &SectionLimited<'_, ComponentImport<'_>>) -> Result<u64, ExpansionError> {
    for import in section.clone() {
        if matches!(import?.ty, ComponentTypeRef::Component(_)) {
            return Err(ExpansionError::ImportedComponent);
        }
    }
    Ok(section.count().into())
}

//! The world of a component, printed as its author would write it.

use wit_component::{DecodedWasm, WitPrinter};

/// The text of a component's world and of every interface that it names; or why there is
/// none.
pub(super) fn world_of(component: &[u8]) -> Result<String, String> {
    let decoded = wit_component::decode(component).map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        return Err("it is a package of interfaces, not a component".to_owned());
    };
    let package = resolve.worlds[*world].package.ok_or("its world is in no package")?;
    let others: Vec<_> =
        resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &others).map_err(|error| format!("{error:#}"))?;
    Ok(printer.output.to_string())
}

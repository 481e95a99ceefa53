//! Prints the WIT of a component.

use wit_component::{DecodedWasm, WitPrinter};

/// Returns the WIT text of a component's world and of every interface that it refers to.
///
/// # Errors
/// The reason, as text, when the bytes cannot be decoded.
pub(super) fn print_wit(component: &[u8]) -> Result<String, String> {
    let decoded = wit_component::decode(component).map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(resolve, world) = &decoded else {
        return Err("it is a WIT package, not a component".to_owned());
    };
    let package = resolve.worlds[*world].package.ok_or("its world belongs to no package")?;
    let others: Vec<_> =
        resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &others).map_err(|error| format!("{error:#}"))?;
    Ok(printer.output.to_string())
}

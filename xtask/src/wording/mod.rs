//! Holds the wording and the idiom of the sources to limits that may only shrink.
//!
//! `xtask/retired-words.txt` has the words that were replaced by standard terms, and
//! `xtask/style-limits.txt` the figures of the style; each with what is allowed.

mod figures;
mod limits;
mod words;

use anyhow::{Result, ensure};

use limits::Limits;

const RETIRED_WORDS: &str = "xtask/retired-words.txt";
const STYLE_LIMITS: &str = "xtask/style-limits.txt";

/// Fails if a retired word occurs more or less often than allowed, or if a figure of the
/// style is above its limit.
pub(crate) fn check() -> Result<()> {
    let words = Limits::read(RETIRED_WORDS)?;
    let counts = words::count(words.names())?;
    let style = Limits::read(STYLE_LIMITS)?;
    let figures = figures::measure()?;
    let problems =
        [words.exceeded(&counts), words.outdated(&counts), style.exceeded(&figures)].concat();
    ensure!(problems.is_empty(), "wording:\n{}", problems.join("\n"));
    let left: f64 = counts.values().sum();
    println!("wording: {left} retired words are left");
    for (name, figure) in figures {
        println!("wording: {figure} {name}");
    }
    Ok(())
}

/// Lowers the limits to what is measured; never raises one.
pub(crate) fn update() -> Result<()> {
    let words = Limits::read(RETIRED_WORDS)?;
    words.lower(&words::count(words.names())?)?;
    Limits::read(STYLE_LIMITS)?.lower(&figures::measure()?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_limits_are_kept() {
        super::check().expect("wording within the limits");
    }
}

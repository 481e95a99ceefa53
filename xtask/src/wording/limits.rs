//! A text file of limits: a line is a name and the number that is allowed; lines that
//! begin with `#` are comments.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, Result};

use crate::process::root;

/// Measured figures, by name.
pub(super) type Measured = BTreeMap<String, f64>;

/// The limits in a file.
pub(super) struct Limits {
    /// Relative to the repository.
    path: &'static str,
    lines: Vec<Line>,
}

enum Line {
    Comment(String),
    Limit { name: String, allowed: f64 },
}

impl Limits {
    pub(super) fn read(path: &'static str) -> Result<Self> {
        let text = fs::read_to_string(root().join(path)).context(path)?;
        let lines = text.lines().map(Line::parse).collect::<Result<_>>().context(path)?;
        Ok(Self { path, lines })
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.limits().map(|(name, _)| name).collect()
    }

    fn limits(&self) -> impl Iterator<Item = (&str, f64)> {
        self.lines.iter().filter_map(|line| match line {
            Line::Comment(_) => None,
            Line::Limit { name, allowed } => Some((name.as_str(), *allowed)),
        })
    }

    /// A line for each name that is above its limit, or has none.
    pub(super) fn exceeded(&self, measured: &Measured) -> Vec<String> {
        let limits: BTreeMap<_, _> = self.limits().collect();
        let above = measured.iter().filter_map(|(name, value)| match limits.get(name.as_str()) {
            None => Some(format!("{}: `{name}` has no limit", self.path)),
            Some(allowed) if value > allowed => {
                Some(format!("{}: {value} `{name}`, {allowed} allowed", self.path))
            }
            Some(_) => None,
        });
        above.collect()
    }

    /// A line for each name that is below its limit.
    pub(super) fn outdated(&self, measured: &Measured) -> Vec<String> {
        let below = self.limits().filter_map(|(name, allowed)| {
            let value = measured.get(name)?;
            (*value < allowed).then(|| {
                format!(
                    "{}: {value} `{name}`, {allowed} allowed; `cargo xtask wording --update` lowers it",
                    self.path
                )
            })
        });
        below.collect()
    }

    /// Writes the file with each limit lowered to what was measured.
    pub(super) fn lower(&self, measured: &Measured) -> Result<()> {
        let mut text = String::new();
        for line in &self.lines {
            match line {
                Line::Comment(comment) => text.push_str(comment),
                Line::Limit { name, allowed } => {
                    let value = measured.get(name).map_or(*allowed, |value| value.min(*allowed));
                    text.push_str(&format!("{name}  {value}"));
                }
            }
            text.push('\n');
        }
        Ok(fs::write(root().join(self.path), text)?)
    }
}

impl Line {
    fn parse(line: &str) -> Result<Self> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(Self::Comment(line.to_owned()));
        }
        let (name, number) = line
            .trim_end()
            .rsplit_once(' ')
            .with_context(|| format!("expected `<name> <number>`, found `{line}`"))?;
        let allowed = number.parse().with_context(|| format!("`{number}` is not a number"))?;
        Ok(Self::Limit { name: name.trim_end().to_owned(), allowed })
    }
}

//! The report of a gate run: each step with its time, and the checks that could not run.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

/// The steps of a run of the gate so far; displayed as a table.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
    not_checked: Vec<String>,
}

struct Step {
    name: &'static str,
    time: Duration,
    has_passed: bool,
}

impl Report {
    /// Runs a step and records its time.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        step: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        println!("==> {name}");
        let start = Instant::now();
        let result = step(self);
        self.steps.push(Step { name, time: start.elapsed(), has_passed: result.is_ok() });
        result
    }

    /// Records a check that this machine cannot run.
    pub(crate) fn not_checked(&mut self, what: String) {
        println!("NOT CHECKED: {what}");
        self.not_checked.push(what);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.steps.iter().map(|step| step.name.len()).max().unwrap_or_default();
        let mut total = Duration::ZERO;
        for Step { name, time, has_passed } in &self.steps {
            let outcome = if *has_passed { "passed" } else { "FAILED" };
            writeln!(formatter, "{name:width$}  {:>5} s  {outcome}", time.as_secs())?;
            total += *time;
        }
        writeln!(formatter, "{:width$}  {:>5} s", "total", total.as_secs())?;
        for what in &self.not_checked {
            writeln!(formatter, "NOT CHECKED: {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_table_shows_each_step_and_what_was_not_checked() {
        let mut report = Report::default();
        let quick = report.run("format", |report| {
            report.not_checked("skopeo".to_owned());
            Ok(())
        });
        let failed = report.run("all tests", |_| bail!("a test failed"));
        assert!(quick.is_ok() && failed.is_err());
        let expected = "format         0 s  passed\nall tests      0 s  FAILED\n\
            total          0 s\nNOT CHECKED: skopeo\n";
        assert_eq!(report.to_string(), expected);
    }
}

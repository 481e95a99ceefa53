//! Text of the report of `pack test`.

use super::{BAD, GOOD, RenderHuman, plural, shown};
use crate::cli::table::Style;
use crate::ops::pack_test::{PreflightRun, Recorded, ScenarioReport, TestReport, Tested};
use crate::ops::quoted;

impl RenderHuman for TestReport {
    fn render_human(&self, _verb: &str) -> String {
        match self {
            Self::Tested(tested) => run(tested),
            Self::Recorded(recorded) => record(recorded),
        }
    }
}

fn run(tested: &Tested) -> String {
    let mut text = format!("pack `{}`\n\n", shown(&tested.path.to_string_lossy()));
    for report in &tested.scenarios {
        text.push_str(&scenario(report));
    }
    let total = plural(tested.scenarios.len(), "scenario");
    let (sign, style) = if tested.failed == 0 { (GOOD, Style::Good) } else { (BAD, Style::Bad) };
    text + &format!("\n{}: {} failed\n", style.paint(&format!("{sign} {total}")), tested.failed)
}

fn scenario(report: &ScenarioReport) -> String {
    let about = report.about.as_ref().map(|about| format!(": {about}")).unwrap_or_default();
    let (sign, style) = if report.passed { (GOOD, Style::Good) } else { (BAD, Style::Bad) };
    let mut text = format!("{}{about}\n", style.paint(&format!("{sign} {}", report.name)));
    for difference in &report.differences {
        text.push_str(&format!(
            "    {}\n      {}\n      {}\n",
            difference.about,
            Style::Good.paint(&format!("- expected: {}", difference.expected)),
            Style::Bad.paint(&format!("+ found: {}", difference.found)),
        ));
    }
    text
}

fn record(recorded: &Recorded) -> String {
    let path = recorded.recorded.to_string_lossy();
    let pack = recorded.path.to_string_lossy();
    let sign = Style::Good.paint(&format!("{GOOD} recorded"));
    let PreflightRun { checks, fault, asked } = &recorded.run;
    let mut text = format!("{sign} {}\n", shown(&path));
    for asked in asked {
        text.push_str(&format!("  asked `{}`: {}\n", asked.question, asked.answer));
    }
    match fault {
        Some(fault) => text.push_str(&format!("  {}\n", fault.message)),
        None => text.push_str(&format!("  {}\n", plural(checks.len(), "check"))),
    }
    text + &format!(
        "next: read it, then run it with `gtc pack test {} --scenario {}`\n",
        quoted(&pack),
        quoted(&path)
    )
}

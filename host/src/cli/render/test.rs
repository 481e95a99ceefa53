//! Scenarios, and what was not as expected.

use super::{BAD, GOOD, Human, counted, shown};
use crate::cli::table::Tone;
use crate::ops::pack_test::{PreflightRun, Recorded, ScenarioReport, TestReport, Tested};
use crate::ops::quoted;

impl Human for TestReport {
    fn human(&self, _verb: &str) -> String {
        match self {
            Self::Tested(tested) => run(tested),
            Self::Recorded(recorded) => record(recorded),
        }
    }
}

fn run(tested: &Tested) -> String {
    let mut text = format!("pack `{}`\n\n", shown(&tested.path.to_string_lossy()));
    tested.scenarios.iter().for_each(|report| text.push_str(&scenario(report)));
    let total = counted(tested.scenarios.len(), "scenario");
    let (sign, tone) = if tested.failed == 0 { (GOOD, Tone::Good) } else { (BAD, Tone::Bad) };
    text + &format!("\n{}: {} failed\n", tone.paint(&format!("{sign} {total}")), tested.failed)
}

fn scenario(report: &ScenarioReport) -> String {
    let about = report.about.as_ref().map(|about| format!(": {about}")).unwrap_or_default();
    let (sign, tone) = if report.passed { (GOOD, Tone::Good) } else { (BAD, Tone::Bad) };
    let mut text = format!("{}{about}\n", tone.paint(&format!("{sign} {}", report.name)));
    for difference in &report.differences {
        text.push_str(&format!(
            "    {}\n      {}\n      {}\n",
            difference.about,
            Tone::Good.paint(&format!("- expected: {}", difference.expected)),
            Tone::Bad.paint(&format!("+ found: {}", difference.found)),
        ));
    }
    text
}

fn record(recorded: &Recorded) -> String {
    let (path, pack) = (recorded.recorded.to_string_lossy(), recorded.path.to_string_lossy());
    let sign = Tone::Good.paint(&format!("{GOOD} recorded"));
    let PreflightRun { checks, fault, asked } = &recorded.run;
    let mut text = format!("{sign} {}\n", shown(&path));
    asked.iter().for_each(|asked| {
        text.push_str(&format!("  asked `{}`: {}\n", asked.question, asked.answer))
    });
    match fault {
        Some(fault) => text.push_str(&format!("  {}\n", fault.message)),
        None => text.push_str(&format!("  {}\n", counted(checks.len(), "check"))),
    }
    text + &format!(
        "next: read it, then run it with `gtc pack test {} --scenario {}`\n",
        quoted(&pack),
        quoted(&path)
    )
}

//! A handler that runs in workers: each of its operations in a process of its own, which
//! has nothing and is gone afterwards.
//!
//! What the guest asks comes back here, where it is compared with what was granted. What
//! the worker says is believed as little as what the guest says.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault, Permissions, ToolCheck};

use super::desk::{Desk, Machine};
use super::handler::{Operation, Place};
use super::lane::{Introduction, Lane};
use super::worker::{self, Deed, Operator, Said, Task};
use super::world::Stage;
use super::{Level, LoadError, LogLine, Shared};

/// How long a worker may take to map its code, and to lock itself in.
const START_TIME: Duration = Duration::from_secs(10);
/// How long nobody worries about a worker whose operation is out of time: it has to
/// notice it, and to say so.
const GRACE: Duration = Duration::from_secs(2);
/// What a question may take on the line, in bytes.
const QUESTION_BYTES: u64 = 512 << 10;
/// How often longer a text may be in JSON.
const ESCAPED: u64 = 6;

/// A handler in workers.
pub(super) struct Apart {
    pub program: PathBuf,
    /// What its component was compiled to.
    pub code: File,
    pub lane: Lane,
    pub wasi: bool,
    pub shared: Arc<Shared>,
    pub machine: Arc<Machine>,
}

/// Why an operation came to no end of its own.
enum Broken {
    /// This machine could not run it.
    Machine(io::Error),
    /// The code does not fit the engine of the worker.
    Unusable(String),
    /// The worker ended without a last word, or says what no honest worker says.
    Crashed { how: String, words: String },
    /// It was not heard of in its time.
    Late,
    /// It says more than it may.
    TooMuch,
}

/// What is watched while an operation runs.
struct Watch<'a> {
    apart: &'a Apart,
    name: ForeignText,
    time: Duration,
    grants: Permissions,
    stage: Option<Stage>,
    /// Where it asks, once it has begun.
    desk: Option<Desk>,
    /// How much it logged, in bytes.
    logged: usize,
}

impl Apart {
    fn most(&self) -> u64 {
        let limits = &self.shared.limits;
        let said = (limits.copied_bytes as u64)
            .saturating_add(limits.log_bytes as u64)
            .saturating_mul(ESCAPED);
        said.saturating_add(QUESTION_BYTES.saturating_mul(limits.probes as u64 + 1))
    }

    fn watch(
        &self,
        name: ForeignText,
        time: Duration,
        grants: Permissions,
        stage: Option<Stage>,
    ) -> Watch<'_> {
        Watch { apart: self, name, time, grants, stage, desk: None, logged: 0 }
    }

    fn task(&self, deed: Deed, time: Duration) -> io::Result<Task> {
        let Self { lane, wasi, .. } = *self;
        Ok(Task {
            lane,
            wasi,
            code_bytes: self.code.metadata()?.len(),
            limits: self.shared.limits.clone(),
            time,
            deed,
        })
    }
}

impl Watch<'_> {
    /// Has a worker do it, and answers what it asks, until it has said what came of it.
    fn over(&mut self, deed: Deed) -> Result<Said, Broken> {
        let task = self.apart.task(deed, self.time).map_err(Broken::Machine)?;
        let mut operator =
            Operator::start(&self.apart.program, &self.apart.code, self.apart.most())
                .map_err(Broken::Machine)?;
        let error = match self.listen(&mut operator, &task) {
            Ok(Said::Unusable(reason)) => return Err(Broken::Unusable(reason)),
            Ok(said) => return Ok(said),
            Err(error) => error,
        };
        Err(match error.kind() {
            io::ErrorKind::TimedOut if self.desk.is_some() => Broken::Late,
            io::ErrorKind::TimedOut => {
                let reason = format!("it did not come up within {} s", START_TIME.as_secs());
                Broken::Machine(io::Error::new(io::ErrorKind::TimedOut, reason))
            }
            io::ErrorKind::FileTooLarge => Broken::TooMuch,
            io::ErrorKind::InvalidData => Broken::nonsense(),
            _ => {
                let (status, words) = operator.end().map_err(Broken::Machine)?;
                match status.code() {
                    Some(worker::MISUSED) => {
                        Broken::Machine(io::Error::other(ForeignText::sentence(&words).to_string()))
                    }
                    _ => Broken::Crashed { how: status.to_string(), words },
                }
            }
        })
    }

    fn listen(&mut self, operator: &mut Operator, task: &Task) -> io::Result<Said> {
        let line = &mut operator.line;
        let mut deadline = Some(Instant::now() + START_TIME);
        line.send(task, deadline)?;
        loop {
            let said = line.receive(deadline)?;
            match (said, &mut self.desk) {
                (Said::Begun, None) => {
                    let Apart { machine, shared, .. } = self.apart;
                    let (end, grants) =
                        (Instant::now() + self.time, std::mem::take(&mut self.grants));
                    self.desk = Some(Desk::new(machine, shared, grants, end, self.stage.take()));
                    deadline = Some(end + GRACE);
                }
                (Said::Log { call, level, message }, Some(_)) => self.log(call, level, message)?,
                (Said::Tool { tool, args }, Some(desk)) => {
                    line.send(&desk.tool(&tool, &args), deadline)?
                }
                (Said::Network { host, port }, Some(desk)) => {
                    line.send(&desk.network(&host, port), deadline)?
                }
                (last @ (Said::Introduced(_) | Said::Checked(_) | Said::Unusable(_)), _) => {
                    return Ok(last);
                }
                // who begins twice would have twice the time, and before it has begun there is
                // nothing to say
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    /// Passes a message on. A guest is cut off where it has logged enough; a worker that
    /// goes on passes nothing on for a guest.
    fn log(&mut self, call: Call, level: Level, message: String) -> io::Result<()> {
        self.logged = self.logged.saturating_add(message.len());
        if self.logged > self.apart.shared.limits.log_bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let (handler, message) = (self.name.clone(), ForeignText::new(message));
        (self.apart.shared.log)(&LogLine { handler, call, level, message });
        Ok(())
    }
}

impl Broken {
    /// A worker that says what no honest worker says.
    fn nonsense() -> Self {
        Self::Crashed { how: "it spoke nonsense".to_owned(), words: String::new() }
    }

    /// What it means for the handler.
    fn fault(self, call: Call, time: Duration) -> HandlerFault {
        match self {
            Self::Machine(error) => {
                let reason =
                    ForeignText::new(format!("the worker that runs it does not work ({error})"));
                HandlerFault::NotRun { call, reason }
            }
            Self::Unusable(reason) => {
                HandlerFault::NotRun { call, reason: ForeignText::sentence(&reason) }
            }
            Self::Crashed { how, words } => {
                let message = (!words.is_empty()).then(|| ForeignText::sentence(&words));
                HandlerFault::Crashed { call, how: ForeignText::new(how), message }
            }
            Self::Late => HandlerFault::OutOfTime { call, limit: time },
            Self::TooMuch => {
                let what = ForeignText::new("more than the worker that runs it may pass on");
                HandlerFault::TooMuchOutput { call, what }
            }
        }
    }
}

impl Place for Apart {
    fn introduce(&self, name: ForeignText) -> Result<Introduction, LoadError> {
        let time = self.shared.limits.metadata_time;
        let mut watch = self.watch(name, time, Permissions::default(), None);
        let broken = match watch.over(Deed::Introduce) {
            Ok(Said::Introduced(Ok(claims))) => match claims.understood() {
                Some(introduction) => return Ok(introduction),
                None => Broken::nonsense(),
            },
            Ok(Said::Introduced(Err(failed))) => return Err(failed.into()),
            Ok(_) => Broken::nonsense(),
            Err(broken) => broken,
        };
        Err(match broken {
            Broken::Machine(source) => LoadError::Worker { source },
            Broken::Unusable(reason) => {
                LoadError::UnusableCode { reason: ForeignText::sentence(&reason) }
            }
            broken => broken.fault(Call::Instantiate, time).into(),
        })
    }

    fn preflight(
        &self,
        operation: Operation<'_>,
    ) -> (Result<Vec<ToolCheck>, HandlerFault>, Option<Desk>) {
        let Operation { name, binding, time, stage } = operation;
        let BindingContext { env_id, instance_id, answers_json, grants } = binding;
        let deed = Deed::Preflight {
            env_id: env_id.to_string(),
            instance_id: instance_id.as_ref().map(ToString::to_string),
            answers_json: answers_json.clone(),
        };
        let mut watch = self.watch(name, time, grants.clone(), stage);
        let checks = match watch.over(deed) {
            Ok(Said::Checked(checks)) => checks,
            Ok(_) => Err(Broken::nonsense().fault(Call::Preflight, time)),
            Err(broken) => Err(broken.fault(Call::Preflight, time)),
        };
        (checks, watch.desk)
    }
}

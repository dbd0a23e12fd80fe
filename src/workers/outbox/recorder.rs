//! What WhatsApp answered to sends, recorded as it comes: while some answers of a number are written, its next ones gather. What there is
//! to decide about, or somebody has in hand, holds up nobody else's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::Number;
use crate::domain::delivery::Outcome;
use crate::runner::{Error, Runner, crowd};
use crate::store::dispatches::Dispatch;

/// Sets that are written at once at most: commands and claims need connections too.
const AT_ONCE: usize = 4;

/// Answers that are written together at most.
const TOGETHER: usize = 64;

struct Answered {
    dispatch: Arc<Dispatch>,
    outcome: Outcome,
    recorded: oneshot::Sender<Result<(), Error>>,
}

/// Where answers go. Cheap to clone.
#[derive(Clone)]
pub(super) struct Recorder {
    runner: Runner,
    /// The numbers of which answers are written now, and those that wait meanwhile.
    waiting: Arc<Mutex<HashMap<Number, Vec<Answered>>>>,
    room: Arc<Semaphore>,
}

impl Recorder {
    pub fn of(runner: &Runner) -> Self {
        Self { runner: runner.clone(), waiting: Arc::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Returns once it is committed.
    ///
    /// # Errors
    /// As [`Runner::record_delivery`].
    pub async fn record(&self, dispatch: &Arc<Dispatch>, outcome: Outcome) -> Result<(), Error> {
        let (recorded, answer) = oneshot::channel();
        let number = (dispatch.workspace, dispatch.inbox);
        let answered = Answered { dispatch: dispatch.clone(), outcome, recorded };
        if self.joins(number, answered) {
            tokio::spawn(Writer { recorder: self.clone(), number, is_done: false }.write());
        }
        // A writer that fell over it has told so.
        answer.await.unwrap_or(Err(Error::Panicked))
    }

    /// Adds an answer to those that wait; whether nobody writes those of its number.
    fn joins(&self, number: Number, answered: Answered) -> bool {
        match self.lock().entry(number) {
            Entry::Occupied(mut waiting) => {
                waiting.get_mut().push(answered);
                false
            }
            Entry::Vacant(nobody) => {
                nobody.insert(vec![answered]);
                true
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Number, Vec<Answered>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who writes the answers of a number. Nobody waits for one that is gone.
struct Writer {
    recorder: Recorder,
    number: Number,
    is_done: bool,
}

impl Writer {
    async fn write(mut self) {
        let runner = self.recorder.runner.clone();
        while let Some(together) = self.next() {
            let count = together.len();
            let recorded = {
                let _room = self.recorder.room.acquire().await;
                runner.record_accepted(self.number.0, &sent(&together)).await
            };
            let (recorded, left): (Vec<_>, Vec<_>) = together.into_iter().partition(|answered| recorded.contains(&answered.dispatch.id));
            tell(recorded.into_iter().map(|answered| (answered, Ok(()))));
            if !left.is_empty() {
                let (runner, workspace) = (runner.clone(), self.number.0);
                tokio::spawn(async move {
                    let answers = runner.decide_deliveries(workspace, &sent(&left)).await;
                    tell(left.into_iter().zip(answers));
                });
            }
            crowd::gather_after(count, TOGETHER).await;
        }
    }

    /// What has gathered; nothing, and this one is done, when nothing has.
    fn next(&mut self) -> Option<Vec<Answered>> {
        let mut all = self.recorder.lock();
        let waiting = all.get_mut(&self.number)?;
        let together: Vec<Answered> = waiting.drain(..waiting.len().min(TOGETHER)).collect();
        if together.is_empty() {
            all.remove(&self.number);
            self.is_done = true;
            return None;
        }
        Some(together)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.is_done {
            self.recorder.lock().remove(&self.number);
        }
    }
}

fn sent(answers: &[Answered]) -> Vec<(&Dispatch, &Outcome)> {
    answers.iter().map(|answered| (&*answered.dispatch, &answered.outcome)).collect()
}

fn tell(answers: impl IntoIterator<Item = (Answered, Result<(), Error>)>) {
    // Who sent it may have been stopped.
    answers.into_iter().for_each(|(answered, answer)| _ = answered.recorded.send(answer).ok());
}

//! What WhatsApp answered to sends, recorded as it comes: while some answers are written, the next ones gather.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::Number;
use crate::domain::delivery::Outcome;
use crate::runner::{Error, Runner};
use crate::store::dispatches::Dispatch;

/// Answers that wait to be written at most; each belongs to a send, and of those there are not so many.
const WAITING: usize = 10_000;

/// Answers that are written together at most.
const TOGETHER: usize = 64;

/// Sets written at once.
const WRITERS: usize = 4;

struct Answered {
    dispatch: Arc<Dispatch>,
    outcome: Outcome,
    recorded: oneshot::Sender<Result<(), Error>>,
}

/// Where answers go. Cheap to clone; its writers end with the last clone.
#[derive(Clone)]
pub(super) struct Recorder {
    answers: mpsc::Sender<Answered>,
}

impl Recorder {
    pub fn start(runner: &Runner) -> Self {
        let (answers, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WRITERS {
            tokio::spawn(write(runner.clone(), waiting.clone()));
        }
        Self { answers }
    }

    /// Returns once it is committed.
    ///
    /// # Errors
    /// As [`Runner::record_delivery`].
    pub async fn record(&self, dispatch: &Arc<Dispatch>, outcome: Outcome) -> Result<(), Error> {
        let (recorded, answer) = oneshot::channel();
        let answered = Answered { dispatch: dispatch.clone(), outcome, recorded };
        self.answers.send(answered).await.map_err(|_| Error::Busy)?;
        // A writer that fell over it has told so.
        answer.await.unwrap_or(Err(Error::Panicked))
    }
}

async fn write(runner: Runner, waiting: Arc<Mutex<mpsc::Receiver<Answered>>>) {
    while let Some(batch) = gather(&waiting).await {
        let mut of_numbers: HashMap<Number, Vec<Answered>> = HashMap::new();
        for answered in batch {
            of_numbers.entry((answered.dispatch.workspace, answered.dispatch.inbox)).or_default().push(answered);
        }
        for ((workspace, _), of_number) in of_numbers {
            let sent: Vec<(&Dispatch, Outcome)> =
                of_number.iter().map(|answered| (&*answered.dispatch, answered.outcome.clone())).collect();
            let answers = runner.record_deliveries(workspace, &sent).await;
            for (answered, answer) in of_number.into_iter().zip(answers) {
                // Who sent it may have been stopped.
                answered.recorded.send(answer).ok();
            }
        }
    }
}

async fn gather(waiting: &Mutex<mpsc::Receiver<Answered>>) -> Option<Vec<Answered>> {
    let mut waiting = waiting.lock().await;
    let mut batch = vec![waiting.recv().await?];
    while batch.len() < TOGETHER
        && let Ok(next) = waiting.try_recv()
    {
        batch.push(next);
    }
    Some(batch)
}

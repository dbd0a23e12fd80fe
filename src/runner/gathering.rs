//! Commands that come at once are written together: while some of a workspace are, the next ones gather. Alone, each would be a
//! transaction of its own, and a database commits far fewer times a second than it writes rows. Who finds nobody at it waits for nobody.

use std::collections::{HashMap, HashSet, VecDeque};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::contact::{Alongside, Done};
use super::many::{Wish, fits_many};
use super::{Error, Runner};
use crate::domain::Command;
use crate::domain::ids::{ConversationId, WorkspaceId};
use crate::store::inbound_items::Lane;

/// Transactions of a workspace at once; whatever comes while so many are under way gathers.
const AT_ONCE: usize = 2;

/// Commands that are written together at most.
const TOGETHER: usize = 32;

/// Commands of a workspace that wait at most.
const WAITING: usize = 2_000;

/// How long a command keeps its room at most. One whose contact somebody has locked waits for seconds, and would hold up everybody else
/// of the workspace.
const PATIENCE: Duration = Duration::from_millis(100);

/// A command that waits, and where it hears what came of it.
struct Waiting {
    wish: Wish,
    answer: oneshot::Sender<Result<Done, Error>>,
}

/// What is under way in each workspace.
#[derive(Default)]
pub(super) struct Gatherings(Mutex<HashMap<WorkspaceId, Gathering>>);

#[derive(Default)]
struct Gathering {
    writing: usize,
    waiting: VecDeque<Waiting>,
}

/// What becomes of a command that comes.
enum Entry {
    /// There is room to write it at once, which is taken.
    Room(Box<Wish>),
    /// It is written with others, behind those that are now.
    Answer(oneshot::Receiver<Result<Done, Error>>),
}

impl Gatherings {
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Gathering>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether more than one command of a workspace is under way, or waits.
    pub(super) fn is_crowded(&self, workspace: WorkspaceId) -> bool {
        self.lock().get(&workspace).is_some_and(|gathering| gathering.writing > 1 || !gathering.waiting.is_empty())
    }

    fn enter(&self, workspace: WorkspaceId, wish: Wish) -> Result<Entry, Error> {
        let mut all = self.lock();
        let gathering = all.entry(workspace).or_default();
        if gathering.writing < AT_ONCE {
            gathering.writing += 1;
            return Ok(Entry::Room(Box::new(wish)));
        }
        if gathering.waiting.len() >= WAITING {
            return Err(Error::Busy);
        }
        let (answer, answered) = oneshot::channel();
        gathering.waiting.push_back(Waiting { wish, answer });
        Ok(Entry::Answer(answered))
    }

    /// What has gathered, for whoever has written; when nothing has, their room is free.
    fn next(&self, workspace: WorkspaceId) -> Vec<Waiting> {
        let mut all = self.lock();
        let Some(gathering) = all.get_mut(&workspace) else { return Vec::new() };
        let next = first_of_each(&mut gathering.waiting);
        if next.is_empty() {
            gathering.writing -= 1;
            if gathering.writing == 0 {
                all.remove(&workspace);
            }
        }
        next
    }
}

/// Takes the first command of each contact: those behind it keep their place, and come in their order.
fn first_of_each(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let (mut seen, mut next, mut place) = (HashSet::new(), Vec::new(), 0);
    while next.len() < TOGETHER
        && let Some(one) = waiting.get(place)
    {
        if seen.insert(one.wish.contact) {
            next.extend(waiting.remove(place));
        } else {
            place += 1;
        }
    }
    next
}

/// Room to write. Whoever is done with it, or gone, leaves it to what has gathered.
struct Room {
    runner: Runner,
    workspace: WorkspaceId,
}

impl Drop for Room {
    fn drop(&mut self) {
        let next = self.runner.gatherings.next(self.workspace);
        if next.is_empty() {
            return;
        }
        let room = Room { runner: self.runner.clone(), workspace: self.workspace };
        // Where nothing runs any more nobody waits for an answer either.
        if let Ok(handle) = Handle::try_current() {
            handle.spawn(room.write(next));
        }
    }
}

impl Room {
    async fn write(self, gathered: Vec<Waiting>) {
        let runner = self.runner.clone();
        let (wishes, answers): (Vec<Wish>, Vec<_>) = gathered.into_iter().map(|waiting| (waiting.wish, waiting.answer)).unzip();
        // Whatever keeps a set from being written is told to each who asked, as if alone.
        let mut together = runner.run_together(self.workspace, &wishes).await.unwrap_or_default();
        let mut alone = Vec::new();
        for (place, (wish, answer)) in wishes.into_iter().zip(answers).enumerate() {
            match together.remove(&place) {
                // Who asked may be gone.
                Some(done) => _ = answer.send(done).ok(),
                None => alone.push(Waiting { wish, answer }),
            }
        }
        let workspace = self.workspace;
        let each = alone.into_iter().map(|Waiting { wish, answer }| {
            let runner = &runner;
            async move { _ = answer.send(runner.run_alone(workspace, wish.conversation, wish.command).await).ok() }
        });
        self.unless_slow(join_all(each)).await;
    }

    /// Does what may have to wait for a contact that somebody has: those of other contacts wait for it no longer than [`PATIENCE`].
    async fn unless_slow<T>(self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Ok(done) = timeout(PATIENCE, &mut work).await {
            return done;
        }
        drop(self);
        work.await
    }
}

impl Runner {
    /// Runs a command about a conversation, together with others that come meanwhile.
    ///
    /// # Errors
    /// A refusal, [`Error::NotFound`], or a fault.
    pub async fn run(&self, workspace: WorkspaceId, conversation: ConversationId, command: Command) -> Result<Done, Error> {
        if let Some(person) = command.viewer() {
            self.note_acted(workspace, person);
        }
        if !fits_many(&command) {
            return self.run_alone(workspace, conversation, command).await;
        }
        let Lane { contact, inbox, .. } = self.lane_of(workspace, conversation).await?;
        match self.gatherings.enter(workspace, Wish { contact, inbox, conversation, command })? {
            Entry::Room(wish) => {
                let room = Room { runner: self.clone(), workspace };
                room.unless_slow(self.run_alone(workspace, conversation, wish.command)).await
            }
            // A writer that fell over it has told so.
            Entry::Answer(answered) => answered.await.unwrap_or(Err(Error::Panicked)),
        }
    }

    /// Runs a command about one of many conversations; answers whether it was done. What nobody can do anything about is left for later:
    /// somebody was quicker, there is no queue left, or somebody is at the contact for longer than one waits.
    ///
    /// # Errors
    /// A fault.
    pub(super) async fn run_unless_overtaken(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        command: Command,
    ) -> Result<bool, Error> {
        match self.run(workspace, conversation, command).await {
            Ok(_) => Ok(true),
            Err(Error::Refused(_) | Error::NotFound | Error::Busy) => Ok(false),
            Err(Error::Store(error)) if error.is_busy() || error.is_retryable() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Runs a command about a conversation in a transaction of its own.
    pub(super) async fn run_alone(&self, workspace: WorkspaceId, conversation: ConversationId, command: Command) -> Result<Done, Error> {
        self.run_alongside(workspace, conversation, command, &Alongside::default()).await
    }
}

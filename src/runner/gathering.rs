//! Commands that come at once are written together: while some of a workspace are, the next ones gather. Alone, each would be a
//! transaction of its own, and a database commits far fewer times a second than it writes rows. Who finds nobody at it waits for nobody.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

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

impl Gatherings {
    fn lock(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Gathering>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is room to write at once; then it is taken.
    fn may_write(&self, workspace: WorkspaceId) -> bool {
        let mut all = self.lock();
        let gathering = all.entry(workspace).or_default();
        let may_write = gathering.writing < AT_ONCE;
        gathering.writing += usize::from(may_write);
        may_write
    }

    /// Waits behind those that are written now; if none are any more, it is given back.
    fn join(&self, workspace: WorkspaceId, waiting: Waiting) -> Result<Option<Waiting>, Error> {
        match self.lock().get_mut(&workspace) {
            Some(gathering) if gathering.waiting.len() >= WAITING => Err(Error::Busy),
            Some(gathering) => {
                gathering.waiting.push_back(waiting);
                Ok(None)
            }
            None => Ok(Some(waiting)),
        }
    }

    /// What has gathered, for whoever has written; when nothing has, their room is free.
    fn next(&self, workspace: WorkspaceId) -> Vec<Waiting> {
        let mut all = self.lock();
        let Some(gathering) = all.get_mut(&workspace) else { return Vec::new() };
        let count = gathering.waiting.len().min(TOGETHER);
        let next: Vec<Waiting> = gathering.waiting.drain(..count).collect();
        if next.is_empty() {
            gathering.writing -= 1;
            if gathering.writing == 0 {
                all.remove(&workspace);
            }
        }
        next
    }
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
    /// Writes what has gathered. What could not be written with the others, also because somebody has its contact, keeps none of them
    /// waiting.
    async fn write(self, gathered: Vec<Waiting>) {
        let wishes: Vec<Wish> = gathered.iter().map(|waiting| waiting.wish.clone()).collect();
        // Whatever keeps a set from being written is told to each who asked, as if alone.
        let mut answers = self.runner.run_together(self.workspace, &wishes).await.unwrap_or_default();
        for (place, Waiting { wish, answer: waiting }) in gathered.into_iter().enumerate() {
            let (runner, workspace) = (self.runner.clone(), self.workspace);
            // Who asked may be gone.
            match answers.remove(&place) {
                Some(answer) => _ = waiting.send(answer),
                None => _ = tokio::spawn(async move { waiting.send(runner.run_alone(workspace, wish.conversation, wish.command).await) }),
            }
        }
    }
}

impl Runner {
    /// Runs a command about a conversation, together with others that come meanwhile.
    ///
    /// # Errors
    /// A refusal, [`Error::NotFound`], or a fault.
    pub async fn run(&self, workspace: WorkspaceId, conversation: ConversationId, command: Command) -> Result<Done, Error> {
        if !fits_many(&command) {
            return self.run_alone(workspace, conversation, command).await;
        }
        let Lane { contact, inbox, .. } = self.lane_of(workspace, conversation).await?;
        let (answer, answered) = oneshot::channel();
        let mut waiting = Waiting { wish: Wish { contact, inbox, conversation, command }, answer };
        loop {
            if self.gatherings.may_write(workspace) {
                let _room = Room { runner: self.clone(), workspace };
                return self.run_alone(workspace, conversation, waiting.wish.command).await;
            }
            match self.gatherings.join(workspace, waiting)? {
                // A writer that fell over it has told so.
                None => return answered.await.unwrap_or(Err(Error::Panicked)),
                Some(given_back) => waiting = given_back,
            }
        }
    }

    /// Runs a command about a conversation in a transaction of its own.
    pub(super) async fn run_alone(&self, workspace: WorkspaceId, conversation: ConversationId, command: Command) -> Result<Done, Error> {
        self.run_alongside(workspace, conversation, command, &Alongside::default()).await
    }
}

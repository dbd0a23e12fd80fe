//! Acts on many conversations, in sets of some. Nobody is waited for with anything in hand; what somebody is changing is tried again, and left
//! where it is when that lasts.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use super::contact::LONGEST;
use super::guard::guarded;
use super::many::{Wish, decide_all, is_of_one};
use super::{Error, Runner};
use crate::domain::Refusal;
use crate::domain::command::{Command, Person};
use crate::domain::event::Event;
use crate::domain::floor::Came;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::store::floor::{Movable, Noted};
use crate::store::{self, Transaction};

/// Conversations of one transaction.
const BATCH: usize = 50;

/// How often what somebody is changing is tried again, and after how long; the pauses grow.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(40);

/// What an act is done to, one by one.
pub(super) struct Item {
    wish: Wish,
    outcome: Option<Outcome>,
}

/// What became of one of them.
enum Outcome {
    Done,
    Refused(Refusal),
    Failed,
}

impl Runner {
    /// Runs commands of one person in sets of some, and what somebody is changing again until that is over or takes too long.
    pub(super) async fn run_in_sets(
        &self,
        workspace: WorkspaceId,
        by: &Person,
        mut items: Vec<Item>,
        agents: &[UserId],
        noted: impl Fn(Vec<(ConversationId, i64)>) -> Option<Noted>,
    ) -> Result<Came, Error> {
        let is_by_team = by.rights.visibility.is_by_team();
        let queues = if is_by_team { self.store.queues_of(workspace, by.user).await? } else { Vec::new() };
        for round in 0..TRIES {
            let open: Vec<usize> = (0..items.len()).filter(|place| items[*place].outcome.is_none()).collect();
            if open.is_empty() {
                break;
            }
            if round > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(round)).await;
            }
            let mut sets: VecDeque<Vec<usize>> = open.chunks(BATCH).map(<[usize]>::to_vec).collect();
            while let Some(places) = sets.pop_front() {
                let wishes: Vec<Wish> = places.iter().map(|place| items[*place].wish.clone()).collect();
                let set = self.try_set(workspace, &wishes, agents, &queues, &noted);
                match tokio::time::timeout(LONGEST, guarded(set)).await.unwrap_or(Err(Error::Busy)) {
                    Ok(outcomes) => {
                        for (number, outcome) in outcomes {
                            // Whom all of it was for has gone: somebody else is to be chosen.
                            if let Outcome::Refused(refusal @ Refusal::NotHere { .. }) = outcome {
                                return Err(refusal.into());
                            }
                            items[places[number]].outcome = Some(outcome);
                        }
                    }
                    // Somebody has a row of theirs; or what was decided from was another by then. They are tried again.
                    Err(error) if is_passing(&error) => {
                        tracing::debug!(%error, commands = wishes.len(), "a set of an act on many is tried again");
                    }
                    // One of them costs the others nothing.
                    Err(error) if is_of_one(&error) && places.len() > 1 => {
                        tracing::debug!(%error, commands = wishes.len(), "a set of an act on many is done one by one");
                        places.into_iter().rev().for_each(|place| sets.push_front(vec![place]));
                    }
                    Err(error) if is_of_one(&error) => {
                        let conversation = wishes.first().map(|wish| wish.conversation);
                        tracing::error!(%error, ?conversation, "an act on many leaves out a conversation");
                        items[places[0]].outcome = Some(Outcome::Failed);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(came(&items))
    }

    /// One transaction. Agents come first, and are waited for with nothing in hand; conversations that somebody has are left out: nobody
    /// waits in a circle.
    async fn try_set(
        &self,
        workspace: WorkspaceId,
        wishes: &[Wish],
        agents: &[UserId],
        queues: &[QueueId],
        noted: impl Fn(Vec<(ConversationId, i64)>) -> Option<Noted>,
    ) -> Result<HashMap<usize, Outcome>, Error> {
        let places = self.places(workspace, wishes.iter().map(|wish| wish.inbox)).await?;
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let ids: Vec<Uuid> = agents.iter().map(|user| user.0).collect();
        let agents = if ids.is_empty() { HashMap::new() } else { store::agents::lock(&transaction, workspace, &ids, None).await? };
        let mut opened = self.open_many(&transaction, workspace, &places, wishes.iter().enumerate().collect()).await?;
        if opened.is_empty() {
            return Ok(HashMap::new());
        }
        opened.seen_with(queues);
        opened.know_acts(&transaction, workspace).await?;
        let mut decided = decide_all(workspace, &mut opened, agents)?;
        let mut outcomes = HashMap::new();
        let mut lines = Vec::new();
        for (number, answer) in decided.answers {
            outcomes.insert(
                number,
                match answer {
                    Ok(done) => {
                        let seq = done.events.iter().find(|it| it.act().is_some() || matches!(it.event, Event::ActUndone { .. }));
                        let seq = seq.map_or(done.last_seq, |it| it.seq);
                        lines.push((done.conversation, seq));
                        Outcome::Done
                    }
                    Err(Error::Refused(refusal)) => Outcome::Refused(refusal),
                    Err(error) => return Err(error),
                },
            );
        }
        if lines.is_empty() {
            return Ok(outcomes);
        }
        decided.rows.floor = noted(lines);
        decided.rows.commit(transaction).await?;
        drop(connection);
        self.publish(decided.changes);
        Ok(outcomes)
    }
}

pub(super) fn item(one: Movable, command: Command) -> Item {
    let Movable { conversation, contact, inbox } = one;
    Item { wish: Wish { contact, inbox, conversation, command }, outcome: None }
}

fn came(items: &[Item]) -> Came {
    let mut came = Came::default();
    for item in items {
        match &item.outcome {
            Some(Outcome::Done) => came.done += 1,
            Some(Outcome::Refused(Refusal::NoRoom { .. } | Refusal::YouHaveNoRoom { .. })) => came.left.no_room += 1,
            Some(Outcome::Refused(_)) => came.left.elsewhere += 1,
            Some(Outcome::Failed) => came.left.failed += 1,
            None => came.left.busy += 1,
        }
    }
    came
}

/// Whether it may go well when it is tried again.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Store(error) => error.is_busy() || error.is_retryable() || error.is_overtaken(),
        Error::Busy => true,
        _ => false,
    }
}

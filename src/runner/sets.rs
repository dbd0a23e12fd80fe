//! Acts on many conversations, in sets of some. Nobody is waited for with anything in hand; what somebody is changing is tried again, and left
//! where it is when that lasts.

use std::collections::HashMap;
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
    outcome: Option<Result<i64, Refusal>>,
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
            for places in open.chunks(BATCH) {
                let wishes: Vec<Wish> = places.iter().map(|place| items[*place].wish.clone()).collect();
                let set = self.try_set(workspace, &wishes, agents, &queues, &noted);
                match tokio::time::timeout(LONGEST, guarded(set)).await.unwrap_or(Err(Error::Busy)) {
                    Ok(outcomes) => {
                        for (number, outcome) in outcomes {
                            // Whom all of it was for has gone: somebody else is to be chosen.
                            if let Err(refusal @ Refusal::NotHere { .. }) = outcome {
                                return Err(refusal.into());
                            }
                            items[places[number]].outcome = Some(outcome);
                        }
                    }
                    // Somebody has a row of theirs; or what was decided from was another by then. They are tried again.
                    Err(error) if is_of_one(&error) || matches!(error, Error::Busy) => {
                        tracing::debug!(%error, commands = wishes.len(), "a set of an act on many is tried again");
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
    ) -> Result<HashMap<usize, Result<i64, Refusal>>, Error> {
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
                        Ok(seq)
                    }
                    Err(Error::Refused(refusal)) => Err(refusal),
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
            Some(Ok(_)) => came.done += 1,
            Some(Err(Refusal::NoRoom { .. } | Refusal::YouHaveNoRoom { .. })) => came.left.no_room += 1,
            Some(Err(_)) => came.left.elsewhere += 1,
            None => came.left.busy += 1,
        }
    }
    came
}

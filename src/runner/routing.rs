//! The door for a queue: look who waits and who could take it, choose, and give all of it away as one set of commands. Nothing is locked
//! while it is chosen: whether it may still be is decided as of any other command.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::contact::LONGEST;
use super::guard::guarded;
use super::many::{Decided, Wish, decide_all, is_of_one};
use super::{Error, Runner, now};
use crate::domain::agent::{Agent, Presence};
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Candidate, Round, decide, standing};
use crate::live::change::ConversationChange;
use crate::store::queues::{Present, QueueSnapshot};
use crate::store::routing_decisions::{Before, NewDecision};
use crate::store::{self, Transaction};

/// Conversations that one round looks at.
const ROUND: i64 = 50;

/// Decisions that are made again at once.
const REPLAYED: i64 = 1_000;

/// What came of making decisions again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replayed {
    pub count: usize,
    /// Conversations with the line of their journal.
    pub otherwise: Vec<(ConversationId, i64)>,
}

/// What a round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundOutcome {
    /// Nobody waits, or nobody can take more.
    Settled,
    /// More wait than one round looks at, or somebody else was quicker: look again.
    MoreMayWait,
}

/// What became of assignments that were chosen together.
#[derive(Debug, Default)]
struct Given {
    /// How many were dealt with, from the first on.
    dealt_with: usize,
    /// Who was given one more of these; what is missing waits no more, or somebody has it.
    to: Vec<UserId>,
    /// Whoever the next one was chosen for has no room any more, or is busier than they were.
    is_overtaken: bool,
    /// What went wrong over one of them alone.
    fault: Option<Error>,
}

impl Runner {
    /// Assigns who waits in a queue to who is present with room, the longest waiting first.
    ///
    /// # Errors
    /// A fault; what was assigned before it stands and is shown.
    pub async fn route(&self, workspace: WorkspaceId, queue: QueueId) -> Result<RoundOutcome, Error> {
        self.check_clock()?;
        let QueueSnapshot { present, team, strategy, rest } = self.store.queue_snapshot(workspace, queue).await?;
        if rest.is_some_and(|rest| rest.holds_back(now())) {
            return Ok(RoundOutcome::Settled);
        }
        let presence = |user, availability| Presence::of(self.live.is_connected(workspace, user), availability);
        let candidate = |(agent, skills): (Agent, _)| Candidate { presence: presence(agent.user, agent.availability), agent, skills };
        let mut round = Round::new(team.into_iter().map(candidate).collect(), strategy, now());
        let asks = present.iter().any(|present| !present.required.is_empty());
        if asks {
            round = round.knowing(self.store.skills_now(workspace).await?);
        }
        let overflow = self.workplaces.get(workspace).await?.overflows.get(&queue).cloned();
        let spilled = match overflow {
            Some(overflow) => self.spill(workspace, queue, &overflow, &present, &round).await?,
            None => RoundOutcome::Settled,
        };
        let given = self.give_out(workspace, queue, present, round, asks).await?;
        self.announce(workspace, queue).await?;
        Ok(if spilled == RoundOutcome::MoreMayWait { spilled } else { given })
    }

    /// Assigns who waits to who has room.
    async fn give_out(
        &self,
        workspace: WorkspaceId,
        queue: QueueId,
        present: Vec<Present>,
        mut round: Round,
        asks: bool,
    ) -> Result<RoundOutcome, Error> {
        // Those alone that somebody could have: nobody waits behind those that nobody could.
        let alike = |present: Present| Some((present.needs, looked_at(round.room(&present.required))?));
        let alike: Vec<(i64, i64)> = present.into_iter().filter_map(alike).collect();
        if alike.is_empty() {
            return Ok(RoundOutcome::Settled);
        }
        let mut waiting = self.store.heads(workspace, queue, &alike, ROUND).await?;
        if !asks && waiting.iter().any(|waiting| !waiting.asked.preferred.is_empty()) {
            round = round.knowing(self.store.skills_now(workspace).await?);
        }
        let is_whole = i64::try_from(waiting.len()).is_ok_and(|count| count < ROUND);
        let (mut has_given, mut fault) = (false, None);
        loop {
            let chosen = decide(&waiting, round.clone());
            if chosen.is_empty() {
                break;
            }
            let given = self.give(workspace, &chosen).await?;
            has_given |= !given.to.is_empty();
            fault = fault.or(given.fault);
            // Whoever waited longer must not be passed over by who comes after: look anew.
            if given.is_overtaken {
                return fault.map_or(Ok(RoundOutcome::MoreMayWait), Err);
            }
            // Room that is left, because somebody was quicker at some of them, is for those behind.
            given.to.into_iter().for_each(|user| round.is_given(user));
            let dealt_with: HashSet<ConversationId> =
                chosen.iter().take(given.dealt_with).map(|assignment| assignment.waiting.conversation).collect();
            waiting.retain(|waiting| !dealt_with.contains(&waiting.conversation));
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        // Where nothing could be had of a whole round, somebody else is at work or has them locked: the sweep looks again.
        Ok(if has_given && !is_whole { RoundOutcome::MoreMayWait } else { RoundOutcome::Settled })
    }

    /// Gives conversations to whom they were chosen for, together as far as that goes; where it fails over one of them, one by one, and
    /// that one costs the others nothing.
    async fn give(&self, workspace: WorkspaceId, chosen: &[Assignment]) -> Result<Given, Error> {
        match self.give_together(workspace, chosen).await {
            Err(error) if is_of_one(&error) && !is_busy(&error) => {
                tracing::debug!(%error, commands = chosen.len(), "assignments could not be made together; they are made one by one");
                metrics::counter!("baton_command_sets_failed_total").increment(1);
            }
            other => return other,
        }
        let mut all = Given::default();
        for one in chosen.chunks(1) {
            match self.give_together(workspace, one).await {
                Ok(given) => {
                    all.dealt_with += given.dealt_with;
                    all.to.extend(given.to);
                    all.is_overtaken = given.is_overtaken;
                }
                Err(error) if is_of_one(&error) && !is_busy(&error) => {
                    all.dealt_with += 1;
                    all.fault.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
            if all.is_overtaken {
                break;
            }
        }
        Ok(all)
    }

    async fn give_together(&self, workspace: WorkspaceId, chosen: &[Assignment]) -> Result<Given, Error> {
        tokio::time::timeout(LONGEST, guarded(self.try_give(workspace, chosen))).await.unwrap_or(Err(Error::Busy))
    }

    /// Room comes first, and of these only the first one's is waited for, with nothing in hand: what comes behind an agent whom somebody
    /// has is dealt with afterwards. Conversations that somebody has are left out. So whoever holds a conversation here has room for it,
    /// and another router that leaves it out passes over nobody; and nobody waits in a circle.
    async fn try_give(&self, workspace: WorkspaceId, chosen: &[Assignment]) -> Result<Given, Error> {
        let chosen = of_different_contacts(chosen);
        let Some(first) = chosen.first() else { return Ok(Given::default()) };
        let places = self.places(workspace, chosen.iter().map(|assignment| assignment.waiting.inbox)).await?;
        // Before anything is held: where another node has set something up, it is read over a connection of its own.
        let version = self.workplaces.get(workspace).await?.version;
        let others: HashSet<UserId> = chosen.iter().map(|assignment| assignment.agent).filter(|agent| *agent != first.agent).collect();
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let agents = store::agents::lock_first(&transaction, workspace, first.agent, &others.into_iter().collect::<Vec<_>>()).await?;
        let dealt_with = standing(chosen, &agents);
        let is_overtaken = chosen.get(dealt_with).is_some_and(|next| dealt_with == 0 || agents.contains_key(&next.agent));
        let wishes: Vec<Wish> = chosen[..dealt_with].iter().map(wish).collect();
        let mut opened = self.open_many(&transaction, workspace, &places, wishes.iter().enumerate().collect()).await?;
        if opened.is_empty() {
            return Ok(Given { dealt_with, is_overtaken, ..Given::default() });
        }
        let mut decided = decide_all(workspace, &mut opened, agents)?;
        decided.rows.decisions = kept(chosen, &decided, version);
        decided.rows.commit(transaction).await?;
        drop(connection);
        let waits = decided.changes.iter().map(waited);
        waits.for_each(|waited| metrics::histogram!("baton_queue_wait_seconds").record(waited.as_secs_f64()));
        self.publish(decided.changes);
        let to = decided.answers.into_iter().filter_map(|(number, answer)| answer.ok().and(chosen.get(number)));
        Ok(Given { dealt_with, to: to.map(|assignment| assignment.agent).collect(), is_overtaken, fault: None })
    }

    /// Makes decisions again from what was kept of them, in their order; answers how many there were, and which come out otherwise or are
    /// not understood.
    ///
    /// # Errors
    /// A fault.
    pub async fn replay(&self, workspace: WorkspaceId, since: Timestamp, until: Timestamp) -> Result<Replayed, Error> {
        let (mut replayed, mut after) = (Replayed::default(), Before { at: since, conversation: ConversationId(Uuid::nil()) });
        loop {
            let made = self.store.made_decisions(workspace, after, until, REPLAYED).await?;
            let Some(last) = made.last() else { return Ok(replayed) };
            after = last.before;
            for one in &made {
                replayed.count += 1;
                if !one.kept.as_ref().is_some_and(|(record, reason)| record.holds(reason)) {
                    replayed.otherwise.push((one.before.conversation, one.seq));
                }
            }
        }
    }

    /// The queues a person works for; they are looked at when the person comes or has room again.
    ///
    /// # Errors
    /// A fault.
    pub async fn queues_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Vec<QueueId>, Error> {
        Ok(self.store.queues_of(workspace, user).await?)
    }
}

/// How many of those that require the same are looked at, where there is so much room for them: some of them may be somebody else's by then.
fn looked_at(room: i32) -> Option<i64> {
    (room > 0).then(|| (2 * i64::from(room) + 8).min(ROUND))
}

/// One transaction has one conversation of a contact; another one of theirs, in another inbox, comes with what stands behind it.
fn of_different_contacts(chosen: &[Assignment]) -> &[Assignment] {
    let mut seen = HashSet::new();
    let count = chosen.iter().take_while(|assignment| seen.insert(assignment.waiting.contact)).count();
    &chosen[..count]
}

/// Whoever is first is waited for, and comes first when it is tried again.
fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Store(error) if error.is_busy())
}

fn wish(assignment: &Assignment) -> Wish {
    let waiting = &assignment.waiting;
    Wish { contact: waiting.contact, inbox: waiting.inbox, conversation: waiting.conversation, command: assignment.command() }
}

/// What was decided, of what came to be, in the set-up of this version.
fn kept(chosen: &[Assignment], decided: &Decided, version: i64) -> Vec<NewDecision> {
    let by_conversation: HashMap<ConversationId, &Assignment> =
        chosen.iter().map(|assignment| (assignment.waiting.conversation, assignment)).collect();
    let kept = |change: &ConversationChange| {
        let assigned = change.events.iter().find(|recorded| matches!(recorded.event, Event::ConversationAssigned { .. }))?;
        let assignment = (*by_conversation.get(&change.conversation.id)?).clone();
        let waited_ms = i64::try_from(waited(change).as_millis()).unwrap_or(i64::MAX);
        Some(NewDecision { assignment, seq: assigned.seq, at: assigned.at, waited_ms, version })
    };
    decided.changes.iter().filter_map(kept).collect()
}

/// How long a customer waited until somebody got their conversation.
fn waited(change: &ConversationChange) -> SignedDuration {
    let assigned_at = change.conversation.assigned_at.unwrap_or_else(now);
    let waited = change.conversation.waiting_since.map(|since| assigned_at.duration_since(since));
    waited.unwrap_or_default().max(SignedDuration::ZERO)
}

//! The door for a queue: look who waits and who could take it, choose, and give all of it away as one set of commands. Routers of one queue
//! do so in turn; neither agents nor conversations are locked while it is chosen: whether it may still be is decided as of any other command.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::contact::LONGEST;
use super::guard::guarded;
use super::load::AtHand;
use super::many::{Decided, Places, Wish, decide_all, is_of_one};
use super::{Error, Runner, now};
use crate::domain::agent::{Agent, Presence};
use crate::domain::event::Event;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::routing::{Assignment, Candidate, Round, Waiting, decide, standing};
use crate::live::change::ConversationChange;
use crate::store::queues::{Present, QueueSnapshot};
use crate::store::routing_decisions::{Before, NewDecision};
use crate::store::{self, Transaction};

/// Conversations that one round looks at.
const ROUND: i64 = 50;

/// Those that are kept for somebody busy, and passed over in one round, at most.
const MOST_KEPT: i64 = 1_000;

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
    /// Another router has the turn at this queue, and may have looked before what woke this one: look a moment later.
    SomebodyElses,
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

/// What a round began with.
enum Begun {
    /// Nothing of the queue is given to anybody.
    Rests,
    SomebodyElses,
    /// What is set up around those who wait is newer than what is known here.
    KnowsTooLittle,
    Looked(Box<Looked>),
}

/// What is required by those who wait, who could have them, and what was given of that, if anything could be.
struct Looked {
    present: Vec<Present>,
    round: Round,
    beginning: Option<Beginning>,
}

/// Who was looked at, what was chosen of that, and what came of giving it.
struct Beginning {
    waiting: Vec<Waiting>,
    chosen: Vec<Assignment>,
    given: Result<Given, Error>,
}

impl Runner {
    /// Assigns who waits in a queue to who is present with room, the longest waiting first.
    ///
    /// # Errors
    /// A fault; what was assigned before it stands and is shown.
    pub async fn route(&self, workspace: WorkspaceId, queue: QueueId) -> Result<RoundOutcome, Error> {
        self.check_clock()?;
        // Before anything is held: where another node has set something up, it is read over a connection of its own.
        let mut around = self.at_hand(workspace).await?;
        let mut begun = self.begin_round(queue, &around).await?;
        if let Begun::KnowsTooLittle = begun {
            around = self.at_hand_anew(workspace).await?;
            begun = self.begin_round(queue, &around).await?;
        }
        let Looked { present, round, beginning } = match begun {
            Begun::Looked(looked) => *looked,
            Begun::SomebodyElses => return Ok(RoundOutcome::SomebodyElses),
            Begun::Rests | Begun::KnowsTooLittle => return Ok(RoundOutcome::Settled),
        };
        let given = match beginning {
            Some(beginning) => self.go_on(&around, round.clone(), beginning).await,
            None => Ok(RoundOutcome::Settled),
        };
        // Those alone are left whom nobody here could be given, or whom nobody can decide about.
        if let Ok(RoundOutcome::MoreMayWait) = given {
            return given;
        }
        let spilled = match around.workplace.overflows.get(&queue) {
            Some(overflow) => self.spill(workspace, queue, overflow, &present, &round).await?,
            None => RoundOutcome::Settled,
        };
        self.announce(workspace, queue, &round).await?;
        let given = given?;
        Ok(if spilled == RoundOutcome::MoreMayWait { spilled } else { given })
    }

    /// Gives away the rest of those who were looked at.
    async fn go_on(&self, around: &AtHand, mut round: Round, beginning: Beginning) -> Result<RoundOutcome, Error> {
        let Beginning { mut waiting, mut chosen, given } = beginning;
        let is_whole = i64::try_from(waiting.len()).is_ok_and(|count| count < ROUND);
        let mut given = self.or_one_by_one(around, &chosen, given).await?;
        let (mut has_given, mut fault) = (false, None);
        loop {
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
            chosen = decide(&waiting, round.clone());
            if chosen.is_empty() {
                break;
            }
            given = self.or_one_by_one(around, &chosen, self.give_together(around, &chosen).await).await?;
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        // Where nothing could be had of a whole round, somebody else is at work or has them locked: the sweep looks again.
        Ok(if has_given && !is_whole { RoundOutcome::MoreMayWait } else { RoundOutcome::Settled })
    }

    async fn begin_round(&self, queue: QueueId, around: &AtHand) -> Result<Begun, Error> {
        tokio::time::timeout(LONGEST, guarded(self.try_round(queue, around))).await.unwrap_or(Err(Error::Busy))
    }

    /// One router of a queue at a time looks, chooses and gives, all in one transaction: those that looked at the same moment would choose
    /// the same, and all but one for nothing. One that stops meanwhile keeps the others from this queue until its transaction is ended.
    async fn try_round(&self, queue: QueueId, around: &AtHand) -> Result<Begun, Error> {
        let workspace = around.workspace;
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let Some(snapshot) = store::queues::take_turn(&transaction, workspace, queue).await? else { return Ok(Begun::SomebodyElses) };
        let QueueSnapshot { present, team, strategy, rest } = snapshot;
        if rest.is_some_and(|rest| rest.holds_back(now())) {
            return Ok(Begun::Rests);
        }
        let presence = |user, availability| Presence::of(self.live.is_connected(workspace, user), availability);
        let candidate = |(agent, skills): (Agent, _)| Candidate { presence: presence(agent.user, agent.availability), agent, skills };
        let mut round = Round::new(team.into_iter().map(candidate).collect(), strategy, now());
        let asks = present.iter().any(|present| !present.required.is_empty());
        if asks {
            round = round.knowing(store::queues::skills_now(&transaction, workspace).await?);
        }
        // Those alone that somebody could have: nobody waits behind those that nobody could.
        let alike = |present: &Present| Some((present.needs, looked_at(round.room(&present.required))?));
        let alike: Vec<(i64, i64)> = present.iter().filter_map(alike).collect();
        let nobody = |present, round| Ok(Begun::Looked(Box::new(Looked { present, round, beginning: None })));
        if alike.is_empty() {
            return nobody(present, round);
        }
        let waiting = self.heads(&transaction, (workspace, queue), &alike, &round).await?;
        if !asks && waiting.iter().any(|waiting| !waiting.asked.preferred.is_empty()) {
            round = round.knowing(store::queues::skills_now(&transaction, workspace).await?);
        }
        let chosen = decide(&waiting, round.clone());
        if chosen.is_empty() {
            return nobody(present, round);
        }
        let Some(places) = around.places(waiting.iter().map(|waiting| waiting.inbox))? else { return Ok(Begun::KnowsTooLittle) };
        let given = guarded(self.give_in(transaction, around, &places, &chosen)).await;
        drop(connection);
        let given = given.map(|given| self.shown(given));
        Ok(Begun::Looked(Box::new(Looked { present, round, beginning: Some(Beginning { waiting, chosen, given }) })))
    }

    /// The first of those who wait that are not kept for somebody busy: these are passed over, and hold nobody up.
    async fn heads(
        &self,
        transaction: &Transaction<'_>,
        (workspace, queue): (WorkspaceId, QueueId),
        alike: &[(i64, i64)],
        round: &Round,
    ) -> Result<Vec<Waiting>, Error> {
        let mut more = 0;
        loop {
            let alike: Vec<(i64, i64)> = alike.iter().map(|(needs, many)| (*needs, many + more)).collect();
            let mut waiting = store::queues::heads(transaction, workspace, queue, &alike, ROUND + more).await?;
            let all = waiting.len();
            waiting.retain(|waiting| !round.keeps(waiting));
            let kept = i64::try_from(all - waiting.len()).unwrap_or(i64::MAX);
            if kept <= more || more >= MOST_KEPT {
                waiting.truncate(ROUND.try_into().unwrap_or(usize::MAX));
                return Ok(waiting);
            }
            more = kept.min(MOST_KEPT);
        }
    }

    /// What giving them together came to; where that failed over one of them, they are given one by one, and that one costs the others
    /// nothing.
    async fn or_one_by_one(&self, around: &AtHand, chosen: &[Assignment], together: Result<Given, Error>) -> Result<Given, Error> {
        match together {
            Err(error) if is_of_one(&error) && !is_busy(&error) => {
                tracing::debug!(%error, commands = chosen.len(), "assignments could not be made together; they are made one by one");
                metrics::counter!("baton_command_sets_failed_total").increment(1);
            }
            other => return other,
        }
        let mut all = Given::default();
        for one in chosen.chunks(1) {
            match self.give_together(around, one).await {
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

    async fn give_together(&self, around: &AtHand, chosen: &[Assignment]) -> Result<Given, Error> {
        let giving = async {
            let Some(places) = around.places(chosen.iter().map(|assignment| assignment.waiting.inbox))? else {
                return Err(Error::NotFound);
            };
            let mut connection = self.enter().await?;
            let given = self.give_in(Transaction::begin(&mut connection.client), around, &places, chosen).await?;
            drop(connection);
            Ok(self.shown(given))
        };
        tokio::time::timeout(LONGEST, guarded(giving)).await.unwrap_or(Err(Error::Busy))
    }

    /// Room comes first, and of these only the first one's is waited for, with nothing in hand but the turn: what comes behind an agent
    /// whom somebody has is dealt with afterwards. Conversations that somebody has are left out. So whoever holds a conversation here has
    /// room for it, and another router that leaves it out passes over nobody; and nobody waits in a circle.
    async fn give_in(
        &self,
        transaction: Transaction<'_>,
        around: &AtHand,
        places: &Places,
        chosen: &[Assignment],
    ) -> Result<(Given, Vec<ConversationChange>), Error> {
        let workspace = around.workspace;
        let chosen = of_different_contacts(chosen);
        let Some(first) = chosen.first() else { return Ok(Default::default()) };
        let others: HashSet<UserId> = chosen.iter().map(|assignment| assignment.agent).filter(|agent| *agent != first.agent).collect();
        let agents = store::agents::lock_first(&transaction, workspace, first.agent, &others.into_iter().collect::<Vec<_>>()).await?;
        let dealt_with = standing(chosen, &agents);
        let is_overtaken = chosen.get(dealt_with).is_some_and(|next| dealt_with == 0 || agents.contains_key(&next.agent));
        let wishes: Vec<Wish> = chosen[..dealt_with].iter().map(wish).collect();
        let mut opened = self.open_many(&transaction, workspace, places, wishes.iter().enumerate().collect()).await?;
        if opened.is_empty() {
            return Ok((Given { dealt_with, is_overtaken, ..Given::default() }, Vec::new()));
        }
        let mut decided = decide_all(workspace, &mut opened, agents)?;
        decided.rows.decisions = kept(chosen, &decided, around.workplace.version);
        decided.rows.commit(transaction).await?;
        let to = decided.answers.into_iter().filter_map(|(number, answer)| answer.ok().and(chosen.get(number)));
        let given = Given { dealt_with, to: to.map(|assignment| assignment.agent).collect(), is_overtaken, fault: None };
        Ok((given, decided.changes))
    }

    /// Shows what was given, once no connection is held.
    fn shown(&self, (given, changes): (Given, Vec<ConversationChange>)) -> Given {
        let waits = changes.iter().map(waited);
        waits.for_each(|waited| metrics::histogram!("baton_queue_wait_seconds").record(waited.as_secs_f64()));
        self.publish(changes);
        given
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
            for one in made.iter().filter(|one| !one.is_gone) {
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

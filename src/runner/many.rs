//! The door for many contacts at once: a command about a conversation of each, loaded together and written as one set.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use uuid::Uuid;

use super::contact::{Done, LONGEST, asked};
use super::effects::effects;
use super::guard::guarded;
use super::load::{Place, Reading, snapshot};
use super::turns::Turn;
use super::{Error, Runner, now};
use crate::domain::agent::Agent;
use crate::domain::ids::{ContactId, ConversationId, InboxId, MessageId, QueueId, UserId, WorkspaceId};
use crate::domain::needs::{Made, Needs};
use crate::domain::{Command, Snapshot, handle};
use crate::live::change::ConversationChange;
use crate::store::loading::{WantedMessages, load_many};
use crate::store::messages::{SpokenOf, known, made};
use crate::store::rows::Rows;
use crate::store::{self, Transaction};

/// A command about a conversation.
#[derive(Debug, Clone)]
pub struct Wish {
    pub contact: ContactId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub command: Command,
}

type Answer = Result<Done, Error>;

impl Runner {
    /// Runs commands about conversations and commits them together, as far as nobody else has their contacts and they need
    /// nothing but messages; the others each by itself. Answers each, in their order.
    pub async fn run_many(&self, workspace: WorkspaceId, wishes: Vec<Wish>) -> Vec<Answer> {
        let mut together = match self.run_together(workspace, &wishes).await {
            Ok(answers) => answers,
            // It says nothing of the commands: one tells of it, and all come again.
            Err(error) => return std::iter::once(Err(error)).chain(wishes.iter().skip(1).map(|_| Err(Error::Busy))).collect(),
        };
        let alone = wishes.into_iter().enumerate().map(|(place, wish)| {
            let answer = together.remove(&place);
            async move {
                match answer {
                    Some(answer) => answer,
                    None => self.run_alone(workspace, wish.conversation, wish.command).await,
                }
            }
        });
        join_all(alone).await
    }

    /// Runs those of several commands that can be run together, and waits for nobody; answers by place, and what is missing is to be run
    /// by itself.
    ///
    /// # Errors
    /// A fault that says nothing of the commands.
    pub(super) async fn run_together(&self, workspace: WorkspaceId, wishes: &[Wish]) -> Result<HashMap<usize, Answer>, Error> {
        if wishes.len() < 2 {
            return Ok(HashMap::new());
        }
        let trying = guarded(self.try_many(workspace, wishes));
        match tokio::time::timeout(LONGEST, trying).await.unwrap_or(Err(Error::Busy)) {
            Err(error) if is_of_one(&error) => {
                tracing::debug!(%error, commands = wishes.len(), "commands could not be run together; they are run one by one");
                metrics::counter!("baton_command_sets_failed_total").increment(1);
                Ok(HashMap::new())
            }
            other => other,
        }
    }

    /// The answers by place; those that are missing did not run.
    async fn try_many(&self, workspace: WorkspaceId, wishes: &[Wish]) -> Result<HashMap<usize, Answer>, Error> {
        self.check_clock()?;
        let places = self.places(workspace, wishes.iter().map(|wish| wish.inbox)).await?;
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let fit = wishes.iter().enumerate().filter(|(_, wish)| fits_many(&wish.command)).collect();
        let mut opened = self.open_many(&transaction, workspace, &places, fit).await?;
        if opened.is_empty() {
            return Ok(HashMap::new());
        }
        let decided = decide_all(workspace, &mut opened, HashMap::new())?;
        decided.rows.commit(transaction).await?;
        drop(connection);
        self.publish(decided.changes);
        Ok(decided.answers)
    }

    /// The set-up around inboxes, read before a connection is held.
    pub(super) async fn places(&self, workspace: WorkspaceId, inboxes: impl Iterator<Item = InboxId>) -> Result<Places, Error> {
        let mut places = Places::new();
        for inbox in inboxes {
            if let Entry::Vacant(vacant) = places.entry(inbox) {
                vacant.insert(self.place(workspace, inbox).await?);
            }
        }
        Ok(places)
    }

    /// Locks and loads what commands are about, each with its number, leaving out contacts and conversations that somebody has, and all
    /// but the first command of a contact.
    pub(super) async fn open_many<'a>(
        &self,
        transaction: &Transaction<'_>,
        workspace: WorkspaceId,
        places: &Places,
        wishes: Vec<(usize, &'a Wish)>,
    ) -> Result<Opened<'a>, Error> {
        let mut seen = HashSet::new();
        let first = wishes.into_iter().filter(|(_, wish)| seen.insert(wish.contact));
        let (wishes, turns): (Vec<_>, Vec<_>) =
            first.filter_map(|wish| Some((wish, self.turns.take_at_once(workspace, wish.1.contact)?))).unzip();
        let mut opened = Opened { commands: Vec::with_capacity(wishes.len()), _turns: turns };
        if wishes.is_empty() {
            return Ok(opened);
        }
        let wanted: Vec<WantedMessages> = wishes.iter().map(|(_, wish)| wanted_messages(wish)).collect();
        let mut found = load_many(transaction, workspace, &wanted).await?;
        let to_be_made: Vec<MessageId> = wishes.iter().filter_map(|(_, wish)| message_made(&wish.command)).collect();
        let used = if to_be_made.is_empty() { HashMap::new() } else { made(transaction, workspace, &to_be_made).await? };
        for (number, wish) in wishes {
            let place = places.get(&wish.inbox).ok_or(Error::NotFound)?;
            let Some((contact, conversation, messages)) = found.remove(&wish.contact) else { continue };
            let mut snapshot = snapshot(transaction, place, contact, Some(conversation), Reading::Tolerant).await?;
            add(&mut snapshot, messages)?;
            snapshot.used = message_made(&wish.command).and_then(|message| used.get(&message).copied());
            opened.commands.push((number, wish, snapshot));
        }
        for inbox in places.keys() {
            know_what_was_asked(transaction, workspace, *inbox, &mut opened.commands).await?;
        }
        Ok(opened)
    }
}

/// The set-up around each inbox.
pub(super) type Places = HashMap<InboxId, Place>;

/// What one transaction holds: each command by its number, with its snapshot.
pub(super) struct Opened<'a> {
    commands: Vec<(usize, &'a Wish, Snapshot)>,
    _turns: Vec<Turn>,
}

impl Opened<'_> {
    /// Who acts sees what is of these queues, where that decides it.
    pub(super) fn seen_with(&mut self, queues: &[QueueId]) {
        self.commands.iter_mut().for_each(|(_, _, snapshot)| snapshot.queues_of_viewer = queues.to_vec());
    }

    /// Adds what the journals say of acts that are to be undone.
    pub(super) async fn know_acts(&mut self, transaction: &Transaction<'_>, workspace: WorkspaceId) -> Result<(), Error> {
        let from = |wish: &Wish| Some((wish.conversation, wish.command.needs().acts_from?));
        let from: Vec<(ConversationId, i64)> = self.commands.iter().filter_map(|(_, wish, _)| from(wish)).collect();
        let mut found = store::events::of_control_of_many(transaction, workspace, &from).await?;
        for (_, wish, snapshot) in &mut self.commands {
            snapshot.acts = found.remove(&wish.conversation).unwrap_or_default();
        }
        Ok(())
    }

    /// Nothing could be had.
    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

/// What commands came to.
pub(super) struct Decided {
    pub rows: Rows,
    pub answers: HashMap<usize, Answer>,
    pub changes: Vec<ConversationChange>,
}

/// Decides commands in their order. `agents` are those that they need, locked: each command sees them as those before it left them.
pub(super) fn decide_all(workspace: WorkspaceId, opened: &mut Opened<'_>, mut agents: HashMap<UserId, Agent>) -> Result<Decided, Error> {
    let now = now();
    let mut all = Decided { rows: Rows::of(workspace), answers: HashMap::new(), changes: Vec::new() };
    for (number, wish, mut snapshot) in std::mem::take(&mut opened.commands) {
        let held_before = snapshot.acts.first().and_then(|first| first.act()?.2.controller.agent());
        let holds = held_before.and_then(|_| snapshot.conversation.as_ref()?.controller.agent());
        let needed = wish.command.needs().agents.into_iter().chain(held_before).chain(holds);
        snapshot.agents = needed.filter_map(|user| Some((user, agents.get(&user)?.clone()))).collect();
        match handle(&snapshot, wish.command.clone(), now) {
            Ok(events) => {
                let mut own = Rows::of(workspace);
                let change = effects(&mut own, &mut snapshot, events, now)?;
                agents.extend(snapshot.agents);
                all.rows.append(own);
                all.answers.insert(number, Ok(Done::of(&change)));
                all.changes.push(change);
            }
            Err(refusal) => _ = all.answers.insert(number, Err(refusal.into())),
        }
    }
    Ok(all)
}

fn wanted_messages(wish: &Wish) -> WantedMessages {
    let Wish { contact, inbox, conversation, ref command } = *wish;
    WantedMessages { contact, inbox, conversation, messages: command.needs().messages }
}

/// Whether a command may be one of many: it needs nothing but messages, those it speaks of and the one it makes.
pub(super) fn fits_many(command: &Command) -> bool {
    let needs = command.needs();
    let makes_none_but_a_message = matches!(needs.made, None | Some(Made::Message(_)));
    makes_none_but_a_message && Needs { messages: Vec::new(), made: None, asked: false, ..needs } == Needs::default()
}

/// The message that a command makes by an id that was made outside.
fn message_made(command: &Command) -> Option<MessageId> {
    let Some(Made::Message(message)) = command.needs().made else { return None };
    Some(message)
}

fn add(snapshot: &mut Snapshot, messages: Vec<SpokenOf>) -> Result<(), Error> {
    for SpokenOf { message, misread, .. } in messages {
        Reading::Tolerant.accept(misread)?;
        if snapshot.message(message.id).is_none() {
            snapshot.messages.push(message);
        }
    }
    Ok(())
}

/// Adds what the flows of an inbox asked last, of all of them at once.
async fn know_what_was_asked(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    inbox: InboxId,
    opened: &mut [(usize, &Wish, Snapshot)],
) -> Result<(), Error> {
    let ours = |wish: &Wish| wish.inbox == inbox && wish.command.needs().asked;
    let wanted: Vec<Uuid> = opened.iter().filter(|(_, wish, _)| ours(wish)).flat_map(|(_, _, snapshot)| asked(snapshot)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut of_conversations: HashMap<ConversationId, Vec<SpokenOf>> = HashMap::new();
    for found in known(transaction, workspace, inbox, &[], &wanted).await? {
        of_conversations.entry(found.conversation).or_default().push(found);
    }
    for (_, wish, snapshot) in opened {
        add(snapshot, of_conversations.remove(&wish.conversation).unwrap_or_default())?;
    }
    Ok(())
}

/// Whether a fault may be that of one command, or of a meeting with somebody else, so that each may run by itself.
pub(super) fn is_of_one(error: &Error) -> bool {
    match error {
        Error::Store(error) => {
            error.is_of_the_data() || error.is_busy() || error.is_retryable() || matches!(error, store::Error::Unreadable(_))
        }
        Error::Panicked | Error::Refused(_) => true,
        Error::NotFound | Error::Busy | Error::ClockOff(_) => false,
    }
}

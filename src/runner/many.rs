//! The door for many contacts of an inbox at once: a command about a conversation of each, loaded together and written as one set.

use std::collections::{HashMap, HashSet};

use futures_util::future::join_all;
use uuid::Uuid;

use super::contact::{Done, LONGEST, asked, shift_loads};
use super::effects::{Effects, effects};
use super::guard::guarded;
use super::load::{Place, Reading, snapshot};
use super::{Error, Runner, now};
use crate::domain::ids::{ContactId, ConversationId, InboxId, WorkspaceId};
use crate::domain::needs::Needs;
use crate::domain::{Command, Snapshot, handle};
use crate::store::loading::{WantedMessages, load_many};
use crate::store::messages::{SpokenOf, known};
use crate::store::rows::Rows;
use crate::store::{self, Transaction};

/// A command about a conversation.
#[derive(Debug, Clone)]
pub struct Wish {
    pub contact: ContactId,
    pub conversation: ConversationId,
    pub command: Command,
}

type Answer = Result<Done, Error>;

impl Runner {
    /// Runs commands about conversations of an inbox and commits them together, as far as nobody else has their contacts and they need
    /// nothing but messages; the others each by itself. Answers each, in their order.
    pub async fn run_many(&self, workspace: WorkspaceId, inbox: InboxId, wishes: Vec<Wish>) -> Vec<Answer> {
        let mut together = match &wishes[..] {
            [] | [_] => HashMap::new(),
            several => {
                let trying = guarded(self.try_many(workspace, inbox, several));
                match tokio::time::timeout(LONGEST, trying).await.unwrap_or(Err(Error::Busy)) {
                    Ok(answers) => answers,
                    Err(error) if is_of_one(&error) => {
                        tracing::debug!(%error, commands = several.len(), "commands could not be run together; they are run one by one");
                        metrics::counter!("baton_command_sets_failed_total").increment(1);
                        HashMap::new()
                    }
                    // It says nothing of the commands: one tells of it, and all come again.
                    Err(error) => return std::iter::once(Err(error)).chain(several.iter().skip(1).map(|_| Err(Error::Busy))).collect(),
                }
            }
        };
        let alone = wishes.into_iter().enumerate().map(|(place, wish)| {
            let answer = together.remove(&place);
            async move {
                match answer {
                    Some(answer) => answer,
                    None => self.run(workspace, wish.conversation, wish.command).await,
                }
            }
        });
        join_all(alone).await
    }

    /// The answers by place; those that are missing did not run.
    async fn try_many(&self, workspace: WorkspaceId, inbox: InboxId, wishes: &[Wish]) -> Result<HashMap<usize, Answer>, Error> {
        self.check_clock()?;
        let place = self.place(workspace, inbox).await?;
        let mut connection = self.enter().await?;
        let mut seen = HashSet::new();
        let fit = wishes.iter().enumerate().filter(|(_, wish)| needs_messages_alone(&wish.command) && seen.insert(wish.contact));
        let with_turns: Vec<_> = fit.filter_map(|fit| Some((fit, self.turns.take_at_once(workspace, fit.1.contact)?))).collect();
        let wanted: Vec<WantedMessages> = with_turns
            .iter()
            .map(|((_, wish), _)| WantedMessages {
                contact: wish.contact,
                conversation: wish.conversation,
                messages: wish.command.needs().messages,
            })
            .collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let transaction = Transaction::begin(&mut connection.client);
        let mut found = load_many(&transaction, workspace, inbox, &wanted).await?;
        let mut opened = Vec::with_capacity(found.len());
        for ((number, wish), _) in &with_turns {
            let Some((contact, conversation, messages)) = found.remove(&wish.contact) else { continue };
            let mut snapshot = snapshot(&transaction, &place, contact, Some(conversation), Reading::Tolerant).await?;
            add(&mut snapshot, messages)?;
            opened.push((*number, snapshot));
        }
        know_what_was_asked(&transaction, &place, &mut opened).await?;
        let (mut rows, mut answers, mut changes, now) = (Rows::of(workspace), HashMap::new(), Vec::new(), now());
        for (number, mut snapshot) in opened {
            match handle(&snapshot, wishes[number].command.clone(), now) {
                Ok(events) => {
                    let mut own = Rows::of(workspace);
                    let Effects { change, shift } = effects(&mut own, &mut snapshot, events, now)?;
                    shift_loads(&transaction, &snapshot, shift, now).await?;
                    rows.append(own);
                    answers.insert(number, Ok(Done::of(&change)));
                    changes.push(change);
                }
                Err(refusal) => _ = answers.insert(number, Err(refusal.into())),
            }
        }
        rows.commit(transaction).await?;
        drop(connection);
        self.publish(changes);
        Ok(answers)
    }
}

fn needs_messages_alone(command: &Command) -> bool {
    let needs = command.needs();
    Needs { messages: Vec::new(), ..needs } == Needs::default()
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

/// Adds what the flows asked last, of all of them at once.
async fn know_what_was_asked(transaction: &Transaction<'_>, place: &Place, opened: &mut [(usize, Snapshot)]) -> Result<(), Error> {
    let wanted: Vec<Uuid> = opened.iter().flat_map(|(_, snapshot)| asked(snapshot)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut of_conversations: HashMap<ConversationId, Vec<SpokenOf>> = HashMap::new();
    for found in known(transaction, place.workspace, place.inbox.id, &[], &wanted).await? {
        of_conversations.entry(found.conversation).or_default().push(found);
    }
    for (_, snapshot) in opened {
        let found = snapshot.conversation.as_ref().and_then(|conversation| of_conversations.remove(&conversation.id));
        add(snapshot, found.unwrap_or_default())?;
    }
    Ok(())
}

/// Whether a fault may be that of one command, or of a meeting with somebody else, so that each may run by itself.
fn is_of_one(error: &Error) -> bool {
    match error {
        Error::Store(error) => {
            error.is_of_the_data() || error.is_busy() || error.is_retryable() || matches!(error, store::Error::Unreadable(_))
        }
        Error::Panicked | Error::Refused(_) => true,
        Error::NotFound | Error::Busy | Error::ClockOff(_) => false,
    }
}

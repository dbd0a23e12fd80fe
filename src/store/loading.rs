//! Loading what a command is decided from, under the contact's lock: everything is asked for at once.

use std::collections::HashMap;
use std::future::Future;

use uuid::Uuid;

use super::contacts::Taken;
use super::conversations::Loaded;
use super::messages::SpokenOf;
use super::timers::DueTimer;
use super::{Result, Transaction, agents, contacts, conversations, events, lanes, messages, notes, prepare, timers};
use crate::domain::agent::Agent;
use crate::domain::contact::Contact;
use crate::domain::event::Recorded;
use crate::domain::ids::{ContactId, ConversationId, InboxId, MessageId, QueueId, UserId, WorkspaceId};
use crate::domain::needs::{Made, Needs};
use crate::domain::snapshot::Used;

/// What a command is about, and what it needs to know.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub workspace: WorkspaceId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    /// What to do where somebody else is at the contact.
    pub taken: Taken,
    /// The timer that the command comes from.
    pub timer: Option<&'a DueTimer>,
    pub needs: &'a Needs,
}

/// What was found.
#[derive(Debug)]
pub struct Found {
    pub contact: Contact,
    pub conversation: Loaded,
    /// The timer was taken for this command, or it comes from none.
    pub has_timer: bool,
    pub messages: Vec<SpokenOf>,
    pub acts: Vec<Recorded>,
    pub used: Option<Used>,
    pub is_joined: bool,
    pub queues: Vec<QueueId>,
    pub agents: HashMap<UserId, Agent>,
}

/// Locks the contact, and behind that lock reads what the command needs. Nothing when there is no such contact or conversation.
///
/// # Errors
/// As PostgreSQL answers; [`is_busy`](super::Error::is_busy) when somebody has the contact and is not waited for, or has it for too long.
pub async fn load(transaction: &Transaction<'_>, wanted: &Wanted<'_>) -> Result<Option<Found>> {
    let Wanted { workspace, contact, inbox, conversation: id, taken, timer, needs } = *wanted;
    prepare_all(transaction, wanted).await?;
    let spoken_of: Vec<Uuid> = needs.messages.iter().map(|message| message.0).collect();
    let named: Vec<Uuid> = needs.agents.iter().map(|user| user.0).collect();
    let held = needs.holder.then_some(id);
    // Each statement sees what was committed before it began, and none begins before the contact is locked.
    let (contact, has_timer, conversation, messages, acts, used, is_joined, queues, agents) = tokio::join!(
        biased;
        contacts::lock(transaction, workspace, contact, taken),
        async { if let Some(timer) = timer { timers::take(transaction, timer).await } else { Ok(true) } },
        conversations::load(transaction, workspace, id),
        wanted_if(!spoken_of.is_empty(), messages::known(transaction, workspace, inbox, &[], &spoken_of)),
        async { if let Some(from) = needs.acts_from { events::of_control(transaction, workspace, id, from).await } else { Ok(Vec::new()) } },
        used(transaction, workspace, needs.made),
        async { if let Some(other) = needs.joined { contacts::is_joined(transaction, workspace, contact, other).await } else { Ok(false) } },
        async { if let Some(user) = needs.queues_of { agents::queues_of(transaction, workspace, user).await } else { Ok(Vec::new()) } },
        wanted_if(
            needs.acts_from.is_none() && (held.is_some() || !named.is_empty()),
            agents::lock(transaction, workspace, &named, held)
        ),
    );
    let (Some(contact), has_timer, Some(conversation)) = (contact?, has_timer?, conversation?) else { return Ok(None) };
    let (messages, acts, used, is_joined, queues, mut agents) = (messages?, acts?, used?, is_joined?, queues?, agents?);
    if needs.acts_from.is_some() {
        let before = acts.first().and_then(|first| first.act()?.2.controller.agent());
        agents = agents::lock(transaction, workspace, &before.map(|user| user.0).into_iter().collect::<Vec<_>>(), held).await?;
    }
    Ok(Some(Found { contact, conversation, has_timer, messages, acts, used, is_joined, queues, agents }))
}

/// A statement that this connection does not know yet would be asked for apart, and those behind it would overtake it.
async fn prepare_all(transaction: &Transaction<'_>, wanted: &Wanted<'_>) -> Result<()> {
    let needs = wanted.needs;
    let made = match needs.made {
        Some(Made::Message(_)) => Some(&messages::MADE),
        Some(Made::Note(_)) => Some(&notes::MADE),
        None => None,
    };
    let of = |is_wanted: bool, statement| is_wanted.then_some(statement);
    let statements = [
        Some(contacts::lock_statement(wanted.taken)),
        of(wanted.timer.is_some(), &timers::TAKE),
        Some(&conversations::BY_ID),
        of(!needs.messages.is_empty(), &messages::KNOWN_TO_ITEMS),
        of(needs.acts_from.is_some(), &events::OF_CONTROL),
        made,
        of(needs.joined.is_some(), &contacts::IS_JOINED),
        of(needs.queues_of.is_some(), &agents::QUEUES_OF),
        of(needs.holder || !needs.agents.is_empty(), &agents::LOCK),
    ];
    for statement in statements.into_iter().flatten() {
        prepare(transaction, statement).await?;
    }
    Ok(())
}

async fn wanted_if<T: Default>(is_wanted: bool, work: impl Future<Output = Result<T>>) -> Result<T> {
    if is_wanted { work.await } else { Ok(T::default()) }
}

/// Where an id that was made outside is used.
async fn used(transaction: &Transaction<'_>, workspace: WorkspaceId, made: Option<Made>) -> Result<Option<Used>> {
    match made {
        Some(Made::Message(id)) => Ok(messages::made(transaction, workspace, &[id]).await?.remove(&id)),
        Some(Made::Note(id)) => notes::made(transaction, workspace, id).await,
        None => Ok(None),
    }
}

/// A conversation of many, and the messages that its command speaks of.
#[derive(Debug)]
pub struct WantedMessages {
    pub contact: ContactId,
    pub inbox: InboxId,
    pub conversation: ConversationId,
    pub messages: Vec<MessageId>,
}

/// Locks those contacts and conversations that nobody has, each named once, and behind those locks reads what is said of all of them.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn load_many(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    wanted: &[WantedMessages],
) -> Result<HashMap<ContactId, (Contact, Loaded, Vec<SpokenOf>)>> {
    for statement in [&conversations::BY_IDS, &messages::KNOWN_TO_ITEMS] {
        prepare(transaction, statement).await?;
    }
    let contacts: Vec<ContactId> = wanted.iter().map(|one| one.contact).collect();
    let free = lanes::lock_those_free(transaction, workspace, &contacts, lanes::GIVE_WAY).await?;
    let mut free: HashMap<ContactId, Contact> = free.into_iter().map(|contact| (contact.id, contact)).collect();
    let ours: Vec<&WantedMessages> = wanted.iter().filter(|one| free.contains_key(&one.contact)).collect();
    let under_lock: Vec<Uuid> = ours.iter().map(|one| one.conversation.0).collect();
    let (conversations, messages) =
        tokio::join!(biased; conversations::load_many(transaction, workspace, &under_lock), spoken_of(transaction, workspace, &ours));
    let (conversations, mut messages) = (conversations?, messages?);
    let all = conversations.into_iter().filter_map(|loaded| {
        let contact = free.remove(&loaded.conversation.contact)?;
        let messages = messages.remove(&loaded.conversation.id).unwrap_or_default();
        Some((contact.id, (contact, loaded, messages)))
    });
    Ok(all.collect())
}

/// The messages that commands speak of, by conversation.
async fn spoken_of(
    transaction: &Transaction<'_>,
    workspace: WorkspaceId,
    wanted: &[&WantedMessages],
) -> Result<HashMap<ConversationId, Vec<SpokenOf>>> {
    let mut of_inboxes: HashMap<InboxId, Vec<Uuid>> = HashMap::new();
    for one in wanted.iter().filter(|one| !one.messages.is_empty()) {
        of_inboxes.entry(one.inbox).or_default().extend(one.messages.iter().map(|message| message.0));
    }
    let mut of_conversations: HashMap<ConversationId, Vec<SpokenOf>> = HashMap::new();
    for (inbox, ids) in of_inboxes {
        for found in messages::known(transaction, workspace, inbox, &[], &ids).await? {
            of_conversations.entry(found.conversation).or_default().push(found);
        }
    }
    Ok(of_conversations)
}

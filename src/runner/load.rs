//! Loading: a snapshot of one contact and one conversation, under the contact's lock.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use uuid::Uuid;

use super::many::Places;
use super::workplaces::{Connections, Workplaces};
use super::{Error, Runner, fresh_ids};
use crate::domain::Snapshot;
use crate::domain::channel::Rules;
use crate::domain::contact::Contact;
use crate::domain::flows::session::FlowSession;
use crate::domain::ids::{InboxId, WorkspaceId};
use crate::domain::inbox::Inbox;
use crate::domain::workplace::Workplace;
use crate::store::conversations::Loaded;
use crate::store::inboxes::Connection;
use crate::store::{self, Transaction};

/// Where a snapshot is taken.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub workspace: WorkspaceId,
    pub inbox: Inbox,
    pub rules: &'static Rules,
    pub is_disconnected: bool,
    pub workplace: Arc<Workplace>,
}

/// How much has to be understood of what stands around a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// All of it: during an update a newer node knows better.
    Strict,
    /// A session or a flow that nobody understands is as one that is gone: the customer comes to people.
    Tolerant,
}

impl Reading {
    fn of<T>(self, read: store::Result<Option<T>>) -> store::Result<Option<T>> {
        match read {
            Err(store::Error::Unreadable(reason)) if self == Reading::Tolerant => {
                tracing::warn!(reason, "a session or a flow that no version here understands counts as gone");
                Ok(None)
            }
            other => other,
        }
    }

    /// What was read in another's stead: a conversation whose state or controller is not understood is as one whose flow is gone, a
    /// message whose status is not, as one of which something is still to come.
    pub(super) fn accept(self, misread: Option<store::Error>) -> store::Result<()> {
        match misread {
            Some(error) if self == Reading::Strict => Err(error),
            Some(error) => {
                tracing::warn!(%error, "what no version here understands counts as what it most resembles");
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// The set-up of a workspace, read before anything is held, of whose inboxes nothing more is asked.
pub(super) struct AtHand {
    pub workspace: WorkspaceId,
    pub workplace: Arc<Workplace>,
    connections: Arc<Connections>,
    rules: Arc<Workplaces>,
    /// It was read for this alone, and there is nothing newer.
    is_fresh: bool,
}

impl AtHand {
    /// The set-up around inboxes; nothing when one of them may be newer than this.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one is nowhere.
    pub fn places(&self, inboxes: impl Iterator<Item = InboxId>) -> Result<Option<Places>, Error> {
        let mut places = Places::new();
        for inbox in inboxes {
            let Entry::Vacant(vacant) = places.entry(inbox) else { continue };
            let connection = self.connections.get(&inbox).map(|connection| Connection::clone(connection));
            match connection {
                Some(connection) if self.is_fresh || self.workplace.queue(connection.inbox.default_queue).is_some() => {
                    let rules = self.rules.rules_of(&connection.inbox.channel);
                    vacant.insert(place(self.workspace, connection, self.workplace.clone(), rules));
                }
                None if self.is_fresh => return Err(Error::NotFound),
                Some(_) | None => return Ok(None),
            }
        }
        Ok(Some(places))
    }
}

fn place(workspace: WorkspaceId, connection: Connection, workplace: Arc<Workplace>, rules: &'static Rules) -> Place {
    let is_disconnected = connection.is_disconnected();
    Place { workspace, inbox: connection.inbox, rules, is_disconnected, workplace }
}

impl Runner {
    /// The set-up around an inbox.
    pub(super) async fn place(&self, workspace: WorkspaceId, inbox: InboxId) -> Result<Place, Error> {
        let connection = self.workplaces.connection(workspace, inbox).await?.ok_or(Error::NotFound)?;
        let mut workplace = self.workplaces.get(workspace).await?;
        if workplace.queue(connection.inbox.default_queue).is_none() {
            // The queue is newer than what we know.
            workplace = self.workplaces.refresh(workspace).await?;
        }
        let rules = self.workplaces.rules_of(&connection.inbox.channel);
        Ok(place(workspace, connection, workplace, rules))
    }

    /// The set-up of a workspace as it is known here.
    pub(super) async fn at_hand(&self, workspace: WorkspaceId) -> Result<AtHand, Error> {
        let (workplace, connections) = self.workplaces.at_hand(workspace).await?;
        Ok(AtHand { workspace, workplace, connections, rules: self.workplaces.clone(), is_fresh: false })
    }

    /// As [`Runner::at_hand`], read anew.
    pub(super) async fn at_hand_anew(&self, workspace: WorkspaceId) -> Result<AtHand, Error> {
        self.workplaces.refresh(workspace).await?;
        Ok(AtHand { is_fresh: true, ..self.at_hand(workspace).await? })
    }
}

/// A snapshot around what was loaded. A session's version that the kept set-up does not hold yet is read along: this transaction has
/// a connection, and must not wait for a second one.
pub(super) async fn snapshot(
    transaction: &Transaction<'_>,
    place: &Place,
    contact: Contact,
    loaded: Option<Loaded>,
    reading: Reading,
) -> Result<Snapshot, Error> {
    let (mut conversation, mut session, mut another_under_way) = (None, None, false);
    if let Some(loaded) = loaded {
        reading.accept(loaded.misread)?;
        (conversation, session, another_under_way) = (Some(loaded.conversation), reading.of(loaded.session)?, loaded.another_under_way);
    }
    let mut workplace = place.workplace.clone();
    if let Some(FlowSession { flow, version, .. }) = session
        && !workplace.definitions.contains_key(&(flow, version))
        && let Some(definition) = reading.of(store::workplace::definition(transaction, place.workspace, flow, version).await)?
    {
        Arc::make_mut(&mut workplace).definitions.insert((flow, version), Arc::new(definition));
    }
    Ok(Snapshot { workplace, conversation, another_under_way, session, ..around(place, contact) })
}

/// A snapshot of a contact of whom nothing else is known.
pub(super) fn around(place: &Place, contact: Contact) -> Snapshot {
    Snapshot {
        workspace: place.workspace,
        workplace: place.workplace.clone(),
        inbox: place.inbox.clone(),
        rules: place.rules,
        is_disconnected: place.is_disconnected,
        contact,
        conversation: None,
        another_under_way: false,
        session: None,
        messages: Vec::new(),
        acts: Vec::new(),
        used: None,
        is_joined: false,
        queues_of_viewer: Vec::new(),
        agents: HashMap::new(),
        ids: fresh_ids(),
    }
}

/// Adds the messages that a command speaks of.
pub(super) async fn know_messages(
    transaction: &Transaction<'_>,
    snapshot: &mut Snapshot,
    ids: &[Uuid],
    reading: Reading,
) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    for found in store::messages::known(transaction, snapshot.workspace, snapshot.inbox.id, &[], ids).await? {
        reading.accept(found.misread)?;
        snapshot.messages.push(found.message);
    }
    Ok(())
}

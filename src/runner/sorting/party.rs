//! Who is who among those that a batch's messages name: an identity is one contact's, and what WhatsApp says together belongs together,
//! but for a number, which may pass from one person to another. Pure.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};
use crate::domain::inbound::{Found, InboundContent, InboundMessage, Sender};
use crate::domain::unspoken::Unspoken;
use crate::store::contacts::{Found as Known, Standing};
use crate::store::sorting::{Moved, Sheet};

/// Whom a message is from, and what came to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Met {
    pub contact: ContactId,
    pub found: Option<Found>,
}

/// The people of a workspace, as far as a batch names them.
#[derive(Debug)]
pub(super) struct Party {
    workspace: WorkspaceId,
    owners: HashMap<Identity, (ContactId, Standing)>,
    user_ids: HashMap<ContactId, HashSet<String>>,
    /// Of several contacts that are one person, the first of these stays.
    order: Vec<ContactId>,
    contacts: Vec<(ContactId, String)>,
    fresh: Vec<Identity>,
    moved: HashMap<Identity, Option<ContactId>>,
}

/// Everything a message says its sender is called by.
pub(super) fn names(message: &InboundMessage) -> Vec<Identity> {
    message.sender.identities.iter().cloned().chain(told(message).and_then(Unspoken::new_identity)).collect()
}

fn told(message: &InboundMessage) -> Option<&Unspoken> {
    match &message.content {
        InboundContent::Unspoken(told) => Some(told),
        _ => None,
    }
}

impl Party {
    pub(super) fn new(workspace: WorkspaceId, known: Known, order: Vec<ContactId>) -> Self {
        let mut user_ids: HashMap<ContactId, HashSet<String>> = HashMap::new();
        for it in known.values() {
            user_ids.entry(it.owner).or_default().extend(it.user_ids.iter().cloned());
        }
        let owners = known.into_iter().map(|(identity, known)| (identity, (known.owner, known.standing))).collect();
        Self { workspace, owners, user_ids, order, contacts: Vec::new(), fresh: Vec::new(), moved: HashMap::new() }
    }

    /// Whose message this is.
    pub(super) fn meet(&mut self, message: &InboundMessage) -> Met {
        match told(message).and_then(|told| Some((told, told.new_identity()?))) {
            Some((told, to)) => self.change(&message.sender, told, to),
            None => self.recognise(&message.sender),
        }
    }

    /// Writes down what is new.
    pub(super) fn note(self, sheet: &mut Sheet<'_>) {
        let Self { workspace, owners, contacts, fresh, moved, .. } = self;
        sheet.contacts.extend(contacts.into_iter().map(|(contact, name)| (workspace, contact, name)));
        let owned = |identity: Identity| owners.get(&identity).copied().map(|owned| (identity, owned));
        let fresh = fresh.into_iter().filter_map(owned);
        sheet.identities.extend(fresh.map(|(identity, (owner, _))| (workspace, identity, owner)));
        for (identity, joined_from) in moved {
            let Some((owner, standing)) = owners.get(&identity).copied() else { continue };
            sheet.moved.push(Moved { workspace, identity, owner, standing, joined_from });
        }
    }

    /// WhatsApp says that the sender is called otherwise from now on: the contact keeps its history.
    fn change(&mut self, sender: &Sender, told: &Unspoken, to: Identity) -> Met {
        let known = sender.identities.iter().rev().find_map(|identity| self.owner(identity));
        let contact = known.or_else(|| self.owner(&to)).unwrap_or_else(|| self.stranger(sender));
        sender.identities.iter().for_each(|identity| self.give(identity, contact));
        if let (Unspoken::NumberChanged { .. }, true) = (told, !sender.identities.contains(&to)) {
            let former = sender.identities.iter().filter(|identity| matches!(identity, Identity::Phone(_)));
            former.for_each(|identity| self.stands(identity, contact, Standing::Former, None));
        }
        match self.owner(&to).filter(|owner| *owner != contact) {
            Some(other) if self.is_free(&to) => self.join(&[to], contact, other),
            _ => {
                self.give(&to, contact);
                Met { contact, found: None }
            }
        }
    }

    /// A user id is one person's for good; a number may pass from one to another.
    fn recognise(&mut self, sender: &Sender) -> Met {
        let ids = || sender.identities.iter().filter(|identity| matches!(identity, Identity::UserId(_)));
        let phone = sender.identities.iter().find(|identity| matches!(identity, Identity::Phone(_)));
        let by_id = ids().find_map(|identity| self.owner(identity));
        let by_phone = phone.and_then(|phone| self.owner(phone));
        let has_passed = phone.zip(by_phone).is_some_and(|(phone, owner)| self.has_passed(phone, owner, by_id, sender));
        let met = match (by_id, by_phone) {
            (Some(id), Some(phone)) if id != phone && !has_passed && sender.identities.iter().all(|it| self.is_free(it)) => {
                let stays = self.first_of(id, phone);
                self.join(&sender.identities, stays, if stays == id { phone } else { id })
            }
            (Some(contact), _) => Met { contact, found: None },
            (None, Some(contact)) if !has_passed => Met { contact, found: None },
            (None, _) => Met { contact: self.stranger(sender), found: None },
        };
        if has_passed {
            phone.into_iter().for_each(|phone| self.stands(phone, met.contact, Standing::Current, None));
        }
        sender.identities.iter().for_each(|identity| self.give(identity, met.contact));
        if has_passed { Met { found: Some(Found::NumberOfAnother), ..met } } else { met }
    }

    /// Whether the number is not its owner's any more: they left it, or WhatsApp gives it a user id that is not theirs.
    fn has_passed(&self, phone: &Identity, owner: ContactId, by_id: Option<ContactId>, sender: &Sender) -> bool {
        if by_id == Some(owner) {
            return false;
        }
        let is_left = self.owners.get(phone).is_some_and(|(_, standing)| *standing == Standing::Former);
        let has_id = sender.identities.iter().any(|identity| matches!(identity, Identity::UserId(_)));
        is_left || (has_id && self.user_ids.get(&owner).is_some_and(|ids| !ids.is_empty()))
    }

    fn owner(&self, identity: &Identity) -> Option<ContactId> {
        self.owners.get(identity).map(|(owner, _)| *owner)
    }

    /// Whether it may be joined with another contact's.
    fn is_free(&self, identity: &Identity) -> bool {
        self.owners.get(identity).is_none_or(|(_, standing)| *standing != Standing::Apart)
    }

    /// Of two that are one: who has a conversation under way, or the latest; otherwise whom we met first.
    fn first_of(&self, one: ContactId, other: ContactId) -> ContactId {
        let known = self.order.iter().find(|contact| [one, other].contains(contact)).copied();
        known.unwrap_or_else(|| one.min(other))
    }

    fn join(&mut self, names: &[Identity], stays: ContactId, other: ContactId) -> Met {
        for name in names.iter().filter(|name| self.owner(name) == Some(other)).cloned().collect::<Vec<_>>() {
            self.stands(&name, stays, Standing::Current, Some(other));
        }
        Met { contact: stays, found: Some(Found::SamePerson { other }) }
    }

    fn stranger(&mut self, sender: &Sender) -> ContactId {
        let contact = ContactId(Uuid::now_v7());
        self.contacts.push((contact, sender.name.clone().unwrap_or_default()));
        contact
    }

    /// A name that nobody had yet.
    fn give(&mut self, identity: &Identity, contact: ContactId) {
        if !self.owners.contains_key(identity) {
            self.fresh.push(identity.clone());
            self.own(identity, contact, Standing::Current);
        }
    }

    fn stands(&mut self, identity: &Identity, contact: ContactId, standing: Standing, joined_from: Option<ContactId>) {
        self.moved.insert(identity.clone(), joined_from);
        self.own(identity, contact, standing);
    }

    fn own(&mut self, identity: &Identity, contact: ContactId, standing: Standing) {
        self.owners.insert(identity.clone(), (contact, standing));
        if let Identity::UserId(id) = identity {
            self.user_ids.entry(contact).or_default().insert(id.clone());
        }
    }
}

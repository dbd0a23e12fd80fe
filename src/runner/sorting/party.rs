//! Who is who among those that a batch's messages name: an identity is one contact's, and what WhatsApp says together belongs together,
//! but for a number, which may pass from one person to another. What WhatsApp said later is believed, whenever it arrives. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::domain::contact::Identity;
use crate::domain::ids::{ContactId, WorkspaceId};
use crate::domain::inbound::{Found, InboundMessage, Sender};
use crate::domain::unspoken::Unspoken;
use crate::store::contacts::{Known, Name, Standing};
use crate::store::sorting::{Met as NewName, Moved, Sheet};

/// Who writes from a new number that long before WhatsApp tells of it is taken for its new owner; who had it earlier, for another person.
const BEFORE_IT_WAS_TOLD: SignedDuration = SignedDuration::from_hours(1);

/// Whom a message is from, by which of its names they are known, and what came to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Met {
    pub contact: ContactId,
    pub names: Vec<Identity>,
    pub found: Option<Found>,
}

/// The people of a workspace, as far as a batch names them.
#[derive(Debug)]
pub(super) struct Party {
    workspace: WorkspaceId,
    names: BTreeMap<Identity, Name>,
    /// As they are stored.
    before: HashMap<Identity, Name>,
    /// The names of each, turned round.
    held: HashMap<ContactId, BTreeSet<Identity>>,
    /// Who has a user id that is not among the names.
    with_id: HashSet<ContactId>,
    /// Of several contacts that are one person, the first of these stays.
    order: Vec<ContactId>,
    contacts: Vec<(ContactId, String)>,
}

/// Whose a number is for who sends a message from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs(ContactId),
    /// It was another contact's until now.
    Passes,
    /// It is another contact's; the message is older than that.
    Anothers,
}

fn is_user_id(identity: &Identity) -> bool {
    matches!(identity, Identity::UserId(_))
}

impl Party {
    /// `complete` are the contacts all of whose names are known, in the order in which one of several stays.
    pub(super) fn new(
        workspace: WorkspaceId,
        known: HashMap<Identity, Known>,
        complete: &HashSet<ContactId>,
        order: Vec<ContactId>,
    ) -> Self {
        let others = known.values().filter(|known| known.has_user_id && !complete.contains(&known.name.owner));
        let with_id = others.map(|known| known.name.owner).collect();
        let before: HashMap<Identity, Name> = known.into_iter().map(|(identity, known)| (identity, known.name)).collect();
        let (names, held, contacts) = (BTreeMap::new(), HashMap::new(), Vec::new());
        let mut party = Self { workspace, names, before: before.clone(), held, with_id, order, contacts };
        before.into_iter().for_each(|(identity, name)| party.set(identity, name));
        party
    }

    /// Whose message this is; nobody's when WhatsApp tells again what it has told: it has two ways to tell of a new user id.
    pub(super) fn meet(&mut self, message: &InboundMessage) -> Option<Met> {
        let (contact, found) = match message.told().and_then(|told| Some((told, told.new_identity()?))) {
            Some((told, to)) => self.change(&message.sender, message.at, told, to)?,
            None => self.recognise(&message.sender, message.at),
        };
        Some(Met { found, ..self.meet_again(message, contact) })
    }

    /// A message that we have from this contact already, and by which of its names they are known now.
    pub(super) fn meet_again(&self, message: &InboundMessage, contact: ContactId) -> Met {
        let theirs = message.sender.identities.iter().filter(|identity| self.owner(identity) == Some(contact));
        Met { contact, names: theirs.cloned().collect(), found: None }
    }

    /// Writes down what is new.
    pub(super) fn note(self, sheet: &mut Sheet<'_>) {
        let Self { workspace, names, before, contacts, .. } = self;
        sheet.contacts.extend(contacts.into_iter().map(|(contact, name)| (workspace, contact, name)));
        for (identity, name) in names {
            match before.get(&identity) {
                None => sheet.identities.push(NewName { workspace, identity, name }),
                Some(before) if *before != name => {
                    sheet.moved.push(Moved { workspace, identity, was: (before.owner, before.standing), name });
                }
                Some(_) => {}
            }
        }
    }

    /// WhatsApp says that the sender is called otherwise from now on: the contact keeps its history.
    fn change(&mut self, sender: &Sender, at: Timestamp, told: &Unspoken, to: Identity) -> Option<(ContactId, Option<Found>)> {
        let known = self.known(sender, at).or_else(|| Some((self.owner(&to)?, None)));
        let (contact, joined) = known.unwrap_or_else(|| (self.stranger(sender), None));
        sender.identities.iter().for_each(|identity| self.give(identity, contact, at));
        if let Unspoken::NumberChanged { .. } = told {
            sender
                .identities
                .iter()
                .filter(|identity| !is_user_id(identity) && **identity != to)
                .for_each(|it| self.leave(it, contact, at));
        }
        let other = self.owner(&to).filter(|owner| *owner != contact);
        Some(match (other, told) {
            (None, Unspoken::UserIdChanged { .. }) if joined.is_none() && self.owner(&to).is_some() => return None,
            (None, _) => {
                self.give(&to, contact, at);
                self.comes_back(&to, contact, at);
                (contact, joined)
            }
            // One at a time: a message from there tells the rest.
            (Some(_), _) if joined.is_some() || !self.is_free(&to) => (contact, joined),
            (Some(_), _) if self.was_anothers(&to, at) => (contact, self.takes_over(&to, contact, at)),
            (Some(other), _) => self.join(contact, other),
        })
    }

    /// A user id is one person's for good; a number may pass from one to another.
    fn recognise(&mut self, sender: &Sender, at: Timestamp) -> (ContactId, Option<Found>) {
        let known = self.known(sender, at);
        let (contact, mut found) = known.unwrap_or_else(|| (self.stranger(sender), None));
        for number in sender.identities.iter().filter(|identity| !is_user_id(identity)) {
            if self.whose(number, sender, at) == Some(Whose::Passes) {
                found = self.takes_over(number, contact, at);
            }
            self.comes_back(number, contact, at);
        }
        sender.identities.iter().for_each(|identity| self.give(identity, contact, at));
        (contact, found)
    }

    /// Whom we know by a message's names; when they are two, they become one.
    fn known(&mut self, sender: &Sender, at: Timestamp) -> Option<(ContactId, Option<Found>)> {
        let by_number = sender.identities.iter().filter(|it| !is_user_id(it)).find_map(|number| match self.whose(number, sender, at)? {
            Whose::Theirs(owner) => Some(owner),
            Whose::Passes | Whose::Anothers => None,
        });
        match (self.by_user_id(sender), by_number) {
            (Some(one), Some(other)) if one != other && sender.identities.iter().all(|it| self.is_free(it)) => Some(self.join(one, other)),
            (Some(contact), _) | (None, Some(contact)) => Some((contact, None)),
            (None, None) => None,
        }
    }

    fn by_user_id(&self, sender: &Sender) -> Option<ContactId> {
        sender.identities.iter().filter(|identity| is_user_id(identity)).find_map(|identity| self.owner(identity))
    }

    /// A number is not its owner's any more when they left it, or WhatsApp gives it a user id that is not theirs.
    fn whose(&self, number: &Identity, sender: &Sender, at: Timestamp) -> Option<Whose> {
        let name = self.names.get(number)?;
        let is_later = at >= name.since;
        let has_id = sender.identities.iter().any(is_user_id);
        let is_anothers = has_id && self.by_user_id(sender) != Some(name.owner) && self.has_user_id(name.owner);
        let is_left = name.standing == Standing::Former && is_later && self.by_user_id(sender) != Some(name.owner);
        Some(match (is_anothers || is_left, is_later) {
            (false, _) => Whose::Theirs(name.owner),
            (true, true) => Whose::Passes,
            (true, false) => Whose::Anothers,
        })
    }

    fn has_user_id(&self, contact: ContactId) -> bool {
        self.with_id.contains(&contact) || self.held.get(&contact).is_some_and(|names| names.iter().any(is_user_id))
    }

    /// Whether a number that somebody is said to have now had an owner before that: numbers are given out again.
    fn was_anothers(&self, to: &Identity, at: Timestamp) -> bool {
        !is_user_id(to) && self.names.get(to).is_some_and(|name| at.duration_since(name.since) > BEFORE_IT_WAS_TOLD)
    }

    fn owner(&self, identity: &Identity) -> Option<ContactId> {
        self.names.get(identity).map(|name| name.owner)
    }

    /// Whether it may be joined with another contact's.
    fn is_free(&self, identity: &Identity) -> bool {
        self.names.get(identity).is_none_or(|name| name.standing != Standing::Apart)
    }

    /// Of two that are one: whom a colleague speaks with, who has a conversation under way, or the latest; otherwise whom we met first.
    fn first_of(&self, one: ContactId, other: ContactId) -> ContactId {
        let known = self.order.iter().find(|contact| [one, other].contains(contact)).copied();
        known.unwrap_or_else(|| one.min(other))
    }

    /// Every name of one becomes the other's, but those that a person said are somebody else's.
    fn join(&mut self, one: ContactId, two: ContactId) -> (ContactId, Option<Found>) {
        let stays = self.first_of(one, two);
        let other = if stays == one { two } else { one };
        for identity in self.held.get(&other).cloned().unwrap_or_default() {
            let Some(mut name) = self.names.get(&identity).filter(|name| name.standing != Standing::Apart).cloned() else { continue };
            name.joined_from.push(other);
            self.set(identity, Name { owner: stays, ..name });
        }
        (stays, Some(Found::SamePerson { other }))
    }

    fn takes_over(&mut self, number: &Identity, contact: ContactId, at: Timestamp) -> Option<Found> {
        self.set(number.clone(), Name { owner: contact, standing: Standing::Current, since: at, joined_from: Vec::new() });
        Some(Found::NumberOfAnother)
    }

    /// They have another number: whoever writes from this one later is somebody new.
    fn leave(&mut self, number: &Identity, contact: ContactId, at: Timestamp) {
        if let Some(name) = self.names.get(number).filter(|name| name.owner == contact && at >= name.since).cloned() {
            self.set(number.clone(), Name { standing: Standing::Former, since: at, ..name });
        }
    }

    /// They have a number again that they had left.
    fn comes_back(&mut self, number: &Identity, contact: ContactId, at: Timestamp) {
        let left = |name: &&Name| name.owner == contact && name.standing == Standing::Former && at >= name.since;
        if let Some(name) = self.names.get(number).filter(left).cloned() {
            self.set(number.clone(), Name { standing: Standing::Current, since: at, ..name });
        }
    }

    fn stranger(&mut self, sender: &Sender) -> ContactId {
        let contact = ContactId(Uuid::now_v7());
        self.contacts.push((contact, sender.name.clone().unwrap_or_default()));
        contact
    }

    /// A name that nobody had yet.
    fn give(&mut self, identity: &Identity, contact: ContactId, at: Timestamp) {
        if !self.names.contains_key(identity) {
            self.set(identity.clone(), Name { owner: contact, standing: Standing::Current, since: at, joined_from: Vec::new() });
        }
    }

    fn set(&mut self, identity: Identity, name: Name) {
        if let Some(names) = self.owner(&identity).and_then(|owner| self.held.get_mut(&owner)) {
            names.remove(&identity);
        }
        self.held.entry(name.owner).or_default().insert(identity.clone());
        self.names.insert(identity, name);
    }
}

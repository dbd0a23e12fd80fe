//! Who is viewing a conversation, and who is typing: signs that fade by themselves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::domain::conversation::Listing;
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};

/// How long a viewer is shown without a further sign; pages beat every 20 seconds.
const VIEWING: SignedDuration = SignedDuration::from_secs(50);

/// How long "is typing" is shown without a further sign.
const TYPING: SignedDuration = SignedDuration::from_secs(6);

/// Conversations whose people are remembered at most.
const KEPT: usize = 50_000;

/// A sign of a person at a conversation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sign {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub user: UserId,
    pub name: String,
    pub doing: Doing,
    pub at: Timestamp,
    /// In which lists the conversation was, as far as who says so knows.
    #[serde(default)]
    pub listing: Option<Listing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Doing {
    Viewing,
    Typing,
    Left,
}

#[derive(Debug, Clone)]
struct Seen {
    name: String,
    viewing_until: Timestamp,
    typing_until: Timestamp,
}

impl Seen {
    /// Whether they are shown as viewing, and as typing.
    fn is_seen(&self, now: Timestamp) -> (bool, bool) {
        (self.viewing_until > now, self.typing_until > now)
    }
}

/// A person at a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Viewer {
    pub id: UserId,
    pub name: String,
}

/// Who is at a conversation now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Present {
    pub viewers: Vec<Viewer>,
    pub typing: Vec<Viewer>,
}

/// A conversation where somebody is.
#[derive(Debug, Default)]
struct Place {
    listing: Option<Listing>,
    /// The last sequence of the conversation of which that is known.
    seq: i64,
    people: HashMap<UserId, Seen>,
}

/// A conversation whose people changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    /// In which lists it is.
    pub listing: Option<Listing>,
}

/// Everybody at every conversation, as far as this node heard.
#[derive(Debug, Default)]
pub struct People {
    seen: Mutex<HashMap<(WorkspaceId, ConversationId), Place>>,
    changed: Mutex<Vec<Changed>>,
    notify: Notify,
}

impl People {
    /// Takes a sign.
    pub fn note(&self, sign: &Sign) {
        let key = (sign.workspace, sign.conversation);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= KEPT {
            seen.clear();
        }
        let Place { listing, people, .. } = seen.entry(key).or_default();
        // What happened since is known better than by who opened it before.
        *listing = listing.or(sign.listing);
        let until = |life: SignedDuration| sign.at.saturating_add(life).unwrap_or(Timestamp::MAX);
        let person = people.entry(sign.user).or_insert_with(|| Seen {
            name: sign.name.clone(),
            viewing_until: Timestamp::MIN,
            typing_until: Timestamp::MIN,
        });
        let seen_before = person.is_seen(sign.at);
        match sign.doing {
            Doing::Viewing => person.viewing_until = until(VIEWING),
            Doing::Typing => {
                person.viewing_until = until(VIEWING);
                person.typing_until = until(TYPING);
            }
            Doing::Left => (person.viewing_until, person.typing_until) = (Timestamp::MIN, Timestamp::MIN),
        }
        let is_news = person.is_seen(sign.at) != seen_before;
        if sign.doing == Doing::Left {
            people.remove(&sign.user);
        }
        let listing = *listing;
        if people.is_empty() {
            seen.remove(&key);
        }
        drop(seen);
        if is_news {
            self.mark(key, listing);
        }
    }

    /// A conversation where somebody may be is in these lists as of `seq`. What comes late changes nothing.
    pub(super) fn moved(&self, workspace: WorkspaceId, conversation: ConversationId, seq: i64, now: Listing) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = seen.get_mut(&(workspace, conversation)).filter(|place| place.seq <= seq) {
            (place.seq, place.listing) = (seq, Some(now));
        }
    }

    /// In which lists a conversation is where somebody is.
    #[must_use]
    pub fn listing(&self, workspace: WorkspaceId, conversation: ConversationId) -> Option<Listing> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&(workspace, conversation))?.listing
    }

    fn mark(&self, (workspace, conversation): (WorkspaceId, ConversationId), listing: Option<Listing>) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = changed.len() < KEPT;
        match changed.iter_mut().find(|it| it.workspace == workspace && it.conversation == conversation) {
            Some(known) => known.listing = listing.or(known.listing),
            None if has_room => changed.push(Changed { workspace, conversation, listing }),
            None => {}
        }
        drop(changed);
        self.notify.notify_one();
    }

    /// Waits for conversations whose people changed; takes up to `most` of them.
    pub async fn changed(&self, most: usize) -> Vec<Changed> {
        loop {
            let taken = self.take(most);
            if !taken.is_empty() {
                return taken;
            }
            self.notify.notified().await;
        }
    }

    fn take(&self, most: usize) -> Vec<Changed> {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        let most = most.min(changed.len());
        changed.drain(..most).collect()
    }

    /// The conversations of a workspace where somebody is, with the lists they are in; up to `most` of them.
    #[must_use]
    pub fn places(&self, workspace: WorkspaceId, most: usize) -> Vec<(ConversationId, Listing)> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let places = seen.iter().filter(|((of, _), _)| *of == workspace);
        places.filter_map(|((_, conversation), place)| Some((*conversation, place.listing?))).take(most).collect()
    }

    /// Who is at a conversation at `now`, by name.
    #[must_use]
    pub fn at(&self, workspace: WorkspaceId, conversation: ConversationId, now: Timestamp) -> Present {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Place { people, .. }) = seen.get(&(workspace, conversation)) else { return Present::default() };
        let those = |is: fn(&Seen) -> Timestamp| {
            let mut those: Vec<Viewer> = people
                .iter()
                .filter(|(_, person)| is(person) > now)
                .map(|(id, person)| Viewer { id: *id, name: person.name.clone() })
                .collect();
            those.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
            those
        };
        Present { viewers: those(|person| person.viewing_until), typing: those(|person| person.typing_until) }
    }

    /// Drops signs that have faded, and marks the conversations they faded from.
    pub fn fade(&self, now: Timestamp) {
        let mut faded = Vec::new();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|key, Place { people, listing, .. }| {
            let before = people.len();
            let stopped = people.values_mut().any(|person| {
                let stops = person.typing_until <= now && person.typing_until != Timestamp::MIN;
                if stops {
                    person.typing_until = Timestamp::MIN;
                }
                stops
            });
            people.retain(|_, person| person.viewing_until > now);
            if stopped || people.len() != before {
                faded.push((*key, *listing));
            }
            !people.is_empty()
        });
        drop(seen);
        for (key, listing) in faded {
            self.mark(key, listing);
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
    }

    fn sign(doing: Doing, second: i64) -> Sign {
        Sign {
            workspace: WorkspaceId(Uuid::nil()),
            conversation: ConversationId(Uuid::nil()),
            user: UserId(Uuid::nil()),
            name: "Ana".to_owned(),
            doing,
            at: at(second),
            listing: None,
        }
    }

    #[test]
    fn only_what_looks_different_is_news() {
        let people = People::default();
        let is_news = |doing, second| {
            people.note(&sign(doing, second));
            people.take(9).len() == 1
        };
        assert!(is_news(Doing::Viewing, 0));
        assert!(!is_news(Doing::Viewing, 20), "still there");
        assert!(is_news(Doing::Typing, 21));
        assert!(!is_news(Doing::Typing, 24), "still typing");
        people.fade(at(31));
        assert_eq!(people.take(9).len(), 1, "no longer typing");
        assert!(is_news(Doing::Left, 32));
        assert!(!is_news(Doing::Left, 33), "was gone already");
        assert!(people.places(WorkspaceId(Uuid::nil()), 9).is_empty());
    }

    #[test]
    fn where_somebody_is_the_lists_are_known_until_they_left() {
        use crate::domain::conversation::{Controller, State};
        let (people, shop, conversation) = (People::default(), WorkspaceId(Uuid::nil()), ConversationId(Uuid::nil()));
        let opened = Listing { state: State::Open, controller: Controller::Flow, queue: None, last_agent: None };
        let moved = Listing { controller: Controller::Queue, ..opened };
        people.moved(shop, conversation, 7, moved);
        assert!(people.places(shop, 9).is_empty(), "nobody is there");
        people.note(&Sign { listing: Some(opened), ..sign(Doing::Viewing, 0) });
        people.moved(shop, conversation, 7, moved);
        people.moved(shop, conversation, 6, opened);
        people.note(&Sign { listing: Some(opened), ..sign(Doing::Viewing, 20) });
        assert_eq!(people.places(shop, 9), [(conversation, moved)]);
        people.take(9);
        people.note(&sign(Doing::Left, 21));
        assert_eq!(
            people.take(9),
            [Changed { workspace: shop, conversation, listing: Some(moved) }],
            "lists are told of the last one who left"
        );
        assert!(people.places(shop, 9).is_empty());
    }

    #[test]
    fn news_is_taken_in_parts() {
        let people = People::default();
        for number in 0..5 {
            people.note(&Sign { conversation: ConversationId(Uuid::from_u128(number)), ..sign(Doing::Viewing, 0) });
        }
        assert_eq!([people.take(3).len(), people.take(3).len(), people.take(3).len()], [3, 2, 0]);
    }
}

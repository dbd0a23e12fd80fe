//! Who is viewing a conversation, and who is typing: signs that fade by themselves.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

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

/// Everybody at every conversation, as far as this node heard.
#[derive(Debug, Default)]
pub struct People {
    seen: Mutex<HashMap<(WorkspaceId, ConversationId), HashMap<UserId, Seen>>>,
    changed: Mutex<Vec<(WorkspaceId, ConversationId)>>,
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
        let people = seen.entry(key).or_default();
        let until = |life: SignedDuration| sign.at.saturating_add(life).unwrap_or(Timestamp::MAX);
        let person = people.entry(sign.user).or_insert_with(|| Seen {
            name: sign.name.clone(),
            viewing_until: Timestamp::MIN,
            typing_until: Timestamp::MIN,
        });
        match sign.doing {
            Doing::Viewing => person.viewing_until = until(VIEWING),
            Doing::Typing => {
                person.viewing_until = until(VIEWING);
                person.typing_until = until(TYPING);
            }
            Doing::Left => _ = people.remove(&sign.user),
        }
        drop(seen);
        self.mark(key);
    }

    fn mark(&self, key: (WorkspaceId, ConversationId)) {
        let mut changed = self.changed.lock().unwrap_or_else(PoisonError::into_inner);
        if !changed.contains(&key) && changed.len() < KEPT {
            changed.push(key);
        }
        drop(changed);
        self.notify.notify_one();
    }

    /// Waits for conversations whose people changed.
    pub async fn changed(&self) -> Vec<(WorkspaceId, ConversationId)> {
        loop {
            let changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
            if !changed.is_empty() {
                return changed;
            }
            self.notify.notified().await;
        }
    }

    /// Who is at a conversation at `now`, by name.
    #[must_use]
    pub fn at(&self, workspace: WorkspaceId, conversation: ConversationId, now: Timestamp) -> Present {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(people) = seen.get(&(workspace, conversation)) else { return Present::default() };
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
        seen.retain(|key, people| {
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
                faded.push(*key);
            }
            !people.is_empty()
        });
        drop(seen);
        for key in faded {
            self.mark(key);
        }
    }
}

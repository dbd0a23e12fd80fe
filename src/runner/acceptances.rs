//! That WhatsApp took messages of ours. Almost always there is nothing to decide: it is recorded in one statement, in no journal, and
//! pages are told as they are of ticks. Whatever somebody has in hand takes the way of commands.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::guard::guarded;
use super::load::around;
use super::many::Places;
use super::{Error, Runner};
use crate::domain::conversation::Conversation;
use crate::domain::delivery::Outcome;
use crate::domain::ids::{InboxId, MessageId, WorkspaceId};
use crate::domain::message::Wamid;
use crate::live::change::{Change, ConversationChange, TicksChange};
use crate::live::wakes::Wake;
use crate::store::acceptances::{Acceptance, LastLine};
use crate::store::dispatches::Dispatch;

impl Runner {
    /// Records those sends that were accepted and of which nobody has anything in hand; answers which. What is missing is to be
    /// [decided](Runner::decide_deliveries).
    pub async fn record_accepted(&self, workspace: WorkspaceId, sent: &[(&Dispatch, &Outcome)]) -> HashSet<MessageId> {
        let mut seen = HashSet::new();
        let accepted: Vec<(&Dispatch, &Wamid)> = sent
            .iter()
            .filter_map(|(dispatch, outcome)| if let Outcome::Accepted { wamid, .. } = outcome { Some((*dispatch, wamid)) } else { None })
            .filter(|(dispatch, _)| seen.insert(dispatch.conversation))
            .collect();
        if accepted.is_empty() {
            return HashSet::new();
        }
        guarded(self.try_accepted(workspace, &accepted)).await.unwrap_or_else(|error| {
            tracing::debug!(%error, messages = accepted.len(), "acceptances could not be recorded together; they are decided");
            HashSet::new()
        })
    }

    async fn try_accepted(&self, workspace: WorkspaceId, accepted: &[(&Dispatch, &Wamid)]) -> Result<HashSet<MessageId>, Error> {
        self.check_clock()?;
        let places = self.places(workspace, accepted.iter().map(|(dispatch, _)| dispatch.inbox)).await?;
        let recorded = self.store.record_accepted(workspace, accepted).await?;
        let messages = recorded.iter().map(|acceptance| acceptance.climbed.message).collect();
        let mut of_inboxes: BTreeMap<InboxId, Vec<Acceptance>> = BTreeMap::new();
        for acceptance in recorded {
            let dispatch = accepted.iter().find(|(dispatch, _)| dispatch.id == acceptance.climbed.message);
            of_inboxes.entry(dispatch.ok_or(Error::NotFound)?.0.inbox).or_default().push(acceptance);
        }
        of_inboxes.into_iter().for_each(|(inbox, acceptances)| self.tell(workspace, inbox, &places, acceptances));
        Ok(messages)
    }

    /// Tells workers where to look, and pages what they show.
    fn tell(&self, workspace: WorkspaceId, inbox: InboxId, places: &Places, acceptances: Vec<Acceptance>) {
        if acceptances.iter().any(|acceptance| acceptance.is_followed) {
            self.live.wake(Wake::Outbox(workspace, inbox));
        }
        let queues: HashSet<_> = acceptances.iter().filter_map(|acceptance| acceptance.waits_in).collect();
        queues.into_iter().for_each(|queue| self.live.wake(Wake::Queue(workspace, queue)));
        let (mut changes, mut climbed) = (Vec::new(), Vec::new());
        for acceptance in acceptances {
            let change = acceptance.last_line.and_then(|last_line| left(places, inbox, last_line));
            match change {
                Some(change) => changes.push(ConversationChange { climbed: vec![acceptance.climbed], ..change }),
                None => climbed.push(acceptance.climbed),
            }
        }
        if !climbed.is_empty() {
            self.live.publish(Change::Ticks(Arc::new(TicksChange { workspace, climbed })));
        }
        self.publish(changes);
    }
}

/// What pages show of a conversation whose last line has left.
fn left(places: &Places, inbox: InboxId, last_line: LastLine) -> Option<ConversationChange> {
    let mut snapshot = around(places.get(&inbox)?, last_line.contact);
    let conversation = last_line.conversation.conversation;
    let before = Conversation { waiting_since: last_line.waited_since, ..conversation.clone() };
    snapshot.conversation = Some(conversation);
    snapshot.session = last_line.conversation.session.ok().flatten();
    ConversationChange::new(&snapshot, Some(&before), Vec::new())
}

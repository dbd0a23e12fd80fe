//! The sockets of this node by what they show, whose they are and what they have open.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Socket, SocketId, Sockets, line};
use crate::domain::conversation::Listing;
use crate::domain::filter::{Filter, Topic};
use crate::domain::ids::{ConversationId, UserId, WorkspaceId};
use crate::live::delivery::Line;

impl Sockets {
    pub(super) fn pages_of(&self, workspace: WorkspaceId, user: UserId) -> Option<&HashSet<SocketId>> {
        self.by_workspace.get(&workspace)?.get(&user)
    }

    pub(super) fn sockets_in(&self, workspace: WorkspaceId) -> impl Iterator<Item = &Socket> {
        let ids = self.by_workspace.get(&workspace).into_iter().flat_map(HashMap::values).flatten();
        ids.filter_map(|id| self.all.get(id))
    }

    /// The lines of some sockets.
    pub(super) fn lines(&self, ids: impl FnOnce(&Self) -> Option<&HashSet<SocketId>>) -> Vec<Arc<Line>> {
        ids(self).into_iter().flatten().filter_map(|id| self.all.get(id)).map(line).collect()
    }

    /// The lines of some sockets, whose sessions are over.
    pub(super) fn dismiss(&mut self, ids: impl Fn(&Self) -> Option<&HashSet<SocketId>>) -> Vec<Arc<Line>> {
        for id in ids(self).cloned().unwrap_or_default() {
            if let Some(socket) = self.all.get_mut(&id) {
                socket.is_dismissed = true;
            }
        }
        self.lines(ids)
    }

    /// The sockets that show one of these places.
    pub(super) fn placed(&self, workspace: WorkspaceId, topics: impl Iterator<Item = Topic>) -> Vec<&Socket> {
        let ids: HashSet<SocketId> = topics.filter_map(|topic| self.by_topic.get(&(workspace, topic))).flatten().copied().collect();
        ids.iter().filter_map(|id| self.all.get(id)).collect()
    }

    /// Ends what pages have open that their person no longer sees.
    pub(super) fn let_go(&mut self, workspace: WorkspaceId, conversation: ConversationId, now: &Listing) -> Vec<Arc<Line>> {
        let is_gone = |socket: &Socket| socket.shows(workspace, conversation) && !socket.sees(now);
        let ids = self.by_conversation.get(&conversation).into_iter().flatten();
        let gone: Vec<SocketId> = ids.filter(|id| self.all.get(id).is_some_and(is_gone)).copied().collect();
        let mut lines = Vec::with_capacity(gone.len());
        for id in gone {
            if let Some(socket) = self.all.get_mut(&id) {
                socket.open = None;
                lines.push(socket.line.clone());
            }
            self.leave_conversation(conversation, id);
        }
        lines
    }

    /// Those that have it open and are such.
    pub(super) fn viewers(&self, workspace: WorkspaceId, conversation: ConversationId, are: impl Fn(&Socket) -> bool) -> Vec<Arc<Line>> {
        let ids = self.by_conversation.get(&conversation).into_iter().flatten();
        ids.filter_map(|id| self.all.get(id)).filter(|socket| socket.shows(workspace, conversation) && are(socket)).map(line).collect()
    }

    pub(super) fn leave_topics(&mut self, workspace: WorkspaceId, filter: Option<&Filter>, id: SocketId) {
        for topic in filter.into_iter().flat_map(Filter::topics) {
            if let Some(ids) = self.by_topic.get_mut(&(workspace, *topic)) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.by_topic.remove(&(workspace, *topic));
                }
            }
        }
    }

    pub(super) fn leave_conversation(&mut self, conversation: ConversationId, id: SocketId) {
        if let Some(ids) = self.by_conversation.get_mut(&conversation) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_conversation.remove(&conversation);
            }
        }
    }
}

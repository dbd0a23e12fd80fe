//! This node's sockets: who shows which list and which conversation. Each has a bounded queue; one that falls behind is cut
//! and comes back by "since".

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::change::ConversationChange;
use super::delivery::{Line, ThreadQueue, deliver, deliver_last};
use crate::domain::conversation::{Controller, Listing, State};
use crate::domain::ids::{ConversationId, QueueId, SessionId, UserId, WorkspaceId};

/// Frames that wait for one socket at most.
pub const WAITING_FRAMES: usize = 64;

/// Pages of one session at most; more are no person's.
pub const MOST_PAGES: usize = 50;

const SIGNED_OUT: ByteString = ByteString::from_static(r#"{"type":"signed_out"}"#);

/// This node's name of a socket.
pub type SocketId = u64;

/// Which list a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Showing {
    Mine,
    Queues,
    Unassigned,
    All,
    Resolved,
}

/// A place in which a conversation can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Topic {
    Agent(WorkspaceId, UserId),
    Queue(WorkspaceId, QueueId),
    Unassigned(WorkspaceId),
    All(WorkspaceId),
    Resolved(WorkspaceId),
}

/// Whose socket it is.
#[derive(Debug, Clone)]
pub struct Owner {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub session: SessionId,
    /// The language of its fragments.
    pub locale: &'static str,
}

struct Socket {
    owner: Owner,
    line: Arc<Line>,
    showing: Vec<Topic>,
    open: Option<ConversationId>,
    /// Its session is over.
    is_dismissed: bool,
}

/// How the last page of a person on this node went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastPage {
    /// It may come back: it was closed, or lost.
    Closed,
    /// Its session is over.
    Dismissed,
}

#[derive(Default)]
struct Sockets {
    all: HashMap<SocketId, Socket>,
    by_topic: HashMap<Topic, HashSet<SocketId>>,
    by_conversation: HashMap<ConversationId, HashSet<SocketId>>,
    by_user: HashMap<(WorkspaceId, UserId), HashSet<SocketId>>,
    by_session: HashMap<(WorkspaceId, SessionId), HashSet<SocketId>>,
}

/// The registry.
#[derive(Default)]
pub struct Hub {
    sockets: Mutex<Sockets>,
    next: AtomicU64,
    count: AtomicUsize,
}

/// A new socket's side of the registry.
pub struct Registered {
    pub id: SocketId,
    pub frames: mpsc::Receiver<ByteString>,
    pub cut: CancellationToken,
}

/// Whom a change concerns on this node.
pub struct Audience {
    /// Pages that have the conversation open.
    pub thread: Vec<Arc<Line>>,
    /// Pages whose list it is in, or was.
    pub lists: Vec<Arc<Line>>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Registers a socket of this queue's thread, unless its session has too many already; it shows no list and no conversation yet.
    #[must_use]
    pub fn register(&self, owner: Owner, queue: ThreadQueue) -> Option<Registered> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (frames, receiver) = mpsc::channel(WAITING_FRAMES);
        let cut = CancellationToken::new();
        let mut sockets = self.lock();
        let of_session = sockets.by_session.entry((owner.workspace, owner.session)).or_default();
        if of_session.len() >= MOST_PAGES {
            return None;
        }
        of_session.insert(id);
        sockets.by_user.entry((owner.workspace, owner.user)).or_default().insert(id);
        let line = Arc::new(Line::new(owner.locale, frames, cut.clone(), queue));
        sockets.all.insert(id, Socket { owner, line, showing: Vec::new(), open: None, is_dismissed: false });
        self.count.store(sockets.all.len(), Ordering::Relaxed);
        Some(Registered { id, frames: receiver, cut })
    }

    /// Forgets a socket; says how it went when it was the person's last page on this node.
    pub fn unregister(&self, id: SocketId) -> Option<LastPage> {
        let mut sockets = self.lock();
        let socket = sockets.all.remove(&id)?;
        for topic in &socket.showing {
            sockets.leave_topic(*topic, id);
        }
        if let Some(conversation) = socket.open {
            sockets.leave_conversation(conversation, id);
        }
        self.count.store(sockets.all.len(), Ordering::Relaxed);
        let session = (socket.owner.workspace, socket.owner.session);
        if let Some(pages) = sockets.by_session.get_mut(&session) {
            pages.remove(&id);
            if pages.is_empty() {
                sockets.by_session.remove(&session);
            }
        }
        let key = (socket.owner.workspace, socket.owner.user);
        let pages = sockets.by_user.get_mut(&key)?;
        pages.remove(&id);
        if !pages.is_empty() {
            return None;
        }
        sockets.by_user.remove(&key);
        Some(if socket.is_dismissed { LastPage::Dismissed } else { LastPage::Closed })
    }

    /// The socket shows this list from now on. `queues` are those of the person's teams.
    pub fn show(&self, id: SocketId, showing: Showing, queues: &[QueueId]) {
        let mut sockets = self.lock();
        let Some(socket) = sockets.all.get_mut(&id) else { return };
        let Owner { workspace, user, .. } = socket.owner;
        let topics = match showing {
            Showing::Mine => vec![Topic::Agent(workspace, user)],
            Showing::Queues => queues.iter().map(|queue| Topic::Queue(workspace, *queue)).collect(),
            Showing::Unassigned => vec![Topic::Unassigned(workspace)],
            Showing::All => vec![Topic::All(workspace)],
            Showing::Resolved => vec![Topic::Resolved(workspace)],
        };
        let before = std::mem::replace(&mut socket.showing, topics.clone());
        for topic in before {
            sockets.leave_topic(topic, id);
        }
        for topic in topics {
            sockets.by_topic.entry(topic).or_default().insert(id);
        }
    }

    /// The socket has this conversation open from now on, or none.
    pub fn open(&self, id: SocketId, conversation: Option<ConversationId>) {
        let mut sockets = self.lock();
        let Some(socket) = sockets.all.get_mut(&id) else { return };
        if let Some(before) = std::mem::replace(&mut socket.open, conversation) {
            sockets.leave_conversation(before, id);
        }
        if let Some(conversation) = conversation {
            sockets.by_conversation.entry(conversation).or_default().insert(id);
        }
    }

    /// Whether a person has a socket on this node.
    #[must_use]
    pub fn has_user(&self, workspace: WorkspaceId, user: UserId) -> bool {
        self.lock().by_user.contains_key(&(workspace, user))
    }

    /// Everybody with a socket on this node.
    #[must_use]
    pub fn users(&self) -> Vec<(WorkspaceId, UserId)> {
        self.lock().by_user.keys().copied().collect()
    }

    /// Whom a change concerns.
    #[must_use]
    pub fn audience(&self, change: &ConversationChange) -> Audience {
        let sockets = self.lock();
        let now = Listing::of(&change.conversation);
        let before = change.before.iter().flat_map(|before| topics(change.workspace, before));
        let listed = sockets.listed(topics(change.workspace, &now).into_iter().chain(before));
        let in_workspace = |socket: &&Socket| socket.owner.workspace == change.workspace;
        Audience {
            thread: sockets
                .by_conversation
                .get(&change.conversation.id)
                .into_iter()
                .flatten()
                .filter_map(|id| sockets.all.get(id))
                .filter(in_workspace)
                .map(line)
                .collect(),
            lists: listed.iter().filter_map(|id| sockets.all.get(id)).map(line).collect(),
        }
    }

    /// The pages that have a conversation open.
    #[must_use]
    pub fn viewers(&self, workspace: WorkspaceId, conversation: ConversationId) -> Vec<Arc<Line>> {
        let sockets = self.lock();
        let ids = sockets.by_conversation.get(&conversation).into_iter().flatten();
        ids.filter_map(|id| sockets.all.get(id)).filter(|socket| socket.owner.workspace == workspace).map(line).collect()
    }

    /// The pages whose list a conversation is in, but for those that have it open.
    #[must_use]
    pub fn listing_pages(&self, workspace: WorkspaceId, conversation: ConversationId, listing: &Listing) -> Vec<Arc<Line>> {
        let sockets = self.lock();
        let listed = sockets.listed(topics(workspace, listing)).into_iter().filter_map(|id| sockets.all.get(&id));
        listed.filter(|socket| socket.open != Some(conversation)).map(line).collect()
    }

    /// Whether the list of a page has a conversation of this listing.
    #[must_use]
    pub fn lists(&self, id: SocketId, listing: &Listing) -> bool {
        let sockets = self.lock();
        sockets.all.get(&id).is_some_and(|socket| {
            let topics = topics(socket.owner.workspace, listing);
            socket.showing.iter().any(|topic| topics.contains(topic))
        })
    }

    /// Whether anybody of a workspace has a socket on this node.
    #[must_use]
    pub fn has_workspace(&self, workspace: WorkspaceId) -> bool {
        self.lock().by_user.keys().any(|(of, _)| *of == workspace)
    }

    /// The pages of a workspace.
    #[must_use]
    pub fn pages_in(&self, workspace: WorkspaceId) -> Vec<Arc<Line>> {
        self.lock().all.values().filter(|socket| socket.owner.workspace == workspace).map(line).collect()
    }

    /// A person's pages.
    #[must_use]
    pub fn pages_of(&self, workspace: WorkspaceId, user: UserId) -> Vec<Arc<Line>> {
        self.lock().lines(|sockets| sockets.by_user.get(&(workspace, user)))
    }

    /// The sessions that have a page here.
    #[must_use]
    pub fn sessions(&self) -> Vec<(WorkspaceId, SessionId)> {
        self.lock().by_session.keys().copied().collect()
    }

    /// The conversations that are open on this node, by workspace.
    #[must_use]
    pub fn open_conversations(&self) -> HashMap<WorkspaceId, Vec<ConversationId>> {
        let sockets = self.lock();
        let mut open: HashMap<WorkspaceId, HashSet<ConversationId>> = HashMap::new();
        for socket in sockets.all.values() {
            open.entry(socket.owner.workspace).or_default().extend(socket.open);
        }
        open.into_iter().map(|(workspace, conversations)| (workspace, conversations.into_iter().collect())).collect()
    }

    /// Tells every page to look for itself: something may have been missed.
    pub fn refresh_all(&self) {
        let lines: Vec<Arc<Line>> = self.lock().all.values().map(line).collect();
        deliver(&lines, &ByteString::from_static(r#"{"type":"refresh"}"#));
    }

    /// Says goodbye to the pages of a session, and ends them a moment later, whether or not they listened.
    pub fn close_session(&self, workspace: WorkspaceId, session: SessionId) {
        let lines = self.lock().dismiss(|sockets| sockets.by_session.get(&(workspace, session)));
        deliver_last(&lines, &SIGNED_OUT);
    }

    /// As [`Hub::close_session`], for all pages of a person.
    pub fn close_person(&self, workspace: WorkspaceId, user: UserId) {
        let lines = self.lock().dismiss(|sockets| sockets.by_user.get(&(workspace, user)));
        deliver_last(&lines, &SIGNED_OUT);
    }

    /// Ends all pages of a person; they come back as who that is now.
    pub fn reconnect_person(&self, workspace: WorkspaceId, user: UserId) {
        self.pages_of(workspace, user).iter().for_each(|line| line.cut());
    }

    /// Cuts every socket: the node stops.
    pub fn cut_all(&self) {
        for socket in self.lock().all.values() {
            socket.line.cut();
        }
    }
}

impl Sockets {
    /// The lines of some sockets.
    fn lines(&self, ids: impl FnOnce(&Self) -> Option<&HashSet<SocketId>>) -> Vec<Arc<Line>> {
        ids(self).into_iter().flatten().filter_map(|id| self.all.get(id)).map(line).collect()
    }

    /// The lines of some sockets, whose sessions are over.
    fn dismiss(&mut self, ids: impl Fn(&Self) -> Option<&HashSet<SocketId>>) -> Vec<Arc<Line>> {
        for id in ids(self).cloned().unwrap_or_default() {
            if let Some(socket) = self.all.get_mut(&id) {
                socket.is_dismissed = true;
            }
        }
        self.lines(ids)
    }

    /// The sockets whose list is one of these.
    fn listed(&self, topics: impl IntoIterator<Item = Topic>) -> HashSet<SocketId> {
        topics.into_iter().filter_map(|topic| self.by_topic.get(&topic)).flatten().copied().collect()
    }

    fn leave_topic(&mut self, topic: Topic, id: SocketId) {
        if let Some(ids) = self.by_topic.get_mut(&topic) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_topic.remove(&topic);
            }
        }
    }

    fn leave_conversation(&mut self, conversation: ConversationId, id: SocketId) {
        if let Some(ids) = self.by_conversation.get_mut(&conversation) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_conversation.remove(&conversation);
            }
        }
    }
}

fn line(socket: &Socket) -> Arc<Line> {
    socket.line.clone()
}

/// The places in which a conversation of this listing is listed.
fn topics(workspace: WorkspaceId, listing: &Listing) -> Vec<Topic> {
    if listing.state == State::Resolved {
        return vec![Topic::Resolved(workspace)];
    }
    let mut topics = vec![Topic::All(workspace)];
    topics.extend(listing.queue.map(|queue| Topic::Queue(workspace, queue)));
    match listing.controller {
        Controller::Agent { user } => topics.push(Topic::Agent(workspace, user)),
        Controller::Queue => topics.push(Topic::Unassigned(workspace)),
        Controller::Flow | Controller::Nobody => {}
    }
    topics
}

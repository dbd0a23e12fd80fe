//! This node's sockets: who shows which list and which conversation. Each has a bounded queue; one that falls behind is cut
//! and comes back by "since".

pub mod floors;
mod sockets;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::floors::Floors;
use super::change::ConversationChange;
use super::delivery::{Line, ThreadQueue, deliver, deliver_last};
use crate::domain::access::{Access, Visibility};
use crate::domain::contact::Phones;
use crate::domain::conversation::Listing;
use crate::domain::filter::{Filter, Topic, View};
use crate::domain::ids::{ConversationId, SessionId, UserId, WorkspaceId};

/// Frames that wait for one socket at most.
pub const WAITING_FRAMES: usize = 64;

/// Pages of one session at most; more are no person's.
pub const MOST_PAGES: usize = 50;

const REFRESH: ByteString = ByteString::from_static(r#"{"type":"refresh"}"#);

const SIGNED_OUT: ByteString = ByteString::from_static(r#"{"type":"signed_out"}"#);

/// This node's name of a socket.
pub type SocketId = u64;

/// Whose socket it is.
#[derive(Debug, Clone)]
pub struct Owner {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub session: SessionId,
    /// What they see, if that is not everything.
    pub access: Option<Arc<Access>>,
    /// The language of its fragments.
    pub locale: &'static str,
    /// How much of phone numbers it is shown.
    pub phones: Phones,
}

impl Owner {
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        self.access.as_ref().map_or(Visibility::All, |access| access.visibility)
    }
}

struct Socket {
    owner: Owner,
    line: Arc<Line>,
    showing: Option<Filter>,
    open: Option<ConversationId>,
    /// Its session is over.
    is_dismissed: bool,
}

impl Socket {
    /// Whether its list has a conversation of this listing: whoever is told of rows is chosen here.
    fn lists(&self, listing: &Listing) -> bool {
        self.showing.as_ref().is_some_and(|filter| filter.matches(listing))
    }

    /// Whether its person sees a conversation of this listing.
    fn sees(&self, listing: &Listing) -> bool {
        self.owner.access.as_ref().is_none_or(|access| access.admits(listing))
    }

    /// Whether it has this conversation open: whoever is told what happens in a thread is chosen here.
    fn shows(&self, workspace: WorkspaceId, conversation: ConversationId) -> bool {
        self.owner.workspace == workspace && self.open == Some(conversation)
    }
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
    by_topic: HashMap<(WorkspaceId, Topic), HashSet<SocketId>>,
    by_conversation: HashMap<ConversationId, HashSet<SocketId>>,
    by_workspace: HashMap<WorkspaceId, HashMap<UserId, HashSet<SocketId>>>,
    by_session: HashMap<(WorkspaceId, SessionId), HashSet<SocketId>>,
    floors: Floors,
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
    /// Those of them whose person sees it no longer.
    pub gone: Vec<Arc<Line>>,
    /// Pages whose list it is in, or was.
    pub lists: Vec<ListPage>,
}

/// A page whose list a changed conversation is in, or was.
pub struct ListPage {
    pub line: Arc<Line>,
    pub view: View,
    /// Whether it is in the list now.
    pub is_in: bool,
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
        sockets.by_workspace.entry(owner.workspace).or_default().entry(owner.user).or_default().insert(id);
        let line = Arc::new(Line::new((owner.locale, owner.phones), frames, cut.clone(), queue));
        sockets.all.insert(id, Socket { owner, line, showing: None, open: None, is_dismissed: false });
        self.count.store(sockets.all.len(), Ordering::Relaxed);
        Some(Registered { id, frames: receiver, cut })
    }

    /// Forgets a socket; says how it went when it was the person's last page on this node.
    pub fn unregister(&self, id: SocketId) -> Option<LastPage> {
        let mut sockets = self.lock();
        let socket = sockets.all.remove(&id)?;
        sockets.leave_topics(socket.owner.workspace, socket.showing.as_ref(), id);
        sockets.floors.leave(socket.owner.workspace, id);
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
        let Owner { workspace, user, .. } = socket.owner;
        let people = sockets.by_workspace.get_mut(&workspace)?;
        let pages = people.get_mut(&user)?;
        pages.remove(&id);
        if !pages.is_empty() {
            return None;
        }
        people.remove(&user);
        if people.is_empty() {
            sockets.by_workspace.remove(&workspace);
        }
        Some(if socket.is_dismissed { LastPage::Dismissed } else { LastPage::Closed })
    }

    /// What the socket's person sees, as it was found after the socket was known: whoever changes it later ends the socket.
    pub fn admit(&self, id: SocketId, access: Option<Arc<Access>>) {
        if let Some(socket) = self.lock().all.get_mut(&id) {
            socket.owner.access = access;
        }
    }

    /// What the person of a session sees, as its pages go by.
    #[must_use]
    pub fn access(&self, workspace: WorkspaceId, session: SessionId) -> Option<(UserId, Option<Arc<Access>>)> {
        let sockets = self.lock();
        let page = sockets.by_session.get(&(workspace, session)).into_iter().flatten().find_map(|id| sockets.all.get(id))?;
        Some((page.owner.user, page.owner.access.clone()))
    }

    /// The conversation that the socket has open.
    #[must_use]
    pub fn opened(&self, id: SocketId) -> Option<ConversationId> {
        self.lock().all.get(&id)?.open
    }

    /// The socket shows the list of this filter from now on.
    pub fn show(&self, id: SocketId, filter: Filter) {
        let mut sockets = self.lock();
        let Some(socket) = sockets.all.get_mut(&id) else { return };
        let workspace = socket.owner.workspace;
        let filter = filter.seen_with(socket.owner.access.clone());
        let topics = filter.topics().to_vec();
        let before = socket.showing.replace(filter);
        sockets.leave_topics(workspace, before.as_ref(), id);
        for topic in topics {
            sockets.by_topic.entry((workspace, topic)).or_default().insert(id);
        }
    }

    /// The socket has this conversation open from now on, or none; answers which it had before.
    pub fn open(&self, id: SocketId, conversation: Option<ConversationId>) -> Option<ConversationId> {
        let mut sockets = self.lock();
        let socket = sockets.all.get_mut(&id)?;
        let before = std::mem::replace(&mut socket.open, conversation);
        if let Some(before) = before {
            sockets.leave_conversation(before, id);
        }
        if let Some(conversation) = conversation {
            sockets.by_conversation.entry(conversation).or_default().insert(id);
        }
        before
    }

    /// Whether a person has a socket on this node.
    #[must_use]
    pub fn has_user(&self, workspace: WorkspaceId, user: UserId) -> bool {
        self.lock().pages_of(workspace, user).is_some()
    }

    /// Everybody with a socket on this node.
    #[must_use]
    pub fn users(&self) -> Vec<(WorkspaceId, UserId)> {
        let sockets = self.lock();
        let people = sockets.by_workspace.iter();
        people.flat_map(|(workspace, people)| people.keys().map(|user| (*workspace, *user))).collect()
    }

    /// Whom a change concerns. A page whose person sees the conversation no longer is shown how that came, and has it open no more.
    #[must_use]
    pub fn audience(&self, change: &ConversationChange) -> Audience {
        let mut sockets = self.lock();
        let (before, now) = (change.before.as_ref(), Listing::of(&change.conversation));
        let places = before.into_iter().chain([&now]).flat_map(Topic::of);
        let lists = sockets.placed(change.workspace, places).into_iter().filter_map(|socket| {
            let (was_in, is_in) = (before.is_some_and(|before| socket.lists(before)), socket.lists(&now));
            let view = socket.showing.as_ref().filter(|_| was_in || is_in)?.view();
            Some(ListPage { line: socket.line.clone(), view, is_in })
        });
        let lists = lists.collect();
        let sees = |socket: &Socket| socket.sees(&now) || before.is_some_and(|before| socket.sees(before));
        let thread = sockets.viewers(change.workspace, change.conversation.id, sees);
        let gone = sockets.let_go(change.workspace, change.conversation.id, &now);
        Audience { lists, thread, gone }
    }

    /// The pages that have a conversation open.
    #[must_use]
    pub fn viewers(&self, workspace: WorkspaceId, conversation: ConversationId) -> Vec<Arc<Line>> {
        self.lock().viewers(workspace, conversation, |_| true)
    }

    /// The pages whose list a conversation is in, but for those that have it open.
    #[must_use]
    pub fn listing_pages(&self, workspace: WorkspaceId, conversation: ConversationId, listing: &Listing) -> Vec<Arc<Line>> {
        let sockets = self.lock();
        let listed = sockets.placed(workspace, Topic::of(listing)).into_iter().filter(|socket| socket.lists(listing));
        listed.filter(|socket| !socket.shows(workspace, conversation)).map(line).collect()
    }

    /// Whether the list of a page has a conversation of this listing.
    #[must_use]
    pub fn lists(&self, id: SocketId, listing: &Listing) -> bool {
        self.lock().all.get(&id).is_some_and(|socket| socket.lists(listing))
    }

    /// Whether anybody of a workspace has a socket on this node.
    #[must_use]
    pub fn has_workspace(&self, workspace: WorkspaceId) -> bool {
        self.lock().by_workspace.contains_key(&workspace)
    }

    /// The workspaces of which anybody has a socket on this node.
    #[must_use]
    pub fn workspaces(&self) -> HashSet<WorkspaceId> {
        self.lock().by_workspace.keys().copied().collect()
    }

    /// The people of a workspace who have a socket on this node, and how much they see.
    #[must_use]
    pub fn users_in(&self, workspace: WorkspaceId) -> Vec<(UserId, Visibility)> {
        let sockets = self.lock();
        let sees = |ids: &HashSet<SocketId>| ids.iter().find_map(|id| sockets.all.get(id)).map(|socket| socket.owner.visibility());
        let people = sockets.by_workspace.get(&workspace).into_iter().flatten();
        people.map(|(user, ids)| (*user, sees(ids).unwrap_or_default())).collect()
    }

    /// The pages of a workspace that have a conversation open.
    #[must_use]
    pub fn reading_in(&self, workspace: WorkspaceId) -> Vec<Arc<Line>> {
        self.lock().sockets_in(workspace).filter(|socket| socket.open.is_some()).map(line).collect()
    }

    /// The pages of a workspace.
    #[must_use]
    pub fn pages_in(&self, workspace: WorkspaceId) -> Vec<Arc<Line>> {
        self.lock().sockets_in(workspace).map(line).collect()
    }

    /// The pages whose list a conversation was in before a change that came late, and is not in as it is now.
    #[must_use]
    pub fn left_behind(&self, change: &ConversationChange, now: &Listing) -> Vec<ListPage> {
        let sockets = self.lock();
        let then = Listing::of(&change.conversation);
        let listings = || change.before.iter().chain([&then]);
        let pages = sockets.placed(change.workspace, listings().flat_map(Topic::of)).into_iter().filter_map(|socket| {
            let is_left = listings().any(|listing| socket.lists(listing)) && !socket.lists(now);
            let view = socket.showing.as_ref().filter(|_| is_left)?.view();
            Some(ListPage { line: socket.line.clone(), view, is_in: false })
        });
        pages.collect()
    }

    /// A person's pages.
    #[must_use]
    pub fn pages_of(&self, workspace: WorkspaceId, user: UserId) -> Vec<Arc<Line>> {
        self.lock().lines(|sockets| sockets.pages_of(workspace, user))
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
        deliver(&lines, &REFRESH);
    }

    /// As [`Hub::refresh_all`], for one workspace.
    pub fn refresh_workspace(&self, workspace: WorkspaceId) {
        deliver(&self.pages_in(workspace), &REFRESH);
    }

    /// As [`Hub::refresh_workspace`], for the pages that show what is in queues of their person's teams.
    pub fn refresh_queues(&self, workspace: WorkspaceId) {
        let is_of_queues = |socket: &&Socket| socket.showing.as_ref().is_some_and(|filter| filter.view() == View::Queues);
        let lines: Vec<Arc<Line>> = self.lock().sockets_in(workspace).filter(is_of_queues).map(line).collect();
        deliver(&lines, &REFRESH);
    }

    /// Says goodbye to the pages of a session, and ends them a moment later, whether or not they listened.
    pub fn close_session(&self, workspace: WorkspaceId, session: SessionId) {
        let lines = self.lock().dismiss(|sockets| sockets.by_session.get(&(workspace, session)));
        deliver_last(&lines, &SIGNED_OUT);
    }

    /// As [`Hub::close_session`], for all pages of a person.
    pub fn close_person(&self, workspace: WorkspaceId, user: UserId) {
        let lines = self.lock().dismiss(|sockets| sockets.pages_of(workspace, user));
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

fn line(socket: &Socket) -> Arc<Line> {
    socket.line.clone()
}

//! The socket of a page. Its frames come from a bounded queue; a page that does not read is cut and comes back by "since".

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, ProtocolError, Session};
use bytestring::ByteString;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::attention::Attention;
use super::customer;
use super::fanout::people_frame;
use super::frames::{FromPage, ToPage};
use crate::domain::access::{Access, Permission, Visibility};
use crate::domain::conversation::Listing;
use crate::domain::filter::{Filter, View};
use crate::domain::floor::Scope;
use crate::domain::ids::{ConversationId, QueueId, TeamId, UserId};
use crate::live::delivery::{ThreadQueue, carry};
use crate::live::hub::floors::Watching;
use crate::live::hub::{LastPage, Owner, Registered, SocketId};
use crate::live::people::{Doing, Sign};
use crate::store::access::Viewer;
use crate::store::board::ViewCounts;
use crate::web::edge::error::{Error, Result};
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;
use crate::web::threads::{self, Seen};

/// Bytes of one message from a page at most.
const LARGEST: usize = 16 * 1024;

/// How long a page may take to accept a frame.
const SEND: Duration = Duration::from_secs(5);

/// How long the end of a socket may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// Conversations with people that a page is told of when it shows a list; more is told as it changes.
const PLACES: usize = 500;

/// `GET /live`
///
/// # Errors
/// When the request is not a WebSocket's.
pub async fn open(state: Data<State>, signed: Signed, request: HttpRequest, body: Payload) -> Result<HttpResponse> {
    let (response, session, messages) = actix_ws::handle(&request, body).map_err(|_| Error::BadRequest)?;
    let access = seen_by(signed.user, signed.role.rights.visibility, Vec::new());
    let owner = Owner {
        workspace: signed.workspace,
        user: signed.user,
        session: signed.session,
        access,
        locale: signed.locale.as_str(),
        phones: signed.locale.phones(),
    };
    // Before the page is told that it is connected and asks for what it missed: nothing falls between.
    state.live.subscriptions.listen_to(signed.workspace).await;
    let registered = state.live.hub.register(owner.clone(), queue()).ok_or(Error::TooManyPages)?;
    let page = Page { id: registered.id, owner, name: signed.name.into(), state };
    page.state.live.arrive(page.owner.workspace, page.owner.user);
    let messages = messages.max_frame_size(LARGEST).aggregate_continuations().max_continuation_size(LARGEST);
    page.start(session, messages, registered);
    Ok(response)
}

/// What somebody sees, if that is not everything.
fn seen_by(user: UserId, visibility: Visibility, queues: Vec<QueueId>) -> Option<Arc<Access>> {
    (visibility != Visibility::All).then(|| Arc::new(Access { user, visibility, queues }))
}

/// The queue of this HTTP thread.
fn queue() -> ThreadQueue {
    thread_local! {
        static QUEUE: RefCell<Option<ThreadQueue>> = const { RefCell::new(None) };
    }
    QUEUE.with_borrow_mut(|kept| match kept {
        Some(queue) if queue.is_open() => queue.clone(),
        _ => {
            let (queue, waiting) = ThreadQueue::new();
            actix_web::rt::spawn(carry(waiting));
            kept.insert(queue).clone()
        }
    })
}

type Heard = Option<std::result::Result<AggregatedMessage, ProtocolError>>;

/// One page's socket.
struct Page {
    id: SocketId,
    owner: Owner,
    name: Box<str>,
    state: Data<State>,
}

/// There are ten thousand of these: what waits for the life of a socket stands here once (an `async fn` keeps its parameters twice),
/// and what is needed for a moment only is boxed: the smaller it is, the less of it lies between buffers that stay, which memory cannot be
/// given back from under.
impl Page {
    /// Runs the socket in a task of its own.
    fn start(mut self, mut session: Session, mut messages: AggregatedMessageStream, mut registered: Registered) {
        actix_web::rt::spawn(async move {
            let reason = tokio::select! {
                // Whatever is under way: nothing more is told.
                () = registered.cut.cancelled() => Some(CloseCode::Again),
                reason = self.attend(&mut session, &mut messages, &mut registered.frames) => reason,
            };
            self.leave(reason);
            // The other side may be gone already, or never read.
            tokio::time::timeout(FAREWELL, session.close(reason.map(CloseReason::from))).await.ok();
        });
    }

    /// Tells the page what happens and does what it says; answers why that ended.
    async fn attend(
        &mut self,
        session: &mut Session,
        messages: &mut AggregatedMessageStream,
        frames: &mut Receiver<ByteString>,
    ) -> Option<CloseCode> {
        if let Err(reason) = Box::pin(self.enter()).await {
            return Some(reason);
        }
        let mut attention = Attention::new(Instant::now());
        let mut alarm = pin!(sleep_until(attention.alarm()));
        loop {
            if alarm.deadline() != attention.alarm() {
                alarm.as_mut().reset(attention.alarm());
            }
            tokio::select! {
                frame = frames.recv() => {
                    if !Box::pin(send(session, frame?)).await {
                        return Some(CloseCode::Again);
                    }
                }
                message = messages.next(), if attention.has_ear() => {
                    if let Err(reason) = Box::pin(self.take_in(session, message, &mut attention)).await {
                        return reason;
                    }
                }
                () = &mut alarm => {
                    if attention.is_over(Instant::now()) {
                        return Some(CloseCode::Policy);
                    }
                }
            }
        }
    }

    /// Looks whether the session still counts, and what its person sees. The request knew; but it may have been told otherwise before this
    /// socket was known.
    async fn enter(&mut self) -> std::result::Result<(), CloseCode> {
        let Owner { workspace, user, session, .. } = self.owner;
        let store = &self.state.store;
        let known = async {
            let Some(rights) = store.session_rights(workspace, session, Timestamp::now()).await? else { return Ok(None) };
            let is_by_team = rights.visibility.is_by_team();
            let queues = if is_by_team { store.queues_of(workspace, user).await? } else { Vec::new() };
            Ok::<_, crate::store::Error>(Some((rights, queues)))
        };
        match known.await {
            Ok(Some((rights, queues))) => {
                self.owner.access = seen_by(user, rights.visibility, queues);
                self.state.live.hub.admit(self.id, self.owner.access.clone());
                if rights.may(Permission::SeeInbox) { Ok(()) } else { Err(CloseCode::Policy) }
            }
            Ok(None) => Err(CloseCode::Policy),
            // While the database is away the round of all sessions looks again. Whoever sees a part only comes again.
            Err(_) if self.owner.access.is_none() => Ok(()),
            Err(_) => Err(CloseCode::Again),
        }
    }

    fn viewer(&self) -> Viewer {
        Viewer { workspace: self.owner.workspace, user: self.owner.user, visibility: self.owner.visibility() }
    }

    /// Does what one message says; `Err` with the reason when the socket ends.
    async fn take_in(&mut self, session: &mut Session, message: Heard, attention: &mut Attention) -> Result<(), Option<CloseCode>> {
        attention.take_in(Instant::now());
        match message {
            Some(Ok(AggregatedMessage::Text(text))) => {
                let Ok(said) = serde_json::from_str::<FromPage>(&text) else { return Ok(()) };
                attention.understand(Instant::now());
                if self.hear(session, said).await { Ok(()) } else { Err(Some(CloseCode::Again)) }
            }
            Some(Ok(AggregatedMessage::Ping(bytes))) => match tokio::time::timeout(SEND, session.pong(&bytes)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(None),
            },
            Some(Ok(AggregatedMessage::Pong(_) | AggregatedMessage::Binary(_))) => Ok(()),
            Some(Ok(AggregatedMessage::Close(_))) | None => Err(None),
            Some(Err(_)) => Err(Some(CloseCode::Size)),
        }
    }

    /// Does what the page says; false when the page no longer reads.
    async fn hear(&mut self, session: &mut Session, said: FromPage) -> bool {
        match said {
            FromPage::Beat => {
                if let Some(conversation) = self.open() {
                    self.sign(conversation, Doing::Viewing);
                }
                send(session, ToPage::Beat { conversation: None, seq: None, ticked: None }.frame()).await
            }
            FromPage::List { view } => self.show(view).await && self.count(session).await && self.show_people(session).await,
            FromPage::Open { conversation, since, ticked } => {
                Box::pin(self.follow(session, conversation, Seen { seq: since, ticked })).await
            }
            FromPage::Close => {
                self.turn_to(None);
                true
            }
            FromPage::Floor { team, wall } => Box::pin(self.watch_floor(team, wall)).await,
            FromPage::LeaveFloor => {
                self.state.live.hub.watch_floor(self.id, None);
                true
            }
            FromPage::Typing { conversation } => {
                if self.open() == Some(conversation) {
                    self.sign(conversation, Doing::Typing);
                    customer::typing(&self.state, self.owner.workspace, conversation, self.owner.user);
                }
                true
            }
        }
    }

    fn locale(&self) -> Locale {
        Locale::of(self.owner.locale).unwrap_or_default().with(self.owner.phones)
    }

    /// Shows a list from now on; false when it could not be found out what is in it, and the page would hear of nothing.
    async fn show(&self, view: View) -> bool {
        let Owner { workspace, user, .. } = self.owner;
        let queues = match view {
            View::Queues => match self.state.store.queues_of(workspace, user).await {
                Ok(queues) => queues,
                Err(error) => {
                    tracing::debug!(%error, "a page's list could not be followed");
                    return false;
                }
            },
            View::Mine | View::Unassigned | View::All | View::Resolved => Vec::new(),
        };
        self.state.live.hub.show(self.id, Filter::new(view, user, &queues));
        true
    }

    /// Shows the floor from now on: first all of it, then what is another. Whoever may not see it is told nothing; false when it could not
    /// be found out what they see.
    async fn watch_floor(&self, team: Option<TeamId>, is_wall: bool) -> bool {
        let Owner { workspace, user, session, .. } = self.owner;
        let store = &self.state.store;
        let scope = async {
            let rights = store.session_rights(workspace, session, Timestamp::now()).await?;
            let Some(rights) = rights.filter(|rights| rights.may(Permission::Supervise)) else { return Ok(None) };
            let teams = if rights.visibility.is_by_team() { store.own_teams(workspace, user).await? } else { BTreeSet::new() };
            Ok::<_, crate::store::Error>(Some(Scope::of(user, rights.visibility, &teams, team)))
        };
        match scope.await {
            Ok(scope) => {
                let watching = scope.map(|scope| Watching { scope: Arc::new(scope), is_wall });
                if self.state.live.hub.watch_floor(self.id, watching).is_some() {
                    self.state.live.floors.mark(workspace);
                }
                true
            }
            Err(error) => {
                tracing::debug!(%error, "a page's floor could not be followed");
                false
            }
        }
    }

    /// The figures on the tabs, which may have changed since the page was made.
    async fn count(&self, session: &mut Session) -> bool {
        match self.state.store.view_counts(self.viewer()).await {
            Ok(ViewCounts { mine, queues, unassigned }) => send(session, ToPage::Counts { mine, queues, unassigned }.frame()).await,
            Err(error) => {
                tracing::debug!(%error, "a page could not be told its figures");
                false
            }
        }
    }

    /// Who is at the conversations of its list; from now on the page hears what changes.
    async fn show_people(&self, session: &mut Session) -> bool {
        let workspace = self.owner.workspace;
        let places = self.state.live.people.places(workspace, PLACES);
        for (conversation, listing) in places {
            if self.state.live.hub.lists(self.id, &listing) && !send(session, people_frame(&self.state, workspace, conversation)).await {
                return false;
            }
        }
        true
    }

    /// Opens a conversation: what the page has not seen first, then what happens. Events that come meanwhile wait in the queue,
    /// so that none is missed and none comes before.
    async fn follow(&mut self, session: &mut Session, conversation: ConversationId, seen: Seen) -> bool {
        // Nothing of it is told before it is known to be theirs to see.
        if self.owner.access.is_some() {
            match self.state.store.sight(self.viewer(), conversation).await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.turn_to(None);
                    return send(session, ToPage::Gone { conversation }.frame()).await;
                }
                Err(_) => return false,
            }
        }
        self.turn_to(Some(conversation));
        match threads::since_html(&self.state, self.locale(), self.viewer(), conversation, seen).await {
            Ok(Some(caught_up)) => {
                let threads::CaughtUp { seen: Seen { seq, ticked }, html, reload, listing } = caught_up;
                let frame = ToPage::CaughtUp { conversation, seq, ticked, html: &html, reload };
                if !send(session, frame.frame()).await {
                    return false;
                }
                self.sign_as_listed(conversation, Doing::Viewing, Some(listing));
                send(session, people_frame(&self.state, self.owner.workspace, conversation)).await
            }
            // It does not exist, as far as this person sees. A page that had it open before goes to what there is.
            Ok(None) => {
                self.turn_to(None);
                self.owner.access.is_none() || send(session, ToPage::Gone { conversation }.frame()).await
            }
            // The database is away: the page is told to come again.
            Err(error) => {
                tracing::debug!(%error, "a page could not catch up");
                false
            }
        }
    }

    fn turn_to(&mut self, conversation: Option<ConversationId>) {
        let before = self.state.live.hub.open(self.id, conversation);
        if let Some(before) = before.filter(|before| Some(*before) != conversation) {
            self.sign(before, Doing::Left);
        }
    }

    /// The conversation that the page has open: none any more when it went out of sight.
    fn open(&self) -> Option<ConversationId> {
        self.state.live.hub.opened(self.id)
    }

    fn sign(&self, conversation: ConversationId, doing: Doing) {
        self.sign_as_listed(conversation, doing, None);
    }

    fn sign_as_listed(&self, conversation: ConversationId, doing: Doing, listing: Option<Listing>) {
        self.state.live.tell_people(Sign {
            workspace: self.owner.workspace,
            conversation,
            user: self.owner.user,
            name: self.name.to_string(),
            doing,
            at: Timestamp::now(),
            listing: listing.or_else(|| self.state.live.people.listing(self.owner.workspace, conversation)),
        });
    }

    /// Whoever was shown the door, or sat there without a sign of life, does not stay for a while.
    fn leave(&mut self, reason: Option<CloseCode>) {
        self.turn_to(None);
        if let Some(last) = self.state.live.hub.unregister(self.id) {
            let last = if reason == Some(CloseCode::Policy) { LastPage::Dismissed } else { last };
            self.state.live.leave(self.owner.workspace, self.owner.user, last);
        }
    }
}

/// Writes a frame; false when the page does not take it in time.
async fn send(session: &mut Session, frame: ByteString) -> bool {
    matches!(tokio::time::timeout(SEND, session.text(frame)).await, Ok(Ok(())))
}

//! Fan-out: every change is rendered once for each language that somebody here reads, and the same bytes go to every socket it
//! concerns.

mod newest;
mod numbers;
mod sessions;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use bytestring::ByteString;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use newest::Newest;

use super::floor;
use super::frames::ToPage;
use super::streams;
use crate::domain::conversation::Conversation;
use crate::domain::filter::View;
use crate::domain::ids::{ConversationId, QueueId, UserId, WorkspaceId};
use crate::domain::rest::Rest;
use crate::domain::tick::Climbed;
use crate::live::change::{Change, ConversationChange};
use crate::live::delivery::{Line, deliver};
use crate::live::hub::{Audience, ListPage};
use crate::live::people::Changed;
use crate::store::board::ViewCounts;
use crate::web::conversations::present;
use crate::web::locale::Locale;
use crate::web::state::State;
use crate::web::threads;

/// How often the figures on tabs, and who can be given work, are brought up to date.
const ROUND: Duration = Duration::from_secs(1);

/// How often pages are told the last sequence of what they have open while the bus is away; and every how many times while it
/// is there, when only a last frame can have been lost.
const BEAT: Duration = Duration::from_secs(2);
const BEATS_WITH_BUS: u32 = 5;

/// After how many beats without the bus pages are told to look for themselves.
const REFRESH_WITHOUT_BUS: u32 = 7;

/// How long signs of people are gathered before they are shown together, and of how many conversations at most: fewer than a
/// socket has room for.
const GATHER: Duration = Duration::from_millis(100);
const SHOWN_AT_ONCE: usize = 32;

/// How often signs of people fade.
const FADE: Duration = Duration::from_secs(2);

/// Tasks that render at most, and what waits for one of them.
const MOST_HANDS: usize = 8;
const WAITING: usize = 1024;

/// The workspaces of which pages are to be told something together.
#[derive(Default)]
struct Stale {
    /// The figures on tabs may have changed.
    counts: Mutex<HashSet<WorkspaceId>>,
    /// Who is there, and how much each has to do, may have changed.
    team: Mutex<HashSet<WorkspaceId>>,
    /// Teams may have other queues.
    queues: Mutex<HashSet<WorkspaceId>>,
    /// Settings are others than their pages say.
    settings: Mutex<HashSet<WorkspaceId>>,
    /// More happened than could be shown.
    all: Mutex<HashSet<WorkspaceId>>,
}

fn marked(workspaces: &Mutex<HashSet<WorkspaceId>>) -> MutexGuard<'_, HashSet<WorkspaceId>> {
    workspaces.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(workspaces: &Mutex<HashSet<WorkspaceId>>) -> HashSet<WorkspaceId> {
    std::mem::take(&mut *marked(workspaces))
}

/// Runs all that this node's sockets hear, until `stop`.
pub async fn run(state: Data<State>, changes: Arc<tokio::sync::Mutex<mpsc::Receiver<Change>>>, stop: CancellationToken) {
    let mut changes = changes.lock().await;
    let stale = Stale::default();
    tokio::select! {
        () = stop.cancelled() => {}
        () = show_changes(&state, &mut changes, &stale) => {}
        () = bring_up_to_date(&state, &stale) => {}
        () = show_people(&state) => {}
        () = floor::run(&state) => {}
        () = numbers::show(&state) => {}
        () = beat(&state) => {}
        () = sessions::check(&state) => {}
    }
    state.live.hub.cut_all();
}

/// Hands changes to the hands that render them. Those of one conversation go to the same one, so that they stay in order; one that
/// is too far behind has the pages of the workspace told to look for themselves, once a round, and keeps nobody waiting.
async fn show_changes(state: &Data<State>, changes: &mut mpsc::Receiver<Change>, stale: &Stale) {
    let (mut hands, mut versions) = (Hands::start(state), HashMap::new());
    loop {
        let change = tokio::select! {
            change = changes.recv() => change,
            () = hands.fail() => None,
        };
        match change {
            None => return,
            Some(Change::Conversation(change)) => {
                if change.is_move() {
                    marked(&stale.counts).insert(change.workspace);
                }
                if change.is_shift() {
                    marked(&stale.team).insert(change.workspace);
                }
                hands.give(stale, change.workspace, change.conversation.id, Rendering::Conversation(change));
            }
            Some(Change::Agent(here)) => _ = marked(&stale.team).insert(here.workspace),
            Some(Change::Team(workspace)) => _ = marked(&stale.team).insert(workspace),
            // Teams have other queues, queues other teams, people more room or less.
            Some(Change::SetUp(change)) => {
                marked(&stale.counts).insert(change.workspace);
                marked(&stale.team).insert(change.workspace);
                marked(&stale.queues).insert(change.workspace);
                // What people choose for themselves makes no new version.
                if versions.insert(change.workspace, change.version) != Some(change.version) {
                    marked(&stale.settings).insert(change.workspace);
                }
            }
            Some(Change::Ticks(ticks)) => {
                let mut of_conversations: BTreeMap<ConversationId, Vec<Climbed>> = BTreeMap::new();
                for climbed in &ticks.climbed {
                    of_conversations.entry(climbed.conversation).or_default().push(climbed.clone());
                }
                for (conversation, climbed) in of_conversations {
                    hands.give(stale, ticks.workspace, conversation, Rendering::Ticks(ticks.workspace, conversation, climbed));
                }
            }
        }
    }
}

/// What is rendered of one conversation.
enum Rendering {
    Conversation(Arc<ConversationChange>),
    Ticks(WorkspaceId, ConversationId, Vec<Climbed>),
}

/// Tasks that render beside each other.
struct Hands {
    queues: Vec<mpsc::Sender<Rendering>>,
    tasks: JoinSet<()>,
}

impl Hands {
    fn start(state: &Data<State>) -> Self {
        let mut hands = Self { queues: Vec::new(), tasks: JoinSet::new() };
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from).min(MOST_HANDS) {
            let (queue, waiting) = mpsc::channel(WAITING);
            hands.queues.push(queue);
            hands.tasks.spawn(render(state.clone(), waiting));
        }
        hands
    }

    fn give(&self, stale: &Stale, workspace: WorkspaceId, conversation: ConversationId, rendering: Rendering) {
        let hand = conversation.0.as_u128() % self.queues.len() as u128;
        if self.queues[hand as usize].try_send(rendering).is_err() {
            metrics::counter!("baton_changes_dropped_total").increment(1);
            marked(&stale.all).insert(workspace);
        }
    }

    /// Waits until one of them fails, which none should.
    async fn fail(&mut self) {
        match self.tasks.join_next().await {
            Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            _ => {}
        }
    }
}

async fn render(state: Data<State>, mut waiting: mpsc::Receiver<Rendering>) {
    let mut newest = Newest::default();
    while let Some(rendering) = waiting.recv().await {
        match rendering {
            Rendering::Conversation(change) => show(&state, &mut newest, &change),
            Rendering::Ticks(workspace, conversation, climbed) => {
                let viewers = state.live.hub.viewers(workspace, conversation);
                show_ticks(&viewers, conversation, &climbed);
                if !viewers.is_empty() {
                    climbed.iter().for_each(|climbed| record_lag(climbed.ticked_at));
                }
            }
        }
        // Rendering waits for nothing: the thread is others' too.
        tokio::task::yield_now().await;
    }
}

/// Shows how far messages got to whoever has their conversation open.
fn show_ticks(viewers: &[Arc<Line>], conversation: ConversationId, climbed: &[Climbed]) {
    if climbed.is_empty() {
        return;
    }
    for (locale, lines) in by_locale(viewers) {
        let html: String = climbed.iter().map(|climbed| threads::ticks_html(locale, climbed)).collect();
        deliver(&lines, &ToPage::Ticks { conversation, html: &html }.frame());
    }
}

/// Shows the state around a thread where no event brings it.
fn show_state(viewers: &[Arc<Line>], change: &ConversationChange) {
    for (locale, lines) in by_locale(viewers) {
        let html = streams::conversation_state(&present::state_of_change(locale, change));
        let Conversation { id: conversation, last_seq: seq, .. } = change.conversation;
        deliver(&lines, &ToPage::State { conversation, seq, html: &html }.frame());
    }
}

/// Shows one change to whom it concerns. Of one that comes late, as nodes do not wait for each other, only what happened is shown, and
/// where the conversation is no more.
fn show(state: &State, newest: &mut Newest, change: &ConversationChange) {
    let hub = &state.live.hub;
    let newer = newest.than(change);
    let is_newest = newer.is_none();
    let audience = match newer {
        None => hub.audience(change),
        Some(now) => Audience {
            thread: hub.viewers(change.workspace, change.conversation.id),
            gone: Vec::new(),
            lists: hub.left_behind(change, &now),
        },
    };
    // Before the events: who loses the connection in between sees a gap, and asks for both.
    show_ticks(&audience.thread, change.conversation.id, &change.climbed);
    if is_newest && change.events.is_empty() && change.is_wait_changed() {
        show_state(&audience.thread, change);
    }
    for (locale, lines) in by_locale(&audience.thread) {
        for frame in thread_frames(locale, change) {
            deliver(&lines, &frame);
        }
    }
    if !audience.gone.is_empty() {
        deliver(&audience.gone, &ToPage::Gone { conversation: change.conversation.id }.frame());
    }
    show_row(change, &audience.lists);
    if !audience.thread.is_empty() || !audience.lists.is_empty() {
        let committed = change.events.first().map(|recorded| recorded.at).or(change.climbed.first().map(|climbed| climbed.ticked_at));
        record_lag(committed.unwrap_or(change.conversation.last_message_at));
    }
}

/// Shows a row where it is in the list, and takes it away where it is not any more.
fn show_row(change: &ConversationChange, pages: &[ListPage]) {
    let mut groups: BTreeMap<(Locale, View, bool), Vec<Arc<Line>>> = BTreeMap::new();
    for ListPage { line, view, is_in } in pages {
        groups.entry((locale_of(line), *view, *is_in)).or_default().push(line.clone());
    }
    let mut rows: BTreeMap<Locale, String> = BTreeMap::new();
    for ((locale, view, is_in), lines) in groups {
        let row = rows.entry(locale).or_insert_with(|| streams::row(&present::row_of_change(locale, change)));
        let html = Some(row.as_str()).filter(|_| is_in);
        deliver(&lines, &ToPage::Row { view, conversation: change.conversation.id, html }.frame());
    }
}

fn record_lag(committed: Timestamp) {
    let lag = Timestamp::now().duration_since(committed).as_secs_f64().max(0.0);
    metrics::histogram!("baton_commit_to_browser_seconds").record(lag);
}

/// A fragment that cannot be made leaves a gap, and a page that sees one asks for what it missed. After the last one nothing comes that
/// would show the gap: pages are told how far it goes.
fn thread_frames(locale: Locale, change: &ConversationChange) -> impl Iterator<Item = ByteString> {
    let conversation = change.conversation.id;
    let last = change.events.last().map(|last| last.seq);
    change.events.iter().filter_map(move |recorded| match threads::live_html(locale, change, recorded) {
        Some(html) => Some(ToPage::Event { conversation, seq: recorded.seq, html: &html }.frame()),
        None if Some(recorded.seq) == last => Some(ToPage::Beat { conversation: Some(conversation), seq: last, ticked: None }.frame()),
        None => None,
    })
}

fn by_locale(lines: &[Arc<Line>]) -> BTreeMap<Locale, Vec<Arc<Line>>> {
    let mut groups: BTreeMap<Locale, Vec<Arc<Line>>> = BTreeMap::new();
    for line in lines {
        groups.entry(locale_of(line)).or_default().push(line.clone());
    }
    groups
}

fn locale_of(line: &Line) -> Locale {
    Locale::of(line.locale).unwrap_or_default().with(line.phones)
}

/// Whether other queues of a workspace rest than when this was asked last, or otherwise.
async fn has_other_rests(state: &State, workspace: WorkspaceId, known: &mut HashMap<WorkspaceId, HashMap<QueueId, Rest>>) -> bool {
    let Ok(workplace) = state.runner.workplaces().get(workspace).await else { return true };
    let before = if workplace.rests.is_empty() { known.remove(&workspace) } else { known.insert(workspace, workplace.rests.clone()) };
    before.unwrap_or_default() != workplace.rests
}

/// Brings the figures on tabs up to date where conversations moved, and tells who may be about to hand one over that others are there
/// or have room than before.
async fn bring_up_to_date(state: &State, stale: &Stale) {
    let mut rests = HashMap::new();
    loop {
        tokio::time::sleep(ROUND).await;
        if state.live.was_behind() {
            state.live.hub.refresh_all();
        }
        for workspace in take(&stale.all) {
            state.live.hub.refresh_workspace(workspace);
        }
        for workspace in take(&stale.queues) {
            state.live.hub.refresh_queues(workspace);
        }
        for workspace in take(&stale.settings) {
            deliver(&state.live.hub.pages_in(workspace), &ToPage::SetUp.frame());
            if has_other_rests(state, workspace, &mut rests).await {
                deliver(&state.live.hub.pages_in(workspace), &ToPage::Paused.frame());
            }
        }
        for workspace in take(&stale.team) {
            deliver(&state.live.hub.reading_in(workspace), &ToPage::Team.frame());
        }
        for workspace in take(&stale.counts) {
            let people = state.live.hub.users_in(workspace);
            if people.is_empty() {
                continue;
            }
            match state.store.board(workspace, &people).await {
                Ok(board) => {
                    people.into_iter().for_each(|(user, sees)| show_counts(state, workspace, user, board.counts(user, sees)));
                }
                Err(error) => {
                    tracing::debug!(%error, "tabs keep their figures for a while");
                    marked(&stale.counts).insert(workspace);
                }
            }
        }
    }
}

fn show_counts(state: &State, workspace: WorkspaceId, user: UserId, counts: ViewCounts) {
    let ViewCounts { mine, queues, unassigned } = counts;
    deliver(&state.live.hub.pages_of(workspace, user), &ToPage::Counts { mine, queues, unassigned }.frame());
}

/// Shows who is viewing and typing to pages that have the conversation open, or in their list.
async fn show_people(state: &State) {
    let mut fade = tokio::time::interval(FADE);
    loop {
        let changed = tokio::select! {
            changed = state.live.people.changed(SHOWN_AT_ONCE) => changed,
            _ = fade.tick() => {
                state.live.people.fade(Timestamp::now());
                continue;
            }
        };
        for Changed { workspace, conversation, listing } in changed {
            let mut pages = state.live.hub.viewers(workspace, conversation);
            pages.extend(listing.iter().flat_map(|listing| state.live.hub.listing_pages(workspace, conversation, listing)));
            if !pages.is_empty() {
                deliver(&pages, &people_frame(state, workspace, conversation));
            }
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Who is at a conversation now.
pub(in crate::web) fn people_frame(state: &State, workspace: WorkspaceId, conversation: ConversationId) -> ByteString {
    let present = state.live.people.at(workspace, conversation, Timestamp::now());
    ToPage::People { conversation, viewers: &present.viewers, typing: &present.typing }.frame()
}

/// Tells pages the last sequence and the last tick of what they have open: a lost last frame is noticed.
async fn beat(state: &State) {
    let mut round: u32 = 0;
    loop {
        tokio::time::sleep(BEAT).await;
        metrics::gauge!("baton_sockets").set(state.live.hub.len() as f64);
        round = round.wrapping_add(1);
        if state.live.is_bus_up() && !round.is_multiple_of(BEATS_WITH_BUS) {
            continue;
        }
        if !state.live.is_bus_up() && round.is_multiple_of(REFRESH_WITHOUT_BUS) {
            state.live.hub.refresh_all();
        }
        for (workspace, conversations) in state.live.hub.open_conversations() {
            let ids: Vec<Uuid> = conversations.iter().map(|conversation| conversation.0).collect();
            let Ok(latest) = state.store.latest(workspace, &ids).await else { continue };
            for (conversation, seq, ticked_at) in latest {
                let ticked = ticked_at.map(Timestamp::as_microsecond);
                let frame = ToPage::Beat { conversation: Some(conversation), seq: Some(seq), ticked }.frame();
                deliver(&state.live.hub.viewers(workspace, conversation), &frame);
            }
        }
    }
}

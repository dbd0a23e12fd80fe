//! A conversation with its thread, and older parts of it.

pub mod act;
pub mod around;
pub mod assignments;
pub mod canned;
pub mod present;
pub mod reads;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use self::view::context::Context;
use self::view::{ConversationPage, ConversationView, NumberState};
use super::edge::answer::page;
use super::edge::error::{Error, Result};
use super::inbox;
use super::inbox::view::List;
use super::layouts::html::Html;
use super::layouts::toast::{Offered, Toast};
use super::messages::view::composer::Composer;
use super::sessions::signed::Signed;
use super::state::State;
use super::threads;
use super::threads::thread::Thread;
use super::threads::view::{EarlierFrame, ThreadItem};
use crate::domain::agent::{Agent, Availability};
use crate::domain::event::{Act, Recorded};
use crate::domain::filter::View;
use crate::domain::ids::{ContactId, ConversationId, UserId};
use crate::domain::undoing::undoable;
use crate::store::access::Sight;
use crate::store::board::ViewCounts;
use crate::store::drafts::Draft;
use crate::store::lists::Listed;
use crate::store::pages::Opened;

/// Items of one page of a thread.
const ITEMS: usize = 60;

/// Conversations of the same contact that are shown.
const PAST: i64 = 20;

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    view: String,
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: i64,
}

/// Why a plain form was refused, and what the person had written.
pub(super) struct Refused {
    pub status: StatusCode,
    pub words: Html,
    pub text: String,
}

/// `GET /conversations/{id}`
pub(super) async fn show(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ConversationId>,
    question: web::Query<Question>,
) -> Result<HttpResponse> {
    let surroundings = match request.headers().get("turbo-frame") {
        Some(_) => Surroundings::Left,
        None => Surroundings::Shown,
    };
    let shown = Shown { view: inbox::view(&question.view), surroundings, refused: None };
    page(StatusCode::OK, &conversation_page(&state, &signed, *id, shown).await?)
}

/// The page of a conversation whose form was refused.
pub(super) async fn refused(state: &State, signed: &Signed, id: ConversationId, refused: Refused) -> Result<HttpResponse> {
    let status = refused.status;
    let shown = Shown { view: View::default(), surroundings: Surroundings::Shown, refused: Some(refused) };
    page(status, &conversation_page(state, signed, id, shown).await?)
}

/// `GET /conversations/{id}/earlier`
pub(super) async fn earlier(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    question: web::Query<Before>,
) -> Result<HttpResponse> {
    let sight = state.sight(&signed, *id).await?;
    let opened = state.store.opened(sight, None).await?.ok_or(Error::NotFound)?;
    let Part { items, earlier, .. } = part(&state, &signed, sight, &opened, question.before).await?;
    page(StatusCode::OK, &EarlierFrame { locale: signed.locale, conversation: *id, items, earlier })
}

/// Whether the page shows the list beside the conversation. A frame takes only the conversation out of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    Shown,
    Left,
}

struct Shown {
    view: View,
    surroundings: Surroundings,
    refused: Option<Refused>,
}

async fn conversation_page(state: &State, signed: &Signed, id: ConversationId, shown: Shown) -> Result<ConversationPage> {
    let sight = state.sight(signed, id).await?;
    // First, so that its sequence is not ahead of the thread that is read after it.
    let opened = state.store.opened(sight, Some(signed.user)).await?.ok_or(Error::NotFound)?;
    let (part, past, agents, (list, counts), ()) = tokio::try_join!(
        part(state, signed, sight, &opened, i64::MAX),
        past(state, signed, opened.conversation.contact),
        agents(state, signed),
        surroundings(state, signed, id, &shown),
        mark_read(state, signed, sight, &opened),
    )?;
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let rules = threads::rules(state, signed.workspace, opened.conversation.inbox).await?;
    let connections = state.runner.workplaces().connections(signed.workspace).await?;
    let number = NumberState::of(connections.get(&opened.conversation.inbox).map(AsRef::as_ref));
    let now = Timestamp::now();
    let own = agents.iter().find(|agent| agent.user == signed.user);
    let chrome = present::chrome(signed, own.map_or(Availability::Away, |own| own.availability), counts, now);
    let conversation = ConversationView {
        locale: signed.locale,
        csrf: signed.csrf.clone(),
        viewer: signed.user,
        now,
        view: shown.view,
        state: threads::state_now(state, signed.locale, signed.workspace, &opened).await?,
        rules,
        number,
        items: part.items,
        earlier: part.earlier,
        composer: Composer { pictures: rules.pictures, ..composer(signed, &opened, shown.refused) },
        targets: present::targets(signed.user, &agents, &workplace, |user| state.live.is_connected(signed.workspace, user)),
        context: Context {
            past: past.into_iter().filter(|listed| listed.conversation.id != id).map(|listed| present::past(listed, &workplace)).collect(),
            identities: opened.identities,
            username: opened.contact.username.clone(),
        },
    };
    let toast = part.undoable.map(|Undoable { seq, act, ago }| {
        let offered = Offered { csrf: signed.csrf.clone(), conversation: id, act, seq };
        Toast::offer(signed.locale, &opened.contact, offered, ago)
    });
    Ok(ConversationPage { list: List { counts: chrome.counts, ..list }, chrome, conversation, toast })
}

/// A page of a thread, and where the one before it ends.
struct Part {
    items: Vec<ThreadItem>,
    earlier: Option<i64>,
    undoable: Option<Undoable>,
}

/// What the viewer can take back: the event that tells of it, what it was, and how long ago.
struct Undoable {
    seq: i64,
    act: Act,
    ago: SignedDuration,
}

impl Undoable {
    fn find(events: &[Recorded], by: UserId, now: Timestamp) -> Option<Self> {
        let (recorded, act) = undoable(events, by, now)?;
        Some(Self { seq: recorded.seq, act, ago: now.duration_since(recorded.at) })
    }
}

async fn part(state: &State, signed: &Signed, sight: Sight, opened: &Opened, before: i64) -> Result<Part> {
    let conversation = &opened.conversation;
    let limit = i64::try_from(ITEMS + 1).unwrap_or(i64::MAX);
    let mut events = state.store.thread_before(sight, before, limit).await?;
    let has_more = events.len() > ITEMS;
    events.truncate(ITEMS);
    events.reverse();
    let thread = Thread { locale: signed.locale, sight, inbox: conversation.inbox, contact: &opened.contact };
    let items = threads::items(state, thread, &events).await?;
    let undoable = Undoable::find(&events, signed.user, Timestamp::now());
    Ok(Part { items, earlier: events.first().filter(|_| has_more).map(|first| first.seq), undoable })
}

async fn past(state: &State, signed: &Signed, contact: ContactId) -> Result<Vec<Listed>> {
    Ok(state.store.conversations_of(signed.viewer(), contact, PAST).await?)
}

async fn agents(state: &State, signed: &Signed) -> Result<Vec<Agent>> {
    Ok(state.store.agents(signed.workspace).await?)
}

async fn surroundings(state: &State, signed: &Signed, id: ConversationId, shown: &Shown) -> Result<(List, ViewCounts)> {
    if shown.surroundings == Surroundings::Left {
        return Ok((inbox::empty_list(signed, shown.view, Some(id)), ViewCounts::default()));
    }
    let list = inbox::list(state, signed, shown.view, None);
    let counts = state.store.view_counts(signed.viewer());
    let (list, counts) = tokio::try_join!(list, counts)?;
    Ok((List { current: Some(id), ..list }, counts))
}

/// Who opens a conversation has read it; scripts say so again as more comes.
async fn mark_read(state: &State, signed: &Signed, sight: Sight, opened: &Opened) -> Result<()> {
    let conversation = &opened.conversation;
    if opened.read_seq.is_some_and(|read| read >= conversation.last_seq) {
        return Ok(());
    }
    reads::remember(state, signed, sight, conversation.last_seq).await?;
    Ok(())
}

fn composer(signed: &Signed, opened: &Opened, refused: Option<Refused>) -> Composer {
    let (refusal, text) = refused.map_or((None, None), |refused| (Some(refused.words), Some(refused.text)));
    Composer {
        locale: signed.locale,
        csrf: signed.csrf.clone(),
        conversation: opened.conversation.id,
        contact_name: opened.contact.called(signed.locale.phones()),
        reply: text.map_or_else(|| opened.drafts.reply.clone(), |body| Draft { body, ..opened.drafts.reply.clone() }),
        note: opened.drafts.note.clone(),
        pictures: None,
        seen: opened.conversation.last_seq,
        message_id: Uuid::now_v7(),
        note_id: Uuid::now_v7(),
        refusal,
    }
}

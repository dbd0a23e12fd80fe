//! What people have begun to write: kept while they type, for each person, and never overwritten unseen from another tab or browser.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use url::form_urlencoded;
use uuid::Uuid;

use super::conversations::act::text;
use super::edge::error::{Error, Result};
use super::live::frames::ToPage;
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::channel::WHATSAPP;
use crate::domain::ids::ConversationId;
use crate::store::drafts::{Draft, DraftKind, DraftPage, DraftPlace, DraftSaved};

/// Characters of a draft at most: ten times what a message may have, so that one can be written and then cut.
pub const LONGEST: usize = 10 * WHATSAPP.text;

/// A draft as scripts read it.
#[derive(Serialize)]
struct DraftAnswer<'a> {
    version: i64,
    writer: Uuid,
    turn: i64,
    body: &'a str,
}

impl<'a> DraftAnswer<'a> {
    fn of(draft: &'a Draft) -> Self {
        Self { version: draft.version, writer: draft.writer, turn: draft.turn, body: &draft.body }
    }
}

#[derive(Serialize)]
struct Both<'a> {
    reply: DraftAnswer<'a>,
    note: DraftAnswer<'a>,
}

#[derive(Serialize)]
struct Kept {
    version: i64,
    /// Only the beginning is kept: the text is longer than [`LONGEST`].
    cut: bool,
}

/// What a page saves.
#[derive(Debug, Default, PartialEq, Eq)]
struct Saving {
    kind: DraftKind,
    body: String,
    page: DraftPage,
}

impl Saving {
    /// # Errors
    /// [`Error::BadRequest`] when a field cannot be read.
    fn read(form: &[u8]) -> Result<Self> {
        let mut saving = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match name.as_ref() {
                "kind" if value == "note" => saving.kind = DraftKind::Note,
                "body" => saving.body = text(&value),
                "writer" => saving.page.writer = value.parse().map_err(|_| Error::BadRequest)?,
                "turn" => saving.page.turn = value.parse().map_err(|_| Error::BadRequest)?,
                "seen_version" => saving.page.seen = value.parse().map_err(|_| Error::BadRequest)?,
                _ => {}
            }
        }
        Ok(saving)
    }
}

/// `GET /conversations/{id}/draft`
pub(super) async fn show(state: web::Data<State>, signed: Signed, id: web::Path<ConversationId>) -> Result<HttpResponse> {
    let sight = state.sight(&signed, *id).await?;
    state.store.contact_of(sight).await?.ok_or(Error::NotFound)?;
    let drafts = state.store.drafts(sight, signed.user).await?;
    Ok(HttpResponse::Ok().json(Both { reply: DraftAnswer::of(&drafts.reply), note: DraftAnswer::of(&drafts.note) }))
}

/// `POST /conversations/{id}/draft`: 409 with what is kept, when another page of the person wrote it and this one has not seen it.
pub(super) async fn update(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    form: web::Bytes,
) -> Result<HttpResponse> {
    let sight = state.sight(&signed, *id).await?;
    state.store.contact_of(sight).await?.ok_or(Error::NotFound)?;
    let saving = Saving::read(&form)?;
    let (cut, body) = match saving.body.char_indices().nth(LONGEST) {
        Some((end, _)) => (true, &saving.body[..end]),
        None => (false, saving.body.as_str()),
    };
    let place = DraftPlace { sight, user: signed.user, kind: saving.kind };
    Ok(match save(&state, place, saving.page, body).await? {
        DraftSaved::Kept { version, .. } => HttpResponse::Ok().json(Kept { version, cut }),
        // Its own, which overtook this one on the wire.
        DraftSaved::Overtaken(newer) if newer.writer == saving.page.writer => HttpResponse::Ok().json(Kept { version: newer.version, cut }),
        DraftSaved::Overtaken(newer) => HttpResponse::build(StatusCode::CONFLICT).json(DraftAnswer::of(&newer)),
    })
}

/// What a page wrote was sent: it is no draft any more, unless another page has written what this one has not seen.
pub(super) async fn sent(state: &State, place: DraftPlace, page: DraftPage) {
    if let Err(error) = save(state, place, page, "").await {
        tracing::error!(conversation = %place.sight.conversation(), %error, "a sent draft could not be forgotten");
    }
}

/// Keeps a draft, and tells the person's other pages when one begins or ends.
async fn save(state: &State, place: DraftPlace, page: DraftPage, body: &str) -> Result<DraftSaved> {
    let saved = state.store.save_draft(place, page, body).await?;
    if let DraftSaved::Kept { begins_or_ends: true, .. } = saved {
        let DraftPlace { sight, user, kind } = place;
        let (workspace, conversation) = (sight.workspace(), sight.conversation());
        let frame = ToPage::Draft { conversation, kind, writer: page.writer, is_empty: body.is_empty() }.frame();
        state.live.tell_pages(workspace, user, &frame);
    }
    Ok(saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_is_read_as_pages_write_it() {
        let writer = Uuid::from_u128(7);
        let form = format!("kind=note&body=a%0D%0Ab&writer={writer}&turn=3&seen_version=9&csrf=x");
        let expected = Saving { kind: DraftKind::Note, body: "a\nb".to_owned(), page: DraftPage { writer, turn: 3, seen: 9 } };
        assert_eq!(Saving::read(form.as_bytes()).unwrap(), expected);
        assert_eq!(Saving::read(b"").unwrap(), Saving::default());
        for wrong in ["writer=me", "turn=x", "seen_version="] {
            assert!(matches!(Saving::read(wrong.as_bytes()), Err(Error::BadRequest)), "{wrong}");
        }
    }
}

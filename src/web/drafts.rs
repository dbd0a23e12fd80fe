//! What people have begun to write: kept while they type, for each person, and never overwritten unseen from another tab or browser.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use url::form_urlencoded;
use uuid::Uuid;

use super::act::text;
use super::error::{Error, Result};
use super::frames::ToPage;
use super::session::Signed;
use super::state::State;
use crate::domain::channel::WHATSAPP;
use crate::domain::ids::ConversationId;
use crate::store::drafts::{Draft, DraftKind, DraftPage, DraftPlace, DraftSaved};

/// Characters of a draft at most: ten times what a message may have, so that one can be written and then cut.
pub const LONGEST: usize = 10 * WHATSAPP.text;

/// A draft as scripts read it.
#[derive(Serialize)]
struct Told<'a> {
    version: i64,
    writer: Uuid,
    turn: i64,
    body: &'a str,
}

impl<'a> Told<'a> {
    fn of(draft: &'a Draft) -> Self {
        Self { version: draft.version, writer: draft.writer, turn: draft.turn, body: &draft.body }
    }
}

#[derive(Serialize)]
struct Both<'a> {
    reply: Told<'a>,
    note: Told<'a>,
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
    state.store.contact_of(signed.workspace, *id).await?.ok_or(Error::NotFound)?;
    let drafts = state.store.drafts(signed.workspace, *id, signed.user).await?;
    Ok(HttpResponse::Ok().json(Both { reply: Told::of(&drafts.reply), note: Told::of(&drafts.note) }))
}

/// `POST /conversations/{id}/draft`: 409 with what is kept, when another page of the person wrote it and this one has not seen it.
pub(super) async fn update(
    state: web::Data<State>,
    signed: Signed,
    id: web::Path<ConversationId>,
    form: web::Bytes,
) -> Result<HttpResponse> {
    state.store.contact_of(signed.workspace, *id).await?.ok_or(Error::NotFound)?;
    let saving = Saving::read(&form)?;
    let (cut, body) = match saving.body.char_indices().nth(LONGEST) {
        Some((end, _)) => (true, &saving.body[..end]),
        None => (false, saving.body.as_str()),
    };
    let place = DraftPlace { workspace: signed.workspace, conversation: *id, user: signed.user, kind: saving.kind };
    Ok(match save(&state, place, saving.page, body).await? {
        DraftSaved::Kept { version, .. } => HttpResponse::Ok().json(Kept { version, cut }),
        // Its own, which overtook this one on the wire.
        DraftSaved::Overtaken(newer) if newer.writer == saving.page.writer => HttpResponse::Ok().json(Kept { version: newer.version, cut }),
        DraftSaved::Overtaken(newer) => HttpResponse::build(StatusCode::CONFLICT).json(Told::of(&newer)),
    })
}

/// What a page wrote was sent: it is no draft any more, unless another page has written what this one has not seen.
pub(super) async fn sent(state: &State, place: DraftPlace, page: DraftPage) {
    if let Err(error) = save(state, place, page, "").await {
        tracing::error!(conversation = %place.conversation, %error, "a sent draft could not be forgotten");
    }
}

/// Keeps a draft, and tells the person's other pages when one begins or ends.
async fn save(state: &State, place: DraftPlace, page: DraftPage, body: &str) -> Result<DraftSaved> {
    let saved = state.store.save_draft(place, page, body).await?;
    if let DraftSaved::Kept { begins_or_ends: true, .. } = saved {
        let DraftPlace { workspace, conversation, user, kind } = place;
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

//! The inbox: the list and its pages.

pub mod tabs;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::tabs::Counts;
use self::view::{InboxPage, List, Own, OwnFragment, OwnStrip, PausedFragment, PausedNumbers, RowsFrame};
use super::conversations::around::chrome;
use super::conversations::present;
use super::edge::answer::page;
use super::edge::error::{Error, Result};
use super::sessions::signed::Signed;
use super::state::State;
use crate::domain::filter::View;
use crate::domain::ids::ConversationId;
use crate::runner;
use crate::store;
use crate::store::lists::Cursor;

/// Rows of one page.
const ROWS: usize = 50;

#[derive(Deserialize)]
pub(super) struct Question {
    #[serde(default)]
    view: String,
    after: Option<String>,
}

/// `GET /inbox`
pub(super) async fn index(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let (view, after) = question.read()?;
    let (list, chrome, own) = tokio::try_join!(list(&state, &signed, view, after), chrome(&state, &signed), own_strip(&state, &signed))?;
    let list = List { counts: chrome.counts, own, ..list };
    page(StatusCode::OK, &InboxPage { chrome, list })
}

/// `GET /inbox/rows`
pub(super) async fn rows(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let (view, after) = question.read()?;
    let list = list(&state, &signed, view, after).await?;
    page(StatusCode::OK, &RowsFrame { list })
}

/// `GET /inbox/own`
pub(super) async fn own(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    page(StatusCode::OK, &OwnFragment { own: own_strip(&state, &signed).await? })
}

async fn own_strip(state: &State, signed: &Signed) -> store::Result<OwnStrip> {
    let figures = state.store.own_figures(signed.workspace, signed.user).await?;
    Ok(OwnStrip { figures: figures.map(|figures| Own::of(signed.locale, &figures, runner::now())) })
}

/// `GET /inbox/paused`
pub(super) async fn paused(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    page(StatusCode::OK, &PausedFragment { paused: paused_numbers(&state, &signed).await? })
}

impl Question {
    fn read(&self) -> Result<(View, Option<Cursor>)> {
        let after = self.after.as_deref().map(|after| after.parse().map_err(|()| Error::BadRequest)).transpose()?;
        Ok((view(&self.view), after))
    }
}

/// The view of an address; the first one when it names none.
pub(super) fn view(text: &str) -> View {
    text.parse().unwrap_or_default()
}

/// One page of a list; its counts are left to the caller.
pub(super) async fn list(state: &State, signed: &Signed, view: View, after: Option<Cursor>) -> store::Result<List> {
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let (mut found, paused) = tokio::try_join!(state.store.list(signed.viewer(), view, after, limit), paused_numbers(state, signed),)?;
    let has_more = found.len() > ROWS;
    found.truncate(ROWS);
    let rows: Vec<_> = found.iter().map(|listed| present::row(signed.locale, view, listed, signed.user)).collect();
    let next = rows.last().filter(|_| has_more).map(|row| row.cursor.clone());
    Ok(List { next, rows, paused, later: after.is_some(), ..empty_list(signed, view, None) })
}

async fn paused_numbers(state: &State, signed: &Signed) -> store::Result<PausedNumbers> {
    let numbers = state.store.paused_numbers(signed.workspace).await?;
    let numbers = numbers.into_iter().map(|number| present::paused(signed, number)).collect();
    Ok(PausedNumbers { locale: signed.locale, numbers })
}

/// A list without rows, around a conversation that is fetched alone.
pub(super) fn empty_list(signed: &Signed, view: View, current: Option<ConversationId>) -> List {
    List {
        locale: signed.locale,
        view,
        counts: Counts::default(),
        rows: Vec::new(),
        next: None,
        current,
        viewer: signed.user,
        later: false,
        own: OwnStrip::default(),
        paused: PausedNumbers { locale: signed.locale, numbers: Vec::new() },
    }
}

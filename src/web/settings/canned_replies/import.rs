//! Canned replies as a file: written, and read as a plan that is applied as one act, or not at all.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

use super::file;
use super::view::{ImportPage, LIST};
use crate::domain::canned::sheet::{Plan, plan};
use crate::domain::ids::CannedReplyId;
use crate::domain::setup::SetupCommand;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::parts::Parts;
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, configure, done, shell};
use crate::web::state::State;

/// Bytes of a file.
const LONGEST: usize = 4 * 1024 * 1024;

/// `GET /settings/canned-replies/export`: what everybody and every team has.
pub(in crate::web) async fn export(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    let (replies, teams) = state.store.shared_replies(signed.workspace).await?;
    let mut sorted: Vec<_> = replies.values().collect();
    sorted.sort_by(|one, other| one.shortcut.cmp(&other.shortcut));
    let bytes = file::write(sorted.into_iter(), &teams).map_err(Error::fault)?;
    let answer = HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, r#"attachment; filename="canned-replies.csv""#))
        .body(bytes);
    Ok(answer)
}

/// What comes with a form.
struct Sent {
    file: web::Bytes,
    seen: Option<i64>,
    is_agreed: bool,
}

/// `POST /settings/canned-replies/import`: first what the file would change; with `agreed`, that.
pub(in crate::web) async fn import(
    state: web::Data<State>,
    signed: Signed,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse> {
    let Sent { file, seen, is_agreed } = read(&request, body).await?;
    let (chrome, mut shell) = shell(&state, &signed, &Did::default()).await?;
    let (replies, teams) = state.store.shared_replies(signed.workspace).await?;
    let mut planned = match file::read(&file) {
        Ok(rows) => plan(rows, &replies, &teams, || CannedReplyId(Uuid::now_v7())),
        Err(fault) => Plan { faults: vec![fault], ..Plan::default() },
    };
    let mut status = if planned.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    if is_agreed && planned.faults.is_empty() {
        let commands = std::mem::take(&mut planned.commands);
        match configure(&state, &signed, SetupCommand::Several(commands), seen).await {
            Ok(configured) => return Ok(done(LIST, &configured)),
            Err(error) => status = shell.refuse(signed.locale, error)?,
        }
    }
    let text = String::from_utf8(file.into()).unwrap_or_default();
    page(status, &ImportPage { chrome, shell, plan: planned, text })
}

async fn read(request: &HttpRequest, body: web::Bytes) -> Result<Sent> {
    let parts = Parts::read(request.headers(), body).await?;
    let file = parts.file("file").unwrap_or_default();
    if file.len() > LONGEST {
        return Err(Error::TooLarge);
    }
    let seen = parts.text("seen").and_then(|seen| seen.parse().ok());
    Ok(Sent { file, seen, is_agreed: parts.names().any(|name| name == "agreed") })
}

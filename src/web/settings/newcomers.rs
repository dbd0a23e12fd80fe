//! Those who were added and have not come in yet: each is given a link by which they choose a password, by mail or to copy.

pub mod view;

use actix_web::{HttpResponse, web};

use self::view::{NewcomersPage, WayIn};
use super::invitations::{LIFE, MAIL_LIFE, later, letter, too_many};
use super::people::form::{Fields, one_value};
use super::{Did, shell};
use crate::domain::setup::SetupRefusal;
use crate::store::account_links::Newcomer;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::mails::Posted;
use crate::web::sessions::signed::Signed;
use crate::web::sign_in::links;
use crate::web::state::State;

pub(super) const LIST: &str = "/settings/newcomers";

/// `GET /settings/newcomers`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, Vec::new(), None).await
}

/// `POST /settings/newcomers`: a link for one of them, or for each; another one ends the link before.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let (by_mail, person) = (one_value(&fields, "way") == "mail", one_value(&fields, "person"));
    let newcomers = state.store.newcomers(signed.workspace, crate::runner::now()).await?;
    let is_meant = |newcomer: &Newcomer| person.is_empty() || newcomer.id.to_string() == person;
    let may_more = |newcomer: &Newcomer| newcomer.rights.exceed(signed.role.rights);
    // Whoever has the link could come in as them.
    if !person.is_empty() && newcomers.iter().any(|newcomer| is_meant(newcomer) && may_more(newcomer)) {
        return list(&state, &signed, &Did::default(), Vec::new(), Some(SetupRefusal::GivesMore.into())).await;
    }
    let mut made = Vec::new();
    for newcomer in newcomers.into_iter().filter(|newcomer| is_meant(newcomer) && !may_more(newcomer)) {
        let (token, token_hash) = links::made();
        // Whoever came in meanwhile needs none.
        if !state.store.add_newcomer_link((signed.workspace, newcomer.id), &token_hash, later(LIFE)).await? {
            continue;
        }
        let url = state.public_link(&format!("/reset/new?token={token}"));
        // What may not be mailed any more in this hour is given by hand.
        let is_mailed = by_mail
            && too_many(&state, &signed, by_mail).await.is_none()
            && matches!(letter(&state, &signed, &url).await?.post(&state, &newcomer.email, later(MAIL_LIFE)).await?, Posted::Soon(_));
        if !is_mailed {
            made.push(WayIn { name: newcomer.name, email: newcomer.email.as_str().to_owned(), url });
        }
    }
    if made.is_empty() { Ok(go_to(LIST)) } else { list(&state, &signed, &Did::default(), made, None).await }
}

async fn list(state: &State, signed: &Signed, did: &Did, made: Vec<WayIn>, refused: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let newcomers = state.store.newcomers(signed.workspace, crate::runner::now()).await?;
    let status = shell.status(signed.locale, refused)?;
    let (own, sends_mails) = (signed.role.rights, state.config.sends_mails());
    page(status, &NewcomersPage { chrome, shell, newcomers, made, own, sends_mails })
}

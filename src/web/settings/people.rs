//! People: who works here, as what, with whom; and how they leave.

pub mod form;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use self::form::{Fields, Goes, Typed, one_value};
use self::view::{LeavingPage, PeoplePage, PersonPage};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::domain::access::{Permission, Role};
use crate::domain::ids::{TeamId, UserId};
use crate::domain::setup::{MemberChange, SetupCommand};
use crate::store::people::Wanted;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

pub(super) const LIST: &str = "/settings/people";

/// Whom a page is asked for; what cannot be understood asks for nobody in particular.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Search {
    #[serde(default)]
    q: String,
    #[serde(default)]
    team: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    state: String,
    did: Option<i64>,
}

impl Search {
    fn wanted(&self) -> Wanted {
        let team = self.team.parse::<TeamId>().ok();
        let words = Some(self.q.trim().to_owned()).filter(|words| !words.is_empty());
        Wanted { has_left: self.state == "left", words, team, role: self.role.parse::<Role>().ok() }
    }
}

/// `GET /settings/people`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, search: web::Query<Search>) -> Result<HttpResponse> {
    let wanted = search.wanted();
    let (chrome, shell) = shell(&state, &signed, &Did { did: search.did }).await?;
    let people = state.store.people_wanted(signed.workspace, &wanted);
    let (people, choices) = tokio::try_join!(people, state.store.choices_for_people(signed.workspace))?;
    page(StatusCode::OK, &PeoplePage { chrome, shell, people, choices, wanted })
}

/// `GET /settings/people/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    user: web::Path<UserId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *user, &did, None).await
}

/// `POST /settings/people/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    user: web::Path<UserId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (member, typed) = (*user, Typed::read(&fields));
    let seen = one_value(&fields, "seen").parse().ok();
    let change = MemberChange {
        name: Some(typed.name.clone()),
        role: typed.role,
        capacity: typed.capacity,
        teams: Some(typed.teams.clone()),
        languages: Some(typed.languages.clone()),
        skills: typed.skills.clone(),
        ..MemberChange::default()
    };
    match configure(&state, &signed, SetupCommand::ChangeMember { member, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{member}"), &configured)),
        Err(error) => one(&state, &signed, member, &Did::default(), Some((typed, error))).await,
    }
}

/// `GET /settings/people/{id}/leaving`: what would become of what they hold.
pub(in crate::web) async fn leaving(state: web::Data<State>, signed: Signed, user: web::Path<UserId>) -> Result<HttpResponse> {
    asked(&state, &signed, *user, Goes::default(), None).await
}

/// `POST /settings/people/{id}/leaving`: they can no longer sign in, their pages end, and what they hold goes on.
pub(in crate::web) async fn leave(
    state: web::Data<State>,
    signed: Signed,
    user: web::Path<UserId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (member, goes) = (*user, Goes::read(&fields));
    if goes.to_person && goes.to.is_none() {
        return asked(&state, &signed, member, goes, Some(Error::Refused(crate::domain::Refusal::UnknownPerson))).await;
    }
    let successor = goes.to.filter(|_| goes.to_person);
    match configure(&state, &signed, SetupCommand::Deactivate { member, successor }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{member}"), &configured)),
        Err(error) => asked(&state, &signed, member, goes, Some(error)).await,
    }
}

/// `POST /settings/people/{id}/return`
pub(in crate::web) async fn come_back(state: web::Data<State>, signed: Signed, user: web::Path<UserId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::Activate { member: *user }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{user}"), &configured)),
        Err(error) => one(&state, &signed, *user, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a person; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: UserId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let found = async { Ok(state.store.one_of_people(signed.workspace, id, Permission::SetUp).await?) };
    let choices = async { Ok(state.store.choices_for_people(signed.workspace).await?) };
    let sign_in = async { Ok(state.store.sign_in_stand(signed.workspace, id, crate::runner::now()).await?) };
    let skills = async { Ok(state.store.skills(signed.workspace).await?) };
    let (found, choices, acts, sign_in, skills) = tokio::try_join!(found, choices, about(state, signed, id.0), sign_in, skills)?;
    let (person, is_last_administrator) = found.ok_or(Error::NotFound)?;
    let sign_in = sign_in.unwrap_or_default();
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let now = Typed::of(&person);
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| now.clone());
    page(status, &PersonPage { chrome, shell, person, is_last_administrator, sign_in, choices, skills, typed, now, acts })
}

async fn asked(state: &State, signed: &Signed, id: UserId, goes: Goes, error: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, &Did::default()).await?;
    let found = state.store.one_of_people(signed.workspace, id, Permission::SetUp);
    let others = state.store.others_than(signed.workspace, id);
    let (found, others, sign_in) = tokio::try_join!(found, others, state.store.sign_in_stand(signed.workspace, id, crate::runner::now()))?;
    let sessions = sign_in.unwrap_or_default().sessions;
    let (person, is_last_administrator) = found.ok_or(Error::NotFound)?;
    let status = shell.status(signed.locale, error)?;
    page(status, &LeavingPage { chrome, shell, person, is_last_administrator, sessions, others, goes })
}

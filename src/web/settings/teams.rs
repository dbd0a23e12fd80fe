//! Teams: who works together, and for which queues.

pub mod view;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{TeamPage, TeamsPage, Typed};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::domain::ids::{TeamId, UserId};
use crate::domain::setup::value::{Invitation, Standing};
use crate::domain::setup::{MemberChange, SetupCommand};
use crate::store::teams::{Colleague, Team};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/teams";

#[derive(Deserialize)]
pub(in crate::web) struct NewTeam {
    name: String,
}

/// Names and values of a form, of which some stand more than once.
type Fields = Vec<(String, String)>;

/// `GET /settings/teams`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/teams`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, new: web::Form<NewTeam>) -> Result<HttpResponse> {
    let team = TeamId(Uuid::now_v7());
    let name = new.into_inner().name.trim().to_owned();
    match configure(&state, &signed, SetupCommand::AddTeam { team, name: name.clone() }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{team}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((name, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(String, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let teams = state.store.teams(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &TeamsPage { chrome, shell, teams, typed: typed.unwrap_or_default() })
}

/// `GET /settings/teams/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    team: web::Path<TeamId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *team, &did, None).await
}

/// `POST /settings/teams/{id}`: its name, and who is in it, as one act.
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    team: web::Path<TeamId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let id = *team;
    let now = state.store.team(signed.workspace, id).await?.ok_or(Error::NotFound)?;
    let (typed, seen) = typed(&fields);
    let members = state.store.teams_of(signed.workspace, &moved(&now, &typed)).await?;
    let joins_or_leaves = members.into_iter().map(|(member, mut teams)| {
        if typed.joins.contains(&member) {
            teams.insert(id)
        } else {
            teams.remove(&id)
        };
        SetupCommand::ChangeMember { member, change: MemberChange { teams: Some(teams), ..MemberChange::default() } }
    });
    let renamed = SetupCommand::RenameTeam { team: id, name: typed.name.clone() };
    let command = SetupCommand::Several(std::iter::once(renamed).chain(joins_or_leaves).collect());
    match configure(&state, &signed, command, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => one(&state, &signed, id, &Did::default(), Some((typed, error))).await,
    }
}

/// `POST /settings/teams/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, team: web::Path<TeamId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveTeam { team: *team }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *team, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a team; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: TeamId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let team = async { Ok(state.store.team(signed.workspace, id).await?) };
    let setup = async { Ok(state.runner.workplaces().setup(signed.workspace).await?) };
    let (team, setup, acts) = tokio::try_join!(team, setup, about(state, signed, id.0))?;
    let team = team.ok_or(Error::NotFound)?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| Typed::of(&team));
    let replies = setup.canned_replies.values().filter(|reply| reply.team == Some(id)).count();
    let is_into_it = |invitation: &&Invitation| invitation.standing == Standing::Open && invitation.teams.contains(&id);
    let invitations = setup.invitations.values().filter(is_into_it).count();
    page(status, &TeamPage { chrome, shell, team, replies, invitations, typed, acts })
}

/// What a form says, and up to where its author had seen the journal. Who comes and who goes is told from who was in the team when the form
/// was made, so that nobody is sent away whom its author never saw.
fn typed(fields: &Fields) -> (Typed, Option<i64>) {
    let values = |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
    let people = |name| values(name).filter_map(|id| id.parse().ok()).collect::<BTreeSet<UserId>>();
    let (ticked, were) = (people("person"), people("was"));
    let name = values("name").next().unwrap_or_default().trim().to_owned();
    let typed = Typed { is_of_form: true, name, joins: &ticked - &were, leaves: &were - &ticked };
    (typed, values("seen").next().and_then(|seen| seen.parse().ok()))
}

/// Who is to come or to go, and has not yet.
fn moved(now: &Team, typed: &Typed) -> BTreeSet<UserId> {
    let moves = |person: &&Colleague| if person.is_in { typed.leaves.contains(&person.id) } else { typed.joins.contains(&person.id) };
    now.people.iter().filter(moves).map(|person| person.id).collect()
}

//! Roles: what each allows and shows, and those that the workspace makes itself.

pub mod view;

use actix_web::{HttpResponse, web};
use uuid::Uuid;

use self::view::{New, RolePage, RolesPage, Typed};
use super::changes::about;
use super::people::form::{Fields, one_value};
use super::{Did, configure, done, shell};
use crate::domain::access::{Rights, Role};
use crate::domain::ids::RoleId;
use crate::domain::setup::command::RoleChange;
use crate::domain::setup::{SetupCommand, value};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/roles";

/// `GET /settings/roles`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/roles`: one that allows at first what another one does.
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let (role, name) = (RoleId(Uuid::now_v7()), one_value(&fields, "name").trim().to_owned());
    let from = one_value(&fields, "from");
    let rights = match from.parse::<Role>().unwrap_or(Role::Agent) {
        Role::Own(id) => state.store.own_role(signed.workspace, id).await?.ok_or(Error::NotFound)?.rights,
        built_in => built_in.rights().unwrap_or_default(),
    };
    let new = value::Role { name: name.clone(), rights };
    match configure(&state, &signed, SetupCommand::AddRole { role, new }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{role}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((New { name, from: from.to_owned() }, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(New, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let (own, counts) = state.store.roles(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &RolesPage { chrome, shell, own, counts, typed: typed.unwrap_or_default() })
}

/// `GET /settings/roles/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    role: web::Path<RoleId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *role, &did, None).await
}

/// `POST /settings/roles/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    role: web::Path<RoleId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let (role, typed) = (*role, Typed::read(&fields));
    let seen = one_value(&fields, "seen").parse().ok();
    let Rights { permissions, visibility } = typed.rights;
    let change = RoleChange { name: Some(typed.name.clone()), permissions: Some(permissions), visibility: Some(visibility) };
    match configure(&state, &signed, SetupCommand::ChangeRole { role, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{role}"), &configured)),
        Err(error) => one(&state, &signed, role, &Did::default(), Some((Some(typed), error))).await,
    }
}

/// `POST /settings/roles/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, role: web::Path<RoleId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveRole { role: *role }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *role, &Did::default(), Some((None, error))).await,
    }
}

/// The page of a role; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: RoleId, did: &Did, refused: Option<(Option<Typed>, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let role = async { Ok(state.store.own_role(signed.workspace, id).await?) };
    let holders = async { Ok(state.store.holders_of_role(signed.workspace, id).await?) };
    let (role, holders, acts) = tokio::try_join!(role, holders, about(state, signed, id.0))?;
    let role = role.ok_or(Error::NotFound)?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.flatten().unwrap_or_else(|| Typed { name: role.name.clone(), rights: role.rights });
    page(status, &RolePage { chrome, shell, role, holders, typed, acts })
}

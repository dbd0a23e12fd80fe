//! How people sign in to this workspace, and helping one of them who cannot, or must not any more.

pub mod view;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use jiff::{SignedDuration, Timestamp};

use self::view::{RoleChoice, SecurityPage, Typed};
use super::changes::about_parts;
use super::{Did, configure, done, shell};
use crate::domain::access::Role;
use crate::domain::ids::UserId;
use crate::domain::setup::SetupCommand;
use crate::domain::setup::command::SecurityChange;
use crate::domain::setup::value::Security;
use crate::store::securities::RoleStand;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::locale::Locale;
use crate::web::mails::Letter;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const HERE: &str = "/settings/security";

/// How long somebody is told of what an administrator did, should the mail server be away.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(72);

/// What of the workspace stands on this page.
const PARTS: [&str; 4] = ["session_idle_minutes", "session_life_minutes", "least_password", "second_factor_roles"];

/// Names and values of a form, of which some stand more than once.
type Fields = Vec<(String, String)>;

/// `GET /settings/security`
pub(in crate::web) async fn show(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    whole(&state, &signed, &did, None).await
}

/// `POST /settings/security`
pub(in crate::web) async fn update(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
    let number = |name: &str| value(name).parse::<i32>().map_err(|_| Error::BadRequest);
    let typed = Typed {
        idle: number("idle")?,
        life: number("life")?,
        least: number("least")?,
        roles: fields.iter().filter(|(key, _)| key == "role").map(|(_, role)| role.clone()).collect(),
    };
    let change = SecurityChange {
        session_idle_minutes: Some(typed.idle),
        session_life_minutes: Some(typed.life),
        least_password: Some(typed.least),
        second_factor_roles: Some(typed.roles.clone()),
    };
    let seen = value("seen").parse().ok();
    match configure(&state, &signed, SetupCommand::ChangeSecurity { change }, seen).await {
        Ok(configured) => Ok(done(HERE, &configured)),
        Err(error) => whole(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

/// `POST /settings/people/{id}/second-factor`: whoever lost their telephone is asked for no code until they set up another app.
pub(in crate::web) async fn remove_second_factor(state: web::Data<State>, signed: Signed, user: web::Path<UserId>) -> Result<HttpResponse> {
    let credentials = state.store.credentials(signed.workspace, *user).await?.ok_or(Error::NotFound)?;
    let configured = configure(&state, &signed, SetupCommand::RemoveSecondFactor { member: *user }, None).await?;
    let memberships = state.store.memberships(signed.workspace, *user).await?;
    if let Some(person) = memberships.into_iter().map(|it| it.user).find(|person| person.id == *user) {
        let locale = Locale::of(&person.locale).unwrap_or_default();
        let letter = Letter {
            locale,
            subject: locale.t("security.mail_subject").into_owned(),
            lines: vec![
                locale.t1("reset.mail_hello", "name", &person.name),
                locale.t2("security.mail_lead", ("name", &signed.name), ("workspace", &credentials.workspace_name)),
            ],
            link: None,
            note: locale.t("security.mail_note").into_owned(),
        };
        letter.post(&state, &person.email, Timestamp::now() + TOLD_FOR).await?;
    }
    Ok(done(&format!("/settings/people/{user}"), &configured))
}

/// `POST /settings/people/{id}/sign-out`: everywhere, in this workspace.
pub(in crate::web) async fn sign_out(state: web::Data<State>, signed: Signed, user: web::Path<UserId>) -> Result<HttpResponse> {
    state.store.sign_in_stand(signed.workspace, *user, Timestamp::now()).await?.ok_or(Error::NotFound)?;
    let ended = state.runner.sign_out_of_workspace(signed.workspace, *user).await?;
    tracing::info!(workspace = %signed.workspace, user = %*user, by = %signed.user, ended, "signed out by an administrator");
    if *user == signed.user { Ok(go_to("/sign-in")) } else { Ok(go_to(&format!("/settings/people/{user}"))) }
}

/// The page; after a refusal with what was typed.
async fn whole(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let read = async {
        let (now, stands) = tokio::try_join!(state.store.security(signed.workspace), state.store.role_stands(signed.workspace))?;
        Ok((now.ok_or(Error::NotFound)?, stands))
    };
    let ((now, stands), acts) = tokio::try_join!(read, about_parts(state, signed, signed.workspace.0, &PARTS))?;
    let now = Typed::of(&now);
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.unwrap_or_else(|| now.clone());
    let roles = choices(signed.locale, stands, &typed.roles);
    page(status, &SecurityPage { chrome, shell, typed, now, roles, acts })
}

/// The built-in roles and the workspace's own, each with whom it would concern.
fn choices(locale: Locale, stands: Vec<RoleStand>, ticked: &BTreeSet<String>) -> Vec<RoleChoice> {
    let mut stands = stands;
    for role in Role::BUILT_IN {
        if !stands.iter().any(|stand| stand.role == role) {
            stands.push(RoleStand { role, name: None, people: 0, without_app: 0 });
        }
    }
    // The built-in ones first, those who may do most at the top.
    stands.sort_by_key(|stand| match stand.role {
        Role::Admin => 0,
        Role::Supervisor => 1,
        Role::Agent => 2,
        Role::Own(_) | Role::Strange => 3,
    });
    let known = stands.into_iter().filter(|stand| stand.role != Role::Strange);
    known.map(|stand| RoleChoice::of(locale, stand, ticked)).collect()
}

impl Typed {
    fn of(security: &Security) -> Self {
        Self {
            idle: security.session_idle_minutes,
            life: security.session_life_minutes,
            least: security.least_password,
            roles: security.second_factor_roles.clone(),
        }
    }
}

//! Skills: what people are good at, and what conversations want of whoever has them.

pub mod view;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{SkillPage, SkillsPage, Typed};
use super::changes::about;
use super::{Did, configure, done, shell};
use crate::domain::ids::SkillId;
use crate::domain::setup::command::SkillChange;
use crate::domain::setup::value::Skill;
use crate::domain::setup::{Setup, SetupCommand};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/skills";

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    #[serde(default)]
    name: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    language: String,
    seen: Option<i64>,
}

impl Form {
    fn typed(self) -> (Typed, Option<i64>) {
        let name = self.name.trim().to_owned();
        let key = match self.key.trim() {
            "" => key_of(&name),
            key => key.to_owned(),
        };
        let language = Some(self.language.trim().to_owned()).filter(|language| !language.is_empty());
        (Typed { is_of_form: true, skill: Skill { key, name, language } }, self.seen)
    }
}

/// What files may call something of this name: `Gift cards` is `gift-cards`.
fn key_of(name: &str) -> String {
    let words = crate::domain::flows::text::normalise(name);
    let key: String = words.chars().map(|c| if c == ' ' { '-' } else { c }).filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let key: String = key.trim_matches('-').chars().take(40).collect();
    if key.is_empty() && !name.is_empty() { "skill".to_owned() } else { key }
}

/// `GET /settings/skills`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/skills`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let (typed, _) = form.into_inner().typed();
    let id = SkillId(Uuid::now_v7());
    match configure(&state, &signed, SetupCommand::AddSkill { skill: id, new: typed.skill.clone() }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let skills = state.store.skills(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &SkillsPage { chrome, shell, skills, typed: typed.unwrap_or_default() })
}

/// `GET /settings/skills/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    skill: web::Path<SkillId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *skill, &did, None).await
}

/// `POST /settings/skills/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    skill: web::Path<SkillId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let (typed, seen) = form.into_inner().typed();
    let Skill { key, name, language } = typed.skill.clone();
    let change = SkillChange { key: Some(key), name: Some(name), language: Some(language) };
    match configure(&state, &signed, SetupCommand::ChangeSkill { skill: *skill, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{skill}"), &configured)),
        Err(error) => one(&state, &signed, *skill, &Did::default(), Some((typed, error))).await,
    }
}

/// `POST /settings/skills/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, skill: web::Path<SkillId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveSkill { skill: *skill }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *skill, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a skill; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: SkillId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let reads = async { Ok(tokio::try_join!(state.store.skills(signed.workspace), state.store.who_has(signed.workspace, id))?) };
    let setup = async { Ok(state.runner.workplaces().setup(signed.workspace).await?) };
    let ((skills, people), setup, acts) = tokio::try_join!(reads, setup, about(state, signed, id.0))?;
    let skill = skills.into_iter().find(|skill| skill.id == id).ok_or(Error::NotFound)?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| Typed::of(&skill));
    page(status, &SkillPage { chrome, shell, rules: rules_that_name(&setup, id), skill, people, typed, acts })
}

/// The rules that ask for it, by name: it cannot go before they are changed.
fn rules_that_name(setup: &Setup, skill: SkillId) -> Vec<(String, String)> {
    let naming = setup.entry_rules.iter().filter(|(_, rule)| rule.skills.names(skill));
    naming.map(|(id, rule)| (format!("/settings/rules/{id}"), rule.name.clone())).collect()
}

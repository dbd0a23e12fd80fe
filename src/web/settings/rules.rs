//! Rules: where conversations go that come in and that nobody sends anywhere.

pub mod form;
pub mod said;
pub mod trial;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use uuid::Uuid;

use self::form::{Asked, Typed};
use self::said::Names;
use self::view::{RulePage, RulesPage};
use super::changes::about;
use super::moving::Move;
use super::{Did, configure, done, shell};
use crate::domain::ids::EntryRuleId;
use crate::domain::refusal::Refusal;
use crate::domain::setup::command::EntryRuleChange;
use crate::domain::setup::rules::{in_order, oddities};
use crate::domain::setup::value::EntryRule;
use crate::domain::setup::{Setup, SetupCommand, SetupRefusal};
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/rules";

/// Names and values of a form, of which some stand more than once.
type Fields = Vec<(String, String)>;

/// `GET /settings/rules`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<Error>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let workplaces = state.runner.workplaces();
    let (setup, workplace) = tokio::try_join!(workplaces.setup(signed.workspace), workplaces.get(signed.workspace))?;
    let status = shell.status(signed.locale, refused)?;
    let names = Names::of(signed.locale, &setup, &workplace);
    let counted = setup.clone();
    let odd = web::block(move || oddities(&counted)).await.map_err(Error::fault)?;
    let rules = in_order(&setup.entry_rules).into_iter().map(|(id, rule)| view::Summary::of(&names, id, rule, odd.get(&id))).collect();
    page(status, &RulesPage { chrome, shell, rules })
}

/// `GET /settings/rules/new`
pub(in crate::web) async fn new(state: web::Data<State>, signed: Signed) -> Result<HttpResponse> {
    one(&state, &signed, None, &Did::default(), None, Asked::Nothing, None).await
}

/// `POST /settings/rules/new`: the page with what was typed, a row more or less, or what the rule would have done. Nothing is kept.
pub(in crate::web) async fn draft_new(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let typed = Typed::read(&fields);
    one(&state, &signed, None, &Did::default(), Some(typed), Asked::read(&fields), None).await
}

/// `POST /settings/rules`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, fields: web::Form<Fields>) -> Result<HttpResponse> {
    let typed = Typed::read(&fields);
    let rule = EntryRuleId(Uuid::now_v7());
    match configure(&state, &signed, SetupCommand::AddEntryRule { rule, new: typed.rule() }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{rule}"), &configured)),
        Err(error) => one(&state, &signed, None, &Did::default(), Some(typed), Asked::Nothing, Some(error)).await,
    }
}

/// `GET /settings/rules/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    rule: web::Path<EntryRuleId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, Some(*rule), &did, None, Asked::Nothing, None).await
}

/// `POST /settings/rules/{id}/draft`: as [`draft_new`].
pub(in crate::web) async fn draft(
    state: web::Data<State>,
    signed: Signed,
    rule: web::Path<EntryRuleId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let typed = Typed::read(&fields);
    one(&state, &signed, Some(*rule), &Did::default(), Some(typed), Asked::read(&fields), None).await
}

/// `POST /settings/rules/{id}`
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    rule: web::Path<EntryRuleId>,
    fields: web::Form<Fields>,
) -> Result<HttpResponse> {
    let typed = Typed::read(&fields);
    let EntryRule { name, enabled, conditions, queue, priority, tags, skills, position: _ } = typed.rule();
    let change = EntryRuleChange {
        name: Some(name),
        enabled: Some(enabled),
        // What this version does not understand was not shown, and stays.
        conditions: (!typed.is_strange).then_some(conditions),
        queue: Some(queue),
        priority: Some(priority),
        tags: Some(tags),
        skills: Some(skills),
        position: None,
    };
    match configure(&state, &signed, SetupCommand::ChangeEntryRule { rule: *rule, change }, typed.seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{rule}"), &configured)),
        Err(error) => one(&state, &signed, Some(*rule), &Did::default(), Some(typed), Asked::Nothing, Some(error)).await,
    }
}

/// `POST /settings/rules/{id}/place`: one up, one down, or to a place.
pub(in crate::web) async fn place(
    state: web::Data<State>,
    signed: Signed,
    rule: web::Path<EntryRuleId>,
    wanted: web::Form<Move>,
) -> Result<HttpResponse> {
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    let mut order = in_order(&setup.entry_rules);
    let from = order.iter().position(|(id, _)| *id == *rule).ok_or(Error::NotFound)?;
    wanted.apply(&mut order, from);
    let places = (0_i32..).zip(&order).filter(|(place, (_, known))| known.position != *place);
    let moves = places.map(|(place, (rule, _))| SetupCommand::ChangeEntryRule {
        rule: *rule,
        change: EntryRuleChange { position: Some(place), ..EntryRuleChange::default() },
    });
    match configure(&state, &signed, SetupCommand::Several(moves.collect()), None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some(error)).await,
    }
}

/// `POST /settings/rules/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, rule: web::Path<EntryRuleId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveEntryRule { rule: *rule }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, Some(*rule), &Did::default(), None, Asked::Nothing, Some(error)).await,
    }
}

/// The page of a rule, or of one that is not there yet; with what was typed, where anything was.
async fn one(
    state: &State,
    signed: &Signed,
    id: Option<EntryRuleId>,
    did: &Did,
    typed: Option<Typed>,
    asked: Asked,
    refused: Option<Error>,
) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let workplaces = state.runner.workplaces();
    let (setup, workplace) = tokio::try_join!(workplaces.setup(signed.workspace), workplaces.get(signed.workspace))?;
    let known = known(&setup, id)?;
    let acts = match id {
        Some(id) => about(state, signed, id.0).await?,
        None => Vec::new(),
    };
    let was_refused = refused.is_some();
    let is_late = refused.as_ref().is_some_and(is_late);
    let status = shell.status(signed.locale, refused)?;
    let mut typed = typed.unwrap_or_else(|| known.map_or_else(Typed::default, Typed::of));
    asked.apply(&mut typed);
    // A row more tells nobody what a colleague changed: that is seen once it was refused and shown.
    typed.seen = typed.seen.filter(|_| !is_late).or(Some(shell.seq));
    typed.is_late = is_late;
    let names = Names::of(signed.locale, &setup, &workplace);
    let tells = was_refused || asked == Asked::Trial;
    let faults = if tells && !typed.is_strange { typed.faults(&setup) } else { Vec::new() };
    let tried = match asked {
        Asked::Trial if faults.is_empty() => trial::run(state, signed, &setup, &names, id, &typed.rule()).await?,
        _ => None,
    };
    let status = if asked == Asked::Trial && !faults.is_empty() { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    let view = RulePage::of(chrome, shell, &names, id, known, typed, &faults, tried, acts);
    page(status, &view)
}

/// Whether a colleague changed it since it was seen.
fn is_late(error: &Error) -> bool {
    let late = |refusal: &SetupRefusal| matches!(refusal, SetupRefusal::ChangedMeanwhile { .. } | SetupRefusal::ChangedSince);
    matches!(error, Error::Refused(Refusal::SetUp(refusal)) if late(refusal))
}

/// The rule as it stands; nothing of one that is not there yet.
fn known(setup: &Setup, id: Option<EntryRuleId>) -> Result<Option<&EntryRule>> {
    id.map(|id| setup.entry_rules.get(&id).ok_or(Error::NotFound)).transpose()
}

//! Fields: what is noted about customers and conversations, defined once.

pub mod view;

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{FieldPage, FieldsPage, Typed};
use super::changes::about;
use super::moving::Move;
use super::naming::{Named, flows_that_name, in_words, rules_that_name};
use super::{Did, configure, done, shell};
use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::ids::FieldId;
use crate::domain::setup::SetupCommand;
use crate::domain::setup::command::FieldChange;
use crate::domain::setup::value::Field;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

const LIST: &str = "/settings/fields";

#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    #[serde(default)]
    label: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    of: String,
    #[serde(default)]
    kind: String,
    /// One a line.
    #[serde(default)]
    choices: String,
    #[serde(default)]
    shown: String,
    #[serde(default)]
    locked: String,
    seen: Option<i64>,
}

impl Form {
    fn typed(self) -> (Typed, Option<i64>) {
        let choices = self.choices.lines().map(str::trim).filter(|choice| !choice.is_empty()).map(str::to_owned).collect();
        let label = self.label.trim().to_owned();
        let key = match self.key.trim() {
            "" => key_of(&label),
            key => key.to_owned(),
        };
        let field = Field {
            key,
            label,
            of: FieldOf::read(&self.of).unwrap_or(FieldOf::Contact),
            kind: FieldKind::read(&self.kind).unwrap_or(FieldKind::Text),
            choices,
            shown: !self.shown.is_empty(),
            locked: !self.locked.is_empty(),
            position: 0,
        };
        (Typed { is_of_form: true, field }, self.seen)
    }
}

/// What flows may call something of this label: `Last order` is `last_order`.
fn key_of(label: &str) -> String {
    let words = crate::domain::flows::text::normalise(label);
    let key: String = words.chars().map(|c| if c == ' ' { '_' } else { c }).filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let key = key.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    key.chars().take(40).collect()
}

/// `GET /settings/fields`
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, did: web::Query<Did>) -> Result<HttpResponse> {
    list(&state, &signed, &did, None).await
}

/// `POST /settings/fields`
pub(in crate::web) async fn create(state: web::Data<State>, signed: Signed, form: web::Form<Form>) -> Result<HttpResponse> {
    let (typed, _) = form.into_inner().typed();
    let id = FieldId(Uuid::now_v7());
    match configure(&state, &signed, SetupCommand::AddField { field: id, new: typed.field.clone() }, None).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{id}"), &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((typed, error))).await,
    }
}

async fn list(state: &State, signed: &Signed, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let fields = state.store.fields(signed.workspace).await?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    page(status, &FieldsPage { chrome, shell, fields, typed: typed.unwrap_or_default() })
}

/// `POST /settings/fields/{id}/place`: one up, one down, or to a place, among those of the same kind of thing.
pub(in crate::web) async fn place(
    state: web::Data<State>,
    signed: Signed,
    field: web::Path<FieldId>,
    wanted: web::Form<Move>,
) -> Result<HttpResponse> {
    let all = state.store.fields(signed.workspace).await?;
    let of = all.iter().find(|(id, _)| *id == *field).map(|(_, known)| known.of).ok_or(Error::NotFound)?;
    let mut order: Vec<(FieldId, Field)> = all.into_iter().filter(|(_, known)| known.of == of).collect();
    let from = order.iter().position(|(id, _)| *id == *field).ok_or(Error::NotFound)?;
    wanted.apply(&mut order, from);
    let places = (0_i32..).zip(&order).filter(|(place, (_, known))| known.position != *place);
    let moves = places.map(|(place, (id, _))| SetupCommand::ChangeField {
        field: *id,
        change: FieldChange { position: Some(place), ..FieldChange::default() },
    });
    match configure(&state, &signed, SetupCommand::Several(moves.collect()), None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => list(&state, &signed, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// `GET /settings/fields/{id}`
pub(in crate::web) async fn show(
    state: web::Data<State>,
    signed: Signed,
    field: web::Path<FieldId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    one(&state, &signed, *field, &did, None).await
}

/// `POST /settings/fields/{id}`: whose it is and what stands in it stay as they are.
pub(in crate::web) async fn update(
    state: web::Data<State>,
    signed: Signed,
    field: web::Path<FieldId>,
    form: web::Form<Form>,
) -> Result<HttpResponse> {
    let (typed, seen) = form.into_inner().typed();
    let Field { key, label, choices, shown, locked, .. } = typed.field.clone();
    let (key, label, choices) = (Some(key), Some(label), Some(choices));
    let change = FieldChange { key, label, choices, shown: Some(shown), locked: Some(locked), position: None };
    match configure(&state, &signed, SetupCommand::ChangeField { field: *field, change }, seen).await {
        Ok(configured) => Ok(done(&format!("{LIST}/{field}"), &configured)),
        Err(error) => one(&state, &signed, *field, &Did::default(), Some((typed, error))).await,
    }
}

/// `POST /settings/fields/{id}/removal`
pub(in crate::web) async fn remove(state: web::Data<State>, signed: Signed, field: web::Path<FieldId>) -> Result<HttpResponse> {
    match configure(&state, &signed, SetupCommand::RemoveField { field: *field }, None).await {
        Ok(configured) => Ok(done(LIST, &configured)),
        Err(error) => one(&state, &signed, *field, &Did::default(), Some((Typed::default(), error))).await,
    }
}

/// The page of a field; after a refusal with what was typed, where anything was.
async fn one(state: &State, signed: &Signed, id: FieldId, did: &Did, refused: Option<(Typed, Error)>) -> Result<HttpResponse> {
    let (chrome, mut shell) = shell(state, signed, did).await?;
    let fields = async { Ok(state.store.fields(signed.workspace).await?) };
    let (fields, acts) = tokio::try_join!(fields, about(state, signed, id.0))?;
    let (_, field) = fields.into_iter().find(|(other, _)| *other == id).ok_or(Error::NotFound)?;
    let noted = async { Ok(state.store.noted_in_field(signed.workspace, field.of, &field.key).await?) };
    let named = Named::Field(&field.key);
    let (noted, flows, rules) = tokio::try_join!(noted, flows_that_name(state, signed, named), rules_that_name(state, signed, named))?;
    let (typed, error) = refused.unzip();
    let status = shell.status(signed.locale, error)?;
    let typed = typed.filter(|typed| typed.is_of_form).unwrap_or_else(|| Typed { is_of_form: false, field: field.clone() });
    page(status, &FieldPage { chrome, shell, id, field, noted, flows: in_words(flows), rules, typed, acts })
}

//! Writing a flow: the text as it is typed, what is wrong with it, its drawing, and a phone to try it in.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use url::form_urlencoded;

use self::view::{Checked, Conflict, DraftStreams, EditPage, Known};
use super::LIST;
use super::bench::{bench, inspected, text_of, zone};
use super::phone::view::Phone;
use super::picture::Picture;
use super::problems::Listed;
use crate::domain::flows::drawing::draw;
use crate::domain::flows::inspection::{Inspection, LONGEST};
use crate::domain::ids::FlowId;
use crate::domain::workplace::Workplace;
use crate::store::flows::Workbench;
use crate::web::conversations::act::text;
use crate::web::edge::answer::{Asked, page, stream};
use crate::web::edge::error::{Error, Result};
use crate::web::edge::redirect::go_to;
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, shell};
use crate::web::state::State;

/// `GET /settings/flows/{id}/edit`
pub(in crate::web) async fn edit(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    did: web::Query<Did>,
) -> Result<HttpResponse> {
    editor(&state, &signed, *flow, &did, None).await
}

/// The page; after somebody else wrote meanwhile, with what was typed here.
async fn editor(state: &State, signed: &Signed, id: FlowId, did: &Did, typed: Option<String>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(state, signed, did).await?;
    let bench = bench(state, signed, id).await?;
    let conflict = typed.as_ref().map(|_| Conflict::of(signed.locale, &bench));
    let status = if typed.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let text = typed.unwrap_or_else(|| text_of(&bench, signed.locale.as_str()));
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let checked = check(signed, &bench, &workplace, &text);
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    let phone = Phone::fresh(signed, id, zone(&bench), Timestamp::now());
    page(status, &EditPage { known: Known::of(&bench, &setup), chrome, shell, id, bench, text, checked, conflict, phone })
}

/// What a text comes to.
fn check(signed: &Signed, bench: &Workbench, workplace: &Workplace, text: &str) -> Checked {
    let Inspection { json, definition, problems } = inspected(bench, workplace, text);
    let is_published = json.is_some() && json == bench.definition;
    Checked {
        locale: signed.locale,
        drawing: json.map(|json| Picture::of(signed.locale, draw(&json))),
        problems: problems.into_iter().map(|problem| Listed::of(signed.locale, problem)).collect(),
        is_sound: definition.is_some(),
        is_published,
    }
}

/// The form of a draft.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DraftForm {
    pub body: String,
    /// The version that its author has seen.
    pub seen: i64,
    /// What comes next.
    publishes: bool,
}

impl DraftForm {
    /// # Errors
    /// [`Error::BadRequest`] when a field cannot be read.
    fn read(form: &[u8]) -> Result<Self> {
        let mut read = Self::default();
        let mut over = None;
        for (name, value) in form_urlencoded::parse(form) {
            match name.as_ref() {
                "body" => read.body = text(&value),
                "seen_version" => read.seen = value.parse().map_err(|_| Error::BadRequest)?,
                // Whoever has seen what the other wrote, and keeps their own.
                "over" => over = value.parse().ok(),
                "then" => read.publishes = value == "publish",
                _ => {}
            }
        }
        read.seen = over.unwrap_or(read.seen);
        Ok(read)
    }
}

/// `POST /settings/flows/{id}/draft`: 409 when somebody wrote what this page has not seen.
pub(in crate::web) async fn save(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    asked: Asked,
    form: web::Bytes,
) -> Result<HttpResponse> {
    let form = DraftForm::read(&form)?;
    if form.body.len() > LONGEST {
        bench(&state, &signed, *flow).await?;
        return Err(Error::TooLarge);
    }
    let kept = state.store.save_flow_draft(signed.workspace, *flow, signed.user, &form.body, form.seen).await?;
    let bench = bench(&state, &signed, *flow).await?;
    let here = format!("{LIST}/{}/edit", *flow);
    match (kept, asked) {
        (Some(_), _) if form.publishes => Ok(go_to(&format!("{LIST}/{}/publication", *flow))),
        (Some(_), Asked::Plain { .. }) => Ok(go_to(&here)),
        (None, Asked::Plain { .. }) => editor(&state, &signed, *flow, &Did::default(), Some(form.body)).await,
        (kept, Asked::Live) => {
            let conflict = kept.is_none().then(|| Conflict::of(signed.locale, &bench));
            let status = if conflict.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
            let workplace = state.runner.workplaces().get(signed.workspace).await?;
            let checked = check(&signed, &bench, &workplace, &form.body);
            let streams = DraftStreams { locale: signed.locale, id: *flow, seen: kept.unwrap_or(form.seen), bench, checked, conflict };
            Ok(stream(status, askama::Template::render(&streams)?))
        }
    }
}

/// `POST /settings/flows/{id}/draft/removal`: throws away what was being written; 409 when somebody wrote what this page has not seen.
pub(in crate::web) async fn discard(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    form: web::Bytes,
) -> Result<HttpResponse> {
    let form = DraftForm::read(&form)?;
    bench(&state, &signed, *flow).await?;
    let is_gone = state.store.remove_flow_draft(signed.workspace, *flow, form.seen).await?;
    let here = format!("{LIST}/{}/edit", *flow);
    if is_gone { Ok(go_to(&here)) } else { editor(&state, &signed, *flow, &Did::default(), Some(form.body)).await }
}

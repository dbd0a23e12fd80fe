//! What routing decided: who got what, why, and who else could have had it.

use std::fmt::Write;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde::Deserialize;

use super::shown;
use crate::domain::ids::{ConversationId, QueueId, UserId};
use crate::store::access::Viewer;
use crate::store::lists::if_ours;
use crate::store::routing_decisions::{Before, Decided, Of};
use crate::web::conversations::around::chrome;
use crate::web::conversations::view::context::ReasonCard;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;
use crate::web::layouts::{skills, time};
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Decisions of a page.
const SHOWN: usize = 50;

/// Fields of the form, and where the page goes on; empty ones mean nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Question {
    queue: String,
    agent: String,
    before: String,
    conversation: String,
}

impl Question {
    fn of(&self) -> Of {
        Of { queue: self.queue.parse().ok(), agent: self.agent.parse().ok() }
    }

    fn before(&self) -> Before {
        let at = self.before.parse::<Timestamp>().ok().and_then(if_ours);
        let conversation = self.conversation.parse::<ConversationId>().ok();
        at.zip(conversation).map_or(Before::LATEST, |(at, conversation)| Before { at, conversation })
    }

    fn next(&self, Before { at, conversation }: Before) -> String {
        let Of { queue, agent } = self.of();
        let mut address = format!("/floor/decisions?before={at}&conversation={conversation}");
        queue.iter().for_each(|queue| _ = write!(address, "&queue={queue}"));
        agent.iter().for_each(|agent| _ = write!(address, "&agent={agent}"));
        address
    }
}

/// What one may look for.
#[derive(Debug, Clone)]
struct Choice<I> {
    id: I,
    name: String,
    is_chosen: bool,
}

/// `GET /floor/decisions`
#[derive(Template, WebTemplate)]
#[template(path = "floor/decisions.html")]
struct DecisionsPage {
    chrome: Chrome,
    locale: Locale,
    decisions: Vec<Row>,
    queues: Vec<Choice<QueueId>>,
    people: Vec<Choice<UserId>>,
    is_filtered: bool,
    next: Option<String>,
}

#[derive(Debug, Clone)]
struct Row {
    decided: Decided,
    reason: ReasonCard,
    /// Of the customer, as whoever asks may read it.
    name: String,
    waited: String,
}

impl Row {
    fn of(locale: Locale, decided: Decided) -> Self {
        let reason = ReasonCard { locale, agent_name: decided.agent_name.clone(), reason: decided.reason.clone() };
        let waited = skills::waited(decided.waited_ms / 1_000);
        let name = match decided.contact_name.trim() {
            "" => locale.t("decisions.nameless").into_owned(),
            name => locale.phones().name(name),
        };
        Self { decided, reason, name, waited }
    }
}

/// `GET /floor/decisions`: the latest of what somebody sees, of a queue or of an agent if they ask for one.
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, question: web::Query<Question>) -> Result<HttpResponse> {
    let viewer = Viewer { workspace: signed.workspace, user: signed.user, visibility: signed.role.rights.visibility };
    let chosen = question.of();
    let decisions = state.store.routing_decisions(viewer, chosen, question.before(), SHOWN);
    let (chrome, shown, (decisions, next)) = tokio::try_join!(chrome(&state, &signed), shown(&state, &signed, None), decisions)?;
    let queue = |queue: &crate::domain::floor::FloorQueue| Choice {
        id: queue.id,
        name: queue.name.clone(),
        is_chosen: chosen.queue == Some(queue.id),
    };
    let person = |person: &crate::domain::floor::FloorPerson| Choice {
        id: person.id,
        name: person.name.clone(),
        is_chosen: chosen.agent == Some(person.id),
    };
    let mut people: Vec<Choice<UserId>> = shown.floor.people.iter().map(person).collect();
    people.sort_by_key(|person| person.name.to_lowercase());
    // Whoever works here no more is still called what they were.
    let left = chosen.agent.filter(|agent| people.iter().all(|person| person.id != *agent));
    let left = left.zip(decisions.first().map(|decided| decided.agent_name.clone()));
    people.extend(left.map(|(id, name)| Choice { id, name, is_chosen: true }));
    let locale = signed.locale;
    let page_of = DecisionsPage {
        chrome,
        locale,
        decisions: decisions.into_iter().map(|decided| Row::of(locale, decided)).collect(),
        queues: shown.floor.queues.iter().map(queue).collect(),
        people,
        is_filtered: chosen != Of::default(),
        next: next.map(|before| question.next(before)),
    };
    page(StatusCode::OK, &page_of)
}

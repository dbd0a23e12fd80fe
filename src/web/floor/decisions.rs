//! What routing decided: who got what, why, and who else could have had it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use askama_web::WebTemplate;
use jiff::Timestamp;
use serde::Deserialize;

use super::shown;
use crate::domain::ids::{ConversationId, QueueId, UserId};
use crate::store::access::Viewer;
use crate::store::routing_decisions::{Before, Decided, Of};
use crate::web::conversations::around::chrome;
use crate::web::conversations::view::context::ReasonCard;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
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
    /// Somebody rather than a queue, where both are asked for: each of a page can be looked for by itself.
    fn of(&self) -> Of {
        let agent = self.agent.parse().ok().map(Of::Agent);
        agent.or_else(|| self.queue.parse().ok().map(Of::Queue)).unwrap_or(Of::Everybody)
    }

    fn before(&self) -> Before {
        let at = self.before.parse::<Timestamp>().ok();
        let conversation = self.conversation.parse::<ConversationId>().ok();
        at.zip(conversation).map_or(Before::LATEST, |(at, conversation)| Before { at, conversation })
    }

    fn next(&self, Before { at, conversation }: Before) -> String {
        let place = format!("before={at}&conversation={conversation}");
        match self.of() {
            Of::Everybody => format!("/floor/decisions?{place}"),
            Of::Queue(queue) => format!("/floor/decisions?queue={queue}&{place}"),
            Of::Agent(agent) => format!("/floor/decisions?agent={agent}&{place}"),
        }
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
    /// Of the customer, if it is known.
    name: String,
    /// Such as `12 s` or `3 min`.
    waited: String,
}

impl Row {
    fn of(locale: Locale, decided: Decided) -> Self {
        let reason = ReasonCard { locale, agent_name: decided.agent_name.clone(), reason: decided.reason.clone() };
        let waited = match decided.waited_ms {
            under @ ..60_000 => format!("{} s", under / 1_000),
            longer => format!("{} min", longer / 60_000),
        };
        let name = decided.contact_name.clone().unwrap_or_else(|| locale.t("decisions.nameless").into_owned());
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
        is_chosen: chosen == Of::Queue(queue.id),
    };
    let person = |person: &crate::domain::floor::FloorPerson| Choice {
        id: person.id,
        name: person.name.clone(),
        is_chosen: chosen == Of::Agent(person.id),
    };
    let mut people: Vec<Choice<UserId>> = shown.floor.people.iter().map(person).collect();
    people.sort_by_key(|person| person.name.to_lowercase());
    let locale = signed.locale;
    let page_of = DecisionsPage {
        chrome,
        locale,
        decisions: decisions.into_iter().map(|decided| Row::of(locale, decided)).collect(),
        queues: shown.floor.queues.iter().map(queue).collect(),
        people,
        is_filtered: chosen != Of::Everybody,
        next: next.map(|before| question.next(before)),
    };
    page(StatusCode::OK, &page_of)
}

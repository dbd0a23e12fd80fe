//! Looking for a page of settings by its words, and for a thing by its name.

pub mod view;

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{Found, SearchPage};
use super::places::PLACES;
use super::{Did, shell};
use crate::domain::setup::Setup;
use crate::web::edge::answer::page;
use crate::web::edge::error::Result;
use crate::web::locale::Locale;
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Characters that are looked for, and things that a page shows.
const LONGEST: usize = 100;
const SHOWN: usize = 50;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(in crate::web) struct Asked {
    q: String,
    /// The key of the last thing of the page before.
    after: String,
}

/// `GET /settings/search`: pages first, then things, those first whose names begin so. Nothing is read but what the node keeps.
pub(in crate::web) async fn index(state: web::Data<State>, signed: Signed, asked: web::Query<Asked>) -> Result<HttpResponse> {
    let (chrome, shell) = shell(&state, &signed, &Did::default()).await?;
    let setup = state.runner.workplaces().setup(signed.workspace).await?;
    let q: String = asked.q.trim().chars().take(LONGEST).collect();
    let mut found = if q.is_empty() { Vec::new() } else { find(signed.locale, &setup, &q) };
    found.retain(|found| asked.after.is_empty() || found.key > asked.after);
    let has_more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = has_more.then(|| found.last().map(|last| last.key.clone())).flatten();
    page(StatusCode::OK, &SearchPage { chrome, shell, q, found, next })
}

/// Everything that answers, the best first.
fn find(locale: Locale, setup: &Setup, q: &str) -> Vec<Found> {
    let sought: Vec<String> = q.split_whitespace().map(str::to_lowercase).collect();
    let pages = PLACES.iter().filter_map(|place| {
        let rank = place.rank(locale, &sought)?;
        let title = locale.t(place.title).into_owned();
        Some(Found::new(rank, &title, Uuid::nil(), place.path.to_owned(), place.icon, None))
    });
    let mut found: Vec<Found> = pages.collect();
    let mut thing = |kind: &str, icon: &'static str, id: Uuid, name: &str, more: &str, path: String| {
        let (lower, all) = (name.to_lowercase(), format!("{name} {more}").to_lowercase());
        if !sought.iter().all(|word| all.contains(word)) {
            return;
        }
        let rank = match sought.first() {
            Some(first) if lower.starts_with(first.as_str()) => 2,
            _ if sought.iter().all(|word| lower.contains(word)) => 3,
            _ => 4,
        };
        let kind = locale.t(&format!("changes.thing.{kind}")).into_owned();
        found.push(Found::new(rank, name, id, path, icon, Some(kind)));
    };
    for (id, member) in &setup.members {
        thing("member", "user", id.0, &member.name, &member.email, format!("/settings/people/{id}"));
    }
    for (id, role) in &setup.roles {
        thing("role", "user-check", id.0, &role.name, "", format!("/settings/roles/{id}"));
    }
    for (id, team) in &setup.teams {
        thing("team", "users", id.0, &team.name, "", format!("/settings/teams/{id}"));
    }
    for (id, queue) in &setup.queues {
        thing("queue", "inbox", id.0, &queue.name, &queue.key, format!("/settings/queues/{id}"));
    }
    for (id, reply) in setup.canned_replies.iter().filter(|(_, reply)| reply.owner.is_none()) {
        thing("canned_reply", "sticky-note", id.0, &reply.shortcut, &reply.folder, format!("/settings/canned-replies/{id}"));
    }
    for (id, tag) in &setup.tags {
        thing("tag", "tag", id.0, &tag.name, "", format!("/settings/tags/{id}"));
    }
    for (id, field) in &setup.fields {
        thing("field", "list", id.0, &field.label, &field.key, format!("/settings/fields/{id}"));
    }
    for (id, rule) in &setup.entry_rules {
        thing("entry_rule", "sliders-horizontal", id.0, &rule.name, "", format!("/settings/rules/{id}"));
    }
    for (id, skill) in &setup.skills {
        let language = skill.language.as_deref().unwrap_or_default();
        thing("skill", "award", id.0, &skill.name, language, format!("/settings/skills/{id}"));
    }
    for (id, policy) in &setup.sla_policies {
        thing("sla_policy", "timer", id.0, &policy.name, "", format!("/settings/sla/{id}"));
    }
    for (id, flow) in &setup.flows {
        thing("flow", "bot", id.0, &flow.name, "", format!("/settings/flows/{id}"));
    }
    for (id, inbox) in &setup.inboxes {
        let number = inbox.number.as_ref().map(|number| number.display_phone_number.as_str()).unwrap_or_default();
        thing("inbox", "phone", id.0, &inbox.name, number, format!("/settings/numbers/{id}"));
    }
    found.sort_by(|one, other| one.key.cmp(&other.key));
    let mut seen = BTreeSet::new();
    found.retain(|found| seen.insert(found.key.clone()));
    found
}

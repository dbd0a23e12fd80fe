//! Queues, known by their keys, in the order in which they are offered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::import::{Ids, Names};
use super::{Found, Wrong, is_in_order, is_same, no_twins, sla_policies, teams, yaml};
use crate::domain::announcing::Announcements;
use crate::domain::hours::Hours;
use crate::domain::ids::QueueId;
use crate::domain::overflow::{Overflow, Texts};
use crate::domain::routing::{Strategy, WideningStep};
use crate::domain::setup::check;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::{Queue, Setup};
use crate::domain::sticky::Sticky;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenQueue {
    /// What flows call it.
    pub(super) key: String,
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    team: String,
    #[schemars(range(min = 0, max = 10080))]
    promise_minutes: i32,
    /// Whom its conversations go to.
    #[serde(default = "first_strategy")]
    #[schemars(extend("enum" = strategies()))]
    strategy: String,
    /// What is wanted less of whoever is to have a conversation, once it has waited for so long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    widening: Vec<WrittenStep>,
    /// The SLA policy that its conversations are measured by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sla_policy: Option<String>,
    /// What whoever waits there is told of their place in line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    announcements: Option<WrittenAnnouncements>,
    /// It keeps customers with whom they know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sticky: Option<WrittenSticky>,
    /// What becomes of those who wait there and are given to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overflow: Option<WrittenOverflow>,
    /// The time zone, the ranges of each day of the week, and holidays.
    #[serde(serialize_with = "yaml::compactly")]
    #[schemars(extend("type" = "object"))]
    hours: Value,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenOverflow {
    /// The key of the queue they go to; without one they are only told.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// After so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    after: Option<i32>,
    /// At once when nobody is here who could have them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    when_nobody: bool,
    /// At once while it is closed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    when_closed: bool,
    /// So many wait at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10000))]
    most: Option<i32>,
    /// What whoever waits for long is told, by language.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    text: Texts,
    /// What is told while it is closed, by language.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    closed_text: Texts,
    /// What whoever comes beyond the limit is told, by language.
    #[serde(skip_serializing_if = "Texts::is_empty")]
    full_text: Texts,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenAnnouncements {
    /// By language.
    text: Texts,
    /// Again after so many minutes, where it has got better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1440))]
    every: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenSticky {
    /// As long as their previous conversation is not older than so many days.
    #[schemars(range(min = 1, max = 365))]
    days: i32,
    /// So many seconds it waits for somebody who is here and has no room.
    #[serde(default)]
    #[schemars(range(min = 0, max = 3600))]
    seconds: i32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenStep {
    /// Seconds.
    #[schemars(range(min = 1, max = 86400))]
    after: i32,
    /// drop_preferred, lower_level or drop_required.
    #[serde(rename = "do")]
    does: String,
}

fn first_strategy() -> String {
    Strategy::default().as_str().to_owned()
}

fn strategies() -> Vec<&'static str> {
    Strategy::ALL.iter().map(|strategy| strategy.as_str()).collect()
}

/// All of them in their order.
pub(super) fn all(setup: &Setup, queues: &BTreeMap<QueueId, Queue>) -> Vec<WrittenQueue> {
    let mut queues: Vec<&Queue> = queues.values().collect();
    queues.sort_by(|one, other| (one.position, &one.key).cmp(&(other.position, &other.key)));
    let one = |queue: &Queue| {
        let Queue {
            key,
            name,
            team,
            hours,
            promise_minutes,
            strategy,
            position: _,
            widening,
            sla_policy,
            rest: _,
            overflow,
            sticky,
            announcements,
        } = queue.clone();
        let widening = widening.into_iter().map(|WideningStep { after, does }| WrittenStep { after, does }).collect();
        let sla_policy = sla_policy.and_then(|policy| sla_policies::name(setup, policy));
        let Announcements { text, every } = *announcements;
        let announcements = (!text.is_empty()).then_some(WrittenAnnouncements { text, every });
        let sticky = sticky.map(|Sticky { days, seconds }| WrittenSticky { days, seconds });
        let overflow = (!overflow.is_none()).then(|| written(setup, *overflow));
        WrittenQueue {
            key,
            name,
            team: teams::name(setup, team),
            promise_minutes,
            strategy,
            widening,
            sla_policy,
            announcements,
            sticky,
            overflow,
            hours,
        }
    };
    queues.into_iter().map(one).collect()
}

fn written(setup: &Setup, overflow: Overflow) -> WrittenOverflow {
    let Overflow { to, after, when_nobody, when_closed, most, text, closed_text, full_text } = overflow;
    let to = to.and_then(|to| setup.queues.get(&to)).map(|queue| queue.key.clone());
    WrittenOverflow { to, after, when_nobody, when_closed, most, text, closed_text, full_text }
}

pub(super) fn check(queues: &[WrittenQueue], setup: &Setup, names: &Names, found: &mut Found) {
    no_twins("queues", "key", queues.iter().map(|queue| queue.key.as_str()), found);
    for (place, queue) in queues.iter().enumerate() {
        let path = |field: &str| format!("queues[{place}].{field}");
        if !check::is_key(&queue.key) {
            found.push((path("key"), Wrong::Refused(SetupRefusal::KeyUnfit { key: queue.key.clone() })));
        }
        let is_known = queue.strategy.parse::<Strategy>().is_ok();
        if !is_known && !setup.queues.values().any(|known| known.key == queue.key && known.strategy == queue.strategy) {
            found.push((path("strategy"), Wrong::Refused(SetupRefusal::StrategyUnknown { strategy: queue.strategy.clone() })));
        }
        for (number, step) in queue.widening.iter().enumerate() {
            let known = || setup.queues.values().filter(|known| known.key == queue.key).flat_map(|known| &known.widening);
            if step_of(step).widening().is_none() && !known().any(|known| known.does == step.does) {
                let refusal = SetupRefusal::StepUnknown { step: step.does.clone() };
                found.push((path(&format!("widening[{number}].do")), Wrong::Refused(refusal)));
            }
        }
        let other = queue.overflow.as_ref().and_then(|overflow| overflow.to.as_ref());
        if let Some(other) = other.filter(|other| !names.queues.contains(*other)) {
            found.push((path("overflow.to"), Wrong::NoSuch(other.clone())));
        }
        if !names.teams.contains(&queue.team) {
            found.push((path("team"), Wrong::NoSuch(queue.team.clone())));
        }
        if let Some(policy) = queue.sla_policy.as_ref().filter(|policy| !names.sla_policies.contains(*policy)) {
            found.push((path("sla_policy"), Wrong::NoSuch(policy.clone())));
        }
        if let (Err(error), false) = (serde_json::from_value::<Hours>(queue.hours.clone()), is_as_stored(setup, queue)) {
            found.push((path("hours"), Wrong::Hours(error.to_string())));
        }
    }
}

fn step_of(step: &WrittenStep) -> WideningStep {
    WideningStep { after: step.after, does: step.does.clone() }
}

/// Hours of a newer version are carried as they are.
fn is_as_stored(setup: &Setup, queue: &WrittenQueue) -> bool {
    setup.queues.values().any(|known| known.key == queue.key && is_same(&known.hours, &queue.hours))
}

pub(super) fn bring_in(queues: &[WrittenQueue], ids: &mut Ids, draft: &mut Draft) {
    let setup = &mut draft.setup;
    let place_of = |queue: &Queue| (queue.position, queue.key.clone());
    let is_named = |key: &str| queues.iter().any(|queue| queue.key == key);
    let before: BTreeMap<String, i32> = setup.queues.values().map(place_of).map(|(position, key)| (key, position)).collect();
    for queue in queues {
        let Some(team) = teams::named(setup, &queue.team) else { continue };
        let known = setup.queues.iter().find(|(_, known)| known.key == queue.key);
        // Whether a queue rests now is no matter of a file.
        let rest = known.and_then(|(_, known)| known.rest.clone());
        let (id, stored) = known.map(|(id, known)| (*id, known.hours.clone())).unzip();
        let written = serde_json::from_value::<Hours>(queue.hours.clone()).ok().and_then(|hours| serde_json::to_value(hours).ok());
        let hours = match (stored, written) {
            (Some(stored), written)
                if is_same(&stored, &queue.hours) || written.as_ref().is_some_and(|written| is_same(written, &stored)) =>
            {
                stored
            }
            (_, written) => written.unwrap_or_else(|| queue.hours.clone()),
        };
        let WrittenQueue { key, name, promise_minutes, strategy, sla_policy, .. } = queue.clone();
        let announcements = queue.announcements.clone().map(|WrittenAnnouncements { text, every }| Announcements { text, every });
        let announcements = Box::new(announcements.unwrap_or_default());
        let sticky = queue.sticky.map(|WrittenSticky { days, seconds }| Sticky { days, seconds });
        let widening = queue.widening.iter().map(step_of).collect();
        let sla_policy = sla_policy.and_then(|name| sla_policies::named(setup, &name));
        let name = name.trim().to_owned();
        let position = before.get(&key).copied().unwrap_or_default();
        let queue = Queue {
            key,
            name,
            team,
            hours,
            promise_minutes,
            strategy,
            position,
            widening,
            sla_policy,
            rest,
            overflow: Box::default(),
            announcements,
            sticky,
        };
        setup.queues.insert(id.unwrap_or_else(|| QueueId(ids.next())), queue);
    }
    // By now each has its id.
    let ids: BTreeMap<String, QueueId> = setup.queues.iter().map(|(id, queue)| (queue.key.clone(), *id)).collect();
    for queue in queues {
        let Some(known) = ids.get(&queue.key).and_then(|id| setup.queues.get_mut(id)) else { continue };
        let WrittenOverflow { to, after, when_nobody, when_closed, most, text, closed_text, full_text } =
            queue.overflow.clone().unwrap_or_default();
        let to = to.and_then(|key| ids.get(&key).copied());
        *known.overflow = Overflow { to, after, when_nobody, when_closed, most, text, closed_text, full_text };
    }
    // Those that the file does not name come after it, as they stood.
    let mut others: Vec<(i32, String)> = setup.queues.values().filter(|known| !is_named(&known.key)).map(place_of).collect();
    others.sort();
    let all = queues.iter().map(|queue| queue.key.clone()).chain(others.into_iter().map(|(_, key)| key)).collect::<Vec<_>>();
    if !is_in_order(all.iter().map(|key| (before.get(key).copied(), key.as_str()))) {
        for queue in setup.queues.values_mut() {
            queue.position = all.iter().position(|key| *key == queue.key).and_then(|place| i32::try_from(place).ok()).unwrap_or(i32::MAX);
        }
    }
}

//! The form of a queue.

use std::collections::BTreeMap;

use super::overflow::TypedOverflow;
use crate::domain::hours::Hours;
use crate::domain::hours::written::{self, Fault, Ranges, TypedDay};
use crate::domain::ids::{SlaPolicyId, TeamId};
use crate::domain::routing::WideningStep;
use crate::domain::setup::command::QueueChange;
use crate::domain::setup::{SetupRefusal, Thing};
use crate::domain::sticky::Sticky;
use crate::store::queues::QueueDetail;
use crate::web::layouts::hours::WEEKDAYS;

/// A promise of a week, in minutes.
const LONGEST_PROMISE: i32 = 7 * 24 * 60;

/// Characters of a key that is made of a name.
const LONGEST_KEY: usize = 40;

/// What a form of a queue says.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub name: String,
    pub key: String,
    pub team: String,
    pub promise: String,
    pub strategy: String,
    /// Seconds and what follows, as they were typed.
    pub steps: Vec<(String, String)>,
    /// The form asks for them.
    pub has_steps: bool,
    pub overflow: TypedOverflow,
    /// Days and seconds; without days, customers are kept with nobody.
    pub sticky: (String, String),
    /// The id of a policy; empty without one.
    pub sla: String,
    /// Around the clock, whatever the week says.
    pub is_always: bool,
    pub hours: written::Typed,
    /// The time of one's own for the preview, such as `2026-12-25T10:00`.
    pub at: String,
}

impl Typed {
    #[must_use]
    pub fn of(queue: &QueueDetail) -> Self {
        let hours = queue.hours.clone().unwrap_or_else(Hours::always);
        let is_always = hours.is_around_the_clock();
        let mut typed = written::Typed::of(&hours);
        if is_always {
            typed.weekly = Default::default();
        }
        Self {
            is_of_form: false,
            name: queue.name.clone(),
            key: queue.key.clone(),
            team: queue.team.to_string(),
            promise: queue.promise_minutes.to_string(),
            strategy: queue.strategy.clone(),
            steps: queue.widening.iter().map(|step| (step.after.to_string(), step.does.clone())).collect(),
            has_steps: true,
            overflow: TypedOverflow::of(&queue.overflow, &queue.announcements),
            sticky: queue.sticky.map(|it| (it.days.to_string(), it.seconds.to_string())).unwrap_or_default(),
            sla: queue.sla_policy.map(|policy| policy.to_string()).unwrap_or_default(),
            is_always,
            hours: typed,
            at: String::new(),
        }
    }

    /// What a form says, and up to where its author had seen the journal. Rows that were left empty are none.
    pub(super) fn read(fields: &[(String, String)]) -> (Self, Option<i64>) {
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
        let weekly = WEEKDAYS.map(|day| ranges(fields, &format!("{day}_from"), &format!("{day}_to")));
        let hours = written::Typed { time_zone: value("time_zone"), weekly, days: days(fields) };
        let typed = Self {
            is_of_form: true,
            name: value("name"),
            key: value("key"),
            team: value("team"),
            promise: value("promise"),
            strategy: value("strategy"),
            steps: ranges(fields, "step_after", "step_do").into_iter().filter(|(after, _)| !after.is_empty()).collect(),
            has_steps: fields.iter().any(|(key, _)| key == "step_after"),
            overflow: TypedOverflow::read(fields),
            sticky: (value("sticky_days"), value("sticky_seconds")),
            sla: value("sla"),
            is_always: value("open") == "always",
            hours,
            at: value("at"),
        };
        (typed, value("seen").parse().ok())
    }

    pub(super) fn read_hours(&self) -> Result<Hours, Vec<Fault>> {
        let mut typed = self.hours.clone();
        if self.is_always {
            typed.weekly = std::array::from_fn(|_| vec![("00:00".to_owned(), "24:00".to_owned())]);
        }
        typed.read()
    }

    /// What is to be another.
    ///
    /// # Errors
    /// What is wrong; nothing where the page says it of the hours.
    pub(super) fn change(&self, now: &QueueDetail) -> Result<QueueChange, Option<SetupRefusal>> {
        let hours = self.read_hours().map_err(|_| None)?;
        let team = self.team.parse().map(TeamId).map_err(|_| Some(SetupRefusal::Unknown(Thing::Team)))?;
        let promise = read_promise(&self.promise).ok_or(SetupRefusal::OutOfRange { value: 0, least: 0, most: LONGEST_PROMISE })?;
        let sla_policy = match self.sla.as_str() {
            "" => None,
            id => Some(id.parse().map(SlaPolicyId).map_err(|_| Some(SetupRefusal::Unknown(Thing::SlaPolicy)))?),
        };
        Ok(QueueChange {
            key: Some(self.key.clone()),
            name: Some(self.name.clone()),
            team: Some(team),
            hours: Some(hours).filter(|hours| Some(hours) != now.hours.as_ref()),
            promise_minutes: Some(promise),
            strategy: Some(self.strategy.clone()).filter(|strategy| !strategy.is_empty()),
            position: None,
            widening: self.has_steps.then(|| self.widening()),
            sla_policy: Some(sla_policy),
            rest: None,
            announcements: self.overflow.is_of_form.then(|| self.overflow.announcements().map(Box::new)).transpose()?,
            sticky: self.has_steps.then(|| self.sticky()).transpose()?,
            overflow: self.overflow.is_of_form.then(|| self.overflow.overflow().map(Box::new)).transpose()?,
        })
    }
}

impl Typed {
    /// How it keeps customers with whom they know.
    ///
    /// # Errors
    /// What is no number.
    pub(super) fn sticky(&self) -> Result<Option<Sticky>, SetupRefusal> {
        let (days, seconds) = (self.sticky.0.as_str(), self.sticky.1.as_str());
        if days.is_empty() {
            return Ok(None);
        }
        let days = days.parse().map_err(|_| SetupRefusal::OutOfRange { value: 0, least: 1, most: Sticky::MOST_DAYS })?;
        let seconds = if seconds.is_empty() { Ok(0) } else { seconds.parse() };
        let seconds = seconds.map_err(|_| SetupRefusal::OutOfRange { value: -1, least: 0, most: Sticky::LONGEST })?;
        Ok(Some(Sticky { days, seconds }))
    }

    /// The steps that it says; of what is no number of seconds, one that is refused.
    #[must_use]
    pub fn widening(&self) -> Vec<WideningStep> {
        let step = |(after, does): &(String, String)| WideningStep { after: after.parse().unwrap_or(0), does: does.clone() };
        self.steps.iter().map(step).collect()
    }
}

/// Minutes.
pub(super) fn read_promise(typed: &str) -> Option<i32> {
    typed.trim().parse().ok()
}

/// Two fields that stand side by side, in the order of the form.
fn ranges(fields: &[(String, String)], from: &str, to: &str) -> Ranges {
    let all = |name: &str| fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).collect::<Vec<_>>();
    all(from).into_iter().zip(all(to)).filter(|(from, to)| !(from.is_empty() && to.is_empty())).collect()
}

/// `day_3_date`, `day_3_name`, and `day_3_from` with `day_3_to` as often as it has ranges.
fn days(fields: &[(String, String)]) -> Vec<TypedDay> {
    let mut days: BTreeMap<usize, TypedDay> = BTreeMap::new();
    for (key, value) in fields {
        let Some((number, part)) = key.strip_prefix("day_").and_then(|rest| rest.split_once('_')) else { continue };
        let Ok(number) = number.parse() else { continue };
        let day = days.entry(number).or_default();
        match part {
            "date" => day.date = value.trim().to_owned(),
            "name" => day.name = value.trim().to_owned(),
            _ => {}
        }
    }
    for (number, day) in &mut days {
        day.ranges = ranges(fields, &format!("day_{number}_from"), &format!("day_{number}_to"));
    }
    days.into_values().filter(|day| !(day.date.is_empty() && day.name.is_empty() && day.ranges.is_empty())).collect()
}

/// What flows may call something of this name: `Orders & returns` is `orders-returns`.
pub(super) fn key_of(name: &str) -> String {
    let words = crate::domain::flows::text::normalise(name);
    let key: String = words.chars().map(|c| if c == ' ' { '-' } else { c }).filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let key: String = key.trim_matches('-').chars().take(LONGEST_KEY).collect();
    if key.is_empty() { "queue".to_owned() } else { key }
}

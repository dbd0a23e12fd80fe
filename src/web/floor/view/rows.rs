//! The rows of the floor. Each is rendered once for all who are shown it: it knows no viewer, and what it was made of by a mark, so that
//! a page touches only what is another.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::{SignedDuration, Timestamp};

use super::names::Names;
use super::toast::came_words;
use crate::domain::agent::Presence;
use crate::domain::floor::{FloorEntry, FloorPerson, FloorQueue, Level, Opening, PersonAlert, QueueAlert, Strip};
use crate::domain::ids::{FloorActId, UserId};
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::{plain, sentence};
use crate::web::locale::Locale;

/// The figures above everything else. Element id `floor-strip`.
#[derive(Debug, Clone, Hash, Template)]
#[template(path = "floor/strip.html")]
pub struct StripRow {
    pub locale: Locale,
    pub strip: Strip,
}

/// Element id `floor-queue-…`.
#[derive(Debug, Clone, Hash, Template)]
#[template(path = "floor/queue.html")]
pub struct QueueRow {
    pub locale: Locale,
    pub queue: FloorQueue,
    pub is_wall: bool,
}

/// Element id `floor-person-…`.
#[derive(Debug, Clone, Hash, Template)]
#[template(path = "floor/person.html")]
pub struct PersonRow {
    pub locale: Locale,
    pub person: FloorPerson,
}

/// Element id `floor-alert-…`.
#[derive(Debug, Clone, Hash, Template)]
#[template(path = "floor/alert.html")]
pub struct AlertRow {
    locale: Locale,
    /// Of the queue or the person.
    id: String,
    is_alarm: bool,
    words: String,
    /// Where something can be done about it, and what that is called; nowhere on a wall.
    link: Option<(String, &'static str)>,
    pub rank: String,
}

/// Element id `floor-act-…`.
#[derive(Debug, Clone, Template)]
#[template(path = "floor/entry.html")]
pub struct EntryRow {
    pub locale: Locale,
    pub id: FloorActId,
    pub by: UserId,
    pub by_name: String,
    pub at: Timestamp,
    words: Html,
    undone: Option<String>,
    /// Until when it is offered to take it back.
    offered_until: Option<Timestamp>,
    /// Of who is looking, where that is known: without scripts nobody else fills it in.
    csrf: Option<String>,
}

impl HtmlSafe for StripRow {}
impl HtmlSafe for QueueRow {}
impl HtmlSafe for PersonRow {}
impl HtmlSafe for AlertRow {}
impl HtmlSafe for EntryRow {}

/// How much earlier than the server a page ends its offer to take something back: the request takes its time.
const ENDS_EARLIER: SignedDuration = SignedDuration::from_secs(2);

fn mark_of(row: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash(&mut hasher);
    hasher.finish()
}

/// A row that travels over the socket.
pub trait FloorRow: Template {
    /// The id of its element.
    fn element(&self) -> String;

    /// The same for what looks the same, on whichever node.
    fn mark(&self) -> u64;

    /// As the element says it.
    fn marked(&self) -> String {
        format!("{:016x}", self.mark())
    }
}

impl FloorRow for QueueRow {
    fn element(&self) -> String {
        format!("floor-queue-{}", self.queue.id)
    }

    fn mark(&self) -> u64 {
        mark_of(self)
    }
}

impl FloorRow for PersonRow {
    fn element(&self) -> String {
        format!("floor-person-{}", self.person.id)
    }

    fn mark(&self) -> u64 {
        mark_of(self)
    }
}

impl FloorRow for AlertRow {
    fn element(&self) -> String {
        format!("floor-alert-{}", self.id)
    }

    fn mark(&self) -> u64 {
        mark_of(self)
    }
}

impl FloorRow for EntryRow {
    fn element(&self) -> String {
        format!("floor-act-{}", self.id)
    }

    fn mark(&self) -> u64 {
        mark_of(&(self.locale, self.id, self.words.as_str(), &self.undone))
    }
}

impl FloorRow for StripRow {
    fn element(&self) -> String {
        "floor-strip".to_owned()
    }

    fn mark(&self) -> u64 {
        mark_of(self)
    }
}

impl QueueRow {
    fn rank(&self) -> String {
        format!("{:06}", self.queue.place)
    }

    /// The worst of it.
    fn level(&self) -> &'static str {
        let is_alarm = matches!(self.queue.alert(), Some(QueueAlert::NobodyHere | QueueAlert::NobodyHasRoom));
        if is_alarm { Level::Late.as_str() } else { self.queue.level().as_str() }
    }

    fn promised(&self) -> String {
        self.locale.t1("floor.promised", "minutes", self.queue.promise_minutes)
    }

    /// How many are late, and will be in a moment.
    fn late(&self) -> Option<String> {
        let words = |key: &str, count: i64| (count > 0).then(|| self.locale.t1(key, "count", count));
        let parts: Vec<String> =
            [words("floor.are_late", self.queue.late), words("floor.are_soon", self.queue.soon)].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// How many are late by its policy, and how many will be.
    fn breaches(&self) -> Option<(String, bool)> {
        let words = |key: &str, count: i64| (count > 0).then(|| self.locale.t1(key, "count", count));
        let all = [words("floor.are_breached", self.queue.breached), words("floor.are_breaching", self.queue.breaching)];
        let parts: Vec<String> = all.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| (parts.join(", "), self.queue.breached > 0))
    }

    fn opening(&self) -> Html {
        let words = |key: &str, at: &Option<Timestamp>| match at {
            Some(at) => Html::trusted(format!("{} {}", sentence(&self.locale, &format!("{key}_until"), &[]), time::element(at, "moment"))),
            None => sentence(&self.locale, key, &[]),
        };
        match &self.queue.opening {
            Opening::Open { until } => words("floor.open", until),
            Opening::Closed { until } => words("floor.closed", until),
            Opening::Unknown => sentence(&self.locale, "floor.hours_unknown", &[]),
        }
    }

    /// How long whoever comes now will wait, and by how much that is wrong in the middle.
    fn expected(&self) -> Option<String> {
        let expected = self.queue.expected?;
        let minutes = expected.minutes.to_string();
        Some(match (expected.minutes, expected.miss_minutes) {
            (0, _) => self.locale.t("floor.at_once").into_owned(),
            (_, Some(miss)) => self.locale.t2("floor.expected_within", ("minutes", &minutes), ("miss", &miss.to_string())),
            (_, None) => self.locale.t1("floor.expected_about", "minutes", &minutes),
        })
    }

    fn people(&self) -> String {
        let (here, room) = (self.queue.here.to_string(), self.queue.with_room.to_string());
        self.locale.t2("floor.people_here", ("here", &here), ("room", &room))
    }
}

impl PersonRow {
    /// As the rules put them in order.
    fn rank(&self) -> String {
        let FloorPerson { due, name, id, .. } = &self.person;
        let burns = match self.person.burns() {
            Level::Late => 0,
            Level::Soon => 1,
            Level::Calm => 2,
        };
        let due = due.map_or(i64::MAX, |due| due.as_microsecond().max(0));
        format!("{burns}{due:020}{}{} {id}", u8::from(!self.person.takes_work()), name.to_lowercase())
    }

    fn presence(&self) -> &'static str {
        match self.person.presence() {
            Presence::Online => "online",
            Presence::Away => "away",
            Presence::Offline => "offline",
        }
    }

    fn presence_words(&self) -> String {
        self.locale.t(&format!("floor.presence.{}", self.presence())).into_owned()
    }

    /// What they chose, before since when.
    fn chosen(&self) -> String {
        self.locale.t(&format!("floor.chosen.{}", self.person.availability.as_str())).into_owned()
    }

    fn load(&self) -> String {
        let (load, capacity) = (self.person.load.to_string(), self.person.capacity.to_string());
        self.locale.t2("floor.load", ("load", &load), ("capacity", &capacity))
    }

    /// The width of the bar, in hundredths.
    fn share(&self) -> i32 {
        let FloorPerson { load, capacity, .. } = self.person;
        if capacity > 0 { (load.saturating_mul(100) / capacity).clamp(0, 100) } else { i32::from(load > 0) * 100 }
    }

    fn is_full(&self) -> bool {
        !self.person.has_room()
    }

    fn today(&self) -> String {
        let (answered, resolved) = (self.person.answered.to_string(), self.person.resolved.to_string());
        self.locale.t2("floor.today", ("answered", &answered), ("resolved", &resolved))
    }
}

impl AlertRow {
    /// What is wrong with a queue.
    #[must_use]
    pub fn of_queue(locale: Locale, queue: &FloorQueue, alert: QueueAlert, is_wall: bool) -> Self {
        let (key, is_alarm) = match alert {
            QueueAlert::NobodyHere => ("floor.alert.nobody_here", true),
            QueueAlert::NobodyHasRoom => ("floor.alert.nobody_has_room", true),
            QueueAlert::Breached => ("floor.alert.breached", true),
            QueueAlert::Late => ("floor.alert.late", false),
            QueueAlert::Breaching => ("floor.alert.breaching", false),
        };
        let count = match alert {
            QueueAlert::NobodyHere | QueueAlert::NobodyHasRoom => queue.waiting,
            QueueAlert::Breached => queue.breached,
            QueueAlert::Late => queue.late,
            QueueAlert::Breaching => queue.breaching,
        };
        let words = counted(locale, key, count, &queue.name);
        let advice = locale.t(&format!("{key}.advice")).into_owned();
        Self {
            locale,
            id: format!("queue-{}", queue.id),
            is_alarm,
            words: if is_wall { words } else { format!("{words} {advice}") },
            link: (!is_wall).then(|| (format!("/floor/queues/{}", queue.id), "floor.move_open")),
            rank: format!("{}{:020}", u8::from(!is_alarm), queue.oldest.map_or(i64::MAX, Timestamp::as_microsecond).max(0)),
        }
    }

    /// What is wrong with what somebody holds.
    #[must_use]
    pub fn of_person(locale: Locale, person: &FloorPerson, alert: PersonAlert) -> Self {
        let (key, is_alarm) = match alert {
            PersonAlert::Gone => ("floor.alert.gone", true),
            PersonAlert::Overdue => ("floor.alert.overdue", true),
            PersonAlert::Late => ("floor.alert.waits_for", false),
        };
        let words = counted(locale, key, i64::from(person.load), &person.name);
        let advice = locale.t(&format!("{key}.advice")).into_owned();
        Self {
            locale,
            id: format!("person-{}", person.id),
            is_alarm,
            words: format!("{words} {advice}"),
            link: Some((format!("/floor/people/{}", person.id), "floor.manage_open")),
            rank: format!("{}{:020}", u8::from(!is_alarm), person.oldest.map_or(i64::MAX, Timestamp::as_microsecond).max(0)),
        }
    }
}

fn counted(locale: Locale, key: &str, count: i64, name: &str) -> String {
    let form = if count == 1 { "one" } else { "other" };
    plain(&locale, &format!("{key}.{form}"), &[("count", &count.to_string()), ("name", name)])
}

impl EntryRow {
    /// What was done.
    #[must_use]
    pub fn of(locale: Locale, entry: &FloorEntry, names: &Names) -> Self {
        let FloorEntry { id, by, at, undone, .. } = *entry;
        let undone = entry.undone_at.map(|_| match entry.count {
            0 => locale.t("floor.undone").into_owned(),
            _ => locale.t1("floor.undone_of", "count", undone),
        });
        Self {
            locale,
            id,
            by,
            by_name: entry.by_name.clone(),
            at,
            words: came_words(locale, by, &entry.act, names, entry.came()),
            undone,
            offered_until: entry.undoable_until().map(|until| until.saturating_sub(ENDS_EARLIER).unwrap_or(until)),
            csrf: None,
        }
    }

    #[must_use]
    pub fn is_undoable_by(&self, viewer: UserId, now: Timestamp) -> bool {
        self.by == viewer && self.offered_until.is_some_and(|until| now <= until)
    }

    /// With the token of who may take it back, if somebody may who looks.
    #[must_use]
    pub fn offered_with(self, csrf: Option<String>) -> Self {
        Self { csrf, ..self }
    }

    /// The latest first.
    fn rank(&self) -> String {
        format!("{:020}", (i64::MAX - self.at.as_microsecond()).max(0))
    }
}

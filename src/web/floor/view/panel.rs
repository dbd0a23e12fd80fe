//! What can be done with a queue, or for somebody, beside the floor. Element id `floor-panel`, a frame of its own.

use askama::Template;
use askama::filters::HtmlSafe;
use askama_web::WebTemplate;

use crate::domain::agent::Availability;
use crate::domain::floor::{FloorPerson, FloorQueue, MOST_AT_ONCE};
use crate::domain::ids::{FloorActId, QueueId, UserId};
use crate::web::layouts::ui;
use crate::web::layouts::words::plain;
use crate::web::locale::Locale;

/// How many are moved where nobody says how many: what a thumb is thought to want.
const USUAL: i64 = 10;

#[derive(Debug, Clone)]
pub enum Panel {
    Queue(QueuePanel),
    Person(PersonPanel),
}

/// The frame alone.
#[derive(Template, WebTemplate)]
#[template(path = "floor/panel.html")]
pub struct PanelFrame {
    pub locale: Locale,
    pub panel: Option<Panel>,
}

/// A queue that something may be moved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueTarget {
    pub id: QueueId,
    pub name: String,
    /// How many who are here have room there.
    pub with_room: usize,
}

#[derive(Debug, Clone, Template)]
#[template(path = "floor/queue_panel.html")]
pub struct QueuePanel {
    pub locale: Locale,
    pub csrf: String,
    /// Which act the form is: sent twice, it is one.
    pub act: FloorActId,
    pub queue: FloorQueue,
    pub targets: Vec<QueueTarget>,
    /// Those with room who may answer.
    pub people: Vec<PersonTarget>,
    /// Whoever looks, where they may answer.
    pub own: Option<UserId>,
}

impl HtmlSafe for QueuePanel {}

/// Somebody whom something may be handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonTarget {
    pub person: FloorPerson,
}

#[derive(Debug, Clone, Template)]
#[template(path = "floor/person_panel.html")]
pub struct PersonPanel {
    pub locale: Locale,
    pub csrf: String,
    /// One for each form.
    pub acts: [FloorActId; 5],
    pub person: FloorPerson,
    pub targets: Vec<PersonTarget>,
    /// Whoever looks, where they may answer and it is somebody else.
    pub own: Option<UserId>,
}

impl HtmlSafe for PersonPanel {}

impl QueuePanel {
    fn usual(&self) -> i64 {
        self.queue.waiting.clamp(1, USUAL)
    }

    fn most(&self) -> u16 {
        MOST_AT_ONCE
    }

    fn words_of(&self, target: &QueueTarget) -> String {
        self.locale.t2("floor.target_queue", ("name", &target.name), ("room", &target.with_room.to_string()))
    }

    fn words_of_person(&self, target: &PersonTarget) -> String {
        target.words(self.locale)
    }

    fn waiting(&self) -> String {
        self.locale.count("floor.wait_here", self.queue.waiting)
    }
}

impl PersonTarget {
    fn words(&self, locale: Locale) -> String {
        let FloorPerson { load, capacity, .. } = self.person;
        let key = match (self.person.has_room(), self.person.takes_work()) {
            (false, _) => "floor.target_full",
            (true, true) => "floor.target_here",
            (true, false) => "floor.target_not_here",
        };
        let values = [("name", self.person.name.clone()), ("load", load.to_string()), ("capacity", capacity.to_string())];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        plain(&locale, key, &values)
    }
}

impl PersonPanel {
    fn holds(&self) -> String {
        self.locale.count("floor.holds", i64::from(self.person.load))
    }

    fn is_online(&self) -> bool {
        self.person.availability == Availability::Online
    }

    fn words_of(&self, target: &PersonTarget) -> String {
        target.words(self.locale)
    }
}

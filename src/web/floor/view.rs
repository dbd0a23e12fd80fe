//! The floor on pages.

pub mod course;
pub mod handover;
pub mod names;
pub mod panel;
pub mod rows;
pub mod toast;

use askama::Template;
use askama_web::WebTemplate;

use self::course::Course;
use self::handover::{OpenRow, TakesRow};
use self::panel::Panel;
use self::rows::{AlertRow, EntryRow, PersonRow, QueueRow, StripRow};
use crate::domain::floor::{Floor, Strip};
use crate::domain::ids::TeamId;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::locale::Locale;

/// A team that one may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamChoice {
    pub id: TeamId,
    pub name: String,
    pub is_chosen: bool,
}

/// `GET /floor`, and what one does there.
#[derive(Template, WebTemplate)]
#[template(path = "floor/page.html")]
pub struct FloorPage {
    pub chrome: Chrome,
    pub locale: Locale,
    /// What is in sight.
    pub floor: Floor,
    pub entries: Vec<EntryRow>,
    pub teams: Vec<TeamChoice>,
    pub team: Option<TeamId>,
    /// What came of what was done a moment ago.
    pub did: Option<Html>,
    pub panel: Option<Panel>,
}

impl FloorPage {
    fn strip(&self) -> StripRow {
        StripRow { locale: self.locale, strip: self.floor.strip() }
    }

    fn queues(&self) -> Vec<QueueRow> {
        queue_rows(self.locale, &self.floor, false)
    }

    fn people(&self) -> Vec<PersonRow> {
        person_rows(self.locale, &self.floor)
    }

    fn alerts(&self) -> Vec<AlertRow> {
        alert_rows(self.locale, &self.floor, false)
    }
}

/// `GET /floor?wall`: for a big screen.
#[derive(Template, WebTemplate)]
#[template(path = "floor/wall.html")]
pub struct WallPage {
    pub chrome: Chrome,
    pub locale: Locale,
    pub floor: Floor,
    pub team: Option<TeamId>,
}

impl WallPage {
    fn strip(&self) -> StripRow {
        StripRow { locale: self.locale, strip: self.floor.strip() }
    }

    fn queues(&self) -> Vec<QueueRow> {
        queue_rows(self.locale, &self.floor, true)
    }

    fn alerts(&self) -> Vec<AlertRow> {
        alert_rows(self.locale, &self.floor, true)
    }
}

/// `GET /floor/today`: how the day went.
#[derive(Template, WebTemplate)]
#[template(path = "floor/today.html")]
pub struct TodayPage {
    pub chrome: Chrome,
    pub locale: Locale,
    /// All together first, where there are several.
    pub courses: Vec<Course>,
    pub teams: Vec<TeamChoice>,
    pub team: Option<TeamId>,
}

/// `GET /floor/hand-over`: what a shift leaves to the next one.
#[derive(Template, WebTemplate)]
#[template(path = "floor/handover.html")]
pub struct HandoverPage {
    pub chrome: Chrome,
    pub locale: Locale,
    pub strip: Strip,
    /// Who waits longest, whom somebody owes an answer, and what is late first.
    pub waiting: Vec<OpenRow>,
    pub owed: Vec<OpenRow>,
    pub due: Vec<OpenRow>,
    pub takes: Vec<TakesRow>,
    pub teams: Vec<TeamChoice>,
    pub team: Option<TeamId>,
}

/// Queues in their order.
#[must_use]
pub fn queue_rows(locale: Locale, floor: &Floor, is_wall: bool) -> Vec<QueueRow> {
    floor.queues.iter().map(|queue| QueueRow { locale, queue: queue.clone(), is_wall }).collect()
}

/// People, what burns first.
#[must_use]
pub fn person_rows(locale: Locale, floor: &Floor) -> Vec<PersonRow> {
    floor.people.iter().map(|person| PersonRow { locale, person: person.clone() }).collect()
}

/// What is wrong; on a wall of nobody by name.
#[must_use]
pub fn alert_rows(locale: Locale, floor: &Floor, is_wall: bool) -> Vec<AlertRow> {
    let (queues, people) = floor.alerts();
    let queues = queues.map(|(queue, alert)| AlertRow::of_queue(locale, queue, alert, is_wall));
    let people = people.filter(|_| !is_wall).map(|(person, alert)| AlertRow::of_person(locale, person, alert));
    let mut rows: Vec<AlertRow> = queues.chain(people).collect();
    rows.sort_by(|one, other| one.rank.cmp(&other.rank));
    rows
}

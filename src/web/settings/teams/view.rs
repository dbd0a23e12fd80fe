//! The pages of teams.

use std::collections::BTreeSet;

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::ids::UserId;
use crate::store::teams::{Colleague, Team, TeamSummary};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// `GET /settings/teams`
#[derive(Template, WebTemplate)]
#[template(path = "settings/teams.html")]
pub struct TeamsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub teams: Vec<TeamSummary>,
    /// The name of the one that was not added.
    pub typed: String,
}

impl TeamsPage {
    fn people(&self, team: &TeamSummary) -> String {
        self.chrome.locale.count("settings.people", team.people)
    }

    fn queues(&self, team: &TeamSummary) -> String {
        self.chrome.locale.count("settings.queues", team.queues)
    }
}

/// What stands in the form of a team.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Somebody sent it.
    pub is_of_form: bool,
    pub name: String,
    /// Who is to come, and who to go.
    pub joins: BTreeSet<UserId>,
    pub leaves: BTreeSet<UserId>,
}

impl Typed {
    #[must_use]
    pub fn of(team: &Team) -> Self {
        Self { name: team.name.clone(), ..Self::default() }
    }
}

/// `GET /settings/teams/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/team.html")]
pub struct TeamPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub team: Team,
    /// Canned replies that only its people have, and open invitations into it.
    pub replies: usize,
    pub invitations: usize,
    pub typed: Typed,
    /// What became of it.
    pub acts: Vec<Act>,
}

impl TeamPage {
    /// What keeps it from being removed: of each kind how many.
    fn uses(&self) -> String {
        let people = self.team.people.iter().filter(|person| person.is_in).count();
        let rare = [("canned.count", self.replies), ("settings.invitations", self.invitations)].into_iter().filter(|(_, count)| *count > 0);
        let all = [("settings.people", people), ("settings.queues", self.team.queues.len())].into_iter().chain(rare);
        all.map(|(key, count)| self.chrome.locale.count(key, i64::try_from(count).unwrap_or(i64::MAX))).collect::<Vec<_>>().join(" · ")
    }

    fn is_empty(&self) -> bool {
        let has_nobody = !self.team.people.iter().any(|person| person.is_in);
        has_nobody && self.team.queues.is_empty() && self.replies == 0 && self.invitations == 0
    }

    fn is_ticked(&self, person: &Colleague) -> bool {
        if person.is_in { !self.typed.leaves.contains(&person.id) } else { self.typed.joins.contains(&person.id) }
    }
}

//! The pages of people.

use askama::Template;
use askama_web::WebTemplate;

use super::form::{Goes, Typed};
use crate::domain::access::Role;
use crate::domain::ids::{SkillId, TeamId, UserId};
use crate::domain::routing::skills::{HIGHEST, LOWEST, Level};
use crate::store::people::{Choices, Listed, Wanted};
use crate::store::securities::SignInStand;
use crate::store::skills::SkillSummary;
use crate::web::layouts::chrome::{Chrome, initials};
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words;
use crate::web::locale::Locale;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// Languages to choose from, as those who speak them call them; others are written as codes.
const LANGUAGES: [(&str, &str); 24] = [
    ("ar", "العربية"),
    ("bn", "বাংলা"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("de", "Deutsch"),
    ("en", "English"),
    ("es", "Español"),
    ("eu", "Euskara"),
    ("fr", "Français"),
    ("gl", "Galego"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("id", "Bahasa Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sw", "Kiswahili"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("zh", "中文"),
];

/// What a role is called in this language, or what the workspace calls one of its own.
#[must_use]
pub fn role_words(locale: Locale, role: Role, own: Option<&str>) -> String {
    let key = match role {
        Role::Agent => "role.agent",
        Role::Supervisor => "role.supervisor",
        Role::Admin => "role.admin",
        Role::Own(_) | Role::Strange => "role.other",
    };
    own.map_or_else(|| locale.t(key).into_owned(), str::to_owned)
}

/// What a language is called by those who speak it, or its code.
fn language_name(code: &str) -> String {
    LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name).to_owned()
}

/// A box to tick.
#[derive(Debug, Clone)]
pub struct Choice {
    pub value: String,
    pub name: String,
    pub is_chosen: bool,
}

/// What the parts of a form about a person share, for one who works here and one who is invited.
#[derive(Debug, Clone)]
pub struct PersonForm<'a> {
    pub locale: Locale,
    pub choices: &'a Choices,
    pub typed: &'a Typed,
}

impl PersonForm<'_> {
    pub(in crate::web) fn roles(&self) -> Vec<Choice> {
        let built_in = Role::BUILT_IN.into_iter().map(|role| (role, role_words(self.locale, role, None)));
        let own = self.choices.roles.iter().map(|(id, name)| (Role::Own(*id), name.clone()));
        let choice = |(role, name): (Role, String)| Choice { value: role.to_string(), name, is_chosen: self.typed.role == Some(role) };
        built_in.chain(own).map(choice).collect()
    }

    pub(in crate::web) fn teams(&self) -> Vec<Choice> {
        let choice =
            |(id, name): &(TeamId, String)| Choice { value: id.to_string(), name: name.clone(), is_chosen: self.typed.teams.contains(id) };
        self.choices.teams.iter().map(choice).collect()
    }

    pub(in crate::web) fn languages(&self) -> Vec<Choice> {
        let known = LANGUAGES.iter().map(|(code, _)| *code);
        let others = self.typed.languages.iter().map(String::as_str).filter(|code| LANGUAGES.iter().all(|(known, _)| known != code));
        let choice =
            |code: &str| Choice { value: code.to_owned(), name: language_name(code), is_chosen: self.typed.languages.contains(code) };
        known.chain(others).map(choice).collect()
    }

    pub(in crate::web) fn capacity(&self) -> String {
        self.typed.capacity.map_or_else(String::new, |capacity| capacity.to_string())
    }
}

/// `GET /settings/people`
#[derive(Template, WebTemplate)]
#[template(path = "settings/people.html")]
pub struct PeoplePage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub people: Vec<Listed>,
    pub choices: Choices,
    pub wanted: Wanted,
}

impl PeoplePage {
    fn role(&self, person: &Listed) -> String {
        role_words(self.chrome.locale, person.role, person.role_name.as_deref())
    }

    fn roles(&self) -> Vec<Choice> {
        let typed = Typed { role: self.wanted.role, ..Typed::default() };
        PersonForm { locale: self.chrome.locale, choices: &self.choices, typed: &typed }.roles()
    }

    fn teams(&self, person: &Listed) -> Vec<&str> {
        let is_in = |(team, _): &&(TeamId, String)| person.teams.contains(team);
        self.choices.teams.iter().filter(is_in).map(|(_, name)| name.as_str()).collect()
    }

    fn holds(&self, person: &Listed) -> String {
        self.chrome.locale.count("settings.holds", person.holds)
    }

    fn shown(&self) -> String {
        self.chrome.locale.count("settings.people", i64::try_from(self.people.len()).unwrap_or(i64::MAX))
    }

    fn not_in_yet(&self) -> String {
        self.chrome.locale.count("newcomers.here", self.choices.newcomers)
    }

    fn is_narrowed(&self) -> bool {
        self.wanted != Wanted { has_left: self.wanted.has_left, ..Wanted::default() }
    }
}

/// `GET /settings/people/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/person.html")]
pub struct PersonPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub person: Listed,
    /// Nobody else could administer the workspace.
    pub is_last_administrator: bool,
    /// How they sign in.
    pub sign_in: SignInStand,
    pub choices: Choices,
    /// Those that there are.
    pub skills: Vec<SkillSummary>,
    pub typed: Typed,
    pub now: Typed,
    /// What became of them.
    pub acts: Vec<Act>,
}

impl PersonPage {
    fn signed_in(&self) -> String {
        self.chrome.locale.count("security.browsers", self.sign_in.sessions)
    }

    fn form(&self) -> PersonForm<'_> {
        PersonForm { locale: self.chrome.locale, choices: &self.choices, typed: &self.typed }
    }

    /// Each skill with the levels to choose from.
    fn skills(&self) -> Vec<(&SkillSummary, Vec<Choice>)> {
        let own = self.typed.skills.as_ref().or(self.now.skills.as_ref());
        let has = |skill: &SkillSummary| own.and_then(|own| own.get(&skill.id)).copied();
        let levels = |skill| (LOWEST..=HIGHEST).map(move |level| (level, has(skill) == Some(level)));
        let choice = |(level, is_chosen): (Level, bool)| {
            let name = words::plain(&self.chrome.locale, "skills.level", &[("level", &level.to_string())]);
            Choice { value: level.to_string(), name, is_chosen }
        };
        self.skills.iter().map(|skill| (skill, levels(skill).map(choice).collect())).collect()
    }

    /// What a colleague made of them, where somebody typed something else.
    fn skills_now(&self) -> Option<String> {
        let now = self.now.skills.as_ref().filter(|now| self.typed.is_of_form && self.typed.skills.as_ref() != Some(*now))?;
        let named = |(id, level): (&SkillId, &Level)| Some(format!("{} {level}", self.skills.iter().find(|skill| skill.id == *id)?.name));
        let all: Vec<String> = now.iter().filter_map(named).collect();
        Some(if all.is_empty() { "–".to_owned() } else { all.join(", ") })
    }

    fn initials(&self) -> String {
        initials(&self.person.name)
    }

    fn holds(&self) -> String {
        self.chrome.locale.count("settings.holds", self.person.holds)
    }

    fn role_now(&self) -> String {
        role_words(self.chrome.locale, self.person.role, self.person.role_name.as_deref())
    }
}

/// `GET /settings/people/{id}/leaving`
#[derive(Template, WebTemplate)]
#[template(path = "settings/leaving.html")]
pub struct LeavingPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub person: Listed,
    pub is_last_administrator: bool,
    /// Browsers in which they are signed in.
    pub sessions: i64,
    /// Who could go on with what they hold.
    pub others: Vec<(UserId, String)>,
    /// What was chosen.
    pub goes: Goes,
}

impl LeavingPage {
    fn signed_in(&self) -> String {
        self.chrome.locale.count("security.browsers", self.sessions)
    }

    fn title(&self) -> String {
        self.chrome.locale.t1("settings.leaving_title", "name", &self.person.name)
    }

    fn holds(&self) -> String {
        self.chrome.locale.count("settings.holds", self.person.holds)
    }
}

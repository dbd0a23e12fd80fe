//! The pages of skills.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::ids::UserId;
use crate::domain::routing::skills::Level;
use crate::domain::setup::value::Skill;
use crate::store::skills::SkillSummary;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

/// What a form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub skill: Skill,
}

impl Default for Typed {
    fn default() -> Self {
        Self { is_of_form: false, skill: Skill { key: String::new(), name: String::new(), language: None } }
    }
}

impl Typed {
    #[must_use]
    pub fn of(skill: &SkillSummary) -> Self {
        let SkillSummary { key, name, language, .. } = skill.clone();
        Self { is_of_form: false, skill: Skill { key, name, language } }
    }

    fn language(&self) -> &str {
        self.skill.language.as_deref().unwrap_or_default()
    }
}

/// `GET /settings/skills`
#[derive(Template, WebTemplate)]
#[template(path = "settings/skills.html")]
pub struct SkillsPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub skills: Vec<SkillSummary>,
    /// The one that was not added.
    pub typed: Typed,
}

impl SkillsPage {
    fn people(&self, skill: &SkillSummary) -> String {
        self.chrome.locale.count("skills.people", skill.people)
    }
}

/// `GET /settings/skills/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/skill.html")]
pub struct SkillPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub skill: SkillSummary,
    /// Who have it, the best first.
    pub people: Vec<(UserId, String, Level)>,
    /// The rules that ask for it: where they are, and what they are called.
    pub rules: Vec<(String, String)>,
    pub typed: Typed,
    pub acts: Vec<Act>,
}

impl SkillPage {
    fn people_words(&self) -> String {
        self.chrome.locale.count("skills.people", self.skill.people)
    }

    fn level(&self, level: &Level) -> String {
        words::plain(&self.chrome.locale, "skills.level", &[("level", &level.to_string())])
    }

    /// What a colleague made of it, where somebody typed something else.
    fn now(&self) -> Option<String> {
        let now = Typed::of(&self.skill);
        let language = self.skill.language.clone().unwrap_or_else(|| "–".to_owned());
        (self.typed.is_of_form && now.skill != self.typed.skill).then(|| format!("{} · {} · {language}", self.skill.name, self.skill.key))
    }
}

//! The list of what a workspace begins with.

use askama::Template;
use askama_web::WebTemplate;

use crate::store::start::Facts;
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::ui;
use crate::web::settings::view::Shell;

/// `GET /settings/start`
#[derive(Template, WebTemplate)]
#[template(path = "settings/start.html")]
pub struct StartPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub facts: Facts,
}

/// One thing of the list.
pub struct Step {
    /// Of its element.
    pub key: &'static str,
    /// Keys of its words.
    pub title: &'static str,
    pub hint: &'static str,
    pub is_done: bool,
    /// Where it is made.
    pub path: &'static str,
}

impl StartPage {
    fn steps(&self) -> [Step; 7] {
        let Facts { number, webhook, talk, team, hours, flow, people } = self.facts;
        let step = |key, title, hint, is_done, path| Step { key, title, hint, is_done, path };
        [
            step("number", "start.number.title", "start.number.hint", number, "/settings/numbers"),
            step("webhook", "start.webhook.title", "start.webhook.hint", webhook, "/settings/numbers"),
            step("talk", "start.talk.title", "start.talk.hint", talk, "/settings/numbers"),
            step("team", "start.team.title", "start.team.hint", team, "/settings/teams"),
            step("hours", "start.hours.title", "start.hours.hint", hours, "/settings/queues"),
            step("flow", "start.flow.title", "start.flow.hint", flow, "/settings/flows"),
            step("people", "start.people.title", "start.people.hint", people, "/settings/people"),
        ]
    }

    /// What the list says, short: it is drawn again when that is another.
    fn state(&self) -> String {
        self.steps().iter().map(|step| if step.is_done { '1' } else { '0' }).collect()
    }

    fn left(&self) -> String {
        let left = self.steps().iter().filter(|step| !step.is_done).count();
        if left == 0 {
            return self.chrome.locale.t("start.complete").into_owned();
        }
        self.chrome.locale.count("start.left", i64::try_from(left).unwrap_or(i64::MAX))
    }
}

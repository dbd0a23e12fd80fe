//! The pages of canned replies.

use askama::Template;
use askama_web::WebTemplate;

use crate::domain::canned::NAMES;
use crate::domain::canned::sheet::{Fault, Plan, Wrong};
use crate::domain::ids::ConversationId;
use crate::domain::setup::value::CannedReply;
use crate::store::canned_replies::{Choices, Filter, Kept};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::plain;
use crate::web::settings::changes::view::Act;
use crate::web::settings::view::Shell;

pub(super) const LIST: &str = "/settings/canned-replies";

/// Lines of a plan that are shown, of each kind.
const SHOWN: usize = 100;

/// What a form says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub shortcut: String,
    pub body: String,
    pub folder: String,
    /// `everybody`, `own`, or a team's id.
    pub audience: String,
}

impl Typed {
    #[must_use]
    pub fn of(reply: &CannedReply) -> Self {
        let CannedReply { shortcut, body, folder, .. } = reply.clone();
        Self { is_of_form: false, shortcut, body, folder, audience: audience(reply) }
    }
}

fn audience(reply: &CannedReply) -> String {
    match (reply.owner, reply.team) {
        (Some(_), _) => "own".to_owned(),
        (None, Some(team)) => team.to_string(),
        (None, None) => "everybody".to_owned(),
    }
}

/// `GET /settings/canned-replies`
#[derive(Template, WebTemplate)]
#[template(path = "settings/canned_replies.html")]
pub struct CannedRepliesPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub replies: Vec<Kept>,
    /// On all pages.
    pub count: i64,
    pub pages: i64,
    pub choices: Choices,
    pub filter: Filter,
    /// The one that was not added.
    pub typed: Typed,
}

impl CannedRepliesPage {
    fn count(&self) -> String {
        self.chrome.locale.count("canned.count", self.count)
    }

    fn uses(&self, kept: &Kept) -> String {
        self.chrome.locale.count("canned.uses", kept.uses)
    }

    fn audience(&self, kept: &Kept) -> String {
        audience_words(&self.chrome, kept)
    }

    fn is_filtered(&self) -> bool {
        self.filter != Filter { page: self.filter.page, ..Filter::default() }
    }

    /// Where another page of the same list is.
    fn address(&self, page: i64) -> String {
        let Filter { words, folder, audience, .. } = &self.filter;
        let page = page.to_string();
        let fields = [("q", words), ("folder", folder), ("audience", audience), ("page", &page)];
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("/settings/canned-replies?{query}")
    }
}

fn audience_words(chrome: &Chrome, kept: &Kept) -> String {
    match (&kept.reply.owner, &kept.team_name) {
        (Some(_), _) => chrome.locale.t("canned.own").into_owned(),
        (None, Some(team)) => team.clone(),
        (None, None) => chrome.locale.t("canned.everybody").into_owned(),
    }
}

/// A customer whom a text can be tried with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub id: ConversationId,
    pub name: String,
}

/// `GET /settings/canned-replies/{id}`
#[derive(Template, WebTemplate)]
#[template(path = "settings/canned_reply.html")]
pub struct CannedReplyPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub reply: Kept,
    pub typed: Typed,
    pub choices: Choices,
    pub customers: Vec<Customer>,
    /// Whom it is tried with.
    pub with: Option<ConversationId>,
    /// As that customer would read it.
    pub told: Option<String>,
    pub may_change: bool,
    pub acts: Vec<Act>,
}

impl CannedReplyPage {
    fn uses(&self) -> String {
        self.chrome.locale.count("canned.uses", self.reply.uses)
    }

    fn audience(&self) -> String {
        audience_words(&self.chrome, &self.reply)
    }

    fn is_with(&self, customer: &Customer) -> bool {
        self.with == Some(customer.id)
    }

    fn audience_differs(&self) -> bool {
        self.typed.is_of_form && self.typed.audience != audience(&self.reply.reply)
    }

    fn placeholders(&self) -> [String; NAMES.len()] {
        NAMES.map(|name| format!("{{{{{name}}}}}"))
    }
}

/// `POST /settings/canned-replies/import`
#[derive(Template, WebTemplate)]
#[template(path = "settings/canned_import.html")]
pub struct ImportPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub plan: Plan,
    /// The file.
    pub text: String,
}

impl ImportPage {
    fn heads(&self) -> Vec<String> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let Plan { new, changed, same, faults, .. } = &self.plan;
        let all = [("canned.new", new.len()), ("canned.changed", changed.len()), ("canned.same", *same), ("canned.faults", faults.len())];
        all.map(|(key, count)| self.chrome.locale.count(key, number(count))).to_vec()
    }

    fn changes(&self) -> bool {
        !(self.plan.new.is_empty() && self.plan.changed.is_empty())
    }

    fn added(&self) -> &[(u64, String)] {
        &self.plan.new[..self.plan.new.len().min(SHOWN)]
    }

    fn changed(&self) -> &[(u64, String)] {
        &self.plan.changed[..self.plan.changed.len().min(SHOWN)]
    }

    fn faults(&self) -> Vec<String> {
        self.plan.faults.iter().take(SHOWN).map(|fault| self.words(fault)).collect()
    }

    fn words(&self, Fault { line, wrong }: &Fault) -> String {
        let (key, value) = match wrong {
            Wrong::NotText => ("not_text", String::new()),
            Wrong::NoColumn(name) => ("no_column", (*name).to_owned()),
            Wrong::Uneven => ("uneven", String::new()),
            Wrong::TooMany(most) => ("too_many", most.to_string()),
            Wrong::Shortcut(shortcut) => ("shortcut", shortcut.clone()),
            Wrong::NoText => ("no_text", String::new()),
            Wrong::TooLong(most) => ("too_long", most.to_string()),
            Wrong::Placeholder(name) => ("placeholder", name.clone()),
            Wrong::NoTeam(name) => ("no_team", name.clone()),
            Wrong::Twice(line) => ("twice", line.to_string()),
        };
        let locale = &self.chrome.locale;
        let words = plain(locale, &format!("canned.fault.{key}"), &[("value", &value)]);
        plain(locale, "canned.fault.line", &[("line", &line.to_string()), ("words", &words)])
    }
}

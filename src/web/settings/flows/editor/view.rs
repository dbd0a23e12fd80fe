//! The page on which a flow is written.

use std::collections::HashMap;

use askama::Template;
use askama_web::WebTemplate;
use serde::Serialize;

use crate::domain::flows::inspection::LONGEST;
use crate::domain::flows::written::written;
use crate::domain::ids::FlowId;
use crate::domain::names;
use crate::domain::setup::Setup;
use crate::store::flows::{FlowDraft, Workbench};
use crate::web::layouts::chrome::Chrome;
use crate::web::layouts::html::Html;
use crate::web::layouts::time;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;
use crate::web::settings::flows::phone::view::Phone;
use crate::web::settings::flows::picture::Picture;
use crate::web::settings::flows::problems::Listed;
use crate::web::settings::view::Shell;

/// `GET /settings/flows/{id}/edit`
#[derive(Template, WebTemplate)]
#[template(path = "settings/flows/edit.html")]
pub struct EditPage {
    pub chrome: Chrome,
    pub shell: Shell,
    pub id: FlowId,
    pub bench: Workbench,
    pub text: String,
    pub checked: Checked,
    /// Somebody else wrote meanwhile.
    pub conflict: Option<Conflict>,
    pub phone: Phone,
    pub known: Known,
}

impl EditPage {
    /// The version of the draft that the page shows.
    fn seen(&self) -> i64 {
        self.bench.draft.as_ref().map_or(0, |draft| draft.version)
    }

    fn state(&self) -> Html {
        state_words(self.chrome.locale, &self.bench, &self.checked)
    }

    /// Characters that the field takes.
    fn longest(&self) -> usize {
        LONGEST
    }
}

/// What a text comes to.
#[derive(Debug)]
pub struct Checked {
    pub locale: Locale,
    /// Nothing where it is no JSON: the last one stays.
    pub drawing: Option<Picture>,
    pub problems: Vec<Listed>,
    /// It could be published.
    pub is_sound: bool,
    /// It says what is published already.
    pub is_published: bool,
}

impl Checked {
    fn count(&self) -> String {
        self.locale.count("flows.problems", i64::try_from(self.problems.len()).unwrap_or(i64::MAX))
    }
}

/// Somebody else wrote what this page had not seen.
#[derive(Debug)]
pub struct Conflict {
    pub words: Html,
    /// What they wrote, and its version.
    pub theirs: String,
    pub version: i64,
}

impl Conflict {
    #[must_use]
    pub fn of(locale: Locale, bench: &Workbench) -> Self {
        let (theirs, version) = bench.draft.as_ref().map(|draft| (draft.body.clone(), draft.version)).unwrap_or_default();
        let words = match bench.draft.as_ref().map(|draft| draft.author.as_deref()) {
            Some(Some(author)) => sentence(&locale, "flows.written_by", &[("name", author)]),
            Some(None) => sentence(&locale, "flows.written", &[]),
            None => sentence(&locale, "flows.thrown_away", &[]),
        };
        Self { words, theirs, version }
    }
}

/// What the page's scripts hear after a draft was sent.
#[derive(Template)]
#[template(path = "settings/flows/draft_streams.html")]
pub struct DraftStreams {
    pub locale: Locale,
    pub id: FlowId,
    /// The version that the page has seen now.
    pub seen: i64,
    pub bench: Workbench,
    pub checked: Checked,
    pub conflict: Option<Conflict>,
}

impl DraftStreams {
    fn state(&self) -> Html {
        state_words(self.locale, &self.bench, &self.checked)
    }
}

/// Whose draft it is and since when, and how it stands to what is published.
fn state_words(locale: Locale, bench: &Workbench, checked: &Checked) -> Html {
    let published = match bench.published {
        Some(version) if checked.is_published => sentence(&locale, "flows.same_as_published", &[("version", &version.to_string())]),
        Some(version) => sentence(&locale, "flows.other_than_published", &[("version", &version.to_string())]),
        None => sentence(&locale, "flows.never_published", &[]),
    };
    let Some(FlowDraft { at, author, body, .. }) = &bench.draft else { return published };
    let differing = locale.count("flows.draft_lines", i64::try_from(differing_lines(bench, body)).unwrap_or(i64::MAX));
    let kept = match author {
        Some(author) => sentence(&locale, "flows.kept_by", &[("name", author)]),
        None => sentence(&locale, "flows.kept", &[]),
    };
    Html::trusted(format!("{kept} {} · {published} {differing}", time::element(at, "moment")))
}

/// Lines of a draft that are not published, or published ones that it has no more, whichever are more: what is lost with it.
fn differing_lines(bench: &Workbench, body: &str) -> usize {
    let published = bench.definition.as_ref().map(written).unwrap_or_default();
    let lines = |text: &'_ str| text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    let without = |these: &[String], others: &[String]| {
        let mut left: HashMap<&str, usize> = HashMap::new();
        others.iter().for_each(|line| *left.entry(line).or_default() += 1);
        let is_new = |line: &&String| match left.get_mut(line.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        these.iter().filter(is_new).count()
    };
    let (draft, published) = (lines(body), lines(&published));
    without(&draft, &published).max(without(&published, &draft))
}

/// What can be named in a definition of this workspace.
#[derive(Debug, Serialize)]
pub struct Known {
    pub queues: Vec<Named>,
    /// Those that may be added.
    pub tags: Vec<Named>,
    pub fields: Vec<Named>,
}

/// A name with what it stands for.
#[derive(Debug, Serialize)]
pub struct Named {
    pub key: String,
    pub about: String,
}

impl Known {
    #[must_use]
    pub fn of(bench: &Workbench, setup: &Setup) -> Self {
        let named = |key: &str, about: &str| Named { key: key.to_owned(), about: about.to_owned() };
        let mut tags: Vec<_> = setup.tags.values().filter(|tag| !tag.archived && tag.merged_into.is_none()).collect();
        tags.sort_by_cached_key(|tag| names::order(&tag.name));
        Self {
            queues: bench.queues.iter().map(|queue| named(&queue.key, &queue.name)).collect(),
            tags: tags.into_iter().map(|tag| named(&tag.name, "")).collect(),
            fields: setup.fields.values().map(|field| named(&field.key, &field.label)).collect(),
        }
    }
}

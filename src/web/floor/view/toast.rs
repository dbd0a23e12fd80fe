//! What came of an act, in words, and the offer to take it back.

use askama::Template;
use askama::filters::HtmlSafe;

use super::names::Names;
use crate::domain::agent::Availability;
use crate::domain::floor::{Came, FloorAct};
use crate::domain::ids::{FloorActId, UserId};
use crate::web::layouts::html::Html;
use crate::web::layouts::ui;
use crate::web::layouts::words::sentence;
use crate::web::locale::Locale;

/// How long the page offers to take it back, in milliseconds: for as long as the server does, but for a moment. What many conversations are
/// moved by is looked at for longer than what one is.
const OFFERED_FOR: u32 = 28_000;

/// How long a page says what became of it, and why not.
const SAID_FOR: u32 = 8_000;

/// One at a time, element id `toast-floor`.
#[derive(Debug, Clone, Template)]
#[template(path = "floor/toast.html")]
pub struct FloorToast {
    locale: Locale,
    words: Html,
    is_refusal: bool,
    /// The act, and the token of who may take it back.
    offered: Option<(FloorActId, String)>,
    left: u32,
}

impl HtmlSafe for FloorToast {}

impl FloorToast {
    #[must_use]
    pub fn offer(locale: Locale, words: Html, offered: Option<(FloorActId, String)>) -> Self {
        let left = if offered.is_some() { OFFERED_FOR } else { SAID_FOR };
        Self { locale, words, is_refusal: false, offered, left }
    }

    #[must_use]
    pub fn said(locale: Locale, words: Html) -> Self {
        Self { locale, words, is_refusal: false, offered: None, left: SAID_FOR }
    }

    #[must_use]
    pub fn refused(locale: Locale, words: Html) -> Self {
        Self { is_refusal: true, ..Self::said(locale, words) }
    }
}

/// What was done, and to how many it was not and why.
#[must_use]
pub fn came_words(locale: Locale, by: UserId, act: &FloorAct, names: &Names, came: Came) -> Html {
    let done = came.done.to_string();
    let asked = came.asked().to_string();
    let form = if came.asked() == 1 { "one" } else { "other" };
    let of_many = |kind: &str, from: &str, to: &str| {
        let words = match (came.done, came.asked()) {
            (_, 0) => sentence(&locale, &format!("floor.did.{kind}.none"), &[("from", from), ("to", to)]),
            (done_of, all) if done_of == all => {
                sentence(&locale, &format!("floor.did.{kind}.{form}"), &[("count", &done), ("from", from), ("to", to)])
            }
            _ => {
                let values = [("count", done.as_str()), ("asked", asked.as_str()), ("from", from), ("to", to)];
                sentence(&locale, &format!("floor.did.{kind}.part"), &values)
            }
        };
        with_reasons(locale, words, came)
    };
    match act {
        FloorAct::Move { from, to, .. } => of_many("move", names.queue(*from), names.queue(*to)),
        FloorAct::Give { from, to, .. } => {
            let key = if *to == by { "pull" } else { "give" };
            of_many(key, names.queue(*from), names.person(*to))
        }
        FloorAct::Return { from, away } => {
            let words = of_many("return", names.person(*from), "");
            if away.is_some() { and(words, &sentence(&locale, "floor.did.and_away", &[])) } else { words }
        }
        FloorAct::HandOver { from, to } => {
            let key = if *to == by { "take" } else { "hand_over" };
            of_many(key, names.person(*from), names.person(*to))
        }
        FloorAct::Availability { of, to: Availability::Online, .. } => {
            sentence(&locale, "floor.did.online", &[("name", names.person(*of))])
        }
        FloorAct::Availability { of, to: Availability::Away, .. } => sentence(&locale, "floor.did.away", &[("name", names.person(*of))]),
        FloorAct::Capacity { of, to, .. } => {
            sentence(&locale, "floor.did.capacity", &[("name", names.person(*of)), ("count", &to.to_string())])
        }
        FloorAct::Strange => sentence(&locale, "floor.did.strange", &[]),
    }
}

/// What was taken back, and what was not.
#[must_use]
pub fn undone_words(locale: Locale, came: Came) -> Html {
    let (done, asked) = (came.done.to_string(), came.asked().to_string());
    let form = if came.done == 1 { "one" } else { "other" };
    let words = match (came.done, came.asked()) {
        (_, 0) => sentence(&locale, "floor.undo.all", &[]),
        (done_of, all) if done_of == all => sentence(&locale, &format!("floor.undo.back.{form}"), &[("count", &done)]),
        _ => sentence(&locale, &format!("floor.undo.part.{form}"), &[("count", &done), ("asked", &asked)]),
    };
    let words = with_reasons(locale, words, came);
    if came.is_set_again { and(words, &sentence(&locale, "floor.undo.set_again", &[])) } else { words }
}

fn with_reasons(locale: Locale, words: Html, came: Came) -> Html {
    let reasons =
        [("elsewhere", came.left.elsewhere), ("no_room", came.left.no_room), ("busy", came.left.busy), ("failed", came.left.failed)];
    reasons.into_iter().filter(|(_, count)| *count > 0).fold(words, |words, (key, count)| {
        let form = if count == 1 { "one" } else { "other" };
        and(words, &sentence(&locale, &format!("floor.left.{key}.{form}"), &[("count", &count.to_string())]))
    })
}

fn and(words: Html, more: &Html) -> Html {
    Html::trusted(format!("{words} {more}"))
}

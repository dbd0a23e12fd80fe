//! Small pieces of markup that many templates use.

use std::sync::LazyLock;

use super::html::Html;

static SPRITE: LazyLock<String> = LazyLock::new(|| asset("icons.svg"));

/// The address of a file under `static/`.
#[must_use]
pub fn asset(path: &str) -> String {
    crate::web::assets::own::asset_path(path)
}

/// An icon of the sprite; decoration, words stand beside it or in a label.
#[must_use]
pub fn icon(name: &str) -> Html {
    Html::trusted(format!(r#"<svg class="icon icon--{name}" aria-hidden="true" focusable="false"><use href="{}#{name}"/></svg>"#, *SPRITE))
}

/// The stylesheets, in the order of their layers; each is one block.
pub const STYLES: [&str; 38] = [
    "layers",
    "reset",
    "tokens",
    "base",
    "shell",
    "button",
    "dialog",
    "rail",
    "list",
    "own",
    "row",
    "conversation",
    "header",
    "people",
    "items",
    "message",
    "ticks",
    "line",
    "note",
    "brief",
    "composer",
    "toast",
    "context",
    "tags",
    "page",
    "table",
    "decisions",
    "floor",
    "course",
    "handover",
    "settings",
    "opening",
    "rule",
    "skills",
    "sla",
    "profile",
    "flows",
    "utilities",
];

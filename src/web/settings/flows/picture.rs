//! The drawing of a flow, as SVG.

use askama::Template;
use askama::filters::HtmlSafe;

use super::difference::kind_words;
use crate::domain::flows::drawing::{BOX_HEIGHT, BOX_WIDTH, Drawing, Label};
use crate::domain::flows::text::truncate;
use crate::web::layouts::ui;
use crate::web::locale::Locale;

/// Characters of a key, of what a node says, and of the values of a case that have room.
const KEY: usize = 19;
const ABOUT: usize = 23;
const VALUES: usize = 16;

/// Element id `drawing`.
#[derive(Debug, Template)]
#[template(path = "settings/flows/drawing.html")]
pub struct Picture {
    pub locale: Locale,
    pub width: i32,
    pub height: i32,
    pub boxes: Vec<Shape>,
    pub ways: Vec<Line>,
}

impl HtmlSafe for Picture {}

/// A node.
#[derive(Debug)]
pub struct Shape {
    pub key: String,
    pub short_key: String,
    pub about: String,
    /// All of it, for whoever points at it.
    pub title: String,
    /// Of the class; `strange` where nobody knows the kind.
    pub kind: &'static str,
    pub icon: &'static str,
    pub x: i32,
    pub y: i32,
    pub is_reached: bool,
    pub is_start: bool,
}

/// What leads from one to another.
#[derive(Debug)]
pub struct Line {
    pub path: String,
    pub label: String,
    pub label_x: i32,
    pub label_y: i32,
    pub is_back: bool,
}

impl Picture {
    #[must_use]
    pub fn of(locale: Locale, drawing: Drawing) -> Self {
        let Drawing { width, height, nodes, ways } = drawing;
        let boxes = nodes.into_iter().map(|node| {
            let (kind, icon) = look(&node.kind);
            let mut title = format!("{}: {}", node.key, kind_words(locale, &node.kind));
            if !node.about.is_empty() {
                title.push_str(&format!(" – {}", node.about));
            }
            if !node.is_reached {
                title.push_str(&format!(" ({})", locale.t("flows.unreached")));
            }
            Shape {
                short_key: truncate(&node.key, KEY),
                about: truncate(&node.about.replace('\n', " "), ABOUT),
                key: node.key,
                title,
                kind,
                icon,
                x: node.x,
                y: node.y,
                is_reached: node.is_reached,
                is_start: node.is_start,
            }
        });
        let lines = ways.into_iter().enumerate().map(|(place, way)| {
            let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = way.points;
            let label = match way.label {
                Label::Nothing => String::new(),
                Label::Values(values) => truncate(&values, VALUES),
                Label::Otherwise => locale.t("flows.otherwise").into_owned(),
            };
            // Neighbours are labelled at different heights.
            let share = 0.25 + 0.14 * f64::from(u8::try_from(place % 3).unwrap_or_default());
            let along = |a: i32, b: i32, c: i32, d: i32| bezier(share, [a, b, c, d].map(f64::from));
            Line {
                path: format!("M{x0} {y0}C{x1} {y1} {x2} {y2} {x3} {}", y3 - 4),
                label,
                label_x: along(x0, x1, x2, x3),
                label_y: along(y0, y1, y2, y3),
                is_back: way.is_back,
            }
        });
        Self { locale, width, height, boxes: boxes.collect(), ways: lines.collect() }
    }

    fn box_width(&self) -> i32 {
        BOX_WIDTH
    }

    fn box_height(&self) -> i32 {
        BOX_HEIGHT
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a place in a drawing")]
fn bezier(t: f64, [a, b, c, d]: [f64; 4]) -> i32 {
    let s = 1.0 - t;
    (s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d).round() as i32
}

/// The class and the icon of a kind of node.
fn look(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "send_text" => ("send_text", "message-circle"),
        "ask" => ("ask", "circle-help"),
        "branch" => ("branch", "arrow-right-left"),
        "set_field" => ("set_field", "tag"),
        "add_tag" => ("add_tag", "tag"),
        "hand_off" => ("hand_off", "handshake"),
        _ => ("strange", "circle-x"),
    }
}

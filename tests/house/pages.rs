//! Pages and styles: colours come from the tokens, and nothing is inline, as the content security policy demands.

use std::collections::BTreeMap;

use super::source::{Fault, Source};

const TOKENS: &str = "static/styles/tokens.css";

/// A browser draws the icon of its tab without our styles.
const ICON: &str = "static/icon.svg";

const COLOUR_FUNCTIONS: [&str; 8] = ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "oklch(", "oklab("];

const COLOUR_NAMES: [&str; 16] = [
    "white", "black", "red", "green", "blue", "gray", "grey", "yellow", "orange", "silver", "pink", "purple", "brown", "teal", "navy",
    "gold",
];

/// Attributes of SVG and HTML that may name a colour.
const COLOUR_ATTRIBUTES: [&str; 6] = ["fill=\"", "stroke=\"", "color=\"", "bgcolor=\"", "stop-color=\"", "flood-color=\""];

pub fn colours_in_styles(source: &Source) -> Vec<Fault> {
    if source.path == TOKENS {
        return Vec::new();
    }
    let text = without_css_comments(&source.text);
    let lines = (1..).zip(text.lines()).filter(|(_, line)| has_colour(declared(line)));
    lines.map(|(line, _)| source.fault(line, format!("a colour stands in {TOKENS} only; use `var(--…)`"))).collect()
}

/// What a line sets a property to: behind the colon, so that `#id` selectors are none.
fn declared(line: &str) -> &str {
    line.split_once(": ").map_or("", |(_, value)| value)
}

fn has_colour(value: &str) -> bool {
    let words: Vec<&str> = value.split(|c: char| !c.is_alphanumeric() && !matches!(c, '-' | '#' | '(' | '_')).collect();
    let is_hex = |word: &str| {
        word.strip_prefix('#').is_some_and(|digits| matches!(digits.len(), 3 | 4 | 6 | 8) && digits.chars().all(|c| c.is_ascii_hexdigit()))
    };
    let is_function = |word: &str| COLOUR_FUNCTIONS.iter().any(|function| word.starts_with(function));
    words.iter().any(|word| is_hex(word) || is_function(word) || COLOUR_NAMES.contains(word))
}

pub fn colours_elsewhere(source: &Source) -> Vec<Fault> {
    if source.path == ICON {
        return Vec::new();
    }
    let is_coloured = |line: &str| {
        COLOUR_ATTRIBUTES.iter().any(|attribute| line.split(attribute).skip(1).any(|rest| has_colour(rest.split('"').next().unwrap_or(""))))
    };
    let lines = source.lines().filter(|(_, line)| is_coloured(line) || line.contains(".style.color") || line.contains(".style.background"));
    lines.map(|(line, _)| source.fault(line, format!("a colour stands in {TOKENS} only; say `currentColor`, or give it a class"))).collect()
}

pub fn important(source: &Source) -> Vec<Fault> {
    let text = without_css_comments(&source.text);
    let lines = (1..).zip(text.lines()).filter(|(_, line)| line.replace(' ', "").contains("!important"));
    lines.map(|(line, _)| source.fault(line, "`!important` wins an argument nobody can follow; put the rule into a later layer")).collect()
}

pub fn inline(source: &Source) -> Vec<Fault> {
    let text = without_html_comments(&source.text);
    let mut faults = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let lower = text.to_lowercase();
        if attributes(&lower)
            .any(|name| name == "style" || name.strip_prefix("on").is_some_and(|event| event.chars().all(|c| c.is_ascii_alphabetic())))
        {
            faults.push(source.fault(line, "a style or a handler inside a page is blocked by our own policy; use a class or a controller"));
        }
        let is_inline = |tag: &str| !tag.contains("src=") && !tag.contains("application/json") && !tag.contains("importmap");
        let scripts = lower.split("<script").skip(1).any(|rest| is_inline(rest.split('>').next().unwrap_or("")));
        if scripts || lower.contains("<style") || lower.contains("javascript:") {
            faults.push(source.fault(line, "code inside a page is blocked by our own policy; put it into static/scripts or static/styles"));
        }
    }
    faults
}

/// Where two stylesheets tell what a class looks like, the one that is read later wins, wherever it was meant.
pub fn classes_told_twice(styles: &[Source]) -> Vec<Fault> {
    let mut told: BTreeMap<String, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for source in styles {
        for (line, class) in classes(&source.text) {
            let first = *told.entry(class.clone()).or_insert(&source.path);
            if first != source.path {
                faults.push(source.fault(line, format!("`{class}` has a rule in {first} too; give one of the two a name of its own")));
            }
        }
    }
    faults
}

/// Classes that a stylesheet gives a rule of their own, wherever they stand and however wide the window is, each with its line.
fn classes(text: &str) -> Vec<(usize, String)> {
    let is_class =
        |selector: &str| selector.strip_prefix('.').is_some_and(|name| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')));
    let text = without_css_comments(text);
    let (mut found, mut around, mut begun) = (Vec::new(), Vec::new(), 0);
    for (place, sign) in text.char_indices().filter(|(_, sign)| matches!(sign, '{' | '}' | ';')) {
        let (line, selectors) = (text[..place].matches('\n').count() + 1, text[begun..place].trim());
        begun = place + 1;
        match sign {
            '{' => {
                if around.iter().all(|outer: &&str| outer.starts_with("@layer")) {
                    found.extend(selectors.split(',').map(str::trim).filter(|one| is_class(one)).map(|class| (line, class.to_owned())));
                }
                around.push(selectors);
            }
            '}' => drop(around.pop()),
            _ => {}
        }
    }
    found
}

/// What is trusted in a template is trusted whoever wrote it; data for scripts, which `json` writes without a `<`, is not read as HTML.
pub fn trusted(source: &Source) -> Vec<Fault> {
    let is_trusting = |line: &str| line.replace("|json|safe", "").replace(' ', "").contains("|safe");
    let lines = source.lines().filter(|(_, line)| is_trusting(line));
    lines.map(|(line, _)| source.fault(line, "`|safe` trusts whatever stands there; let its type say `HtmlSafe`")).collect()
}

/// Elements that stand among words.
const AMONG_WORDS: [&str; 7] = ["bdi", "code", "em", "kbd", "q", "small", "time"];

/// As long as a line of a template may be.
const WIDEST: usize = 140;

/// A line with two elements hides the second, and a change of one is a change of both.
pub fn crowded(source: &Source) -> Vec<Fault> {
    let of_line = |(line, text): (usize, &str)| {
        let bare = blank_between(&blank_between(text, "{{", "}}"), "{%", "%}");
        let (opened, closed) = (elements(&bare, "<"), elements(&bare, "</"));
        let sentence = if text.chars().count() > WIDEST {
            format!("longer than {WIDEST} characters; give each attribute a line")
        } else if opened > 1 || closed > 1 {
            "an element has a line of its own; where white space would show, `-` beside an expression or a block takes it away".to_owned()
        } else {
            return None;
        };
        Some(source.fault(line, sentence))
    };
    source.lines().filter_map(of_line).collect()
}

/// How many tags a line has that begin with `opening`, but for those of elements among words.
fn elements(line: &str, opening: &str) -> usize {
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>();
    let names = line.split(opening).skip(1).map(name);
    names.filter(|name| !name.is_empty() && !AMONG_WORDS.contains(&name.as_str())).count()
}

/// A handler of keys that does not ask whether an input method has the key takes the Enter that chooses a word for one that sends.
pub fn unasked_keys(source: &Source) -> Vec<Fault> {
    let is_asked = source.text.contains("isComposing(event)");
    let faults = source.lines().filter(|(_, line)| line.contains("keydown.") || (line.contains("event.key") && !is_asked));
    faults
        .map(|(line, _)| source.fault(line, "an input method may have this key; ask `isComposing(event)` of static/scripts/keys.js first"))
        .collect()
}

/// The names of attributes with a value: what stands before `="`, after white space.
fn attributes(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("=\"").map(|(place, _)| line[..place].rsplit([' ', '\t', '"', '\'']).next().unwrap_or(""))
}

fn without_css_comments(text: &str) -> String {
    blank_between(text, "/*", "*/")
}

fn without_html_comments(text: &str) -> String {
    blank_between(&blank_between(text, "{#", "#}"), "<!--", "-->")
}

fn blank_between(text: &str, opening: &str, closing: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(opening) {
        let (inside, tail) = after.split_once(closing).unwrap_or((after, ""));
        kept.push_str(before);
        kept.extend(inside.chars().filter(|c| *c == '\n'));
        rest = tail;
    }
    kept + rest
}

#[test]
fn a_planted_colour_is_caught() {
    let count = |text: &str| colours_in_styles(&Source::new("static/styles/x.css", text)).len();
    assert_eq!(count(".a {\n  color: #fff;\n  background: rgb(0 0 0);\n  border: 1px solid black;\n}\n"), 3);
    assert_eq!(count("#abc {\n  color: var(--ink); /* #fff */\n  background: color-mix(in oklch, var(--red), transparent);\n}\n"), 0);
    let elsewhere = |text: &str| colours_elsewhere(&Source::new("templates/x.html", text)).len();
    assert_eq!(elsewhere("<path fill=\"#0b6b6b\">\n<path fill=\"none\" stroke=\"currentColor\">\n"), 1);
}

#[test]
fn a_planted_important_is_caught() {
    let count = |text: &str| important(&Source::new("static/styles/x.css", text)).len();
    assert_eq!(count(".a { color: var(--ink) ! important; }\n.b { display: none !important; }\n/* !important */\n"), 2);
}

#[test]
fn a_planted_class_of_two_stylesheets_is_caught() {
    let sheets = [
        Source::new("a.css", "@layer components {\n  .a { color: var(--ink); }\n  .a b, .b:hover { margin: 0; }\n  .c { margin: 0; }\n}\n"),
        Source::new("b.css", "/* .a {} */\n.b,\n.a { margin: 0; }\n@media (max-width: 9px) {\n  .c { margin: 0; }\n}\n.b { margin: 0; }\n"),
    ];
    let faults = classes_told_twice(&sheets);
    assert_eq!(faults.iter().map(|fault| (fault.path.as_str(), fault.line)).collect::<Vec<_>>(), [("b.css", 3)], "{faults:?}");
}

#[test]
fn a_planted_crowd_is_caught() {
    let lines = |text: &str| crowded(&Source::new("templates/x.html", text)).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("<p>\n  <b>x</b><i>y</i>\n  <b>x</b></p>\n<hr><br>\n"), [2, 3, 4]);
    assert_eq!(lines(&format!("<p title=\"{}\">\n", "x".repeat(140))), [1]);
    assert_eq!(lines("<!doctype html>\n<p><bdi>{{ f(\"<b><b>\") }}</bdi> <kbd>{% if a < b %}x{% endif %}</kbd></p>\n<hr>\n"), [0; 0]);
}

#[test]
fn a_planted_trust_is_caught() {
    let lines = |text: &str| trusted(&Source::new("templates/x.html", text)).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(
        lines("{{ name }}\n{{ name|safe }}\n{{ name | safe -}}\n{{ words|json|safe }}\n{{ words|json|safe }}{{ name|safe }}\n"),
        [2, 3, 5]
    );
}

#[test]
fn a_planted_inline_style_script_or_handler_is_caught() {
    let count = |text: &str| inline(&Source::new("templates/x.html", text)).len();
    assert_eq!(
        count("<p style=\"color: red\">\n<a onclick=\"go()\">\n<style>p {}</style>\n<script>go()</script>\n<a href=\"javascript:go()\">\n"),
        5
    );
    assert_eq!(
        count("<script type=\"module\" src=\"app.js\"></script>\n<script type=\"application/json\">{}</script>\n{# style=\"x\" #}\n"),
        0
    );
    assert_eq!(count("<div data-style=\"x\" data-action=\"click->list#open\" class=\"on\" lang=\"on-a\">"), 0);
}

#[test]
fn a_planted_key_that_is_not_asked_about_is_caught() {
    let count = |path: &str, text: &str| unasked_keys(&Source::new(path, text)).len();
    assert_eq!(count("static/scripts/x.js", "if (event.key === \"Enter\") send()\n"), 1);
    assert_eq!(count("static/scripts/x.js", "if (isComposing(event)) return\nif (event.key === \"Enter\") send()\n"), 0);
    assert_eq!(count("templates/x.html", "<p data-action=\"keydown.enter->x#send\">\n<p data-action=\"keydown->x#key\">\n"), 1);
}

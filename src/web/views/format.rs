//! WhatsApp's formatting as HTML: `*bold*`, `_italic_`, `~strike~`, ```` ```mono``` ````, `` `mono` ``, links and line breaks.
//! Text comes from outside: everything is escaped, and links are http or https only.

use super::html::{Html, escape_into};
use crate::domain::channel::Formatting;

/// Marks with their elements.
const MARKS: [(char, &str); 3] = [('*', "strong"), ('_', "em"), ('~', "s")];

/// Marks inside marks are followed this deep.
const DEEPEST: usize = 4;

/// A message text, as its channel means it.
#[must_use]
pub fn text(formatting: Formatting, text: &str) -> Html {
    match formatting {
        Formatting::Marks => whatsapp(text),
        Formatting::Plain => plain(text),
    }
}

/// A text with links and line breaks, and nothing else.
fn plain(text: &str) -> Html {
    let mut html = String::with_capacity(text.len() + 32);
    let (mut rest, mut previous) = (text, None);
    while let Some(c) = rest.chars().next() {
        let used = link(&mut html, rest, previous).unwrap_or_else(|| {
            escape_into(&mut html, &rest[..c.len_utf8()]);
            c.len_utf8()
        });
        previous = rest[..used].chars().next_back();
        rest = &rest[used..];
    }
    Html::trusted(html)
}

/// Formats a text with WhatsApp's marks.
#[must_use]
pub fn whatsapp(text: &str) -> Html {
    let mut html = String::with_capacity(text.len() + 32);
    blocks(&mut html, text);
    Html::trusted(html)
}

/// Splits at ```` ``` ````: what is between is shown as it is.
fn blocks(html: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("```") {
        let Some((inside, following)) = after.split_once("```") else { break };
        if inside.trim().is_empty() {
            break;
        }
        inline(html, before, 0);
        html.push_str("<code>");
        escape_into(html, inside);
        html.push_str("</code>");
        rest = following;
    }
    inline(html, rest, 0);
}

fn inline(html: &mut String, text: &str, depth: usize) {
    let mut rest = text;
    let mut previous = None;
    while let Some(c) = rest.chars().next() {
        if let Some(used) = link(html, rest, previous).or_else(|| marked(html, rest, previous, depth)) {
            previous = rest[..used].chars().next_back();
            rest = &rest[used..];
        } else {
            escape_into(html, &rest[..c.len_utf8()]);
            previous = Some(c);
            rest = &rest[c.len_utf8()..];
        }
    }
}

/// A marked piece at the start of `rest`: opened at the edge of a word, closed at the edge of a word, on one line.
fn marked(html: &mut String, rest: &str, previous: Option<char>, depth: usize) -> Option<usize> {
    let mark = rest.chars().next()?;
    let element = MARKS.iter().find(|(known, _)| *known == mark).map(|(_, element)| *element).or((mark == '`').then_some("code"))?;
    if depth >= DEEPEST || previous.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let inside = closed(&rest[mark.len_utf8()..], mark)?;
    html.push_str(&format!("<{element}>"));
    if mark == '`' {
        escape_into(html, inside)
    } else {
        inline(html, inside, depth + 1)
    }
    html.push_str(&format!("</{element}>"));
    Some(inside.len() + 2 * mark.len_utf8())
}

/// What stands before the closing `mark`, if it closes properly.
fn closed(after: &str, mark: char) -> Option<&str> {
    let line = after.split('\n').next()?;
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let closing = line.match_indices(mark).find(|(at, _)| {
        let inside = &line[..*at];
        let following = line[at + mark.len_utf8()..].chars().next();
        !inside.is_empty() && !inside.ends_with(char::is_whitespace) && !following.is_some_and(char::is_alphanumeric)
    })?;
    Some(&line[..closing.0])
}

/// A web address at the start of `rest`.
fn link(html: &mut String, rest: &str, previous: Option<char>) -> Option<usize> {
    if previous.is_some_and(char::is_alphanumeric) || !starts_with_scheme(rest) {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '`')).unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '}', '*', '_', '~']);
    let host = address.split_once("//")?.1;
    if !host.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return None;
    }
    html.push_str("<a href=\"");
    escape_into(html, address);
    html.push_str("\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">");
    escape_into(html, address);
    html.push_str("</a>");
    Some(address.len())
}

fn starts_with_scheme(rest: &str) -> bool {
    let has = |scheme: &str| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    has("https://") || has("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(text: &str) -> String {
        whatsapp(text).into_string()
    }

    #[test]
    fn marks_become_elements() {
        assert_eq!(html("*bold* _it_ ~no~ `x`"), "<strong>bold</strong> <em>it</em> <s>no</s> <code>x</code>");
        assert_eq!(html("*a _b_*"), "<strong>a <em>b</em></strong>");
        assert_eq!(html("see ```a *b*```!"), "see <code>a *b*</code>!");
    }

    #[test]
    fn marks_that_do_not_close_or_stand_inside_words_stay_as_they_are() {
        for text in ["2*3*4", "snake_case_name", "* list", "*open", "**", "a * b * c", "*two\nlines*", "```open"] {
            assert_eq!(html(text), text);
        }
    }

    #[test]
    fn where_marks_mean_nothing_they_stay_and_links_are_links() {
        let plain = |text: &str| super::text(Formatting::Plain, text).into_string();
        assert_eq!(plain("*bold* _it_ `x` <b>"), "*bold* _it_ `x` &lt;b&gt;");
        assert!(plain("see https://example.com/a_b_c.").contains(r#"href="https://example.com/a_b_c""#));
        assert_eq!(super::text(Formatting::Marks, "*bold*").into_string(), "<strong>bold</strong>");
    }

    #[test]
    fn markup_is_escaped_everywhere() {
        assert_eq!(html("<b>*<i>*"), "&lt;b&gt;<strong>&lt;i&gt;</strong>");
        assert_eq!(html("```<script>```"), "<code>&lt;script&gt;</code>");
        assert_eq!(html("a\0b"), "a\u{fffd}b");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert_eq!(
            html("go https://a.example/x?y=1&z=2."),
            "go <a href=\"https://a.example/x?y=1&amp;z=2\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">https://a.example/x?y=1&amp;z=2</a>."
        );
        for text in ["javascript:alert(1)", "xhttps://a.example", "https://", "http:// a"] {
            assert_eq!(html(text), text);
        }
        assert!(!html("https://a.example/\"onclick=x").contains("\"onclick"));
    }

    #[test]
    fn long_hostile_text_takes_no_time_and_keeps_its_length() {
        let text = "*_~`".repeat(1024);
        assert_eq!(html(&text).chars().filter(|c| "*_~`".contains(*c)).count() % 2, 0);
    }
}

//! Text that is already HTML, and the two ways to make it: escaping, and sentences with placeholders.
//!
//! What has a template of its own escapes itself, and stands in other templates as it is: it says so by [`HtmlSafe`], and no template has
//! to be trusted with it.

use std::fmt;

use askama::filters::HtmlSafe;

/// HTML that templates print as it is. Only made from escaped text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Html(String);

impl Html {
    /// Trusts `html`: the caller has escaped what came from outside.
    #[must_use]
    pub fn trusted(html: String) -> Self {
        Self(html)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// Adds `text` to `html`, escaped for content and for quoted attributes. NUL cannot stand in a document: it becomes U+FFFD.
pub fn escape_into(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\0' => html.push('\u{fffd}'),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_become_markup() {
        let mut html = String::new();
        escape_into(&mut html, "<b a='x' c=\"y\">&\0");
        assert_eq!(html, "&lt;b a=&#39;x&#39; c=&quot;y&quot;&gt;&amp;\u{fffd}");
    }
}

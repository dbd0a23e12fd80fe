//! As much of a document as the thread needs: items in order, and the parts around them that change.

use std::collections::BTreeMap;

use baton::domain::message::Status;
use baton::web::threads::Seen;

/// The parts beside the items that streams change.
const PARTS: [&str; 5] = ["conversation-header", "standing", "brief", "assignment-reason", "contact-facts"];

/// What a stream says that gives the contact another name wherever it stands.
const NAMES: &str = "#items [data-author=contact] .message__author bdi, #items .line__who";

/// The contact's name in a line.
const WHO: &str = r#"<bdi class="line__who">"#;

/// A conversation as a page shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thread {
    /// Items by sequence and element id.
    items: BTreeMap<(i64, String), String>,
    parts: BTreeMap<String, String>,
}

/// One `<turbo-stream>`.
#[derive(Debug)]
pub struct Stream {
    action: String,
    target: String,
    content: String,
}

impl Thread {
    /// That of a whole page.
    pub fn of_page(page: &str) -> Self {
        let list = element(page, "items").expect("the page has a list of items");
        let mut thread = Self::default();
        for item in children(inside(list), "li") {
            thread.upsert(item);
        }
        for part in PARTS {
            let shown = element(page, part).unwrap_or_else(|| panic!("the page has no #{part}"));
            thread.parts.insert(part.to_owned(), tidy(shown));
        }
        thread
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether any item says this.
    pub fn says(&self, words: &str) -> bool {
        self.items.values().any(|item| item.contains(words))
    }

    /// The sequence of its first item.
    pub fn first(&self) -> i64 {
        self.items.keys().next().map_or(0, |(seq, _)| *seq)
    }

    /// What differs from another page's thread, as far back as that one goes; nothing when they are the same.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let first = other.items.keys().next().map_or(0, |(seq, _)| *seq);
        let (own, theirs) = (self.lines_from(first), other.lines_from(first));
        let mut differences: Vec<String> = own.iter().filter(|line| !theirs.contains(line)).map(|line| format!("- {line}")).collect();
        differences.extend(theirs.iter().filter(|line| !own.contains(line)).map(|line| format!("+ {line}")));
        differences
    }

    fn lines_from(&self, first: i64) -> Vec<String> {
        let items = self.items.iter().filter(|((seq, _), _)| *seq >= first).map(|((seq, id), html)| format!("{seq} {id} {html}"));
        items.chain(self.parts.iter().map(|(id, html)| format!("#{id} {html}"))).collect()
    }

    pub fn apply(&mut self, stream: &Stream) {
        match stream.action.as_str() {
            "upsert" if stream.target == "items" => children(&stream.content, "li").into_iter().for_each(|item| self.upsert(item)),
            "replace" => self.replace(&stream.target, &stream.content),
            "update" if stream.target.contains(NAMES) => self.rename(&stream.content),
            "update" => self.update(&stream.target, &stream.content),
            other => panic!("a stream does what no page expects: {other} {}", stream.target),
        }
    }

    /// Carries out a stream of ticks, if by it a message gets further than it is shown.
    pub fn climb(&mut self, stream: &Stream) {
        let status = |ticks: &str| attribute(ticks, "data-status").and_then(|status| status.parse::<Status>().ok());
        let shown = self.items.values().find_map(|item| element(item, &stream.target)).and_then(status);
        if shown.zip(status(&stream.content)).is_some_and(|(shown, next)| shown.climbs_to(next)) {
            self.replace(&stream.target, &stream.content);
        }
    }

    fn upsert(&mut self, item: &str) {
        let seq = attribute(item, "data-seq").and_then(|seq| seq.parse().ok());
        let (Some(seq), Some(id)) = (seq, attribute(item, "id")) else { return };
        self.items.retain(|(_, known), _| known != id);
        self.items.insert((seq, id.to_owned()), tidy(item));
    }

    fn replace(&mut self, target: &str, content: &str) {
        if let Some(part) = self.parts.get_mut(target) {
            *part = tidy(content);
            return;
        }
        for item in self.items.values_mut() {
            if let Some(before) = element(item, target).map(str::to_owned) {
                *item = tidy(&item.replacen(&before, content, 1));
            }
        }
    }

    fn rename(&mut self, name: &str) {
        for item in self.items.values_mut() {
            let named = if attribute(item, "data-author") == Some("contact") { "<bdi>" } else { WHO };
            let Some((before, rest)) = item.split_once(named) else { continue };
            let Some((_, after)) = rest.split_once("</bdi>") else { continue };
            *item = tidy(&format!("{before}{named}{name}</bdi>{after}"));
        }
    }

    fn update(&mut self, target: &str, content: &str) {
        if let Some(part) = self.parts.get_mut(target) {
            let within = inside(part).to_owned();
            let (start, end) = part.split_at(part.find('>').map_or(0, |at| at + 1));
            *part = tidy(&format!("{start}{content}{}", &end[within.len()..]));
        }
    }
}

/// Up to where a whole page shows its conversation.
pub fn seen_of_page(page: &str) -> Seen {
    let class = page.find(r#"class="conversation""#).expect("the page has a conversation");
    let at = page[..class].rfind('<').unwrap_or_default();
    let number =
        |name| attribute(&page[at..], name).and_then(|number| number.parse().ok()).expect("the conversation says how far it is shown");
    Seen { seq: number("data-seq"), ticked: number("data-ticked") }
}

/// Every stream of a frame, in order.
pub fn streams(html: &str) -> Vec<Stream> {
    let read = |element: &str| {
        let content = element.split_once("<template>").and_then(|(_, rest)| rest.rsplit_once("</template>"));
        Stream {
            action: attribute(element, "action").unwrap_or_default().to_owned(),
            target: attribute(element, "target").or_else(|| attribute(element, "targets")).unwrap_or_default().to_owned(),
            content: content.map(|(content, _)| content.to_owned()).unwrap_or_default(),
        }
    };
    children(html, "turbo-stream").into_iter().map(read).collect()
}

/// The element with this id, with its tags.
pub fn element<'a>(html: &'a str, id: &str) -> Option<&'a str> {
    let at = html.find(&format!(r#" id="{id}""#))?;
    let start = html[..at].rfind('<')?;
    let name: String = html[start + 1..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    Some(&html[start..start + length(&html[start..], &name)])
}

/// The elements of this name that are not inside one another.
fn children<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = next_tag(&html[at..], name).map(|start| at + start) {
        let end = start + length(&html[start..], name);
        found.push(&html[start..end]);
        at = end;
    }
    found
}

/// Where the first opening tag of this name begins.
fn next_tag(html: &str, name: &str) -> Option<usize> {
    let tag = format!("<{name}");
    let is_tag = |at: &usize| html[at + tag.len()..].starts_with([' ', '>', '\n']);
    html.match_indices(&tag).map(|(at, _)| at).find(is_tag)
}

/// How long the element is that `html` begins with.
fn length(html: &str, name: &str) -> usize {
    let closing = format!("</{name}>");
    let (mut depth, mut at) = (0_u32, 0);
    loop {
        let opens = next_tag(&html[at..], name);
        let closes = html[at..].find(&closing);
        match (opens, closes) {
            (Some(opens), Some(closes)) if opens < closes => {
                depth += 1;
                at += opens + 1;
            }
            (_, Some(closes)) => {
                depth -= 1;
                at += closes + closing.len();
                if depth == 0 {
                    return at;
                }
            }
            (_, None) => return html.len(),
        }
    }
}

/// What is between the tags of an element.
fn inside(element: &str) -> &str {
    let start = element.find('>').map_or(0, |at| at + 1);
    let end = element.rfind("</").unwrap_or(element.len());
    &element[start..end.max(start)]
}

/// The value of an attribute of the element that `html` begins with.
pub fn attribute<'a>(html: &'a str, name: &str) -> Option<&'a str> {
    let tag = &html[..html.find('>')?];
    let (_, rest) = tag.split_once(&format!(r#" {name}=""#))?;
    rest.split('"').next()
}

/// With every run of white space as one space, and none beside tags or at their end: templates differ in that alone.
fn tidy(html: &str) -> String {
    let words = html.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(" >", ">").replace("> <", "><").replace(" <", "<").replace("> ", ">")
}

#[test]
fn a_thread_is_the_same_however_it_came() {
    let header = r#"<header id="conversation-header"><b>Ana</b></header>"#;
    let rest = r#"<p id="standing"></p><div id="brief"></div><div id="assignment-reason"></div><div id="contact-facts"></div>"#;
    let item = |seq: i64, ticks: &str| {
        format!(
            r#"<li class="message" id="message-{seq}" data-seq="{seq}"><ul><li>x</li></ul><i id="ticks-{seq}" data-status="{ticks}">{ticks}</i></li>"#
        )
    };
    let page = |items: &str| format!(r#"{header}<ol class="items" id="items">{items}</ol>{rest}"#);
    let mut live = Thread::of_page(&page(&item(2, "sent")));
    let stream = |action: &str, target: &str, content: &str| {
        format!(r#"<turbo-stream action="{action}" target="{target}"><template>{content}</template></turbo-stream>"#)
    };
    let told = [stream("upsert", "items", &item(1, "read")), stream("update", "brief", "<p>late</p>")];
    streams(&told.concat()).iter().for_each(|stream| live.apply(stream));
    let ticks = ["delivered", "read", "sent"]
        .map(|status| stream("replace", "ticks-2", &format!(r#"<i id="ticks-2" data-status="{status}">{status}</i>"#)));
    streams(&ticks.concat()).iter().for_each(|stream| live.climb(stream));
    let fresh = page(&format!(" {}\n{}", item(1, "read"), item(2, "read"))).replace(r#""brief">"#, r#""brief"><p>late</p>"#);
    assert_eq!(live.differences(&Thread::of_page(&fresh)), Vec::<String>::new());
    assert_eq!(live.differences(&Thread::of_page(&page(""))).len(), 4);
    assert_eq!(live.len(), 2);
}

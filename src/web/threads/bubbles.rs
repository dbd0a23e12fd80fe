//! Messages become bubbles, with the names of their authors and what they quote.

use std::collections::HashMap;

use super::thread::Thread;
use super::view::ThreadItem;
use super::view::line::SystemLine;
use crate::domain::channel::Formatting;
use crate::domain::ids::UserId;
use crate::domain::message::{Author, Content, Message};
use crate::domain::thread::{QuotedMessage, ThreadMessage};
use crate::store::{Result, Store};
use crate::web::messages::view::{Bubble, Quoted};

/// Makes bubbles of messages.
pub(super) struct Builder<'a> {
    pub thread: Thread<'a>,
    /// The names of the agents who wrote them.
    pub people: &'a HashMap<UserId, String>,
    pub formatting: Formatting,
    pub quotes: HashMap<String, QuotedMessage>,
}

impl Builder<'_> {
    /// A bubble, or a line for what was not said.
    pub fn item(&self, it: ThreadMessage) -> ThreadItem {
        let quote = it.message.quoted().map(|wamid| self.quote(wamid));
        let message = it.message;
        if let Content::Unspoken(unspoken) = &message.content {
            let name = self.name(message.author);
            return ThreadItem::Line(SystemLine::unspoken(self.thread.locale, (it.seq, message.at), &name, unspoken, quote.as_ref()));
        }
        ThreadItem::Message(Box::new(Bubble {
            locale: self.thread.locale,
            id: message.id,
            seq: it.seq,
            at: message.at,
            author: message.author,
            author_name: self.name(message.author),
            content: message.content,
            formatting: self.formatting,
            status: message.status,
            failure: message.failure,
            quote,
            raw: message.raw,
        }))
    }

    fn quote(&self, wamid: &str) -> Quoted {
        match self.quotes.get(wamid) {
            Some(quoted) => Quoted {
                message: Some(quoted.id),
                author_name: match quoted.author {
                    Author::Flow => self.thread.locale.t("thread.flow").into_owned(),
                    Author::Bot { .. } => self.thread.locale.t("thread.bot").into_owned(),
                    author => self.name(author),
                },
                content: Some(quoted.content.clone()),
            },
            None => Quoted { message: None, author_name: String::new(), content: None },
        }
    }

    fn name(&self, author: Author) -> String {
        match author {
            Author::Contact => self.thread.contact_name(),
            Author::Flow | Author::Bot { .. } => String::new(),
            Author::Agent { user } => self.people.get(&user).cloned().unwrap_or_default(),
        }
    }
}

/// The messages that `messages` answer, by WhatsApp's id.
pub(super) async fn quotes<'m>(
    store: &Store,
    thread: Thread<'_>,
    messages: impl IntoIterator<Item = &'m Message>,
) -> Result<HashMap<String, QuotedMessage>> {
    let mut wamids: Vec<&str> = messages.into_iter().filter_map(Message::quoted).map(String::as_str).collect();
    wamids.sort_unstable();
    wamids.dedup();
    let quoted = store.quoted(thread.sight, thread.inbox, &wamids).await?;
    Ok(by_wamid(quoted))
}

pub(super) fn by_wamid(quoted: impl IntoIterator<Item = QuotedMessage>) -> HashMap<String, QuotedMessage> {
    quoted.into_iter().map(|quote| (quote.wamid.clone(), quote)).collect()
}

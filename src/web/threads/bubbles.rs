//! Messages become bubbles, with the names of their authors and what they quote.

use std::collections::HashMap;
use std::sync::Arc;

use super::thread::Thread;
use super::view::ThreadItem;
use super::view::line::SystemLine;
use crate::domain::channel::Formatting;
use crate::domain::message::{Author, Content, Message};
use crate::domain::workplace::Workplace;
use crate::store::threads::{QuotedMessage, ThreadMessage};
use crate::store::{Result, Store};
use crate::web::messages::view::{Bubble, Quoted};

/// Makes bubbles of messages.
pub(super) struct Builder<'a> {
    pub thread: Thread<'a>,
    pub workplace: Arc<Workplace>,
    pub formatting: Formatting,
    pub quotes: HashMap<String, QuotedMessage>,
}

impl Builder<'_> {
    /// A bubble, or a line for what was not said.
    pub fn item(&self, it: ThreadMessage) -> ThreadItem {
        let quote = quoted_wamid(&it.message).map(|wamid| self.quote(wamid));
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
                    author => self.name(author),
                },
                content: Some(quoted.content.clone()),
            },
            None => Quoted { message: None, author_name: String::new(), content: None },
        }
    }

    fn name(&self, author: Author) -> String {
        match author {
            Author::Contact => self.thread.contact_name.to_owned(),
            Author::Flow => String::new(),
            Author::Agent { user } => self.workplace.people.get(&user).cloned().unwrap_or_default(),
        }
    }
}

/// The messages that `messages` answer, by WhatsApp's id.
pub(super) async fn quotes<'m>(
    store: &Store,
    thread: Thread<'_>,
    messages: impl IntoIterator<Item = &'m Message>,
) -> Result<HashMap<String, QuotedMessage>> {
    let mut wamids: Vec<&str> = messages.into_iter().filter_map(quoted_wamid).collect();
    wamids.sort_unstable();
    wamids.dedup();
    let quoted = store.quoted(thread.sight, thread.inbox, &wamids).await?;
    Ok(quoted.into_iter().map(|quote| (quote.wamid.clone(), quote)).collect())
}

/// What a message answers or is about. A tap answers its question by itself: nothing is quoted.
fn quoted_wamid(message: &Message) -> Option<&str> {
    match &message.content {
        Content::Reply { .. } => None,
        Content::Unspoken(unspoken) => unspoken.about().map(String::as_str),
        Content::Text { .. }
        | Content::Buttons { .. }
        | Content::List { .. }
        | Content::Image { .. }
        | Content::Unsupported { .. }
        | Content::Unreadable { .. } => message.reply_to.as_deref(),
    }
}

//! People who work here.

use baton::domain::agent::{Agent, Availability};
use baton::domain::command::{Command, Person, ReplyContent, Settlement, TransferTarget};
use baton::domain::conversation::Holder;
use baton::domain::ids::{ConversationId, MediaId, MessageId, NoteId, QueueId};
use baton::domain::routing::Priority;
use baton::domain::{Event, Refusal};

use crate::customers::Phone;
use crate::shop::Shop;

pub struct Colleague<'a> {
    pub shop: &'a Shop,
    pub person: Person,
}

type Answer = Result<Vec<Event>, Refusal>;

impl Colleague<'_> {
    /// Answers; the message's id.
    pub fn replies(&self, phone: &Phone<'_>, text: &str) -> Result<MessageId, Refusal> {
        let message = MessageId(self.shop.fresh());
        self.sends(phone.id(), message, text, None).map(|_| message)
    }

    /// Answers after having seen the thread up to `seen`.
    pub fn replies_having_seen(&self, phone: &Phone<'_>, seen: i64, text: &str) -> Answer {
        self.sends(phone.id(), MessageId(self.shop.fresh()), text, Some(seen))
    }

    pub fn sends(&self, conversation: ConversationId, message: MessageId, text: &str, seen: Option<i64>) -> Answer {
        let content = ReplyContent::Text { body: text.to_owned() };
        let by = self.person.clone();
        self.shop.about(conversation, Command::Reply { by, message, content, reply_to: None, seen })
    }

    pub fn sends_a_picture(&self, phone: &Phone<'_>, caption: &str) -> Answer {
        let (media, caption) = (MediaId(self.shop.fresh()), Some(caption.to_owned()));
        let content = ReplyContent::Image { media, mime_type: "image/png".to_owned(), caption, size: (640, 480) };
        let message = MessageId(self.shop.fresh());
        self.shop.about(phone.id(), Command::Reply { by: self.person.clone(), message, content, reply_to: None, seen: None })
    }

    pub fn notes(&self, phone: &Phone<'_>, body: &str) -> Answer {
        let note = NoteId(self.shop.fresh());
        self.shop.about(phone.id(), Command::AddNote { by: self.person.clone(), note, body: body.to_owned() })
    }

    pub fn takes(&self, phone: &Phone<'_>) -> Answer {
        self.shop.about(phone.id(), Command::Take { by: self.person.clone() })
    }

    pub fn gives(&self, phone: &Phone<'_>, to: &Colleague<'_>, note: Option<&str>) -> Answer {
        self.transfers(phone, TransferTarget::Agent(to.person.user), note)
    }

    pub fn puts(&self, phone: &Phone<'_>, queue: QueueId) -> Answer {
        self.transfers(phone, TransferTarget::Queue(queue), None)
    }

    pub fn transfers(&self, phone: &Phone<'_>, to: TransferTarget, note: Option<&str>) -> Answer {
        let note = note.map(str::to_owned);
        self.shop.about(phone.id(), Command::Transfer { by: self.person.clone(), to, note })
    }

    pub fn resolves(&self, phone: &Phone<'_>) -> Answer {
        self.shop.about(phone.id(), Command::Resolve { by: self.person.clone() })
    }

    pub fn prioritises(&self, phone: &Phone<'_>, to: Priority) -> Answer {
        self.shop.about(phone.id(), Command::SetPriority { by: self.person.clone(), to })
    }

    pub fn reopens(&self, phone: &Phone<'_>) -> Answer {
        self.reopens_that(phone.id())
    }

    pub fn reopens_that(&self, conversation: ConversationId) -> Answer {
        self.shop.about(conversation, Command::Reopen { by: self.person.clone() })
    }

    /// Does something, having seen the conversation with `holder`.
    pub fn having_seen(&self, phone: &Phone<'_>, holder: Holder, command: Command) -> Answer {
        self.shop.about(phone.id(), command.as_seen(Some(holder), self.person.user))
    }

    pub fn settles(&self, phone: &Phone<'_>, message: MessageId, choice: Settlement) -> Answer {
        self.shop.about(phone.id(), Command::Settle { by: self.person.clone(), message, choice })
    }

    /// Has a page open now.
    pub fn is_here(&self) {
        let mut tables = self.shop.tables.borrow_mut();
        let now = tables.now;
        tables.agents.get_mut(&self.person.user).unwrap().here_at = now;
    }

    /// Steps out: routing gives them nothing.
    pub fn goes_away(&self) {
        let mut tables = self.shop.tables.borrow_mut();
        tables.away.push(self.person.user);
        tables.agents.get_mut(&self.person.user).unwrap().availability = Availability::Away;
    }

    pub fn row(&self) -> Agent {
        self.shop.tables.borrow().agents[&self.person.user].clone()
    }

    pub fn holds(&self, phone: &Phone<'_>) -> bool {
        phone.conversation().controller.agent() == Some(self.person.user)
    }
}

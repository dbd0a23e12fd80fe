//! A channel like mail, and no other than WhatsApp's: no window, long texts, no buttons, no pictures, and threads that are told by
//! references. Its server is the test.

use baton::channels::{Adapter, Letter, Line, MayLeave, Sent, Unfit};
use baton::domain::channel::{Channel, Formatting, Rules, Thread};
use baton::domain::contact::Identity;
use baton::domain::delivery::{Backoff, Outcome, Reaction};
use baton::domain::inbound::{InboundContent, InboundItem, InboundMessage, Said, Sender, StatusReport};
use baton::domain::message::{Content, Failure, Status};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

pub const CHANNEL: Channel = Channel::named("post");

/// What a person is called by.
pub const ADDRESS: &str = "address";

static RULES: Rules = Rules {
    window: None,
    text: 100_000,
    buttons: None,
    list: None,
    pictures: None,
    formatting: Formatting::Plain,
    identities: &[ADDRESS],
    thread: Thread::References,
};

/// Hands every letter to the test.
pub struct Post {
    pub sent: UnboundedSender<Value>,
}

impl Adapter for Post {
    fn channel(&self) -> Channel {
        CHANNEL
    }

    fn rules(&self) -> &'static Rules {
        &RULES
    }

    fn understand(&self, body: &[u8]) -> Vec<Said> {
        let text = String::from_utf8_lossy(body).into_owned();
        let read = Mail::read(&text).and_then(|mail| Some((mail.header("To")?.to_owned(), mail.item()?)));
        vec![match read {
            Some((address, item)) => Said::ForInbox { address, account: None, item },
            None => Said::Rejected { address: None, account: None, reason: "it is no mail".to_owned(), raw: body.to_vec() },
        }]
    }

    fn build(&self, letter: &Letter<'_>) -> Result<Value, Unfit> {
        let Content::Text { body } = &letter.message.content else { return Err(Unfit("only words can be sent".to_owned())) };
        Ok(json!({
            "message_id": format!("<{}@shop.example>", letter.message.id),
            "to": letter.to.value(),
            "in_reply_to": letter.message.reply_to,
            "text": body,
        }))
    }

    fn send<'a>(&'a self, line: Line<'a>, request: &'a Value, may_leave: MayLeave) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            if !may_leave() {
                return Sent::NotLeft { reason: "too late".to_owned(), backoff: Backoff::Preparation };
            }
            let mut letter = request.clone();
            letter["from"] = json!(line.address);
            let id = request["message_id"].as_str().unwrap_or_default().to_owned();
            match self.sent.send(letter) {
                Ok(()) => Sent::Answered { status: 250, body: id.into() },
                Err(_) => Sent::Silence { reason: "the server is gone".to_owned() },
            }
        })
    }

    fn outcome(&self, sent: Sent) -> Outcome {
        match sent {
            Sent::Answered { status: 250, body } => {
                Outcome::Accepted { wamid: String::from_utf8_lossy(&body).into_owned(), recipient: Vec::new() }
            }
            Sent::Answered { status, .. } | Sent::BrokenOff { status, .. } => {
                let failure = Failure { code: i64::from(status), title: "the server refused".to_owned() };
                Outcome::Refused { failure, reaction: Reaction::Never }
            }
            Sent::NotLeft { reason, backoff } => Outcome::Unsent { reason, backoff },
            Sent::Silence { reason } => Outcome::Unknown { reason },
        }
    }
}

/// Headers, an empty line, words.
struct Mail<'a> {
    headers: Vec<(&'a str, &'a str)>,
    words: &'a str,
}

impl<'a> Mail<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (head, words) = text.split_once("\n\n")?;
        let headers = head.lines().map(|line| line.split_once(": ")).collect::<Option<_>>()?;
        Some(Self { headers, words })
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// A letter, or the report of how far one of ours got.
    fn item(&self) -> Option<InboundItem> {
        let at = self.header("Date")?.parse().ok()?;
        if let Some(ours) = self.header("Delivered") {
            let message = ours.trim_matches(['<', '>']).split('@').next()?.parse().ok();
            let (wamid, status, recipient) = (ours.to_owned(), Status::Delivered, Vec::new());
            return Some(InboundItem::Status(StatusReport { wamid, message, status, at, failure: None, reaction: None, recipient }));
        }
        let (name, address) = self.header("From")?.split_once(" <")?;
        let value = address.trim_end_matches('>').to_owned();
        let identities = vec![Identity::Other { kind: ADDRESS.to_owned(), value }];
        Some(InboundItem::Message(InboundMessage {
            wamid: self.header("Message-ID")?.to_owned(),
            at,
            sender: Sender { identities, name: Some(name.to_owned()), username: None, found: None },
            content: InboundContent::Text { body: self.words.to_owned() },
            reply_to: self.header("In-Reply-To").map(str::to_owned),
            raw: Value::Null,
        }))
    }
}

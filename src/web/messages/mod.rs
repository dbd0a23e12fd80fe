//! Answers to customers.

mod form;
mod picture;
pub mod settlements;
pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use self::form::ReplyForm;
pub(super) use self::form::draft_page;
use super::conversations::act::{person, run};
use super::conversations::assignments::acted;
use super::conversations::{self, Refused};
use super::drafts;
use super::edge::answer::{Asked, page, stream};
use super::edge::error::{Error, Result, status};
use super::edge::view::{Changed, RefusalPage, ThreadMovedOn, refusal_words};
use super::layouts::html::Html;
use super::live::streams;
use super::sessions::signed::Signed;
use super::state::State;
use super::threads;
use super::threads::thread::Thread;
use super::threads::view::ThreadItem;
use crate::domain::command::{Command, ReplyContent};
use crate::domain::ids::{ConversationId, UserId};
use crate::domain::message::Author;
use crate::domain::refusal::Refusal;
use crate::store::access::Sight;
use crate::store::drafts::{DraftKind, DraftPlace};

/// Changes that the guard shows at most.
const CHANGES: i64 = 100;

/// `POST /conversations/{id}/messages`
pub(super) async fn create(
    state: web::Data<State>,
    signed: Signed,
    asked: Asked,
    request: HttpRequest,
    id: web::Path<ConversationId>,
    body: web::Bytes,
) -> Result<HttpResponse> {
    let form = ReplyForm::read(request.headers(), body).await?;
    let reply = Reply { state: &state, signed: &signed, asked: &asked, id: *id, form: &form };
    let content = match reply.content().await? {
        Content::Ready(content) => content,
        Content::SentBefore => return reply.done().await,
        Content::Refused(status, words) => return reply.refuse(status, words).await,
    };
    let (message, picture) = (form.message_id, content.picture());
    let command = Command::Reply { by: person(&signed), message, content, reply_to: None, seen: form.seen };
    let outcome = run(&state, &signed, *id, command).await;
    if let (Err(Error::Refused(_) | Error::NotFound), Some(picture)) = (&outcome, picture) {
        picture::drop_again(&state, signed.workspace, picture).await;
    }
    match outcome {
        Ok(_) => {
            reply.count_canned().await;
            reply.done().await
        }
        Err(Error::Refused(Refusal::Duplicate)) => reply.done().await,
        Err(Error::Refused(Refusal::ThreadMovedOn { seen, now })) => reply.hold(seen, now).await,
        Err(Error::Refused(refusal)) => reply.refuse(status(&refusal), refusal_words(signed.locale, &refusal)).await,
        Err(error) => Err(error),
    }
}

/// What is to be sent.
enum Content {
    Ready(ReplyContent),
    /// The same form came before.
    SentBefore,
    /// It cannot be sent, in words.
    Refused(StatusCode, Html),
}

/// One answer on its way.
struct Reply<'a> {
    state: &'a State,
    signed: &'a Signed,
    asked: &'a Asked,
    id: ConversationId,
    form: &'a ReplyForm,
}

impl Reply<'_> {
    /// A picture is kept before the message that shows it is decided.
    async fn content(&self) -> Result<Content> {
        let Some(bytes) = self.form.picture.clone() else {
            return Ok(Content::Ready(ReplyContent::Text { body: self.form.text.clone() }));
        };
        // A picture that a double click brings again is not kept twice.
        match self.state.store.conversation_of(self.signed.workspace, self.form.message_id).await? {
            Some(known) if known == self.id => return Ok(Content::SentBefore),
            Some(_) => return Ok(self.refused(&Refusal::UsedElsewhere)),
            None => {}
        }
        let sight = self.state.sight(self.signed, self.id).await?;
        let (_, inbox) = self.state.store.contact_of(sight).await?.ok_or(Error::NotFound)?;
        let Some(allowed) = threads::rules(self.state, self.signed.workspace, inbox).await?.pictures else {
            return Ok(self.refused(&Refusal::NoPictures));
        };
        let place = picture::Place { workspace: self.signed.workspace, conversation: self.id, inbox, message: self.form.message_id };
        match picture::keep(self.state, place, allowed, bytes).await? {
            Ok(kept) => Ok(Content::Ready(kept.with_caption(&self.form.text))),
            Err(unsuitable) => Ok(Content::Refused(StatusCode::UNPROCESSABLE_ENTITY, unsuitable.words(self.signed.locale))),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Content {
        Content::Refused(status(refusal), refusal_words(self.signed.locale, refusal))
    }

    /// The answer is on its way: what follows must not make it look as if it were not, or it would be written again.
    async fn done(&self) -> Result<HttpResponse> {
        self.state.receipts.answered(self.id);
        self.forget_draft().await;
        if self.form.resolves {
            match run(self.state, self.signed, self.id, Command::Resolve { by: person(self.signed) }).await {
                Ok(resolved) => return acted(self.state, self.signed, self.asked, &resolved).await,
                // Shown by the conversation itself, which stays as it is.
                Err(Error::Refused(_)) => {}
                Err(error) => tracing::error!(conversation = %self.id, %error, "an answered conversation could not be resolved"),
            }
        }
        Ok(self.asked.done(self.id))
    }

    /// A figure that is short of one is nobody's loss: the answer is on its way.
    async fn count_canned(&self) {
        let Some(canned) = self.form.canned else { return };
        if let Err(error) = self.state.runner.count_use_of_reply(self.signed.workspace, canned, self.signed.user).await {
            tracing::error!(%error, "the use of a canned reply could not be counted");
        }
    }

    /// By now there may be a new draft: the form says which one it was.
    async fn forget_draft(&self) {
        if let Some(page) = self.form.draft {
            // It was sent: whoever no longer sees where has nothing to keep there.
            let sight = Sight::unbounded(self.signed.workspace, self.id);
            let place = DraftPlace { sight, user: self.signed.user, kind: DraftKind::Reply };
            drafts::sent(self.state, place, page).await;
        }
    }

    /// Says why not, and gives the text back.
    async fn refuse(&self, status: StatusCode, words: Html) -> Result<HttpResponse> {
        match self.asked {
            Asked::Live => Ok(stream(status, streams::refusal(&words))),
            Asked::Plain { .. } => {
                let refused = Refused { status, words, text: self.form.text.clone() };
                conversations::refused(self.state, self.signed, self.id, refused).await
            }
        }
    }

    /// The thread moved on while the person wrote: shows what changed, and lets them decide.
    async fn hold(&self, seen: i64, now: i64) -> Result<HttpResponse> {
        let guard = self.guard(seen, now).await?;
        if *self.asked == Asked::Live {
            return Ok(stream(StatusCode::CONFLICT, streams::thread_moved_on(&guard)));
        }
        let held = RefusalPage {
            locale: self.signed.locale,
            words: refusal_words(self.signed.locale, &Refusal::ThreadMovedOn { seen, now }),
            back: format!("/conversations/{}", self.id),
            text: Some(self.form.text.clone()),
            moved_on: Some(guard),
        };
        page(StatusCode::CONFLICT, &held)
    }

    async fn guard(&self, seen: i64, now: i64) -> Result<ThreadMovedOn> {
        let Signed { workspace, locale, user, .. } = *self.signed;
        let sight = self.state.sight(self.signed, self.id).await?;
        let events = self.state.store.events_since(sight, seen, CHANGES).await?;
        let opened = self.state.store.opened(sight, None).await?.ok_or(Error::NotFound)?;
        let inbox = opened.conversation.inbox;
        let thread = Thread { locale, sight, inbox, contact: &opened.contact };
        let items = threads::items(self.state, thread, &events).await?;
        let longest = threads::rules(self.state, workspace, inbox).await?.text;
        let is_new = |item: &&ThreadItem| item.seq() > seen && !is_of(user, item);
        Ok(ThreadMovedOn {
            locale,
            csrf: self.signed.csrf.clone(),
            conversation: self.id,
            message_id: self.form.message_id.0,
            text: self.form.text.clone(),
            longest,
            resolve: self.form.resolves,
            seen: events.last().map_or(now, |last| last.seq.max(now)),
            draft_version: self.form.draft.map_or(0, |page| page.seen),
            changed: items.iter().filter(is_new).filter_map(Changed::of).collect(),
        })
    }
}

fn is_of(user: UserId, item: &ThreadItem) -> bool {
    match item {
        ThreadItem::Message(bubble) => bubble.author == Author::Agent { user },
        ThreadItem::Note(note) => note.author.id == user,
        ThreadItem::Line(_) => false,
    }
}

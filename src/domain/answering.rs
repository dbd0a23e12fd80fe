//! People answer, note, and decide about sends whose fate is unknown.

use super::access::Permission;
use super::channel::Rules;
use super::command::{Person, ReplyContent, Settlement};
use super::conversation::{Controller, State};
use super::decision::Decision;
use super::event::{Actor, Event};
use super::ids::{MessageId, NoteId};
use super::message::{Author, Content, MediaState, Status, Wamid};
use super::refusal::Refusal;

/// Characters of a note.
pub const NOTE_LIMIT: usize = 10_000;

pub(super) fn reply(
    it: &mut Decision,
    by: &Person,
    message: MessageId,
    content: ReplyContent,
    reply_to: Option<Wamid>,
    seen: Option<i64>,
) -> Result<(), Refusal> {
    let author = Author::Agent { user: by.user };
    is_new(it, author)?;
    allow(by, Permission::Reply)?;
    speak(it, author, message, content, reply_to, seen)
}

/// Says something to the customer, for a person or a bot.
pub(super) fn speak(
    it: &mut Decision,
    author: Author,
    message: MessageId,
    content: ReplyContent,
    reply_to: Option<Wamid>,
    seen: Option<i64>,
) -> Result<(), Refusal> {
    if it.snapshot.message(message).is_some() {
        return Err(Refusal::Duplicate);
    }
    let conversation = it.conversation()?;
    if conversation.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    holds(it, author)?;
    if it.snapshot.is_disconnected {
        return Err(Refusal::Disconnected);
    }
    let rules = it.snapshot.rules;
    let content = check(content, rules)?;
    if !rules.may_write(conversation.window_expires_at, it.now) {
        return Err(Refusal::WindowClosed);
    }
    if let (Some(seen), Some(now)) = (seen, conversation.unanswered_seq())
        && now > seen
    {
        return Err(Refusal::ThreadMovedOn { seen, now });
    }
    it.queue_message(message.0, author, content, reply_to);
    Ok(())
}

pub(super) fn add_note(it: &mut Decision, by: &Person, note: NoteId, body: String) -> Result<(), Refusal> {
    is_new(it, Author::Agent { user: by.user })?;
    allow(by, Permission::WriteNotes)?;
    it.conversation()?;
    within(&body, NOTE_LIMIT)?;
    if body.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    it.emit(Event::NoteAdded { note, by: by.actor(), body });
    Ok(())
}

/// The id that was made outside is used nowhere: what this author did here with it was done, and a form or a request came twice.
pub(super) fn is_new(it: &Decision, by: Author) -> Result<(), Refusal> {
    match it.snapshot.used {
        None => Ok(()),
        Some(used) if used.conversation == it.conversation()?.id && used.by == by => Err(Refusal::Duplicate),
        Some(_) => Err(Refusal::UsedElsewhere),
    }
}

pub(super) fn settle(it: &mut Decision, by: &Person, message: MessageId, choice: Settlement) -> Result<(), Refusal> {
    allow(by, Permission::Reply)?;
    let known = it.snapshot.message(message).ok_or(Refusal::NothingToSettle)?;
    if known.status != Status::Unknown || !known.is_asked {
        return Err(Refusal::NothingToSettle);
    }
    if it.conversation()?.state == State::Resolved {
        return Err(Refusal::Resolved);
    }
    holds(it, Author::Agent { user: by.user })?;
    match choice {
        Settlement::Resend if it.snapshot.is_disconnected => return Err(Refusal::Disconnected),
        Settlement::Resend if !it.snapshot.rules.may_write(it.conversation()?.window_expires_at, it.now) => {
            return Err(Refusal::WindowClosed);
        }
        Settlement::Resend => it.emit(Event::MessageResent { message, by: by.actor() }),
        Settlement::Leave => it.emit(Event::MessageLeft { message, by: by.actor() }),
    }
    Ok(())
}

/// # Errors
/// [`Refusal::NotAllowed`] when the person's role does not have it.
pub(super) fn allow(by: &Person, permission: Permission) -> Result<(), Refusal> {
    if by.rights.may(permission) { Ok(()) } else { Err(Refusal::NotAllowed) }
}

/// Only who controls the conversation may speak.
pub(super) fn holds(it: &Decision, author: Author) -> Result<(), Refusal> {
    match it.conversation()?.controller {
        Controller::Agent { user } if author == (Author::Agent { user }) => Ok(()),
        Controller::Bot { bot } if author == (Author::Bot { bot }) => Ok(()),
        Controller::Agent { user } => Err(held_by(it, user)),
        Controller::Flow => Err(Refusal::HeldByFlow),
        Controller::Bot { .. } => Err(Refusal::HeldByBot),
        Controller::Queue | Controller::Nobody => Err(Refusal::NotTaken),
    }
}

pub(super) fn held_by(it: &Decision, user: super::ids::UserId) -> Refusal {
    Refusal::HeldByAnother { name: it.snapshot.workplace.people.get(&user).cloned().unwrap_or_default() }
}

fn check(content: ReplyContent, rules: &Rules) -> Result<Content, Refusal> {
    match content {
        ReplyContent::Text { body } => {
            if body.trim().is_empty() {
                return Err(Refusal::Empty);
            }
            within(&body, rules.text)?;
            Ok(Content::Text { body })
        }
        ReplyContent::Image { media, mime_type, caption, size } => {
            let pictures = rules.pictures.ok_or(Refusal::NoPictures)?;
            let caption = caption.filter(|caption| !caption.trim().is_empty());
            within(caption.as_deref().unwrap_or(""), pictures.caption)?;
            Ok(Content::Image { media, mime_type, caption, size: Some(size), state: MediaState::Stored })
        }
    }
}

fn within(text: &str, limit: usize) -> Result<(), Refusal> {
    if text.chars().count() > limit { Err(Refusal::TooLong { limit }) } else { Ok(()) }
}

impl Person {
    pub(super) fn actor(&self) -> Actor {
        Actor::Agent { user: self.user, name: self.name.clone() }
    }
}

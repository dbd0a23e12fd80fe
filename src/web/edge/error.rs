//! Why a request gets no page, and the status each reason has. [`edge`](super::edge) writes the words.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::domain::Refusal;
use crate::{runner, store};

/// The answer of a handler, or why there is none.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request gets no page. A [`Refusal`] and what follows it are answers; only the faults are logged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules said no; the person is told why.
    #[error("{0}")]
    Refused(Refusal),
    /// There is no such thing in this workspace, or no such page.
    #[error("not found")]
    NotFound,
    #[error("the request cannot be read")]
    BadRequest,
    #[error("that page does not take this method")]
    WrongMethod,
    #[error("the request is too large")]
    TooLarge,
    #[error("the request came too slowly")]
    TooSlow,
    /// So many large requests are under way that there is no room for this one.
    #[error("too much at once; try again in a moment")]
    Crowded,
    /// One session has more live pages than a person has.
    #[error("too many pages of this session are open")]
    TooManyPages,
    /// Nobody has signed in.
    #[error("nobody has signed in")]
    Unsigned,
    /// Their role is asked for a code, and they have nothing yet that shows one.
    #[error("set up an authenticator app first")]
    OwesSecondFactor,
    #[error("this person's role may not do this")]
    NotAllowed,
    /// The request was not sent by one of our pages, or by one that is too old.
    #[error("the request does not come from our own page")]
    NotOurForm,
    /// Something we stand on cannot be reached; trying again may help.
    #[error("away: {0}")]
    Away(String),
    /// A fault of ours.
    #[error("{0}")]
    Fault(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A fault of ours, from whatever went wrong.
    pub fn fault(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Fault(error.into())
    }

    /// Whether it belongs in the log.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(self, Error::Away(_) | Error::Fault(_))
    }

    /// Which words its page has: the keys under `error` in the locale files.
    #[must_use]
    pub fn case(&self) -> &'static str {
        match self {
            Error::Refused(_) | Error::BadRequest | Error::WrongMethod | Error::Unsigned => "400",
            Error::NotAllowed | Error::OwesSecondFactor | Error::NotOurForm => "403",
            Error::NotFound => "404",
            Error::TooSlow => "408",
            Error::TooLarge => "413",
            Error::Crowded | Error::TooManyPages => "429",
            Error::Fault(_) => "500",
            Error::Away(_) => "503",
        }
    }

    /// What a program is told; a fault says nothing of its inside.
    #[must_use]
    pub fn public_words(&self) -> Cow<'static, str> {
        match self {
            Error::Away(_) => "not available just now".into(),
            Error::Fault(_) => "something failed here".into(),
            other => other.to_string().into(),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::Refused(refusal) => status(refusal),
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::BadRequest => StatusCode::BAD_REQUEST,
            Error::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Error::Crowded => StatusCode::SERVICE_UNAVAILABLE,
            Error::TooManyPages => StatusCode::TOO_MANY_REQUESTS,
            Error::Unsigned => StatusCode::UNAUTHORIZED,
            Error::NotAllowed | Error::OwesSecondFactor | Error::NotOurForm => StatusCode::FORBIDDEN,
            Error::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// 409 when somebody was quicker or the moment forbids it, 422 when it is in what was sent, 403 when it is not this person's to do, 503
/// when the same may be tried again at once.
#[must_use]
pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::OutOfSight => StatusCode::NOT_FOUND,
        Refusal::NotAllowed => StatusCode::FORBIDDEN,
        Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::UnknownPerson
        | Refusal::UnknownQueue
        | Refusal::CountUnfit { .. }
        | Refusal::KeptUnfit
        | Refusal::Empty
        | Refusal::TooLong { .. }
        | Refusal::NoPictures => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::SetUp(refusal) if refusal.is_of_what_was_sent() => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::SetUp(_)
        | Refusal::WindowClosed
        | Refusal::Disconnected
        | Refusal::HeldByAnother { .. }
        | Refusal::GivenMeanwhile { .. }
        | Refusal::QueuedMeanwhile { .. }
        | Refusal::NotTaken
        | Refusal::HeldByFlow
        | Refusal::HeldByBot
        | Refusal::Resolved
        | Refusal::NotResolved
        | Refusal::ThreadMovedOn { .. }
        | Refusal::NoRoom { .. }
        | Refusal::YouHaveNoRoom { .. }
        | Refusal::NotHere { .. }
        | Refusal::SignedOff { .. }
        | Refusal::MayNotReply { .. }
        | Refusal::NothingToUndo
        | Refusal::TooLateToUndo
        | Refusal::Overtaken { .. }
        | Refusal::AnotherUnderWay
        | Refusal::NoConversation
        | Refusal::NothingToSettle
        | Refusal::Duplicate
        | Refusal::UsedElsewhere
        | Refusal::Already { .. } => StatusCode::CONFLICT,
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        if refusal == Refusal::OutOfSight { Self::NotFound } else { Self::Refused(refusal) }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            error if error.is_away() || error.is_busy() => Self::Away(error.to_string()),
            // Nothing that was stored has one: it is in what was sent.
            error if error.is_of_a_character() => Self::BadRequest,
            error => Self::fault(error),
        }
    }
}

impl From<runner::Error> for Error {
    fn from(error: runner::Error) -> Self {
        match error {
            runner::Error::Refused(refusal) => refusal.into(),
            runner::Error::Store(error) if error.is_busy() => Refusal::Busy.into(),
            runner::Error::Store(error) => error.into(),
            runner::Error::NotFound => Self::NotFound,
            runner::Error::Busy => Refusal::Busy.into(),
            runner::Error::ClockOff(_) => Self::Away(error.to_string()),
            runner::Error::Panicked => Self::fault(error),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::fault(error)
    }
}

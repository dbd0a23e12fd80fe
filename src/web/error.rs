//! Why a request gets no page, and the status each reason has. [`edge`](super::edge) writes the words.

use std::borrow::Cow;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::{passwords, tokens};
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
    /// Nobody has signed in.
    #[error("nobody has signed in")]
    Unsigned,
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
            Error::Refused(refusal) if refusal.is_conflict() => StatusCode::CONFLICT,
            Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::BadRequest => StatusCode::BAD_REQUEST,
            Error::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Unsigned => StatusCode::UNAUTHORIZED,
            Error::NotAllowed | Error::NotOurForm => StatusCode::FORBIDDEN,
            Error::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Fault(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        if error.is_away() { Self::Away(error.to_string()) } else { Self::fault(error) }
    }
}

impl From<runner::Error> for Error {
    fn from(error: runner::Error) -> Self {
        match error {
            runner::Error::Refused(refusal) => refusal.into(),
            runner::Error::Store(error) => error.into(),
            runner::Error::NotFound => Self::NotFound,
        }
    }
}

impl From<tokens::Error> for Error {
    fn from(error: tokens::Error) -> Self {
        match error {
            tokens::Error::Store(error) => error.into(),
            tokens::Error::NoKey | tokens::Error::Sign(_) => Self::fault(error),
        }
    }
}

impl From<passwords::Error> for Error {
    fn from(error: passwords::Error) -> Self {
        match error {
            passwords::Error::Busy => Self::Away(error.to_string()),
            passwords::Error::Hash(_) => Self::fault(error),
        }
    }
}

impl From<askama::Error> for Error {
    fn from(error: askama::Error) -> Self {
        Self::fault(error)
    }
}

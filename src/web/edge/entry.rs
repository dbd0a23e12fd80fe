//! A line of the table of routes: an address, who may ask for it, and what kind of answer it gives.

use actix_web::Route;
use actix_web::http::Method;

use crate::domain::access::Permission;
use crate::domain::channel::WHATSAPP_PICTURES;

/// A form without a picture: the longest message in the least compact encoding, and room to spare.
pub const FORM_LIMIT: usize = 128 * 1024;

/// A form with the largest picture, and a mebibyte for the rest of it.
pub const UPLOAD_LIMIT: usize = WHATSAPP_PICTURES.largest + 1024 * 1024;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody; nobody looks for a session.
    Public,
    /// Everybody; a session is looked for.
    Anyone,
    /// People whose role has this permission.
    May(Permission),
    /// People who look after the whole installation; asked of the database each time.
    Owner,
    /// Programs that know the token of `BATON_METRICS_TOKEN`, and people whose role has this permission.
    Scraper(Permission),
}

/// What kind of request it is, and so what is checked besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A page; visitors who have not signed in are sent to do so, and come back.
    Page,
    /// Fetched by a page: a fragment, a picture. Whoever has not signed in gets 401.
    Part,
    /// Changes something: own origin, and the session's token.
    Form,
    /// A form that may bring a picture, or a very long text.
    Upload,
    /// The sign-in: own origin; there is no session yet to have a token of.
    SignIn,
    /// The socket: own origin, always named.
    Live,
    /// Another machine's door; it proves itself by a signature of its own.
    Door,
    /// Open to all, and changes nothing.
    Open,
}

/// One line of the table.
pub struct Entry {
    pub method: Method,
    /// As actix matches it: `/conversations/{id}`.
    pub path: &'static str,
    pub who: Who,
    pub kind: Kind,
    /// Sensitive: whoever asks has proved lately who they are, or proves it now.
    pub asks_proof: bool,
    /// Open also to those whose role is asked for a code and who have nothing that shows one.
    pub is_open_to_owing: bool,
    pub(in crate::web) handler: fn() -> Route,
}

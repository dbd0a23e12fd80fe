//! The person of a request, as handlers know them.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::domain::access::{AssignedRole, Permission};
use crate::domain::contact::Phones;
use crate::domain::ids::{MediaId, SessionId, UserId, WorkspaceId};
use crate::domain::looks::Looks;
use crate::store::access::Viewer;
use crate::web::edge::error::{Error, Result};
use crate::web::locale::Locale;

/// The person a request comes from. Handlers of routes that need one take it as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub session: SessionId,
    pub role: AssignedRole,
    pub name: String,
    pub locale: Locale,
    /// Their account is somebody in another workspace too.
    pub works_elsewhere: bool,
    /// They look after the whole installation.
    pub is_owner: bool,
    pub looks: Looks,
    pub picture: Option<MediaId>,
    /// Their role is asked for a code, and they have nothing that shows one: until they have, they see nothing else.
    pub owes_second_factor: bool,
    /// What every form of this session carries in its hidden field `csrf`.
    pub csrf: String,
}

impl Signed {
    /// Whose eyes see what this person is shown.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        Viewer { workspace: self.workspace, user: self.user, visibility: self.role.rights.visibility }
    }

    /// Who reads numbers in full where that was granted, and only there. Whoever makes one of these says so last.
    #[must_use]
    pub(super) fn reading(self) -> Self {
        let phones = Phones::of(self.may(Permission::SeePhones));
        Self { locale: self.locale.with(phones), ..self }
    }

    /// Whether this person's role may do that.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }
}

/// The [`guard`](crate::web::edge::guard) has put the person there, or has answered before any handler was asked.
impl FromRequest for Signed {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Signed>().cloned().ok_or(Error::Unsigned))
    }
}

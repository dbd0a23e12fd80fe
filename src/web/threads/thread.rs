//! Which thread is shown.

use crate::domain::ids::{InboxId, WorkspaceId};
use crate::store::access::Sight;
use crate::web::locale::Locale;

/// A thread: whose it is, and in which language.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    pub locale: Locale,
    pub sight: Sight,
    pub inbox: InboxId,
    pub contact_name: &'a str,
}

impl Thread<'_> {
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.sight.workspace()
    }
}

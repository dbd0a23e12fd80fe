//! Which thread is shown.

use crate::domain::ids::{ConversationId, InboxId, WorkspaceId};
use crate::web::locale::Locale;

/// A thread: whose it is, and in which language.
#[derive(Debug, Clone, Copy)]
pub struct Thread<'a> {
    pub locale: Locale,
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub inbox: InboxId,
    pub contact_name: &'a str,
}

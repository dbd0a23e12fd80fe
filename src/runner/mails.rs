//! Mails to people: posted at once, sent soon by whichever node.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Error, Runner};
use crate::domain::ids::{InvitationId, MailId, WorkspaceId};
use crate::domain::mail::Mail;
use crate::live::wakes::Wake;

impl Runner {
    /// Posts a mail: it is kept, and sent soon, again and again should the mail server be away, until `expires_at`. Nothing when too many
    /// wait already.
    ///
    /// # Errors
    /// A fault; then it is not posted.
    pub async fn post_mail(&self, mail: &Mail, expires_at: Timestamp) -> Result<Option<MailId>, Error> {
        let id = MailId(Uuid::now_v7());
        let is_posted = self.store.add_mail(id, mail, expires_at).await?;
        if is_posted {
            self.live.wake(Wake::Mails);
        }
        Ok(is_posted.then_some(id))
    }

    /// Keeps which mail is the last one about an invitation, so that its page says what became of it.
    ///
    /// # Errors
    /// A fault.
    pub async fn remember_mail(&self, workspace: WorkspaceId, invitation: InvitationId, mail: Option<MailId>) -> Result<(), Error> {
        Ok(self.store.set_mail_of_invitation(workspace, invitation, mail).await?)
    }

    /// Takes a mail back that was not sent yet.
    ///
    /// # Errors
    /// A fault.
    pub async fn recall_mail(&self, id: MailId) -> Result<(), Error> {
        Ok(self.store.recall_mail(id).await?)
    }
}

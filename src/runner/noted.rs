//! What somebody did who decided nothing: it stands in the journal beside what was decided.

use uuid::Uuid;

use super::setup::act;
use super::{Error, Runner};
use crate::domain::access::Rights;
use crate::domain::command::Person;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::setup::{By, Noted, SetupEvent};
use crate::store::setups::JournalHead;
use crate::store::{self, Transaction};

impl Runner {
    /// Keeps what somebody did who changed nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such person, or a fault.
    pub async fn note(&self, workspace: WorkspaceId, user: UserId, noted: Noted) -> Result<(), Error> {
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let head = store::setups::lock(&transaction, workspace).await?.ok_or(Error::NotFound)?;
        let event = match noted {
            Noted::SignedIn => SetupEvent::SignedIn { member: user },
            Noted::Exported { what } => SetupEvent::Exported { what },
        };
        self.write_down(transaction, workspace, user, head, event).await
    }

    /// A code is asked for from now on when somebody signs in; false when one is already. `sealed` is the secret of the app, `step` that of
    /// the code it was shown with, `codes` are the hashes of those to be used once.
    ///
    /// # Errors
    /// As [`Runner::note`].
    pub async fn set_up_second_factor(
        &self,
        (workspace, user, account): (WorkspaceId, UserId, Uuid),
        sealed: &str,
        step: i64,
        codes: &[[u8; 32]],
    ) -> Result<bool, Error> {
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let head = store::setups::lock(&transaction, workspace).await?.ok_or(Error::NotFound)?;
        if !store::second_factors::set(&transaction, account, sealed, step, codes).await? {
            transaction.commit().await?;
            return Ok(false);
        }
        self.write_down(transaction, workspace, user, head, SetupEvent::SecondFactorSetUp { member: user }).await?;
        Ok(true)
    }

    /// Somebody has other codes to be used once; false where no code is asked for.
    ///
    /// # Errors
    /// As [`Runner::note`].
    pub async fn replace_recovery_codes(
        &self,
        (workspace, user, account): (WorkspaceId, UserId, Uuid),
        codes: &[[u8; 32]],
    ) -> Result<bool, Error> {
        let mut connection = self.enter().await?;
        let transaction = Transaction::begin(&mut connection.client);
        let head = store::setups::lock(&transaction, workspace).await?.ok_or(Error::NotFound)?;
        if !store::second_factors::replace_codes(&transaction, account, codes).await? {
            transaction.commit().await?;
            return Ok(false);
        }
        self.write_down(transaction, workspace, user, head, SetupEvent::SecondFactorCodes { member: user }).await?;
        Ok(true)
    }

    async fn write_down(
        &self,
        transaction: Transaction<'_>,
        workspace: WorkspaceId,
        user: UserId,
        JournalHead { last_seq, version }: JournalHead,
        event: SetupEvent,
    ) -> Result<(), Error> {
        let setup = store::setups::load_member(&transaction, workspace, user).await?;
        let name = setup.members.get(&user).ok_or(Error::NotFound)?.name.clone();
        let line = act(last_seq, &By::Person(Person { user, name, rights: Rights::default() }), &[event]);
        store::setup_rows::commit(transaction, &self.store, workspace, &line, JournalHead { last_seq: last_seq + 1, version }).await?;
        Ok(())
    }
}

//! What somebody does by a link in a mail: the link is used up with what it was for, or stays.

use super::setup::Along;
use super::{Error, Runner, now};
use crate::domain::access::{Permission, Permissions, Rights};
use crate::domain::command::Person;
use crate::domain::setup::{By, MemberChange, Secret, SetupCommand};
use crate::store::account_links::{LinkOwner, Purpose};

impl Runner {
    /// Somebody who forgot their password takes another one, and is signed out everywhere. `hash` is in PHC form.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the link was used meanwhile, and as [`Runner::configure`].
    pub async fn reset_password(&self, owner: &LinkOwner, token_hash: &[u8; 32], hash: Secret) -> Result<(), Error> {
        self.by_link(owner, token_hash, Purpose::Password, SetupCommand::ReplacePassword { member: owner.user, hash }).await
    }

    /// Somebody signs in with the address from then on that the link was sent to.
    ///
    /// # Errors
    /// As [`Runner::reset_password`].
    pub async fn confirm_email(&self, owner: &LinkOwner, token_hash: &[u8; 32]) -> Result<(), Error> {
        let email = Some(owner.new_email.clone().ok_or(Error::NotFound)?);
        let command = SetupCommand::ChangeMember { member: owner.user, change: MemberChange { email, ..MemberChange::default() } };
        self.by_link(owner, token_hash, Purpose::Email, command).await
    }

    async fn by_link(&self, owner: &LinkOwner, token_hash: &[u8; 32], purpose: Purpose, command: SetupCommand) -> Result<(), Error> {
        let rights = Rights { permissions: Permissions::of(&[Permission::ManageSelf]), ..Rights::default() };
        let by = By::Person(Person { user: owner.user, name: owner.name.clone(), rights });
        let along = Along::AccountLink { token_hash, purpose, now: now() };
        let configured = self.configured_along(owner.workspace, &by, command, along).await?;
        self.follow(owner.workspace, &configured).await
    }
}

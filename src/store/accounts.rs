//! Who signs in: an account, and what it is in each workspace.

use std::collections::BTreeSet;

use tokio_postgres::Row;
use uuid::Uuid;

use super::users::role;
use super::{Error, Result, Store, Transaction, prepare};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::user::{EmailAddress, User};

/// An account is a member of so many workspaces at most, as far as pages show.
const MOST_MEMBERSHIPS: i64 = 1_000;

macro_rules! person {
    ($where:literal) => {
        concat!(
            "SELECT person.workspace_id, person.id, account.email, person.name, person.role, person.role_id, person.locale, person.active,
                account.password_hash, workspace.name, account.totp_secret IS NOT NULL
            FROM accounts AS account
            JOIN users AS person ON person.account_id = account.id
            JOIN workspaces AS workspace ON workspace.id = person.workspace_id
            WHERE ",
            $where
        )
    };
}

crate::statements! {
    /// Who comes second to the same address, comes to the account that there is. The first of all looks after the installation.
    OPEN = "
        INSERT INTO accounts (id, email, password_hash, is_owner)
        VALUES ($1, $2, $3, NOT EXISTS (SELECT FROM accounts))
        ON CONFLICT (lower(email)) DO NOTHING";
    /// Across workspaces: the address says which account is meant, and it comes to where it was last.
    FIND_BY_EMAIL = concat!(person!("lower(account.email) = $1"), "
        ORDER BY person.active DESC, person.used_at DESC NULLS LAST, person.created_at, person.workspace_id
        LIMIT $2");
    /// Of some addresses those that have an account.
    KNOWN = "SELECT lower(email) FROM accounts WHERE lower(email) = ANY($1)";
    /// Across workspaces: where else the account of a person is somebody.
    OF_PERSON = concat!(person!("account.id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)"), "
        ORDER BY workspace.name COLLATE names, workspace.id
        LIMIT $3");
    /// Nobody joins another workspace while this is decided.
    HOLD = "
        SELECT EXISTS (SELECT FROM users AS other WHERE other.account_id = account.id AND (other.workspace_id, other.id) <> ($1, $2))
        FROM accounts AS account
        WHERE account.id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2)
        FOR UPDATE";
    /// Nobody gives it another one while this is decided.
    HAS_PASSWORD = "
        SELECT FROM accounts
        WHERE id = (SELECT account_id FROM users WHERE workspace_id = $1 AND id = $2) AND password_hash = $3
        FOR UPDATE";
    /// One is left in any case: of two who go at once, the second one waits, and sees that the first has gone.
    SET_OWNER = "
        WITH owners AS (SELECT email FROM accounts WHERE is_owner ORDER BY id FOR UPDATE)
        UPDATE accounts
        SET is_owner = $2
        WHERE lower(email) = $1 AND ($2 OR EXISTS (SELECT FROM owners WHERE lower(owners.email) <> $1))";
    /// An account that is left of an earlier installation's workspace.
    TAKE_OVER = "UPDATE accounts SET password_hash = $2, is_owner = true WHERE lower(email) = $1";
    OWNERS = "SELECT email FROM accounts WHERE is_owner ORDER BY created_at, id LIMIT 1000";
    /// As they are now, whatever their session says.
    IS_OWNER = "
        SELECT account.is_owner
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        WHERE person.workspace_id = $1 AND person.id = $2 AND person.active";
}

/// What an account is in one workspace.
#[derive(Clone)]
pub struct Membership {
    pub user: User,
    pub workspace_name: String,
    /// In PHC form.
    pub password_hash: String,
    /// A code is asked for as well.
    pub has_second_factor: bool,
}

/// Opens an account; false when this address has one already, which stays as it is.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn open(transaction: &Transaction<'_>, email: &EmailAddress, password_hash: &str) -> Result<bool> {
    let statement = prepare(transaction, &OPEN).await?;
    Ok(transaction.execute(&statement, &[&Uuid::now_v7(), &email.as_str(), &password_hash]).await? == 1)
}

/// Gives an account that nobody works with any more to whoever begins anew: with another password, and the whole installation.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn take_over(transaction: &Transaction<'_>, email: &EmailAddress, password_hash: &str) -> Result<()> {
    let statement = prepare(transaction, &TAKE_OVER).await?;
    transaction.execute(&statement, &[&email.as_str(), &password_hash]).await?;
    Ok(())
}

/// Whether this is the password of a person's account still, in PHC form; that stays so until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn has_password(transaction: &Transaction<'_>, workspace: WorkspaceId, user: UserId, hash: &str) -> Result<bool> {
    let statement = prepare(transaction, &HAS_PASSWORD).await?;
    Ok(transaction.query_opt(&statement, &[&workspace.0, &user.0, &hash]).await?.is_some())
}

/// Whether the account of a person is somebody in another workspace too; that stays so until the transaction ends.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn is_shared(transaction: &Transaction<'_>, workspace: WorkspaceId, user: UserId) -> Result<bool> {
    let statement = prepare(transaction, &HOLD).await?;
    let row = transaction.query_opt(&statement, &[&workspace.0, &user.0]).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

impl Store {
    /// Who signs in with an e-mail address: where they work, and last worked, first; then where they have left.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find_by_email(&self, email: &EmailAddress) -> Result<Vec<Membership>> {
        self.query(&FIND_BY_EMAIL, &[&email.as_str(), &MOST_MEMBERSHIPS]).await?.iter().map(membership).collect()
    }

    /// Of some e-mail addresses those that have an account.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn known_accounts(&self, emails: &[String]) -> Result<BTreeSet<String>> {
        Ok(self.query(&KNOWN, &[&emails]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Lets an account look after the installation, or no more; false when there is no such account, or nobody would be left.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_owner(&self, email: &EmailAddress, is_owner: bool) -> Result<bool> {
        Ok(self.execute(&SET_OWNER, &[&email.as_str(), &is_owner]).await? == 1)
    }

    /// Who looks after the installation: their e-mail addresses, the first one first.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn installation_owners(&self) -> Result<Vec<String>> {
        Ok(self.query(&OWNERS, &[]).await?.iter().map(|row| row.get(0)).collect())
    }

    /// Whether a person looks after the installation, as it is now.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn is_owner(&self, workspace: WorkspaceId, user: UserId) -> Result<bool> {
        Ok(self.query_opt(&IS_OWNER, &[&workspace.0, &user.0]).await?.is_some_and(|row| row.get(0)))
    }

    /// The workspaces in which a person's account is somebody, this one too, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn memberships(&self, workspace: WorkspaceId, user: UserId) -> Result<Vec<Membership>> {
        self.query(&OF_PERSON, &[&workspace.0, &user.0, &MOST_MEMBERSHIPS]).await?.iter().map(membership).collect()
    }
}

fn membership(row: &Row) -> Result<Membership> {
    let email: &str = row.get(2);
    let user = User {
        workspace: WorkspaceId(row.get(0)),
        id: UserId(row.get(1)),
        email: email.parse().map_err(|_| Error::Unreadable("the e-mail address of an account".to_owned()))?,
        name: row.get(3),
        role: role(row, 4),
        locale: row.get(6),
        active: row.get(7),
    };
    Ok(Membership { user, password_hash: row.get(8), workspace_name: row.get(9), has_second_factor: row.get(10) })
}

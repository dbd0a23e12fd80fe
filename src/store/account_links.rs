//! Links in mails, by which somebody shows that an account or an address is theirs. What is stored of one opens nothing.

use jiff::Timestamp;
use uuid::Uuid;

use super::{Error, Result, Store, Transaction, prepare, users};
use crate::domain::access::Rights;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::password::PasswordRule;
use crate::domain::user::EmailAddress;

/// Newcomers that a page shows.
const MOST_NEWCOMERS: i64 = 500;

/// Somebody who works here, has an account of this workspace alone, and has never signed in.
macro_rules! newcomer {
    () => {
        "person.active AND person.used_at IS NULL AND NOT account.is_owner AND account.totp_secret IS NULL
          AND NOT EXISTS (
              SELECT
              FROM users AS other
              WHERE other.account_id = person.account_id AND (other.workspace_id <> $1 OR other.used_at IS NOT NULL))"
    };
}
pub(super) use newcomer;

crate::statements! {
    /// One link of each kind for an account: a newer one ends the older.
    ADD = "
        INSERT INTO account_links (account_id, purpose, token_hash, email, expires_at)
        SELECT account_id, $3, $4, $5, $6
        FROM users
        WHERE workspace_id = $1 AND id = $2
        ON CONFLICT (account_id, purpose) DO UPDATE
        SET token_hash = excluded.token_hash, email = excluded.email, expires_at = excluded.expires_at";
    /// Of somebody who has not come in yet, and of nobody else.
    ADD_FOR_NEWCOMER = concat!("
        INSERT INTO account_links (account_id, purpose, token_hash, expires_at)
        SELECT person.account_id, 'password', $3, $4
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        WHERE person.workspace_id = $1 AND person.id = $2 AND ", newcomer!(), "
        ON CONFLICT (account_id, purpose) DO UPDATE
        SET token_hash = excluded.token_hash, email = NULL, expires_at = excluded.expires_at");
    NEWCOMERS = concat!("
        SELECT person.id, person.name, account.email, link.expires_at, person.role, person.role_id, own.permissions, own.visibility
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        LEFT JOIN roles AS own ON own.workspace_id = person.workspace_id AND own.id = person.role_id
        LEFT JOIN account_links AS link ON link.account_id = account.id AND link.purpose = 'password' AND link.expires_at > $2
        WHERE person.workspace_id = $1 AND ", newcomer!(), "
        ORDER BY person.name COLLATE names, person.id
        LIMIT $3");
    /// Across workspaces: whose account it is, where they were last, and the most that one of their workspaces asks of a password.
    FIND = "
        SELECT person.workspace_id, person.id, person.name, person.locale, account.email, link.email,
            max(workspace.least_password) OVER (), account.id
        FROM account_links AS link
        JOIN accounts AS account ON account.id = link.account_id
        JOIN users AS person ON person.account_id = account.id AND person.active
        JOIN workspaces AS workspace ON workspace.id = person.workspace_id
        WHERE link.token_hash = $1 AND link.purpose = $2 AND link.expires_at > $3
        ORDER BY person.used_at DESC NULLS LAST, person.created_at, person.workspace_id
        LIMIT 1";
    USE_UP = "DELETE FROM account_links WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3";
    FORGET = "DELETE FROM account_links WHERE expires_at < $1";
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Another password.
    Password,
    /// Another e-mail address.
    Email,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Password => "password",
            Purpose::Email => "email",
        }
    }
}

/// Whose link it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkOwner {
    pub account: Uuid,
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub name: String,
    /// The language of their interface.
    pub locale: String,
    pub email: EmailAddress,
    /// The address that it was sent to, if it is to become theirs.
    pub new_email: Option<EmailAddress>,
    /// What is asked of their passwords.
    pub rule: PasswordRule,
}

/// Somebody who was added and has not come in yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    pub id: UserId,
    pub name: String,
    pub email: EmailAddress,
    /// What they will be allowed: a link is given by nobody who may less.
    pub rights: Rights,
    /// Until when their link counts, if they have one.
    pub link_until: Option<Timestamp>,
}

/// Uses a link up; false when it was already, or is too old.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn use_up(transaction: &Transaction<'_>, token_hash: &[u8; 32], purpose: Purpose, now: Timestamp) -> Result<bool> {
    let statement = prepare(transaction, &USE_UP).await?;
    Ok(transaction.execute(&statement, &[&token_hash.as_slice(), &purpose.as_str(), &now]).await? == 1)
}

impl Store {
    /// Keeps a link of a person's account until it is used, another one takes its place, or `expires_at`.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_account_link(
        &self,
        (workspace, user): (WorkspaceId, UserId),
        purpose: Purpose,
        token_hash: &[u8; 32],
        email: Option<&EmailAddress>,
        expires_at: Timestamp,
    ) -> Result<()> {
        let email = email.map(EmailAddress::as_str);
        self.execute(&ADD, &[&workspace.0, &user.0, &purpose.as_str(), &token_hash.as_slice(), &email, &expires_at]).await.map(drop)
    }

    /// Keeps a link by which a newcomer chooses a password, until it is used, another one takes its place, they come in otherwise, or
    /// `expires_at`; false for everybody else.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn add_newcomer_link(
        &self,
        (workspace, user): (WorkspaceId, UserId),
        token_hash: &[u8; 32],
        expires_at: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(&ADD_FOR_NEWCOMER, &[&workspace.0, &user.0, &token_hash.as_slice(), &expires_at]).await? == 1)
    }

    /// Who was added and has not come in yet, by name.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn newcomers(&self, workspace: WorkspaceId, now: Timestamp) -> Result<Vec<Newcomer>> {
        let rows = self.query(&NEWCOMERS, &[&workspace.0, &now, &MOST_NEWCOMERS]).await?;
        let newcomer = |row: &tokio_postgres::Row| {
            let email = row.get::<_, &str>(2).parse().map_err(|_| Error::Unreadable("the e-mail address of an account".to_owned()))?;
            Ok(Newcomer { id: UserId(row.get(0)), name: row.get(1), email, rights: users::rights(row, 4), link_until: row.get(3) })
        };
        rows.iter().map(newcomer).collect()
    }

    /// Whose link this is, while it counts.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn account_link(&self, token_hash: &[u8; 32], purpose: Purpose, now: Timestamp) -> Result<Option<LinkOwner>> {
        let row = self.query_opt(&FIND, &[&token_hash.as_slice(), &purpose.as_str(), &now]).await?;
        let address = |text: &str| text.parse().map_err(|_| Error::Unreadable("the e-mail address of an account".to_owned()));
        row.map(|row| {
            Ok(LinkOwner {
                account: row.get(7),
                workspace: WorkspaceId(row.get::<_, Uuid>(0)),
                user: UserId(row.get::<_, Uuid>(1)),
                name: row.get(2),
                locale: row.get(3),
                email: address(row.get(4))?,
                new_email: row.get::<_, Option<&str>>(5).map(address).transpose()?,
                rule: PasswordRule::at_least(usize::try_from(row.get::<_, i32>(6)).unwrap_or_default()),
            })
        })
        .transpose()
    }

    /// Forgets links that count no more.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn forget_account_links(&self, now: Timestamp) -> Result<u64> {
        self.execute(&FORGET, &[&now]).await
    }
}

//! Codes of a second step: the secret that an authenticator app knows, and those to be used once when the app is lost.

use uuid::Uuid;

use super::sealed::Place;
use super::{Result, Store, Transaction, prepare};
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::password::PasswordRule;
use crate::domain::totp::TotpSecret;

crate::statements! {
    /// Across workspaces: a password opens all of them, so the most that one of them asks counts.
    OF_PERSON = "
        SELECT account.id, account.email, account.password_hash, account.totp_secret, account.totp_step,
            (SELECT count(*) FROM recovery_codes AS code WHERE code.account_id = account.id),
            person.name, person.active, workspace.name,
            (
                SELECT max(place.least_password)
                FROM users AS membership
                JOIN workspaces AS place ON place.id = membership.workspace_id
                WHERE membership.account_id = account.id AND (membership.active OR membership.workspace_id = $1)
            ),
            coalesce(person.role_id::text, person.role) = ANY(workspace.second_factor_roles)
        FROM users AS person
        JOIN accounts AS account ON account.id = person.account_id
        JOIN workspaces AS workspace ON workspace.id = person.workspace_id
        WHERE person.workspace_id = $1 AND person.id = $2";
    /// Only where there is none yet; with the codes that are used once.
    SET = "
        WITH account AS (
            UPDATE accounts
            SET totp_secret = $2, totp_step = GREATEST(totp_step, $3)
            WHERE id = $1 AND totp_secret IS NULL
            RETURNING id
        ), gone AS (
            DELETE FROM recovery_codes
            WHERE account_id IN (SELECT id FROM account)
        )
        INSERT INTO recovery_codes (account_id, code_hash)
        SELECT account.id, code_hash
        FROM account, UNNEST($4::bytea[]) AS code_hash";
    REPLACE_CODES = "
        WITH gone AS (
            DELETE FROM recovery_codes
            WHERE account_id = $1
        )
        INSERT INTO recovery_codes (account_id, code_hash)
        SELECT id, code_hash
        FROM accounts, UNNEST($2::bytea[]) AS code_hash
        WHERE id = $1 AND totp_secret IS NOT NULL";
    /// Of two nodes that are shown the same code, one takes it.
    TAKE_STEP = "UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2 AND totp_secret IS NOT NULL";
    USE_CODE = "DELETE FROM recovery_codes WHERE account_id = $1 AND code_hash = $2";
}

/// What somebody proves with who they are.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub account: Uuid,
    pub email: String,
    /// In PHC form.
    pub password_hash: String,
    /// With one, a code is asked for as well.
    pub totp: Option<TotpSecret>,
    /// The step of the last code that was taken.
    pub totp_step: i64,
    /// Codes to be used once that are left.
    pub recovery_codes: i64,
    /// What they are called here, and whether they have not left.
    pub name: String,
    pub active: bool,
    pub workspace_name: String,
    /// What is asked of a new password by that of their workspaces that asks most, and whether this one wants a code of them.
    pub rule: PasswordRule,
    pub needs_second_factor: bool,
}

/// Where the secret of an account lies.
pub(super) fn place(account: &str) -> Place<'_> {
    Place { table: "accounts", row: account, column: "totp_secret" }
}

/// From now on a code is asked for; false when one is already. `codes` are the hashes of those to be used once.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn set(transaction: &Transaction<'_>, account: Uuid, sealed: &str, step: i64, codes: &[[u8; 32]]) -> Result<bool> {
    let (statement, codes) = (prepare(transaction, &SET).await?, slices(codes));
    Ok(transaction.execute(&statement, &[&account, &sealed, &step, &codes]).await? > 0)
}

/// Other codes to be used once; those there were count no more. False where no code is asked for.
///
/// # Errors
/// As PostgreSQL answers.
pub async fn replace_codes(transaction: &Transaction<'_>, account: Uuid, codes: &[[u8; 32]]) -> Result<bool> {
    let (statement, codes) = (prepare(transaction, &REPLACE_CODES).await?, slices(codes));
    Ok(transaction.execute(&statement, &[&account, &codes]).await? > 0)
}

fn slices(codes: &[[u8; 32]]) -> Vec<&[u8]> {
    codes.iter().map(<[u8; 32]>::as_slice).collect()
}

impl Store {
    /// What a person proves with who they are; nothing of somebody who is not there.
    ///
    /// # Errors
    /// As PostgreSQL answers, and when a secret does not open.
    pub async fn credentials(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Credentials>> {
        let Some(row) = self.query_opt(&OF_PERSON, &[&workspace.0, &user.0]).await? else { return Ok(None) };
        let (account, sealed): (Uuid, Option<&str>) = (row.get(0), row.get(3));
        let totp = sealed.map(|sealed| self.opened_totp(account, sealed)).transpose()?;
        Ok(Some(Credentials {
            account,
            email: row.get(1),
            password_hash: row.get(2),
            totp,
            totp_step: row.get(4),
            recovery_codes: row.get(5),
            name: row.get(6),
            active: row.get(7),
            workspace_name: row.get(8),
            rule: PasswordRule::at_least(usize::try_from(row.get::<_, i32>(9)).unwrap_or_default()),
            needs_second_factor: row.get(10),
        }))
    }

    /// A secret as it would be stored with this account: what comes back from a form is ours, and this account's.
    ///
    /// # Errors
    /// Without a key.
    pub fn sealed_totp(&self, account: Uuid, secret: &TotpSecret) -> Result<String> {
        self.keys().seal(place(&account.to_string()), secret.bytes())
    }

    /// A sealed secret of this account.
    ///
    /// # Errors
    /// When it does not open.
    pub fn opened_totp(&self, account: Uuid, sealed: &str) -> Result<TotpSecret> {
        let bytes = self.keys().open(place(&account.to_string()), sealed)?;
        TotpSecret::of(&bytes).ok_or_else(|| super::Error::Unreadable("the secret accounts.totp_secret is too short".to_owned()))
    }

    /// Takes the code of a step; false when it, or a later one, was taken already.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn take_totp_step(&self, account: Uuid, step: i64) -> Result<bool> {
        Ok(self.execute(&TAKE_STEP, &[&account, &step]).await? == 1)
    }

    /// Uses up a code; false when there is no such one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn use_recovery_code(&self, account: Uuid, code: &[u8; 32]) -> Result<bool> {
        Ok(self.execute(&USE_CODE, &[&account, &code.as_slice()]).await? == 1)
    }
}

//! The first account and workspace of an installation, made at an address that was printed where `serve` was started.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::setup::Along;
use super::{Error, Runner, now};
use crate::domain::access::Role;
use crate::domain::command::Person;
use crate::domain::ids::{QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::queue::Queue;
use crate::domain::setup::command::{NewMember, NewTeams};
use crate::domain::setup::{By, Secret, SetupCommand};
use crate::domain::user::EmailAddress;
use crate::live::PersonChange;
use crate::store::users::{FIRST_CAPACITY, NewWorkspace};

/// How long an address can be opened; the next start prints another one.
const LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whoever begins, and with what.
#[derive(Debug, Clone)]
pub struct Beginning {
    pub name: String,
    pub email: EmailAddress,
    /// In PHC form.
    pub password: Secret,
    pub workspace: String,
    /// The language of the workspace and of whoever begins.
    pub locale: String,
    /// Such as `Europe/Madrid`.
    pub time_zone: String,
    /// What the first team and its queue are called.
    pub team: String,
}

impl Runner {
    /// The secret of an address at which the first account can be made; nothing once there is a workspace.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn offer_beginning(&self) -> Result<Option<String>, Error> {
        if self.store.has_workspaces().await? {
            return Ok(None);
        }
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.store.add_beginning(&hash(&secret), now()).await?;
        Ok(Some(secret))
    }

    /// Whether the first account can be made with this secret.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn is_beginning_open(&self, secret: &str) -> Result<bool, Error> {
        Ok(self.store.is_beginning_open(&hash(secret), oldest()).await?)
    }

    /// Makes the first account, which looks after the installation, and a workspace with a team and a queue that it is in.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the secret is none any more; a refusal, or a fault.
    pub async fn begin(&self, secret: &str, beginning: Beginning) -> Result<(WorkspaceId, UserId), Error> {
        let Beginning { name, email, password, workspace, locale, time_zone, team: team_name } = beginning;
        let (id, member) = (WorkspaceId(Uuid::now_v7()), UserId(Uuid::now_v7()));
        let (team, queue) = (TeamId(Uuid::now_v7()), QueueId(Uuid::now_v7()));
        let queue = Queue::new(queue, "support".to_owned(), team_name.clone(), team, &time_zone);
        let new = NewMember {
            name: name.clone(),
            email: email.clone(),
            role: Role::Admin,
            locale: locale.clone(),
            capacity: FIRST_CAPACITY,
            teams: NewTeams::All,
            languages: [].into(),
        };
        let commands = vec![
            SetupCommand::AddTeam { team, name: team_name },
            SetupCommand::AddQueue { queue },
            SetupCommand::AddMember { member, new, password: password.clone() },
        ];
        let by = By::Person(Person { user: member, name, rights: Role::Admin.rights().unwrap_or_default() });
        let new = NewWorkspace { id, name: workspace.trim(), locale: &locale, time_zone: &time_zone };
        let along = Along::Beginning { workspace: &new, secret_hash: &hash(secret), since: oldest() };
        self.configured_along(id, &by, SetupCommand::Several(commands), along).await?;
        Ok((id, member))
    }

    /// Lets somebody look after the installation, or no more; false when there is no such account, or nobody would be left.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn set_owner(&self, email: &EmailAddress, is_owner: bool) -> Result<bool, Error> {
        let is_set = self.store.set_owner(email, is_owner).await?;
        for membership in self.store.find_by_email(email).await? {
            self.live.person_changed(membership.user.workspace, membership.user.id, PersonChange::Rights);
        }
        Ok(is_set)
    }

    /// Hides what a workspace begins with, or shows it again.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn hide_start(&self, workspace: WorkspaceId, is_hidden: bool) -> Result<(), Error> {
        Ok(self.store.hide_start(workspace, is_hidden).await?)
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn oldest() -> Timestamp {
    now().saturating_sub(LIFE).unwrap_or(Timestamp::MIN)
}

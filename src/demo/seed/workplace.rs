//! The shop: people, teams, queues, the flow, prepared texts, and the connected number, all of it as a workspace file says.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::domain::access::{Permission, Role};
use crate::domain::agent::Agent;
use crate::domain::command::Person;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::domain::inbox::Inbox;
use crate::domain::setup::file::{self, AppSecrets, Document, Import, Reach};
use crate::domain::setup::value::{Member, Workspace};
use crate::domain::setup::{By, RecordedSetup, Secret, Setup, SetupCommand, SetupEvent, decide};
use crate::domain::workplace::Workplace;
use crate::store::apps::{App, IfKnown};
use crate::store::setups::JournalHead;
use crate::store::users::{NewWorkspace, insert_workspace};
use crate::store::{Store, Transaction, accounts, apps, setup_rows, setups};
use crate::web::sign_in::passwords::Passwords;

/// Everybody's password in the demo, and nowhere else.
pub const PASSWORD: &str = "baton-demo";

/// What is set up.
const FILE: &str = include_str!("../workspace.yaml");

/// What stands in the file for the time zone of this machine: who looks at the demo finds its hours to be their own.
const TIME_ZONE: &str = "Etc/UTC";

/// Somebody who works here.
#[derive(Debug)]
pub struct DemoPerson {
    pub name: String,
    pub email: String,
    pub role: Role,
}

static PEOPLE: LazyLock<Vec<DemoPerson>> = LazyLock::new(|| {
    let document = file::read(FILE).ok();
    let people = document.iter().flat_map(Document::people);
    let person = |(name, email, role): (&str, &str, &str)| {
        Some(DemoPerson { name: name.to_owned(), email: email.to_owned(), role: role.parse().ok()? })
    };
    people.filter_map(person).collect()
});

/// Everybody who works here.
#[must_use]
pub fn people() -> &'static [DemoPerson] {
    &PEOPLE
}

/// The shop once it is set up.
pub(super) struct Shop {
    pub id: WorkspaceId,
    pub workplace: Arc<Workplace>,
    pub inbox: Inbox,
    pub staff: Vec<Colleague>,
}

/// Somebody who works here, as rules see them.
#[derive(Clone)]
pub(super) struct Colleague {
    pub person: Person,
    pub agent: Agent,
}

/// Sets everything up, as one act.
pub(super) async fn set_up(store: &Store) -> Result<Shop> {
    let id = WorkspaceId(Uuid::now_v7());
    let import = import().await?;
    let Workspace { name, locale, time_zone, .. } = import.document.itself().context("the file does not name the workspace")?;
    let mut client = store.client().await?;
    let transaction = Transaction::begin(&mut client);
    insert_workspace(&transaction, &NewWorkspace { id, name: &name, locale: &locale, time_zone: &time_zone }).await?;
    for AppSecrets { app_id, app_secret, verify_token } in import.apps() {
        let (app_secret, verify_token) = (app_secret.reveal().to_owned(), verify_token.reveal().to_owned());
        let app = App { app_id, app_secret, verify_token };
        apps::save(&transaction, store.keys(), &app, IfKnown::Replace).await?;
    }
    let command = SetupCommand::Import(Box::new(import));
    for (email, password) in command.newcomers() {
        accounts::open(&transaction, &email, password.reveal()).await?;
    }
    let setup = setups::load(&transaction, id, &[]).await?;
    let events = decide(&setup, command, &By::System).map_err(|refusal| anyhow!("{refusal}"))?.events;
    let act = act(&events);
    let last_seq = act.last().map_or(0, |last| last.seq);
    setup_rows::commit(transaction, store, id, &act, JournalHead { last_seq, version: last_seq }).await?;
    drop(client);
    let setup = store.setup(id).await?;
    let inbox = inbox(&setup).context("the file connects no number")?;
    let staff = setup.members.iter().map(|(id, member)| colleague(*id, member)).collect();
    Ok(Shop { id, workplace: Arc::new(store.workplace(id).await?.workplace), inbox, staff })
}

/// The file, and what it is brought in with.
async fn import() -> Result<Import> {
    let text = FILE.replace(TIME_ZONE, TimeZone::system().iana_name().unwrap_or("UTC"));
    let document = file::read(&text).map_err(|fault| anyhow!("workspace.yaml:{fault}"))?;
    let token = format!("NUMBER_{}_ACCESS_TOKEN", super::PHONE_NUMBER_ID);
    let (secret, verify_token) = (format!("APP_{}_SECRET", super::APP_ID), format!("APP_{}_VERIFY_TOKEN", super::APP_ID));
    let secrets = [(token, super::ACCESS_TOKEN), (secret, super::APP_SECRET), (verify_token, super::VERIFY_TOKEN)];
    let secrets: BTreeMap<String, Secret> = secrets.into_iter().map(|(name, value)| (name, Secret::new(value.to_owned()))).collect();
    let password = Secret::new(Passwords::new()?.hash(PASSWORD.to_owned()).await?);
    Ok(Import { document, prune: false, reach: Reach::Installation, secrets, known_apps: BTreeSet::new(), password, seed: Uuid::now_v7() })
}

fn act(events: &[SetupEvent]) -> Vec<RecordedSetup> {
    let (at, who, size) = (Timestamp::now(), By::System.who(), i64::try_from(events.len()).unwrap_or(i64::MAX));
    let line = |(seq, event): (i64, &SetupEvent)| {
        let (who, event) = (who.clone(), event.clone());
        RecordedSetup { seq, act: 1, size, at, who, from: None, event }
    };
    (1..).zip(events).map(line).collect()
}

fn colleague(user: UserId, member: &Member) -> Colleague {
    let name = member.name.clone();
    let rights = member.role.rights().unwrap_or_default();
    let agent = Agent {
        user,
        name: name.clone(),
        availability: member.availability,
        load: 0,
        capacity: member.capacity,
        idle_since: Timestamp::UNIX_EPOCH,
        given_at: Timestamp::UNIX_EPOCH,
        here_at: Timestamp::UNIX_EPOCH,
        teams: member.teams.iter().copied().collect(),
        may_reply: rights.may(Permission::Reply),
        signed_off: None,
    };
    Colleague { person: Person { user, name, rights }, agent }
}

fn inbox(setup: &Setup) -> Option<Inbox> {
    let (id, inbox) = setup.inboxes.iter().next()?;
    Some(Inbox {
        id: *id,
        name: inbox.name.clone(),
        channel: inbox.channel.clone(),
        flow: inbox.flow,
        default_queue: inbox.default_queue,
        reopen_hours: u32::try_from(inbox.reopen_hours).ok()?,
    })
}

impl Shop {
    /// The rows of agents, as a snapshot has them.
    pub fn agents(&self) -> HashMap<UserId, Agent> {
        self.staff.iter().map(|colleague| (colleague.agent.user, colleague.agent.clone())).collect()
    }

    pub fn colleague(&self, user: UserId) -> Option<&Colleague> {
        self.staff.iter().find(|colleague| colleague.agent.user == user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_workspace_is_a_file_without_faults_whose_flow_is_that_of_the_tests() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let import = runtime.block_on(import()).unwrap();
        let workspaces = import.document.itself().map(|itself| (WorkspaceId(Uuid::from_u128(1)), itself)).into_iter().collect();
        let setup = Setup { workspaces, ..Setup::default() };
        assert_eq!(import.faults(&setup), []);
        let events = decide(&setup, SetupCommand::Import(Box::new(import)), &By::System).unwrap().events;
        let flow: serde_json::Value = serde_json::from_str(include_str!("../flow.json")).unwrap();
        assert!(events.iter().any(|event| matches!(event, SetupEvent::FlowVersion { definition, .. } if *definition == flow)));
        assert_eq!(people().len(), 9);
    }
}

//! The shop: people, teams, queues, the flow, prepared texts, and the connected number.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::domain::access::Role;
use crate::domain::agent::{Agent, Availability};
use crate::domain::channel::{self, Channel};
use crate::domain::command::Person;
use crate::domain::flows::validation;
use crate::domain::hours::Hours;
use crate::domain::ids::{FlowId, InboxId, QueueId, TeamId, UserId, WorkspaceId};
use crate::domain::inbox::Inbox;
use crate::domain::queue::Queue;
use crate::domain::workplace::Workplace;
use crate::store::Store;
use crate::store::apps::App;
use crate::store::inboxes::NewInbox;
use crate::store::users::{FIRST_CAPACITY, NewUser};
use crate::web::sign_in::passwords::Passwords;

use super::tables::add_canned_replies;

/// Everybody's password in the demo, and nowhere else.
pub const PASSWORD: &str = "baton-demo";

/// Somebody who works here.
#[derive(Debug)]
pub struct DemoPerson {
    pub name: &'static str,
    pub email: &'static str,
    pub role: Role,
    /// Places in [`TEAMS`].
    teams: &'static [usize],
}

const fn person(name: &'static str, email: &'static str, role: Role, teams: &'static [usize]) -> DemoPerson {
    DemoPerson { name, email, role, teams }
}

const PEOPLE: [DemoPerson; 9] = [
    person("Ana Duarte", "ana@example.com", Role::Agent, &[0, 2]),
    person("Ben Okafor", "ben@example.com", Role::Agent, &[0, 1]),
    person("Chloe Lindqvist", "chloe@example.com", Role::Agent, &[0]),
    person("Diego Marín", "diego@example.com", Role::Agent, &[1]),
    person("Emi Tanaka", "emi@example.com", Role::Agent, &[1, 2]),
    person("Farid Haddad", "farid@example.com", Role::Agent, &[2]),
    person("Grace Mbeki", "grace@example.com", Role::Supervisor, &[]),
    person("Henrik Solberg", "henrik@example.com", Role::Supervisor, &[]),
    person("Iris Novak", "iris@example.com", Role::Admin, &[]),
];

/// Each has the queue of the same place in [`queues`].
const TEAMS: [&str; 3] = ["Orders", "Billing", "Advice and repairs"];

const CANNED_REPLIES: [(&str, &str); 12] = [
    ("hello", "Hello, thank you for waiting. How can I help?"),
    ("hola", "Hola, gracias por esperar. ¿En qué puedo ayudarte?"),
    ("moment", "One moment please, I am looking into it."),
    ("photo", "Could you send me a photo of it? Then I can say more."),
    ("tracking", "Your parcel is on its way. As soon as the carrier scans it, the tracking page shows where it is."),
    ("late", "I am sorry that it is taking so long. I am asking the carrier now and will come back to you today."),
    ("return", "The return label is in your mail. Put it over the old one and drop the parcel off anywhere; there is no hurry."),
    ("refund", "The refund has gone out. It takes two to four working days, depending on your bank."),
    ("invoice", "The invoice is in your mail. Is everything on it right?"),
    ("repair", "Our workshop repairs it. It takes about ten days and costs nothing within three years."),
    ("hours", "Our shops are open Monday to Saturday from 9 to 19, Sundays from 11 to 17."),
    ("bye", "Glad I could help. Write here whenever something comes up!"),
];

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

/// Sets everything up.
pub(super) async fn set_up(store: &Store) -> Result<Shop> {
    let id = WorkspaceId(Uuid::now_v7());
    let time_zone = time_zone();
    store.create_workspace(id, super::BUSINESS, "en", &time_zone).await?;
    let teams: Vec<TeamId> = TEAMS.iter().map(|_| TeamId(Uuid::now_v7())).collect();
    for (team, name) in teams.iter().zip(TEAMS) {
        store.add_team(id, *team, name).await?;
    }
    let staff = employ(store, id, &teams).await?;
    let queues = queues(&teams, &time_zone)?;
    for (position, queue) in (0..).zip(&queues) {
        store.add_queue(id, queue, position).await?;
    }
    add_canned_replies(store, id, &CANNED_REPLIES).await?;
    let flow = publish(store, id, &queues).await?;
    let inbox = connect(store, id, flow, queues[queues.len() - 1].id).await?;
    Ok(Shop { id, workplace: Arc::new(store.workplace(id).await?.workplace), inbox, staff })
}

async fn employ(store: &Store, workspace: WorkspaceId, teams: &[TeamId]) -> Result<Vec<Colleague>> {
    let password_hash = Passwords::new()?.hash(PASSWORD.to_owned()).await?;
    let mut staff = Vec::new();
    for person in people() {
        let id = UserId(Uuid::now_v7());
        let email = person.email.parse()?;
        let user = NewUser { workspace, id, email, name: person.name, role: person.role, password_hash: &password_hash, locale: "en" };
        store.create_user(&user).await?;
        let own: Vec<TeamId> = person.teams.iter().map(|place| teams[*place]).collect();
        for team in &own {
            store.add_member(workspace, *team, id).await?;
        }
        staff.push(colleague(person, id, own));
    }
    if let Some(admin) = people().iter().find(|person| person.role == Role::Admin) {
        store.set_owner(&admin.email.parse()?, true).await?;
    }
    Ok(staff)
}

fn colleague(person: &DemoPerson, user: UserId, teams: Vec<TeamId>) -> Colleague {
    let name = person.name.to_owned();
    let agent = Agent {
        user,
        name: name.clone(),
        availability: Availability::Online,
        load: 0,
        capacity: FIRST_CAPACITY,
        idle_since: Timestamp::UNIX_EPOCH,
        teams,
    };
    Colleague { person: Person { user, name, rights: person.role.rights().unwrap_or_default() }, agent }
}

/// Orders and advice around the clock, billing in office hours.
fn queues(teams: &[TeamId], time_zone: &str) -> Result<Vec<Queue>> {
    let around_the_clock = || week(&["00:00", "24:00"], &["00:00", "24:00"]);
    let queue = |place: usize, key: &str, name: &str, weekly: Value, promise_minutes| {
        let hours = json!({ "time_zone": time_zone, "weekly": weekly, "holidays": [] });
        let hours: Hours = serde_json::from_value(hours).with_context(|| format!("the hours of the queue {key}"))?;
        anyhow::Ok(Queue {
            id: QueueId(Uuid::now_v7()),
            key: key.to_owned(),
            name: name.to_owned(),
            team: teams[place],
            hours,
            promise_minutes,
        })
    };
    Ok(vec![
        queue(0, "orders", "Orders", around_the_clock(), 10)?,
        queue(1, "billing", "Billing", week(&["07:00", "22:00"], &["09:00", "18:00"]), 30)?,
        queue(2, "support", "Advice and repairs", around_the_clock(), 15)?,
    ])
}

fn week(working_day: &[&str; 2], weekend: &[&str; 2]) -> Value {
    let hours = |day| if ["sat", "sun"].contains(&day) { json!([weekend]) } else { json!([working_day]) };
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .into_iter()
        .map(|day| (day.to_owned(), hours(day)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

async fn publish(store: &Store, workspace: WorkspaceId, queues: &[Queue]) -> Result<FlowId> {
    let keys: Vec<&str> = queues.iter().map(|queue| queue.key.as_str()).collect();
    let json: Value = serde_json::from_str(include_str!("../flow.json")).context("flow.json")?;
    let definition = validation::check(&json, &keys, &channel::WHATSAPP).map_err(|faults| anyhow!("flow.json has faults: {faults:?}"))?;
    let flow = FlowId(Uuid::now_v7());
    store.add_flow(workspace, flow, &definition.name).await?;
    store.publish_flow(workspace, flow, &definition).await?;
    Ok(flow)
}

async fn connect(store: &Store, workspace: WorkspaceId, flow: FlowId, default_queue: QueueId) -> Result<Inbox> {
    let app =
        App { app_id: super::APP_ID.to_owned(), app_secret: super::APP_SECRET.to_owned(), verify_token: super::VERIFY_TOKEN.to_owned() };
    store.save_app(&app).await?;
    let inbox = Inbox {
        id: InboxId(Uuid::now_v7()),
        name: super::BUSINESS.to_owned(),
        channel: Channel::WHATSAPP,
        flow: Some(flow),
        default_queue,
        reopen_hours: 24,
    };
    let new = NewInbox {
        workspace,
        inbox: inbox.clone(),
        app_id: super::APP_ID.to_owned(),
        phone_number_id: super::PHONE_NUMBER_ID.to_owned(),
        waba_id: super::WABA_ID.to_owned(),
        display_phone_number: super::DISPLAY_PHONE_NUMBER.to_owned(),
        access_token: super::ACCESS_TOKEN.to_owned(),
        rate_per_second: 80,
    };
    store.add_inbox(&new).await?;
    Ok(inbox)
}

/// That of this machine: who looks at the demo finds its hours to be their own.
fn time_zone() -> String {
    TimeZone::system().iana_name().unwrap_or("UTC").to_owned()
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

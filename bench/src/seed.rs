//! A workspace whose agents hold conversations, and sessions for their sockets.

use std::sync::Arc;

use anyhow::{Context, Result};
use baton::demo::seed::tables::{self, PastContact};
use baton::domain::access::Role;
use baton::domain::channel::Channel;
use baton::domain::contact::{Contact, Identity};
use baton::domain::conversation::{Controller, Conversation, State};
use baton::domain::event::{Event, Recorded};
use baton::domain::hours::Hours;
use baton::domain::ids::{ContactId, ConversationId, FlowId, InboxId, MessageId, QueueId, SessionId, TeamId, UserId, WorkspaceId};
use baton::domain::inbox::Inbox;
use baton::domain::journal::Subject;
use baton::domain::message::{Author, Content, Message, Status};
use baton::domain::queue::Queue;
use baton::domain::routing::Priority;
use baton::store::agents::LoadShift;
use baton::store::apps::App;
use baton::store::inboxes::NewInbox;
use baton::store::messages::Placed;
use baton::store::rows::Rows;
use baton::store::sessions::NewSession;
use baton::store::ticks::Times;
use baton::store::users::NewUser;
use baton::store::{Store, Transaction};
use baton::web::sessions::cookies::{Binding, SessionCookie};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub const APP_ID: &str = "100000000000001";
pub const APP_SECRET: &str = "5f1c0d7a9be24c63a8d0f1e2b3c4d5e6";
pub const PHONE_NUMBER_ID: &str = "200000000000002";
pub const WABA_ID: &str = "300000000000003";

/// Everybody's profile name: a webhook renames nobody.
pub const NAME: &str = "Sheena Nelson";

const AGENTS: usize = 250;

/// The agents who hold conversations, and how many each.
pub const HOLDERS: usize = 50;
const HELD: usize = 40;

/// Messages that each conversation has already, so that PostgreSQL plans for tables that are in use.
const WRITTEN: i64 = 10;

/// A number's limit is no measure of ours.
const RATE: i32 = 100_000;

/// What a customer who is new is answered: a greeting, and a question.
const FLOW: &str = r#"{
    "format": 1, "name": "Bench", "language": "en", "start": "welcome", "default_queue": "all", "settle_seconds": 4, "wait_minutes": 60,
    "hand_off_text": { "en": "A colleague will answer you here {queue.promise}." },
    "nodes": {
        "welcome": {
            "kind": "send_text", "next": "topic",
            "text": { "en": "Hello {contact.first_name|there}, thank you for writing. One of us will answer you {queue.promise}." }
        },
        "topic": {
            "kind": "ask", "as": "buttons", "prompt": { "en": "What is it about?" }, "field": "topic", "label": "Topic", "next": "goodbye",
            "options": [{ "id": "orders", "title": { "en": "My order" } }, { "id": "support", "title": { "en": "Something else" } }]
        },
        "goodbye": { "kind": "hand_off", "text": { "en": "Thank you, I have passed everything on." } }
    }
}"#;

/// No agent is ever full.
const CAPACITY: i32 = 10_000;

/// What the measurements know of the workspace.
pub struct Installation {
    /// For each agent, what their browser sends as `Cookie`.
    pub cookies: Vec<String>,
    /// They themselves, in the same order.
    pub agents: Vec<UserId>,
    /// Telephone numbers; conversation `n` is held by agent `n % HOLDERS`.
    pub customers: Arc<[String]>,
    /// Their conversations.
    pub conversations: Arc<[ConversationId]>,
}

/// Sets the workspace up.
pub async fn fill(store: &Store, url: &str) -> Result<Installation> {
    let workspace = WorkspaceId(Uuid::now_v7());
    store.create_workspace(workspace, "Bench", "en", "UTC").await?;
    let team = TeamId(Uuid::now_v7());
    store.add_team(workspace, team, "Everybody").await?;
    let mut agents = Vec::with_capacity(AGENTS);
    for number in 0..AGENTS {
        agents.push(employ(store, workspace, team, number).await?);
    }
    let inbox = connect_number(store, workspace, team).await?;
    let (contacts, rows) = conversations(workspace, &inbox, &agents);
    let customers = contacts.iter().map(|past| past.identity.value().to_owned()).collect();
    let all = rows.conversations().map(|(_, conversation)| conversation.id).collect();
    keep(store, workspace, &contacts, rows).await?;
    let client = crate::world::connect(url).await?;
    client.execute("UPDATE agents SET capacity = $1", &[&CAPACITY]).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    let mut cookies = Vec::with_capacity(AGENTS);
    for agent in &agents {
        cookies.push(sign_in(store, workspace, *agent).await?);
    }
    Ok(Installation { cookies, agents, customers, conversations: all })
}

/// Somebody of a team.
pub async fn employ(store: &Store, workspace: WorkspaceId, team: TeamId, number: usize) -> Result<UserId> {
    employ_as(store, workspace, team, number, Role::Agent).await
}

/// Somebody of a team who may do what this role says.
pub async fn employ_as(store: &Store, workspace: WorkspaceId, team: TeamId, number: usize, role: Role) -> Result<UserId> {
    let id = UserId(Uuid::now_v7());
    let email = format!("agent{number}@example.com").parse()?;
    let name = format!("Agent {number}");
    // Nobody signs in with a password here.
    let user = NewUser { workspace, id, email, name: &name, role, password_hash: "", locale: "en" };
    store.create_user(&user).await?;
    store.add_member(workspace, team, id).await?;
    Ok(id)
}

async fn connect_number(store: &Store, workspace: WorkspaceId, team: TeamId) -> Result<Inbox> {
    let queue = Queue {
        id: QueueId(Uuid::now_v7()),
        key: "all".to_owned(),
        name: "All".to_owned(),
        team,
        hours: Hours::always(),
        promise_minutes: 10,
    };
    store.add_queue(workspace, &queue, 0).await?;
    let app = App { app_id: APP_ID.to_owned(), app_secret: APP_SECRET.to_owned(), verify_token: "bench".to_owned() };
    store.save_app(&app).await?;
    let flow = FlowId(Uuid::now_v7());
    store.add_flow(workspace, flow, "Bench").await?;
    store.publish_flow(workspace, flow, &serde_json::from_str(FLOW)?).await?;
    let inbox = Inbox {
        id: InboxId(Uuid::now_v7()),
        name: "Bench".to_owned(),
        channel: Channel::WHATSAPP,
        flow: Some(flow),
        default_queue: queue.id,
        reopen_hours: 24,
    };
    let new = NewInbox {
        workspace,
        inbox: inbox.clone(),
        app_id: APP_ID.to_owned(),
        phone_number_id: PHONE_NUMBER_ID.to_owned(),
        waba_id: WABA_ID.to_owned(),
        display_phone_number: "+1 555 010 0000".to_owned(),
        access_token: "bench".to_owned(),
        rate_per_second: RATE,
    };
    store.add_inbox(&new).await?;
    Ok(inbox)
}

async fn keep(store: &Store, workspace: WorkspaceId, contacts: &[PastContact], rows: Rows) -> Result<()> {
    let mut client = store.unhurried().await?;
    let transaction = Transaction::begin(&mut client);
    tables::add_contacts(&transaction, workspace, contacts).await?;
    rows.write(&transaction).await?;
    tables::mark_read(&transaction, workspace).await?;
    Ok(transaction.commit().await?)
}

/// Everybody wrote an hour ago, and an agent has taken them on.
fn conversations(workspace: WorkspaceId, inbox: &Inbox, agents: &[UserId]) -> (Vec<PastContact>, Rows) {
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    let (mut contacts, mut rows) = (Vec::new(), Rows::of(workspace));
    for number in 0..HOLDERS * HELD {
        let contact = Contact::named(ContactId(Uuid::now_v7()), format!("Customer {number}"));
        let agent = agents[number % HOLDERS];
        let conversation = held(inbox, contact.id, agent, since);
        rows.conversation(None, &conversation);
        // More than they may hold yet.
        rows.load(agent, LoadShift { change: 1, given_at: None, at: Some(since) });
        (1..=WRITTEN).for_each(|seq| write(&mut rows, &conversation, seq, since));
        contacts.push(PastContact { contact, identity: Identity::Phone(format!("1555{number:07}")), since });
    }
    (contacts, rows)
}

/// A message, and its place in the journal.
fn write(rows: &mut Rows, conversation: &Conversation, seq: i64, at: Timestamp) {
    let id = Uuid::now_v7();
    let message = Message {
        id: MessageId(id),
        author: Author::Contact,
        content: Content::Text { body: "Is this still available?".to_owned() },
        status: Status::Received,
        failure: None,
        wamid: Some(format!("wamid.{id}")),
        reply_to: None,
        at,
        raw: None,
    };
    let Conversation { id: conversation, inbox, .. } = *conversation;
    let told = Recorded::new(seq, at, Event::MessageReceived { message: message.clone() });
    rows.events.push((Subject::Conversation(conversation), told));
    rows.messages.push(Placed { conversation, inbox, seq, message, told: Times::default() });
}

fn held(inbox: &Inbox, contact: ContactId, agent: UserId, since: Timestamp) -> Conversation {
    Conversation {
        id: ConversationId(Uuid::now_v7()),
        contact,
        inbox: inbox.id,
        state: State::Open,
        controller: Controller::Agent { user: agent },
        queue: Some(inbox.default_queue),
        priority: Priority::Normal,
        skills: None,
        last_agent: Some(agent),
        brief: None,
        details: None,
        wait: None,
        clocks: None,
        assignment_reason: None,
        last_seq: WRITTEN,
        opened_at: since,
        queued_at: None,
        assigned_at: Some(since),
        waiting_since: None,
        resolved_at: None,
        window_expires_at: Some(since + SignedDuration::from_hours(24)),
        last_message_at: since,
        last_message: None,
    }
}

/// A session as signing in opens it; answers its cookie.
pub async fn sign_in(store: &Store, workspace: WorkspaceId, user: UserId) -> Result<String> {
    let secret = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    let secret: [u8; 32] = secret.try_into().ok().context("a secret has 32 bytes")?;
    let cookie = SessionCookie::new(workspace, SessionId(Uuid::now_v7()), secret);
    let now = Timestamp::now();
    let credentials = store.credentials(workspace, user).await?.context("nobody signs in who is not there")?;
    let session = NewSession {
        workspace,
        id: cookie.session,
        user,
        secret_hash: cookie.secret_hash(),
        user_agent: "bench",
        now,
        created_at: now,
        network: "",
        proven_at: now,
        password_hash: &credentials.password_hash,
    };
    store.create_session(&session).await?;
    let cookie = Binding::Plain.session_cookie(&cookie);
    Ok(format!("{}={}", cookie.name(), cookie.value()))
}

//! Phone numbers on open pages: of whoever may not see them, no frame of any node tells one, whatever happens.

use baton::domain::access::{Permission, Permissions, Rights, Role, Visibility};
use baton::domain::channel::Rulebook;
use baton::domain::details::{FieldKind, FieldOf};
use baton::domain::ids::{ConversationId, FieldId, FlowId, RoleId};
use baton::domain::setup::value::{self, Field};
use baton::domain::setup::{By, SetupCommand};
use baton::live::Live;
use baton::live::bus::Bus;
use baton::runner::Runner;
use baton::web::threads::Seen;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::agent::Agent;
use crate::support::html::Thread;
use crate::support::node::Side;
use crate::support::page::Page;
use crate::support::phone::Phone;
use crate::support::{SOON, World};

/// Of a customer with a name, of one whose name it is, and those that a flow notes.
const NUMBERS: [&str; 4] = ["34655219073", "34655328174", "34655437275", "34655546376"];

/// The numbers that a text tells, however they are written: more than five digits in a row of one are one too many.
fn told(text: &str) -> Vec<&'static str> {
    let bare: String = text.chars().filter(|c| !" -.()\u{202a}\u{202c}".contains(*c)).collect();
    // The digits that all of them share are nobody's.
    let is_told = |number: &&str| (4..number.len() - 5).any(|start| bare.contains(&number[start..start + 6]));
    NUMBERS.into_iter().filter(is_told).collect()
}

/// Notes two numbers, asks once, and hands over.
fn definition() -> serde_json::Value {
    let options = json!([{ "id": "orders", "title": "My order" }, { "id": "support", "title": "Something else" }]);
    json!({
        "format": 1, "name": "Lamp Shop", "start": "call", "default_queue": "support",
        "nodes": {
            "call": { "kind": "set_field", "field": "call_me", "value": "+34 655-437 275", "next": "spare" },
            "spare": { "kind": "set_field", "field": "call_back", "value": "0034 655 546 376", "next": "topic" },
            "topic": {
                "kind": "ask", "as": "buttons", "prompt": "What is it about?", "options": options, "field": "topic", "label": "Topic",
                "next": "over",
            },
            "over": { "kind": "hand_off", "text": "Thank you, I have passed everything on." },
        },
    })
}

/// Somebody who may do everything but see numbers, and what the flow writes into.
async fn set_up(world: &World, role: RoleId) {
    let (bus, task) = Bus::new(&world.servers.redis_url()).unwrap();
    let (live, _changes) = Live::new(bus);
    let stop = CancellationToken::new();
    let telling = tokio::spawn(task.run(live.clone(), stop.clone()));
    let runner = Runner::new(world.store.clone(), live, Rulebook::WHATSAPP);
    let all_but: Vec<Permission> = Permission::ALL.into_iter().filter(|it| *it != Permission::SeePhones).collect();
    let rights = Rights { permissions: Permissions::of(&all_but), visibility: Visibility::All };
    let field = |key: &str, of| {
        let new = Field {
            key: key.to_owned(),
            label: format!("The {key}"),
            of,
            kind: FieldKind::Text,
            choices: Vec::new(),
            shown: true,
            locked: false,
            position: 0,
        };
        SetupCommand::AddField { field: FieldId(Uuid::now_v7()), new }
    };
    let flow = FlowId(world.rows("SELECT id FROM flows", &[]).await[0].get(0));
    for command in [
        SetupCommand::AddRole { role, new: value::Role { name: "Outside".to_owned(), rights } },
        field("call_me", FieldOf::Contact),
        field("call_back", FieldOf::Conversation),
        SetupCommand::PublishFlow { flow, definition: definition() },
    ] {
        runner.configure(world.shop.workspace, &By::CommandLine, command, None).await.unwrap();
    }
    stop.cancel();
    telling.await.unwrap();
}

/// A page of each node that shows the whole list, from before anything is there.
async fn open(world: &World, agent: &Agent) -> Vec<Page> {
    let mut pages = Vec::new();
    for node in &world.nodes {
        let mut page = agent.at(node.address).opens_page().await;
        page.lists("all").await.unwrap();
        pages.push(page);
    }
    pages
}

/// From its beginning: what was missed comes too.
async fn follow(pages: &mut [Page], agent: &Agent, conversation: ConversationId) {
    let shown = agent.looks_at(&format!("/conversations/{conversation}?view=all")).await.body;
    for page in pages {
        page.follows(conversation, Thread::of_page(&shown), Seen::default()).await.unwrap();
        page.catches_up(SOON).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_frame_of_any_node_tells_a_number_to_whom_it_was_not_granted() {
    let world = World::quick_with(&[Side::Both, Side::Both]).await;
    let role = RoleId(Uuid::now_v7());
    set_up(&world, role).await;
    let (eve, root) = (world.employs("Eve", Role::Own(role), 8).await, world.employs("Root", Role::Admin, 8).await);
    let (mut of_eve, mut of_root) = (open(&world, &eve).await, open(&world, &root).await);
    let named = Phone::of(&world.simulator, NUMBERS[0], "Mia Berg").await;
    let numbered = Phone::of(&world.simulator, NUMBERS[1], "+34 655-328 174").await;
    for phone in [&named, &numbered] {
        phone.writes("Hello").await;
        phone.taps("orders").await;
        phone.hears("passed everything on").await;
        let conversation = world.conversation_with(phone).await;
        let (mine, other) = if world.holder(conversation, SOON).await == eve.user.0 { (&eve, &root) } else { (&root, &eve) };
        follow(&mut of_eve, &eve, conversation).await;
        follow(&mut of_root, &root, conversation).await;
        mine.replies(conversation, "I am looking into it.").await;
        mine.transfers(conversation, &format!("agent:{}", other.user), "Please go on").await;
        phone.writes("One more thing").await;
        other.notes(conversation, "Almost done").await;
        other.resolves(conversation).await;
        phone.writes("And the last").await;
        for page in of_eve.iter_mut().chain(&mut of_root) {
            page.hears("all of it", SOON, |page| {
                ["looking into it", "Please go on", "One more thing", "Almost done", "And the last"].iter().all(|it| page.thread.says(it))
            })
            .await
            .unwrap();
        }
    }
    for (node, page) in of_eve.iter().enumerate() {
        assert_eq!(told(&page.frames), [""; 0], "node {node}: {}", page.frames);
        assert!(page.frames.contains("+34 ••• ••74"), "who has no name is told apart by two digits: {}", page.frames);
        assert!(page.frames.contains("The call_me"), "the field is there, and its value is hidden: {}", page.frames);
    }
    for (node, page) in of_root.iter().enumerate() {
        // Who has a name is called by it: their number stands on the page alone.
        assert_eq!(told(&page.frames), NUMBERS[1..], "node {node} hides what was granted: {}", page.frames);
    }
}

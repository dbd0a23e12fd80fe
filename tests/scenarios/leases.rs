//! Somebody goes and does not come back: what they held is with a colleague who is here, and the thread says why. Nobody counts as gone
//! within half a minute of a node's start.

use baton::domain::access::Role;
use baton::domain::ids::ConversationId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::support::agent::Agent;
use crate::support::node::{METRICS_TOKEN, Node, Side};
use crate::support::staff::Staff;
use crate::support::waiting::eventually;
use crate::support::{SOON, World};

/// For all that anybody holds.
const MINUTES_PASS: &str = "UPDATE conversations SET assigned_at = assigned_at - interval '3 minutes' WHERE agent_id IS NOT NULL";

/// Waits until somebody holds a conversation no more. They have not been here for minutes, whatever is written down of them late.
async fn loses(world: &World, agent: &Agent, conversation: ConversationId) {
    eventually(&format!("{} is not waited for", agent.name), SOON, async || {
        for sql in [
            "UPDATE agents SET here_at = now() - interval '3 minutes' WHERE user_id = $1",
            "UPDATE conversations SET assigned_at = least(assigned_at, now() - interval '3 minutes') WHERE agent_id = $1",
        ] {
            world.rows(sql, &[&agent.user.0]).await;
        }
        holder(world, conversation).await != Some(agent.user.0)
    })
    .await;
}

async fn holder(world: &World, conversation: ConversationId) -> Option<Uuid> {
    world.rows("SELECT agent_id FROM conversations WHERE id = $1", &[&conversation.0]).await[0].get(0)
}

/// A supervisor gives this agent, who need not be here, what a customer asks.
async fn is_given_one(world: &World, from: &Agent, to: &Agent, name: &str) -> ConversationId {
    let phone = world.phone(name).await;
    phone.writes("agent").await;
    let conversation = world.conversation_with(&phone).await;
    world.settles(SOON).await;
    from.transfers(conversation, &format!("agent:{}", to.user), "").await;
    assert_eq!(holder(world, conversation).await, Some(to.user.0));
    conversation
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_holds_who_closed_every_page_goes_to_a_colleague_and_the_thread_says_why() {
    let world = World::quick().await;
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let page = Staff::keeps_page(&ana);
    let anas = world.conversation_of(&ana, &world.phone("Mia Berg").await).await;
    ana.replies(anas, "I am looking for it.").await;
    let _bens_page = Staff::keeps_page(&ben);
    let bens = world.conversation_of(&ben, &world.phone("Noa Katz").await).await;
    world.has_sockets(2).await;
    drop(page);
    world.has_sockets(1).await;
    world.execute(MINUTES_PASS).await;
    loses(&world, &ana, anas).await;
    assert_eq!(world.holder(anas, SOON).await, ben.user.0);
    assert_eq!(holder(&world, bens).await, Some(ben.user.0), "he is here");
    let shown = ben.looks_at(&format!("/conversations/{anas}?view=mine")).await.body;
    assert!(shown.contains("<bdi>Ana</bdi> has not been here for <bdi>3 minutes</bdi>"), "{shown}");
    world.loads_are_right().await;
    world.journals_are_whole().await;
}

/// Their pages come back on another node; whoever has none loses what they hold, which shows that it is looked at all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_killed_and_whoever_had_their_page_on_it_keeps_everything() {
    let mut world = World::quick_with(&[Side::Both, Side::Both]).await;
    let (ana, cleo, dan) = (world.agent("Ana").await, world.agent("Cleo").await, world.agent("Dan").await);
    let sue = world.employs("Sue", Role::Supervisor, 8).await;
    let anas = is_given_one(&world, &sue, &ana, "Mia Berg").await;
    let (cleos, dans) = (is_given_one(&world, &sue, &cleo, "Noa Katz").await, is_given_one(&world, &sue, &dan, "Lea Roth").await);
    let _page = Staff::keeps_page(&ana);
    world.has_sockets(1).await;
    loses(&world, &cleo, cleos).await;
    let killed = usize::from(!has_page(&world.nodes[0]).await);
    let earlier = world.rows("SELECT here_at FROM agents WHERE user_id = $1", &[&ana.user.0]).await[0].get::<_, Timestamp>(0);
    world.nodes[killed].kill();
    let is_back = "SELECT here_at > $2::timestamptz + interval '15 seconds' FROM agents WHERE user_id = $1";
    eventually("Ana is back", SOON, async || world.rows(is_back, &[&ana.user.0, &earlier]).await[0].get(0)).await;
    world.execute(MINUTES_PASS).await;
    loses(&world, &dan, dans).await;
    assert_eq!(holder(&world, anas).await, Some(ana.user.0));
    let returned = "SELECT count(*) FROM events WHERE event -> 'because' ? 'owner_gone'";
    assert_eq!(world.count(returned).await, 2);
    world.loads_are_right().await;
}

/// Whether a page is open on a node.
async fn has_page(node: &Node) -> bool {
    let answer = reqwest::Client::new().get(node.url("/metrics")).bearer_auth(METRICS_TOKEN).send().await.unwrap();
    answer.text().await.unwrap().lines().any(|line| line == "baton_sockets 1")
}

//! A team at work: pages that are open, and come back by themselves as a browser's script does.

use std::time::Duration;

use baton::domain::access::Role;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::World;
use super::agent::Agent;
use super::node::METRICS_TOKEN;
use super::waiting::eventually;

/// How often a page beats.
const BEAT: Duration = Duration::from_secs(15);

/// How long a page waits before it tries again.
const AGAIN: Duration = Duration::from_millis(200);

/// People with an open page each; they leave when dropped.
pub struct Staff {
    pub agents: Vec<Agent>,
    pages: Vec<JoinHandle<()>>,
}

impl Staff {
    /// So many agents with so much room each, all present.
    pub async fn arrives(world: &World, count: usize, capacity: i32) -> Self {
        let (mut agents, mut pages) = (Vec::new(), Vec::new());
        for number in 1..=count {
            let agent = world.employs(&format!("Agent {number}"), Role::Agent, capacity).await;
            pages.push(tokio::spawn(keep_page(agent.clone())));
            agents.push(agent);
        }
        Self { agents, pages }
    }

    /// Keeps a page of somebody open, as long as the answer lives.
    pub fn keeps_page(agent: &Agent) -> Self {
        Self { agents: vec![agent.clone()], pages: vec![tokio::spawn(keep_page(agent.clone()))] }
    }
}

impl Drop for Staff {
    fn drop(&mut self) {
        self.pages.iter().for_each(JoinHandle::abort);
    }
}

async fn keep_page(agent: Agent) {
    loop {
        if let Some(mut page) = agent.tries_to_open_page().await
            && page.lists("mine").await.is_ok()
        {
            loop {
                let end = Instant::now() + BEAT;
                page.listens_until(end).await;
                if Instant::now() < end || page.beats().await.is_err() {
                    break;
                }
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

impl World {
    /// Waits until the nodes have so many sockets in all.
    pub async fn has_sockets(&self, count: usize) {
        let http = reqwest::Client::new();
        eventually(&format!("{count} open pages"), super::SOON, async || {
            let mut sockets = 0;
            for node in &self.nodes {
                let Ok(answer) = http.get(node.url("/metrics")).bearer_auth(METRICS_TOKEN).send().await else { return false };
                let text = answer.text().await.unwrap_or_default();
                let figure = text.lines().find_map(|line| line.strip_prefix("baton_sockets "));
                sockets += figure.and_then(|figure| figure.parse::<f64>().ok()).map_or(0, |figure| figure as usize);
            }
            sockets == count
        })
        .await;
    }
}

//! Who is there: a person with at least one live page on any node, for a minute after the last sign of life.
//!
//! Each node writes its own people to a sorted set of the workspace (member `user:node`, score: until when, in milliseconds) and
//! keeps what the others wrote, so that a question costs no round trip and an answer survives Redis being away.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Live;
use super::change::Change;
use super::hub::LastPage;
use super::message::Message;
use super::wakes::Wake;
use crate::domain::ids::{UserId, WorkspaceId};
use crate::redis_servers::{KeysConnection, RedisServers};

/// How long a sign of life counts.
const LIFE: SignedDuration = SignedDuration::from_secs(60);

/// How long a person stays after the last page closed: a reload takes less.
const GRACE: SignedDuration = SignedDuration::from_secs(10);

/// How often a node writes its people and reads the others'.
const BEAT: Duration = Duration::from_secs(5);

/// What another node said and no longer says counts for less than this: it repeats itself with every beat. So whoever left while
/// Redis was away is not taken for present because their leaving was lost.
const UNREPEATED: SignedDuration = SignedDuration::from_secs(12);

/// The workspaces in which anybody is there, and until when that counts in milliseconds: those that nobody visits any more are
/// forgotten.
const VISITED: &str = "{installation}:visited";

/// How long a workspace's people are kept after the last word about one of them: longer than any word counts.
const KEPT: SignedDuration = SignedDuration::from_secs(120);

/// Workspaces that share a round trip; their keys have one hash tag, so that one server of a cluster has them all.
const AT_ONCE: usize = 256;

/// A node's word about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub workspace: WorkspaceId,
    pub user: UserId,
    /// The node that says so.
    pub node: Uuid,
    /// Until when it counts.
    pub until: Timestamp,
}

/// Until when each person counts, by the node that says so.
type Until = HashMap<(UserId, Uuid), Timestamp>;

/// What is known of everybody's presence.
#[derive(Debug, Default)]
pub struct PresenceMap {
    known: Mutex<HashMap<WorkspaceId, Until>>,
    pull: Notify,
}

impl PresenceMap {
    /// Whether any node saw the person lately.
    #[must_use]
    pub fn is_connected(&self, workspace: WorkspaceId, user: UserId) -> bool {
        let now = Timestamp::now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&workspace).is_some_and(|people| people.iter().any(|((who, _), until)| *who == user && *until > now))
    }

    /// Takes a node's word; true when the person was not there before.
    pub fn note(&self, here: &Here) -> bool {
        let was_there = self.is_connected(here.workspace, here.user);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(here.workspace).or_default().insert((here.user, here.node), here.until);
        !was_there && here.until > Timestamp::now()
    }

    /// Asks for the next beat now.
    pub fn pull_soon(&self) {
        self.pull.notify_one();
    }

    /// Drops what other nodes have not repeated though they could have, and answers it. `said` is what they say now.
    fn forget_unsaid(&self, own: Uuid, said: &HashSet<(WorkspaceId, UserId, Uuid)>, now: Timestamp) -> Vec<Here> {
        let fresh = now.saturating_add(LIFE - UNREPEATED).unwrap_or(Timestamp::MAX);
        self.forget_all(|workspace, (user, node), until| *node != own && *until <= fresh && !said.contains(&(*workspace, *user, *node)))
    }

    /// Drops what has run out, and answers it: the map stays as small as the people who are there.
    fn forget(&self, now: Timestamp) -> Vec<Here> {
        self.forget_all(|_, _, until| *until <= now)
    }

    fn forget_all(&self, is_over: impl Fn(&WorkspaceId, &(UserId, Uuid), &Timestamp) -> bool) -> Vec<Here> {
        let mut gone = Vec::new();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|workspace, people| {
            let over = people.extract_if(|person, until| is_over(workspace, person, until));
            gone.extend(over.map(|((user, node), until)| Here { workspace: *workspace, user, node, until }));
            !people.is_empty()
        });
        gone
    }
}

impl Live {
    /// A page of a person opened on this node: their queues may have work for them.
    pub fn arrive(&self, workspace: WorkspaceId, user: UserId) {
        let is_new = self.say_here(workspace, user, LIFE);
        if is_new {
            self.wake(Wake::Agent(workspace, user));
        }
    }

    /// The last page of a person on this node is gone: they stay for a while, unless their session is over.
    pub fn leave(&self, workspace: WorkspaceId, user: UserId, last: LastPage) {
        let life = match last {
            LastPage::Closed => GRACE,
            LastPage::Dismissed => SignedDuration::ZERO,
        };
        self.say_here(workspace, user, life);
    }

    fn say_here(&self, workspace: WorkspaceId, user: UserId, life: SignedDuration) -> bool {
        let until = Timestamp::now().saturating_add(life).unwrap_or(Timestamp::MAX);
        let here = Here { workspace, user, node: self.bus.node(), until };
        let is_new = self.presence.note(&here);
        self.show(Change::Agent(here));
        self.bus.send(Message::Change(Change::Agent(here)));
        self.presence.pull_soon();
        is_new
    }
}

/// Writes this node's people and reads everybody's, until `stop`.
pub async fn run(live: Arc<Live>, servers: RedisServers, stop: CancellationToken) {
    let mut connection: Option<Connected> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = live.presence.pull.notified() => {}
            () = tokio::time::sleep(BEAT) => {}
        }
        let now = Timestamp::now();
        keep_own(&live, now);
        tell_gone(&live, live.presence.forget(now));
        if connection.is_none() {
            connection = Connected::to(&servers).await;
        }
        if let Some(open) = &mut connection {
            match exchange(&live, &mut open.redis, now).await {
                // By then every node that reaches Redis has written its people.
                Ok(said) if open.since.elapsed() >= BEAT => tell_gone(&live, live.presence.forget_unsaid(live.bus.node(), &said, now)),
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "presence could not be exchanged");
                    connection = None;
                }
            }
        }
    }
}

/// Pages are told of people of whom nobody says any more that they are there.
fn tell_gone(live: &Live, gone: Vec<Here>) {
    gone.into_iter().filter(|here| !live.is_connected(here.workspace, here.user)).for_each(|here| live.show(Change::Agent(here)));
}

struct Connected {
    redis: KeysConnection,
    since: Instant,
}

impl Connected {
    async fn to(servers: &RedisServers) -> Option<Self> {
        Some(Self { redis: servers.connect().await.ok()?, since: Instant::now() })
    }
}

/// People with a socket here are here, whatever Redis remembers.
fn keep_own(live: &Live, now: Timestamp) {
    let until = now.saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    for (workspace, user) in live.hub.users() {
        live.presence.note(&Here { workspace, user, node: live.bus.node(), until });
    }
}

/// Writes this node's people and takes the others' word; answers what the others say.
async fn exchange(
    live: &Live,
    connection: &mut KeysConnection,
    now: Timestamp,
) -> redis::RedisResult<HashSet<(WorkspaceId, UserId, Uuid)>> {
    let mut said = HashSet::new();
    let node = live.bus.node();
    let mut own = own_people(live, node);
    let keep_until = now.saturating_add(KEPT).unwrap_or(Timestamp::MAX).as_millisecond();
    let mut roll = redis::pipe();
    if !own.is_empty() {
        let visited: Vec<(i64, String)> = own.keys().map(|workspace| (keep_until, workspace.to_string())).collect();
        roll.zadd_multiple(VISITED, &visited).ignore();
    }
    roll.cmd("ZREMRANGEBYSCORE").arg(VISITED).arg("-inf").arg(now.as_millisecond()).ignore();
    roll.cmd("ZRANGE").arg(VISITED).arg(0).arg(-1);
    let (workspaces,): (Vec<String>,) = roll.query_async(connection).await?;
    let workspaces: Vec<WorkspaceId> = workspaces.iter().filter_map(|text| text.parse().ok()).collect();
    for workspaces in workspaces.chunks(AT_ONCE) {
        let mut pipe = redis::pipe();
        for workspace in workspaces {
            let key = format!("{{installation}}:presence:{workspace}");
            if let Some(people) = own.remove(workspace) {
                pipe.zadd_multiple(&key, &people).ignore();
            }
            pipe.cmd("ZREMRANGEBYSCORE").arg(&key).arg("-inf").arg(now.as_millisecond()).ignore();
            pipe.cmd("EXPIRE").arg(&key).arg(KEPT.as_secs()).ignore();
            pipe.cmd("ZRANGE").arg(&key).arg(0).arg(-1).arg("WITHSCORES");
        }
        let people: Vec<Vec<(String, f64)>> = pipe.query_async(connection).await?;
        for (workspace, people) in workspaces.iter().zip(people) {
            for here in people.iter().filter_map(|(member, score)| parse(*workspace, member, *score)).filter(|here| here.node != node) {
                said.insert((*workspace, here.user, here.node));
                live.take(&Change::Agent(here));
            }
        }
    }
    Ok(said)
}

/// What this node says about its own people: until when (milliseconds), and the member's name.
fn own_people(live: &Live, node: Uuid) -> HashMap<WorkspaceId, Vec<(f64, String)>> {
    let known = live.presence.known.lock().unwrap_or_else(PoisonError::into_inner);
    let of = |people: &Until| {
        let own = people.iter().filter(|((_, by), _)| *by == node);
        own.map(|((user, _), until)| (until.as_millisecond() as f64, format!("{user}:{node}"))).collect::<Vec<_>>()
    };
    known.iter().map(|(workspace, people)| (*workspace, of(people))).filter(|(_, people)| !people.is_empty()).collect()
}

fn parse(workspace: WorkspaceId, member: &str, score: f64) -> Option<Here> {
    let (user, node) = member.split_once(':')?;
    let until = Timestamp::from_millisecond(score as i64).ok()?;
    Some(Here { workspace, user: user.parse().ok()?, node: node.parse().ok()?, until })
}

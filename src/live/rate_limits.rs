//! Attempts counted in Redis, and on this node alone while Redis is away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{RedisResult, Script};

use crate::redis_servers::{KeysConnection, RedisServers};

/// Most counts this node keeps while Redis is away.
const MOST_COUNTS: usize = 10_000;

/// A sign-in does not wait for Redis to come back.
const WAIT_FOR_REDIS: Duration = Duration::from_millis(300);

/// How long after an attempt to reach Redis the next one is made.
const PAUSE: Duration = Duration::from_millis(500);

/// How many attempts count as too many, and for how long they are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Part of the key; one meaning each.
    pub name: &'static str,
    pub attempts: u32,
    pub window: Duration,
}

/// The answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// Too many; the count starts afresh after `wait`.
    Refused {
        wait: Duration,
    },
}

/// Counts attempts by subject (an account, an address). Never fails: a count that Redis cannot keep is kept here.
pub struct RateLimits {
    redis: Option<Kept>,
    take: Script,
    give_back: Script,
    here: Mutex<HashMap<String, Count>>,
}

/// Attempts within one window.
#[derive(Debug, Clone, Copy)]
struct Count {
    attempts: u32,
    ends: Instant,
}

impl RateLimits {
    /// Counts in the Redis at `url`. It may be away, also now: then this node counts for itself until it is there.
    ///
    /// # Errors
    /// When the address is not one of Redis.
    pub fn at(url: &str) -> RedisResult<Self> {
        Ok(Self::new(Some(Kept::of(RedisServers::at(url)?))))
    }

    /// Every node counts for itself.
    #[must_use]
    pub fn alone() -> Self {
        Self::new(None)
    }

    fn new(redis: Option<Kept>) -> Self {
        let take = Script::new(
            "local attempts = redis.call('INCR', KEYS[1])
             if attempts == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
             return {attempts, redis.call('PTTL', KEYS[1])}",
        );
        // A count that has run out meanwhile must not come back as -1 without an end.
        let give_back = Script::new("if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECR', KEYS[1]) end");
        Self { redis, take, give_back, here: Mutex::default() }
    }

    /// Counts an attempt of `subject`. Count before the work that is limited, so that many at once cannot slip through.
    pub async fn take(&self, limit: &Limit, subject: &str) -> Verdict {
        let key = key(limit, subject);
        let (attempts, wait) = match self.take_in_redis(&key, limit).await {
            Some(counted) => counted,
            None => self.take_here(key, limit, Instant::now()),
        };
        if attempts <= limit.attempts { Verdict::Allowed } else { Verdict::Refused { wait } }
    }

    /// Takes back an attempt that turned out to be a right one.
    pub async fn give_back(&self, limit: &Limit, subject: &str) {
        let key = key(limit, subject);
        if let Some(redis) = &self.redis {
            redis.ask(async |redis| self.give_back.key(&key).invoke_async::<()>(redis).await).await;
        }
        if let Some(count) = self.here().get_mut(&key) {
            count.attempts = count.attempts.saturating_sub(1);
        }
    }

    /// Whether Redis answers within its usual time.
    pub async fn redis_answers(&self) -> bool {
        match &self.redis {
            Some(redis) => redis.ask(async |redis| redis::cmd("PING").query_async::<()>(redis).await).await.is_some(),
            None => false,
        }
    }

    async fn take_in_redis(&self, key: &str, limit: &Limit) -> Option<(u32, Duration)> {
        let window = u64::try_from(limit.window.as_millis()).unwrap_or(u64::MAX);
        let counted = async |redis: &mut KeysConnection| self.take.key(key).arg(window).invoke_async(redis).await;
        let (attempts, wait): (u32, i64) = self.redis.as_ref()?.ask(counted).await?;
        Some((attempts, Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }

    fn take_here(&self, key: String, limit: &Limit, now: Instant) -> (u32, Duration) {
        let mut counts = self.here();
        if counts.len() >= MOST_COUNTS && !counts.contains_key(&key) {
            make_room(&mut counts, now);
        }
        let fresh = Count { attempts: 0, ends: now + limit.window };
        let count = counts.entry(key).or_insert(fresh);
        if count.ends <= now {
            *count = fresh;
        }
        count.attempts = count.attempts.saturating_add(1);
        (count.attempts, count.ends - now)
    }

    fn here(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drops the counts that are over, or else the one that ends first.
fn make_room(counts: &mut HashMap<String, Count>, now: Instant) {
    counts.retain(|_, count| count.ends > now);
    if counts.len() < MOST_COUNTS {
        return;
    }
    if let Some(key) = counts.iter().min_by_key(|(_, count)| count.ends).map(|(key, _)| key.clone()) {
        counts.remove(&key);
    }
}

/// Each subject is a hash tag of its own, so that subjects spread over a cluster.
fn key(limit: &Limit, subject: &str) -> String {
    format!("limit:{}:{{{subject}}}", limit.name)
}

/// A connection that is opened when it is needed, and again after it failed.
struct Kept {
    servers: RedisServers,
    open: Arc<tokio::sync::Mutex<Attempt>>,
}

/// What came of opening it last.
enum Attempt {
    None,
    Open(KeysConnection),
    Failed(Instant),
}

impl Kept {
    fn of(servers: RedisServers) -> Self {
        Self { servers, open: Arc::new(tokio::sync::Mutex::new(Attempt::None)) }
    }

    /// What Redis answers, if it does so in time.
    async fn ask<T>(&self, question: impl AsyncFn(&mut KeysConnection) -> RedisResult<T>) -> Option<T> {
        let answer = tokio::time::timeout(WAIT_FOR_REDIS, async {
            // What was open may have broken since it was used last.
            for _ in 0..2 {
                let mut redis = self.connection().await?;
                match question(&mut redis).await {
                    Ok(answer) => return Some(answer),
                    Err(error) => tracing::warn!(%error, "Redis is away: attempts are counted on this node only"),
                }
                *self.open.lock().await = Attempt::None;
            }
            None
        });
        answer.await.unwrap_or_else(|_| {
            tracing::warn!("Redis does not answer: attempts are counted on this node only");
            self.leave();
            None
        })
    }

    /// A server that does not answer may be one that others have left: which one it is, is asked anew.
    fn leave(&self) {
        if let Ok(mut open) = self.open.try_lock()
            && let Attempt::Open(_) = *open
        {
            *open = Attempt::None;
        }
    }

    /// Opened by one for all who need it, in a task of its own: whoever does not wait for it finds it open the next time.
    async fn connection(&self) -> Option<KeysConnection> {
        let (servers, open) = (self.servers.clone(), self.open.clone());
        let opening = async move {
            let mut open = open.lock().await;
            match &*open {
                Attempt::Open(connection) => return Some(connection.clone()),
                Attempt::Failed(at) if at.elapsed() < PAUSE => return None,
                Attempt::None | Attempt::Failed(_) => {}
            }
            match servers.connect().await {
                Ok(connection) => *open = Attempt::Open(connection.clone()),
                Err(error) => {
                    tracing::warn!(%error, "Redis is away: attempts are counted on this node only");
                    *open = Attempt::Failed(Instant::now());
                }
            }
            if let Attempt::Open(connection) = &*open { Some(connection.clone()) } else { None }
        };
        tokio::spawn(opening).await.ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { name: "test", attempts: 3, window: Duration::from_secs(300) };

    fn alone() -> RateLimits {
        RateLimits::alone()
    }

    #[tokio::test]
    async fn attempts_over_the_limit_are_refused_and_told_how_long_to_wait() {
        let limits = alone();
        for _ in 0..3 {
            assert_eq!(limits.take(&LIMIT, "ana").await, Verdict::Allowed);
        }
        match limits.take(&LIMIT, "ana").await {
            Verdict::Refused { wait } => assert!(wait <= LIMIT.window && wait > LIMIT.window / 2, "{wait:?}"),
            Verdict::Allowed => panic!("the fourth attempt was allowed"),
        }
        assert_eq!(limits.take(&LIMIT, "ben").await, Verdict::Allowed, "another subject was counted too");
    }

    #[tokio::test]
    async fn a_right_attempt_does_not_count() {
        let limits = alone();
        for _ in 0..10 {
            assert_eq!(limits.take(&LIMIT, "ana").await, Verdict::Allowed);
            limits.give_back(&LIMIT, "ana").await;
        }
    }

    #[test]
    fn a_window_that_is_over_counts_afresh() {
        let limits = alone();
        let start = Instant::now();
        for expected in 1..=5 {
            assert_eq!(limits.take_here("ana".to_owned(), &LIMIT, start).0, expected);
        }
        assert_eq!(limits.take_here("ana".to_owned(), &LIMIT, start + LIMIT.window).0, 1);
    }

    #[test]
    fn a_flood_of_subjects_does_not_fill_the_memory() {
        let limits = alone();
        let start = Instant::now();
        for subject in 0..MOST_COUNTS + 50 {
            limits.take_here(subject.to_string(), &LIMIT, start);
        }
        assert_eq!(limits.here().len(), MOST_COUNTS);
        limits.take_here("late".to_owned(), &LIMIT, start + LIMIT.window);
        assert_eq!(limits.here().len(), 1);
    }
}

//! Attempts counted by several nodes in one Redis, and without it.

use std::time::Duration;

use baton::live::rate_limits::{Limit, RateLimits, Verdict};
use uuid::Uuid;

use crate::house::servers;

const LIMIT: Limit = Limit { name: "test", attempts: 3, window: Duration::from_secs(60) };

async fn node() -> RateLimits {
    RateLimits::at(&servers().await.redis_url()).unwrap()
}

#[tokio::test]
async fn attempts_at_several_nodes_are_counted_together() {
    let (here, there, subject) = (node().await, node().await, Uuid::now_v7().to_string());
    assert!(here.redis_answers().await);
    for node in [&here, &there, &here] {
        assert_eq!(node.take(&LIMIT, &subject).await, Verdict::Allowed);
    }
    match there.take(&LIMIT, &subject).await {
        Verdict::Refused { wait } => assert!(wait <= LIMIT.window && wait > LIMIT.window / 2, "{wait:?}"),
        Verdict::Allowed => panic!("the fourth attempt was allowed"),
    }
    for _ in 0..2 {
        here.give_back(&LIMIT, &subject).await;
    }
    assert_eq!(there.take(&LIMIT, &subject).await, Verdict::Allowed);
}

#[tokio::test]
async fn an_attempt_given_back_too_late_leaves_no_count_behind() {
    let (node, subject) = (node().await, Uuid::now_v7().to_string());
    node.give_back(&LIMIT, &subject).await;
    for _ in 0..LIMIT.attempts {
        assert_eq!(node.take(&LIMIT, &subject).await, Verdict::Allowed);
    }
    assert!(matches!(node.take(&LIMIT, &subject).await, Verdict::Refused { .. }));
}

#[tokio::test]
async fn while_redis_is_away_a_node_counts_for_itself() {
    let node = RateLimits::at("redis+unix:///nowhere.sock").unwrap();
    assert!(!node.redis_answers().await);
    for _ in 0..LIMIT.attempts {
        assert_eq!(node.take(&LIMIT, "ana").await, Verdict::Allowed);
    }
    assert!(matches!(node.take(&LIMIT, "ana").await, Verdict::Refused { .. }));
}

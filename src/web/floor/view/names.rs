//! What queues and people are called.

use std::sync::Arc;

use crate::domain::ids::{QueueId, UserId};
use crate::domain::workplace::Workplace;

#[derive(Clone)]
pub struct Names(Arc<Workplace>);

impl Names {
    #[must_use]
    pub fn of(workplace: Arc<Workplace>) -> Self {
        Self(workplace)
    }

    #[must_use]
    pub fn queue(&self, id: QueueId) -> &str {
        self.0.queue(id).map_or("?", |queue| &queue.name)
    }

    #[must_use]
    pub fn person(&self, id: UserId) -> &str {
        self.0.people.get(&id).map_or("?", String::as_str)
    }
}

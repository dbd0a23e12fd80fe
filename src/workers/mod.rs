//! The side that clocks and queues knock at: loops that take up stored work. Each is woken by events, and sweeps now and then for
//! what a stopped node left behind.

mod housekeeping;
mod inbound;
mod keyed;
mod lanes;
mod outbox;
mod pictures;
mod routing;
mod timers;

pub use self::inbound::understand;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::live::Live;
use crate::media::MediaStore;
use crate::runner::Runner;
use crate::runner::intake::Intake;
use crate::whatsapp::Client;

/// What the loops work with. Cheap to clone.
#[derive(Clone)]
pub struct Workers {
    pub runner: Runner,
    /// The way in of this process, which goes first.
    pub intake: Intake,
    pub live: Arc<Live>,
    pub client: Client,
    pub media: Arc<MediaStore>,
}

impl Workers {
    /// Starts every loop; each ends at `stop`, after the work it has in hand.
    pub fn start(self, tasks: &mut JoinSet<anyhow::Result<()>>, stop: &CancellationToken) {
        self.live.set_has_workers();
        let mut start = |work: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
            tasks.spawn(async move {
                work.await;
                Ok(())
            });
        };
        start(Box::pin(inbound::run(self.clone(), stop.clone())));
        start(Box::pin(outbox::run(self.clone(), stop.clone())));
        start(Box::pin(routing::run(self.clone(), stop.clone())));
        start(Box::pin(timers::run(self.clone(), stop.clone())));
        start(Box::pin(pictures::run(self.clone(), stop.clone())));
        start(Box::pin(housekeeping::run(self, stop.clone())));
    }
}

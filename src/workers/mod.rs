//! The side that clocks and queues knock at: loops that take up stored work. Each is woken by events, and sweeps now and then for
//! what a stopped node left behind.

mod housekeeping;
mod inbound;
mod invariants;
mod keyed;
mod lanes;
mod leases;
pub mod mails;
mod outbox;
mod pictures;
mod recounts;
mod routing;
mod timers;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::channels::Adapters;
use crate::domain::timer::Timer;
use crate::live::Live;
use crate::mail::Mailer;
use crate::media::MediaStore;
use crate::runner::Runner;
use crate::runner::guard::kept_up;
use crate::runner::intake::Intake;

/// What the loops work with. Cheap to clone.
#[derive(Clone)]
pub struct Workers {
    pub runner: Runner,
    /// The way in of this process, which goes first.
    pub intake: Intake,
    pub live: Arc<Live>,
    pub adapters: Adapters,
    pub media: Arc<MediaStore>,
    /// The mail server, where there is one.
    pub mailer: Option<Mailer>,
}

impl Workers {
    /// Starts every loop; each ends at `stop`, after the work it has in hand.
    pub fn start(self, tasks: &mut JoinSet<anyhow::Result<()>>, stop: &CancellationToken) {
        self.live.set_has_workers();
        keep_up("inbound", tasks, stop, self.clone(), inbound::run);
        keep_up("outbox", tasks, stop, self.clone(), outbox::run);
        keep_up("routing", tasks, stop, self.clone(), routing::run);
        for kind in Timer::KINDS {
            keep_up(kind, tasks, stop, self.clone(), move |workers, stop| timers::run(workers, kind, stop));
        }
        keep_up("pictures", tasks, stop, self.clone(), pictures::run);
        keep_up("mails", tasks, stop, self.clone(), mails::run);
        keep_up("leases", tasks, stop, self.clone(), leases::run);
        keep_up("invariants", tasks, stop, self.clone(), invariants::run);
        keep_up("recounts", tasks, stop, self.clone(), recounts::run);
        keep_up("chores", tasks, stop, self, housekeeping::run);
    }
}

fn keep_up<F: Future<Output = ()> + Send>(
    name: &'static str,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    stop: &CancellationToken,
    workers: Workers,
    run: impl Fn(Workers, CancellationToken) -> F + Send + Sync + 'static,
) {
    let stop = stop.clone();
    tasks.spawn(async move {
        kept_up(name, &stop, || run(workers.clone(), stop.clone())).await;
        Ok(())
    });
}

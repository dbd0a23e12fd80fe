//! The world: everything the simulator knows, behind one lock that is only ever held for a moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    future::Future,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use tokio::{sync::broadcast, task::AbortHandle};

use crate::{
    agenda::{self, Agenda},
    apps::App,
    chats::{Chat, ChatKey},
    clock::Clock,
    counts::Counts,
    errors::Refused,
    faults::Faults,
    ledger::Ledger,
    media::MediaStore,
    numbers::Number,
    phones::{Attention, News},
    settings::Settings,
    traffic::Traffic,
    users::User,
    webhooks::Outbox,
};

/// News kept for a phones page that is slow; beyond, it starts over.
const NEWS_LIMIT: usize = 4_096;

/// What changes.
#[derive(Default)]
pub struct State {
    /// How the world behaves.
    pub settings: Settings,
    /// Apps by id.
    pub apps: BTreeMap<Arc<str>, App>,
    /// Business numbers in the order they came.
    pub numbers: Vec<Number>,
    /// Apps that hear of a business account, by its id.
    pub subscriptions: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// People by number.
    pub users: HashMap<Arc<str>, User>,
    /// Chats by person and business number.
    pub chats: HashMap<ChatKey, Chat>,
    /// Every call to `/messages`.
    pub ledger: Ledger,
    /// Faults on order.
    pub faults: Faults,
    /// Files.
    pub media: MediaStore,
    /// Simulated customers.
    pub traffic: Traffic,
    /// What happened so far.
    pub counts: Counts,
    /// Which phones are on a screen and which chats are open there.
    pub attention: Attention,
}

impl State {
    /// The business number with this id.
    pub fn number(&self, id: &str) -> Option<&Number> {
        self.numbers.iter().find(|number| &*number.phone_number_id == id)
    }

    /// The business number with this id, or the first.
    pub fn number_or_first(&self, id: Option<&str>) -> Result<&Number, Refused> {
        match id {
            Some(id) => self.number(id).ok_or_else(|| Refused::unknown(format!("There is no number with the id {id}."))),
            None => self.numbers.first().ok_or_else(|| Refused::conflict("There is no business number yet; POST /control/numbers first.")),
        }
    }
}

/// Everything.
pub struct World {
    /// The time here.
    pub clock: Clock,
    /// What is to happen later.
    pub agenda: Agenda,
    /// Where this simulator is reached, without a slash at the end.
    pub base_url: String,
    /// Calls apps.
    pub http: reqwest::Client,
    /// What phones pages show live.
    pub news: broadcast::Sender<News>,
    /// When the list of people was last called out, to do so seldom.
    pub people_called: AtomicI64,
    state: Mutex<State>,
    runtime: tokio::runtime::Handle,
    running: Mutex<Vec<AbortHandle>>,
}

impl World {
    /// An empty world whose clock runs.
    pub fn start(base_url: String) -> io::Result<Arc<Self>> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(crate::webhooks::COURIERS)
            .no_proxy()
            .user_agent("facebookexternalua")
            .build()
            .map_err(io::Error::other)?;
        let world = Arc::new(Self {
            clock: Clock::default(),
            agenda: Agenda::default(),
            base_url,
            http,
            news: broadcast::channel(NEWS_LIMIT).0,
            people_called: AtomicI64::new(0),
            state: Mutex::default(),
            runtime: tokio::runtime::Handle::current(),
            running: Mutex::default(),
        });
        let keeper = world.runtime.spawn(agenda::keep(world.clone()));
        world.running().push(keeper.abort_handle());
        Ok(world)
    }

    /// What changes, locked. Never held across an await.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` beside everything else, until it ends or [`World::stop`].
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let handle = self.runtime.spawn(work).abort_handle();
        let mut running = self.running();
        running.retain(|running| !running.is_finished());
        running.push(handle.clone());
        handle
    }

    /// Ends all work beside.
    pub fn stop(&self) {
        for handle in self.running().drain(..) {
            handle.abort();
        }
    }

    /// Forgets everything; pages that look are told to look again.
    pub fn reset(&self) {
        let mut state = self.state();
        let attention = std::mem::take(&mut state.attention);
        for app in state.apps.values() {
            app.outbox.close();
        }
        let mut traffic = std::mem::take(&mut state.traffic);
        traffic.forget();
        *state = State { attention, traffic, ..State::default() };
        self.agenda.clear();
        self.clock.reset();
        drop(state);
        self.people_called.store(0, Ordering::Relaxed);
        self.tell(News::reset());
    }

    /// A new outbox with couriers that empty it.
    pub fn open_outbox(self: &Arc<Self>, app_id: &Arc<str>) -> Arc<Outbox> {
        crate::webhooks::open(self, app_id)
    }

    fn running(&self) -> MutexGuard<'_, Vec<AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What every handler may ask for.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;

use super::assets::others::Others;
use super::edge::bodies::budget::Budgets;
use super::edge::error::{Error, Result};
use super::live::receipts::Receipts;
use super::sessions::cookies::Binding;
use super::sessions::signed::Signed;
use super::sessions::tokens::Tokens;
use super::sign_in::passwords::Passwords;
use crate::channels::Adapters;
use crate::channels::whatsapp::Client;
use crate::config::Config;
use crate::domain::ids::{ConversationId, SessionId, WorkspaceId};
use crate::live::Live;
use crate::live::rate_limits::RateLimits;
use crate::media::MediaStore;
use crate::runner::Runner;
use crate::runner::intake::Intake;
use crate::store::Store;
use crate::store::access::Sight;

/// The live room's side of a session: sockets that must not outlive it.
pub trait Sockets: Send + Sync {
    /// Closes the sockets of this session, here and on every other node.
    fn close_session(&self, workspace: WorkspaceId, session: SessionId);
}

impl Sockets for Live {
    fn close_session(&self, workspace: WorkspaceId, session: SessionId) {
        self.close_session(workspace, session);
    }
}

/// Shared by all handlers of a node, as `web::Data<State>`.
pub struct State {
    pub config: Config,
    pub store: Store,
    /// For health: answers while everything else waits.
    pub watch: Store,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub rate_limits: RateLimits,
    pub sockets: Arc<dyn Sockets>,
    /// The one door.
    pub runner: Runner,
    pub live: Arc<Live>,
    /// Where webhook bodies go in.
    pub intake: Intake,
    pub media: Arc<MediaStore>,
    /// How many bytes of bodies are held at once.
    pub bodies: Budgets,
    /// Files of builds that other nodes serve.
    pub other_builds: Others,
    /// Reads and typing, as the customer sees them.
    pub adapters: Adapters,
    /// Asks WhatsApp what pages show, within a time that somebody waits.
    pub graph: Client,
    pub receipts: Receipts,
    /// Renders the figures for `/metrics`.
    pub metrics: PrometheusHandle,
}

impl State {
    /// This person's sight of a conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`] when they do not see it.
    pub async fn sight(&self, signed: &Signed, conversation: ConversationId) -> Result<Sight> {
        self.store.sight(signed.viewer(), conversation).await?.ok_or(Error::NotFound)
    }

    /// How cookies are written here.
    #[must_use]
    pub fn cookies(&self) -> Binding {
        Binding::of(&self.config.public_url)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use jiff::Timestamp;
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::channels::whatsapp::client::Settings;
    use crate::domain::channel::Rulebook;
    use crate::live::bus::Bus;
    use crate::web::sessions::tokens::tests::{store_without_database, tokens_without_database};

    /// Sockets that remember which sessions they were told to leave.
    #[derive(Default)]
    pub struct Closed(pub Mutex<Vec<SessionId>>);

    impl Sockets for Closed {
        fn close_session(&self, _: WorkspaceId, session: SessionId) {
            self.0.lock().unwrap().push(session);
        }
    }

    pub const METRICS_TOKEN: &str = "figures-for-the-scraper";

    /// A node with a signing key but neither database nor Redis, known to browsers as `public_url`.
    pub fn state_without_database(public_url: &str) -> State {
        let pairs = [
            ("BATON_DATABASE_URL", "postgres://nobody@localhost/nowhere".to_owned()),
            ("BATON_REDIS_URL", "redis://localhost".to_owned()),
            ("BATON_SECRET_KEYS", "for-tests:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
            ("BATON_PUBLIC_URL", public_url.to_owned()),
            ("BATON_METRICS_TOKEN", METRICS_TOKEN.to_owned()),
        ];
        let config = Config::from_pairs(&pairs).unwrap();
        let store = store_without_database();
        let (live, _) = Live::new(Bus::new(&config.redis_url).unwrap().0);
        let folder = std::env::temp_dir().join("baton-without-database");
        State {
            runner: Runner::new(store.clone(), live.clone(), Rulebook::WHATSAPP),
            intake: Intake::start(&store, &live, |_: &[u8]| Vec::new()),
            live,
            media: Arc::new(MediaStore::at(&url::Url::from_file_path(folder).unwrap()).unwrap()),
            adapters: Adapters::new(Vec::new()),
            graph: Client::new(Settings::new(config.graph_url.clone(), &config.graph_version)).unwrap(),
            receipts: Receipts::default(),
            bodies: Budgets::default(),
            other_builds: Others::default(),
            config,
            watch: store.clone(),
            store,
            tokens: tokens_without_database(Timestamp::now()),
            passwords: Passwords::new().unwrap(),
            rate_limits: RateLimits::alone(),
            sockets: Arc::new(Closed::default()),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        }
    }
}

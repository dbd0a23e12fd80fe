//! What every handler may ask for.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;

use super::cookies::Binding;
use super::passwords::Passwords;
use super::tokens::Tokens;
use crate::config::Config;
use crate::domain::ids::{SessionId, WorkspaceId};
use crate::live::rate_limits::RateLimits;
use crate::store::Store;

/// The live room's side of a session: sockets that must not outlive it.
pub trait Sockets: Send + Sync {
    /// Closes the sockets of this session, here and on every other node.
    fn close_session(&self, workspace: WorkspaceId, session: SessionId);
}

/// Shared by all handlers of a node, as `web::Data<State>`.
pub struct State {
    pub config: Config,
    pub store: Store,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub rate_limits: RateLimits,
    pub sockets: Arc<dyn Sockets>,
    /// Renders the figures for `/metrics`.
    pub metrics: PrometheusHandle,
}

impl State {
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
    use crate::web::tokens::tests::{store_without_database, tokens_without_database};

    /// Sockets that remember which sessions they were told to leave.
    #[derive(Default)]
    pub struct Closed(pub Mutex<Vec<SessionId>>);

    impl Sockets for Closed {
        fn close_session(&self, _: WorkspaceId, session: SessionId) {
            self.0.lock().unwrap().push(session);
        }
    }

    /// A node with a signing key but neither database nor Redis, known to browsers as `public_url`.
    pub fn state_without_database(public_url: &str) -> State {
        let pairs = [
            ("BATON_DATABASE_URL", "postgres://nobody@localhost/nowhere".to_owned()),
            ("BATON_REDIS_URL", "redis://localhost".to_owned()),
            ("BATON_PUBLIC_URL", public_url.to_owned()),
        ];
        State {
            config: Config::from_pairs(&pairs).unwrap(),
            store: store_without_database(),
            tokens: tokens_without_database(Timestamp::now()),
            passwords: Passwords::new().unwrap(),
            rate_limits: RateLimits::new(None),
            sockets: Arc::new(Closed::default()),
            metrics: PrometheusBuilder::new().build_recorder().handle(),
        }
    }
}

//! The apps whose webhooks we take, kept for a few seconds. Each of the server's threads keeps its own, so nobody waits for a lock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::store::apps::App;
use crate::store::{Result, Store};

/// How old a kept app may be: a changed secret counts after this.
const FRESH: Duration = Duration::from_secs(5);

/// Apps kept at most, also unknown ones; beyond it all are forgotten.
const KEPT: usize = 1_000;

/// Longer ids are nobody's (Meta's have about 16 digits).
const LONGEST_ID: usize = 64;

/// Whether an app could have this id: what is in an address can be anything, also what no database takes.
fn could_be_an_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// What this thread knows of apps.
#[derive(Default)]
pub struct Apps {
    kept: RefCell<HashMap<String, Kept>>,
    /// One question at a time, so that made-up ids cannot use up the database's connections.
    asking: Mutex<()>,
}

struct Kept {
    since: Instant,
    app: Option<Arc<App>>,
}

impl Apps {
    /// The app with this id, if there is one.
    ///
    /// # Errors
    /// As PostgreSQL answers.
    pub async fn find(&self, store: &Store, app_id: &str) -> Result<Option<Arc<App>>> {
        if !could_be_an_id(app_id) {
            return Ok(None);
        }
        if let Some(app) = self.kept(app_id) {
            return Ok(app);
        }
        let _asking = self.asking.lock().await;
        if let Some(app) = self.kept(app_id) {
            return Ok(app);
        }
        let app = store.app(app_id).await?.map(Arc::new);
        self.keep(app_id, app.clone());
        Ok(app)
    }

    fn kept(&self, app_id: &str) -> Option<Option<Arc<App>>> {
        let kept = self.kept.borrow();
        kept.get(app_id).filter(|kept| kept.since.elapsed() < FRESH).map(|kept| kept.app.clone())
    }

    fn keep(&self, app_id: &str, app: Option<Arc<App>>) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(app_id.to_owned(), Kept { since: Instant::now(), app });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sessions::tokens::tests::store_without_database;

    fn app() -> Arc<App> {
        Arc::new(App { app_id: "1".to_owned(), app_secret: "secret".to_owned(), verify_token: "token".to_owned() })
    }

    #[tokio::test]
    async fn a_kept_app_costs_no_query_and_an_unknown_one_is_remembered_too() {
        let (apps, store) = (Apps::default(), store_without_database());
        apps.keep("1", Some(app()));
        apps.keep("2", None);
        assert_eq!(apps.find(&store, "1").await.unwrap().map(|app| app.app_secret.clone()).as_deref(), Some("secret"));
        assert!(apps.find(&store, "2").await.unwrap().is_none());
        assert!(apps.find(&store, "3").await.is_err(), "an unknown app was not looked up");
        for never in ["", "\0", "1 2", "é", "../1", &"9".repeat(LONGEST_ID + 1)] {
            assert!(apps.find(&store, never).await.unwrap().is_none(), "{never:?} was looked up");
        }
    }

    #[test]
    fn made_up_ids_do_not_fill_the_memory() {
        let apps = Apps::default();
        for id in 0..=KEPT {
            apps.keep(&id.to_string(), None);
        }
        assert_eq!(apps.kept.borrow().len(), 1);
    }
}

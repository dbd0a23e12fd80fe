//! Work by key: an app, a number, a queue, a contact. Each key has one task at a time, which goes round once more when it was woken
//! meanwhile; whatever becomes of the task, its key is free again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// No round of work takes longer: a statement may run for 15 seconds, and a round makes a handful of them.
const LONGEST_ROUND: Duration = Duration::from_secs(60);

/// What a round of work says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// There is nothing more to do, unless somebody woke it meanwhile.
    Done,
    /// There is more to do.
    Again,
    /// It is to be tried again after a while.
    Later(Duration),
}

/// The tasks of one kind on this node. Cheap to clone.
#[derive(Debug)]
pub(super) struct Keyed<K: Eq + Hash> {
    inner: Arc<Inner<K>>,
}

#[derive(Debug)]
struct Inner<K: Eq + Hash> {
    /// The kind, for figures.
    name: &'static str,
    /// Keys at most; whoever finds no room is found by the next sweep.
    most: usize,
    /// The keys at work, and whether each was woken meanwhile.
    keys: Mutex<HashMap<K, bool>>,
    /// A key was freed.
    freed: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl<K: Eq + Hash> Clone for Keyed<K> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

impl<K: Clone + Eq + Hash + Send + Sync + 'static> Keyed<K> {
    /// No task begins another round once `stop` is given.
    pub fn new(name: &'static str, most: usize, stop: &CancellationToken) -> Self {
        let (keys, freed, tasks) = (Mutex::default(), Notify::new(), TaskTracker::new());
        Self { inner: Arc::new(Inner { name, most, keys, freed, tasks, stop: stop.clone() }) }
    }

    /// Wakes the task of a key, or starts one that makes rounds of `work` until it is done.
    pub fn run<F: Future<Output = Next> + Send>(&self, key: K, work: impl Fn(K) -> F + Send + Sync + 'static) {
        let mut keys = self.inner.keys();
        if let Some(woken) = keys.get_mut(&key) {
            *woken = true;
        } else if keys.len() < self.inner.most && !self.inner.stop.is_cancelled() {
            keys.insert(key.clone(), false);
            self.inner.tell(keys.len());
            drop(keys);
            let turn = Turn { inner: self.inner.clone(), key, is_held: true };
            self.inner.tasks.spawn(async move { turn.go_round(work).await });
        }
    }

    /// Whether tasks of more than one key are at work.
    pub fn are_many(&self) -> bool {
        self.inner.keys().len() > 1
    }

    /// Whether a task of the key is at work.
    pub fn is_at_work(&self, key: &K) -> bool {
        self.inner.keys().contains_key(key)
    }

    /// Waits until a key is freed; one that was freed since the last call counts.
    pub async fn one_is_freed(&self) {
        self.inner.freed.notified().await;
    }

    /// Waits for the rounds that are under way.
    pub async fn finish(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }
}

impl<K: Eq + Hash> Inner<K> {
    fn keys(&self) -> MutexGuard<'_, HashMap<K, bool>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, count: usize) {
        metrics::gauge!("baton_tasks", "kind" => self.name).set(count as f64);
    }
}

/// A key's turn; frees the key when it ends, however it does.
struct Turn<K: Clone + Eq + Hash> {
    inner: Arc<Inner<K>>,
    key: K,
    /// Whether the key is still its own: once freed, the next task may have it.
    is_held: bool,
}

impl<K: Clone + Eq + Hash> Turn<K> {
    async fn go_round<F: Future<Output = Next>>(mut self, work: impl Fn(K) -> F) {
        while !self.inner.stop.is_cancelled() {
            match tokio::time::timeout(LONGEST_ROUND, work(self.key.clone())).await {
                Ok(Next::Again) => {}
                Ok(Next::Done) => {
                    if !self.was_woken() {
                        return;
                    }
                }
                Ok(Next::Later(pause)) => {
                    if self.inner.stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                        return;
                    }
                }
                Err(_) => return tracing::error!(kind = self.inner.name, "a task took too long and was given up; it is taken up again"),
            }
        }
    }

    /// Whether somebody woke it; if nobody did, the key is free at once, so that no wake-up falls between.
    fn was_woken(&mut self) -> bool {
        let mut keys = self.inner.keys();
        let was_woken = keys.get_mut(&self.key).is_some_and(std::mem::take);
        if !was_woken {
            keys.remove(&self.key);
            self.is_held = false;
        }
        was_woken
    }
}

impl<K: Clone + Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            metrics::counter!("baton_tasks_lost_total", "kind" => self.inner.name).increment(1);
        }
        let mut keys = self.inner.keys();
        if self.is_held {
            keys.remove(&self.key);
        }
        self.inner.tell(keys.len());
        drop(keys);
        self.inner.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn keyed(most: usize) -> Keyed<u8> {
        Keyed::new("test", most, &CancellationToken::new())
    }

    /// Work that waits to be let on, and counts its rounds.
    #[derive(Clone, Default)]
    struct Gate {
        rounds: Arc<AtomicUsize>,
        open: Arc<Notify>,
    }

    impl Gate {
        fn work(&self) -> impl Fn(u8) -> std::pin::Pin<Box<dyn Future<Output = Next> + Send>> + Send + Sync + use<> {
            let gate = self.clone();
            move |_| {
                let gate = gate.clone();
                Box::pin(async move {
                    gate.rounds.fetch_add(1, Ordering::SeqCst);
                    gate.open.notified().await;
                    Next::Done
                })
            }
        }
    }

    #[tokio::test]
    async fn a_key_woken_while_it_works_goes_round_once_more() {
        let (keyed, gate) = (keyed(9), Gate::default());
        keyed.run(1, gate.work());
        tokio::task::yield_now().await;
        keyed.run(1, gate.work());
        keyed.run(1, gate.work());
        for _ in 0..2 {
            gate.open.notify_one();
            tokio::task::yield_now().await;
        }
        keyed.finish().await;
        assert_eq!((gate.rounds.load(Ordering::SeqCst), keyed.inner.keys().len()), (2, 0));
    }

    #[tokio::test]
    async fn a_key_whose_task_panics_is_free_again() {
        let keyed = keyed(9);
        keyed.run(1, |_| async { panic!("planted") });
        keyed.one_is_freed().await;
        assert_eq!(keyed.inner.keys().len(), 0);
        let gate = Gate::default();
        keyed.run(1, gate.work());
        gate.open.notify_one();
        keyed.finish().await;
        assert_eq!(gate.rounds.load(Ordering::SeqCst), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_whose_task_never_ends_is_free_again() {
        let keyed = keyed(9);
        keyed.run(1, |_| std::future::pending());
        keyed.one_is_freed().await;
        assert_eq!(keyed.inner.keys().len(), 0);
    }

    #[tokio::test]
    async fn no_more_keys_are_at_work_than_may_be() {
        let (keyed, gate) = (keyed(2), Gate::default());
        (0..5).for_each(|key| keyed.run(key, gate.work()));
        assert_eq!(keyed.inner.keys().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_that_waits_for_its_next_try_ends_when_the_node_stops() {
        let stop = CancellationToken::new();
        let keyed = Keyed::new("test", 9, &stop);
        keyed.run(1, |_: u8| async { Next::Later(Duration::from_secs(3_600)) });
        tokio::task::yield_now().await;
        stop.cancel();
        keyed.finish().await;
        assert_eq!(keyed.inner.keys().len(), 0);
    }
}

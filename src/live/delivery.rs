//! Delivery of frames: a queue for each HTTP thread, which carries them to the sockets of that thread. A round of frames costs one
//! wake-up of the thread; sent from outside to each socket, it would cost one system call each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytestring::ByteString;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::domain::contact::Phones;

/// Deliveries that wait for one thread at most; beyond it the sockets they were for are cut, and come back whole.
const WAITING: usize = 4096;

/// Deliveries taken up at once.
const BATCH: usize = 64;

/// How long a socket may take to say goodbye.
const FAREWELL: Duration = Duration::from_millis(500);

/// The way to the sockets of one thread.
#[derive(Clone)]
pub struct ThreadQueue {
    id: u64,
    deliveries: mpsc::Sender<Delivery>,
}

/// A frame, and the sockets it goes to.
pub struct Delivery {
    frame: ByteString,
    lines: Vec<Arc<Line>>,
    after: After,
}

/// What becomes of the sockets after a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    GoesOn,
    /// Nothing follows, and the socket ends.
    Ends,
}

/// The way to one socket.
pub struct Line {
    /// The language of its fragments.
    pub locale: &'static str,
    /// How much of phone numbers it is shown.
    pub phones: Phones,
    frames: mpsc::Sender<ByteString>,
    /// Ends the socket's task.
    cut: CancellationToken,
    /// The last frame was sent: nothing more is told.
    is_ending: AtomicBool,
    queue: ThreadQueue,
}

impl ThreadQueue {
    /// A queue, and its other end, which [`carry`] empties.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Delivery>) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (deliveries, waiting) = mpsc::channel(WAITING);
        (Self { id: NEXT.fetch_add(1, Ordering::Relaxed), deliveries }, waiting)
    }

    /// Whether its thread still takes deliveries.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.deliveries.is_closed()
    }
}

/// Carries frames until the last [`ThreadQueue`] of the thread is gone. Runs on the thread whose sockets they are for.
pub async fn carry(mut waiting: mpsc::Receiver<Delivery>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        for delivery in batch.drain(..) {
            for line in &delivery.lines {
                line.push(delivery.frame.clone());
            }
            if delivery.after == After::Ends {
                tokio::spawn(end(delivery.lines));
            }
        }
    }
}

/// Ends sockets a moment after their last frame, whether or not it was taken.
async fn end(lines: Vec<Arc<Line>>) {
    lines.iter().for_each(|line| line.is_ending.store(true, Ordering::Relaxed));
    tokio::time::sleep(FAREWELL).await;
    lines.iter().for_each(|line| line.cut());
}

impl Line {
    pub(super) fn new(
        (locale, phones): (&'static str, Phones),
        frames: mpsc::Sender<ByteString>,
        cut: CancellationToken,
        queue: ThreadQueue,
    ) -> Self {
        Self { locale, phones, frames, cut, is_ending: AtomicBool::new(false), queue }
    }

    /// Queues a frame; a socket with no room is cut.
    fn push(&self, frame: ByteString) {
        if !self.is_ending.load(Ordering::Relaxed) && self.frames.try_send(frame).is_err() {
            self.cut();
        }
    }

    /// Ends the socket.
    pub fn cut(&self) {
        self.cut.cancel();
    }
}

/// Sends a frame to many sockets: the same bytes, one wake-up for each thread.
pub fn deliver(lines: &[Arc<Line>], frame: &ByteString) {
    hand_over(lines, frame, After::GoesOn);
}

/// Sends sockets their last frame; they end a moment later.
pub fn deliver_last(lines: &[Arc<Line>], frame: &ByteString) {
    hand_over(lines, frame, After::Ends);
}

fn hand_over(lines: &[Arc<Line>], frame: &ByteString, after: After) {
    let mut rounds: Vec<(&ThreadQueue, Vec<Arc<Line>>)> = Vec::with_capacity(4);
    for line in lines {
        match rounds.iter_mut().find(|(queue, _)| queue.id == line.queue.id) {
            Some((_, round)) => round.push(line.clone()),
            None => rounds.push((&line.queue, vec![line.clone()])),
        }
    }
    for (queue, lines) in rounds {
        if let Err(error) = queue.deliveries.try_send(Delivery { frame: frame.clone(), lines, after }) {
            error.into_inner().lines.iter().for_each(|line| line.cut());
        }
    }
}

//! The stream of one connection, watched: who sends half a head, or never reads an answer, is let go.
//!
//! actix times the first head of a connection only, and no answer at all.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::Place;

/// How long the head of a request may take.
pub const HEAD: Duration = Duration::from_secs(5);

/// A waiting answer must move by [`LEAST_WRITTEN`] bytes within this.
const UNREAD: Duration = Duration::from_secs(30);

/// Half a kilobyte a second is slower than any line people have.
const LEAST_WRITTEN: usize = 16 * 1024;

/// What the stream and the requests that come through it tell each other. All of it happens on one thread.
#[derive(Default)]
pub struct Progress {
    /// Requests whose head has come and whose answer is not sent yet.
    under_way: Cell<usize>,
    /// Since when a head is coming.
    head_since: Cell<Option<Instant>>,
}

/// A request on its way through the house; it has ended when this is dropped.
pub struct UnderWay(Rc<Progress>);

impl Progress {
    /// A head has come whole.
    #[must_use]
    pub fn begin(self: &Rc<Self>) -> UnderWay {
        self.under_way.set(self.under_way.get() + 1);
        self.head_since.set(None);
        UnderWay(self.clone())
    }

    fn hear(&self) {
        if self.under_way.get() == 0 && self.head_since.get().is_none() {
            self.head_since.set(Some(Instant::now()));
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get().saturating_sub(1));
        self.0.head_since.set(None);
    }
}

/// A deadline that moves, and wakes whoever waits when it has come.
#[derive(Default)]
struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Whether `at` has come; if not, the task is woken then.
    fn has_come(&mut self, at: Instant, context: &mut Context<'_>) -> bool {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if sleep.deadline() != at {
            sleep.as_mut().reset(at);
        }
        sleep.as_mut().poll(context).is_ready()
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// An answer that waits to be taken.
struct Unread {
    since: Instant,
    /// Bytes that were taken since.
    moved: usize,
}

/// One connection of the web side.
pub struct Connection {
    stream: TcpStream,
    progress: Rc<Progress>,
    head: Deadline,
    unread: Option<Unread>,
    answer: Deadline,
    _place: Place,
}

impl Connection {
    #[must_use]
    pub fn new(stream: TcpStream, place: Place) -> Self {
        let (progress, head, answer) = (Rc::default(), Deadline::default(), Deadline::default());
        Self { stream, progress, head, unread: None, answer, _place: place }
    }

    #[must_use]
    pub fn progress(&self) -> Rc<Progress> {
        self.progress.clone()
    }

    /// Counts what was written, or for how long nothing could be.
    fn note_written(&mut self, written: &Poll<io::Result<usize>>, context: &mut Context<'_>) -> io::Result<()> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(unread) = &mut self.unread {
                    unread.moved += bytes;
                    if unread.moved >= LEAST_WRITTEN {
                        self.is_read();
                    }
                }
                Ok(())
            }
            Poll::Ready(Err(_)) => Ok(()),
            Poll::Pending => {
                let since = self.unread.get_or_insert_with(|| Unread { since: Instant::now(), moved: 0 }).since;
                if self.answer.has_come(since + UNREAD, context) { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
            }
        }
    }

    fn is_read(&mut self) {
        self.unread = None;
        self.answer.clear();
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_ready() {
            if buffer.filled().len() > before {
                this.progress.hear();
            }
            return read;
        }
        match this.progress.head_since.get() {
            Some(since) if this.head.has_come(since + HEAD, context) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Some(_) => Poll::Pending,
            None => {
                this.head.clear();
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.note_written(&written, context)?;
        written
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        this.note_written(&written, context)?;
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything that was to be written has been.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        this.is_read();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

impl ActixStream for Connection {
    fn poll_read_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.stream.poll_read_ready(context).map_ok(|()| Ready::READABLE)
    }

    fn poll_write_ready(&self, context: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        self.stream.poll_write_ready(context).map_ok(|()| Ready::WRITABLE)
    }
}

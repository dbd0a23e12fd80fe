//! Bodies of requests on their way in: how long each may take, how much of them is held, and what becomes of those that nobody reads.
//!
//! Stands around everything, so that no route can forget it; see [`routes`](crate::web::routes).

pub mod budget;

use std::cell::RefCell;
use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpRequest};
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};

use self::budget::{Budget, Held};
use super::error::Error;
use super::server::{Progress, UnderWay};
use crate::web::state::State;

/// How long a body may take, and how slow it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// From the end of the head to the end of the body.
    whole: Duration,
    /// In each such part of it…
    part: Duration,
    /// …so many bytes come at least.
    least: usize,
}

/// Forms and webhooks: a screenful of text, or 3 MB from a data centre.
pub const FORM: Pace = Pace { whole: Duration::from_secs(10), part: Duration::from_secs(5), least: 512 };

/// A picture of somebody who signed in, perhaps from a train.
pub const UPLOAD: Pace = Pace { whole: Duration::from_secs(60), part: Duration::from_secs(15), least: 8 * 1024 };

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It came too slowly.
    Slow,
    /// There are too many large ones already.
    Crowded,
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Slow => Self::TooSlow,
            Fault::Crowded => Self::Crowded,
        }
    }
}

impl From<Fault> for PayloadError {
    fn from(fault: Fault) -> Self {
        Self::Io(std::io::Error::from(match fault {
            Fault::Slow => ErrorKind::TimedOut,
            Fault::Crowded => ErrorKind::QuotaExceeded,
        }))
    }
}

/// The body of one request, as those see it who do not read it.
#[derive(Clone)]
pub struct Watch(Rc<RefCell<Body>>);

impl Watch {
    /// The watch over a request's body, if it has one.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// Why it was not read to its end.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.0.borrow().fault
    }

    /// Who sends it has signed in.
    pub fn vouch(&self, budget: &Arc<Budget>, pace: Pace) {
        let mut body = self.0.borrow_mut();
        body.held = Held::nothing_of(budget);
        body.pace = pace;
    }

    /// What comes from here on is thrown away.
    pub fn let_go(&self) {
        let mut body = self.0.borrow_mut();
        body.held.let_go();
        body.is_kept = false;
    }

    /// Takes the watch off: the payload as it came, such as that of a socket.
    #[must_use]
    pub fn take_off(&self) -> Payload {
        let mut body = self.0.borrow_mut();
        body.is_whole = true;
        std::mem::replace(&mut body.payload, Payload::None)
    }

    fn is_whole(&self) -> bool {
        self.0.borrow().is_whole
    }
}

struct Body {
    payload: Payload,
    pace: Pace,
    began: Instant,
    part: Part,
    timer: Option<Pin<Box<Sleep>>>,
    announced: usize,
    read: usize,
    held: Held,
    /// Whoever reads it keeps it.
    is_kept: bool,
    is_whole: bool,
    fault: Option<Fault>,
}

/// The part of a body's time that runs.
struct Part {
    began: Instant,
    read: usize,
}

impl Body {
    fn new(payload: Payload, announced: usize, budget: &Arc<Budget>) -> Self {
        let began = Instant::now();
        Self {
            payload,
            pace: FORM,
            began,
            part: Part { began, read: 0 },
            timer: None,
            announced,
            read: 0,
            held: Held::nothing_of(budget),
            is_kept: true,
            is_whole: false,
            fault: None,
        }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        if self.fault.is_some() {
            return Poll::Ready(None);
        }
        // Told before it is read, where it says how long it is.
        if self.read == 0 && self.is_kept && !self.held.could_grow_to(self.announced) {
            return self.fail(Fault::Crowded);
        }
        match Pin::new(&mut self.payload).poll_next(context) {
            Poll::Ready(Some(Ok(chunk))) => self.take(chunk),
            Poll::Ready(None) => {
                self.is_whole = true;
                self.timer = None;
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Pending if self.is_too_slow(context) => self.fail(Fault::Slow),
            Poll::Pending => Poll::Pending,
        }
    }

    fn take(&mut self, chunk: Bytes) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.read += chunk.len();
        self.part.read += chunk.len();
        if self.is_kept && !self.held.grow_to(self.read) {
            return self.fail(Fault::Crowded);
        }
        Poll::Ready(Some(Ok(chunk)))
    }

    fn fail(&mut self, fault: Fault) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.fault = Some(fault);
        self.held.let_go();
        Poll::Ready(Some(Err(fault.into())))
    }

    /// Nothing comes just now: whether it has taken too long. The task is woken when it will have.
    fn is_too_slow(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            let (whole, part) = (self.began + self.pace.whole, self.part.began + self.pace.part);
            let due = whole.min(part);
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() != due {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(context).is_pending() {
                return false;
            }
            if due == whole || self.part.read < self.pace.least {
                return true;
            }
            self.part = Part { began: due, read: 0 };
        }
    }
}

/// The body as its reader sees it.
struct Watched(Rc<RefCell<Body>>);

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next(context)
    }
}

/// The middleware: watches the body of a request, and tells the connection how far the request is.
///
/// # Errors
/// None of its own.
pub async fn watch<B: MessageBody + Unpin + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<Answer<B>>> {
    let under_way = request.conn_data::<Rc<Progress>>().map(Progress::begin);
    let watch = put_on(&mut request);
    let response = next.call(request).await?;
    let unread = watch.filter(|watch| !watch.is_whole());
    Ok(response.map_body(|_, body| Answer { body, _unread: unread, _under_way: under_way }))
}

fn put_on(request: &mut ServiceRequest) -> Option<Watch> {
    let budget = request.app_data::<Data<State>>().map(|state| state.bodies.unproven.clone())?;
    let payload = request.take_payload();
    if matches!(payload, Payload::None) {
        return None;
    }
    let watch = Watch(Rc::new(RefCell::new(Body::new(payload, announced(request.headers()), &budget))));
    request.set_payload(Payload::from(Box::pin(Watched(watch.0.clone())) as Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>));
    request.extensions_mut().insert(watch.clone());
    Some(watch)
}

/// The length that the sender announces; 0 when none can be read.
#[must_use]
pub fn announced(headers: &HeaderMap) -> usize {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// An answer on its way out. As long as it holds a body that was not read to its end, actix closes the connection behind it; a
/// chunked one that nobody holds would be waited for without end.
pub struct Answer<B> {
    body: B,
    _unread: Option<Watch>,
    _under_way: Option<UnderWay>,
}

impl<B: MessageBody + Unpin> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

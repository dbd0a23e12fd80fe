//! The last moment: a body that asks, when its first byte is wanted, whether it may still leave, and remembers whether it did.
//!
//! A connection may take seconds to come about, and a process may stand still between two lines of code. What was not asked for has
//! not left, whatever else went wrong.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::channels::MayLeave;

/// The body was not allowed to leave any more.
#[derive(Debug, thiserror::Error)]
#[error("it was too late to send it")]
pub(super) struct TooLate;

/// A body behind its gate.
pub(super) struct Gated {
    bytes: Option<Bytes>,
    may_leave: MayLeave,
    has_left: Arc<AtomicBool>,
}

/// Tells whether the bytes have left.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace(Arc<AtomicBool>);

impl Trace {
    /// Whether a byte of the body was given to the connection.
    pub fn has_left(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The body that leaves this trace.
    pub fn body(&self, bytes: Bytes, may_leave: MayLeave) -> Gated {
        Gated { bytes: Some(bytes), may_leave, has_left: self.0.clone() }
    }
}

impl Body for Gated {
    type Data = Bytes;
    type Error = TooLate;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, TooLate>>> {
        let Some(bytes) = self.bytes.take() else { return Poll::Ready(None) };
        if !(self.may_leave)() {
            return Poll::Ready(Some(Err(TooLate)));
        }
        self.has_left.store(true, Ordering::Release);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

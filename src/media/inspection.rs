//! The one way to look at a picture: a few at a time in this process, whoever asks, because a small file can be a very large picture.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::picture::{Picture, Reason, inspect as look_at, portrait as cut, redraw as draw_anew};

/// Pictures that are decoded at once; each may take 128 MB and a core.
const AT_ONCE: usize = 2;

/// Pictures that wait to be decoded at most; beyond it people are asked to try again.
const WAITING: usize = 64;

/// How long a picture waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// Shared by everything in this process, so that nobody brings turns of their own.
static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE + WAITING);

/// Too many pictures are being looked at; trying again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many pictures are being looked at")]
pub struct Busy;

/// Decodes a picture within fixed limits of size, memory and number; away from the threads that answer.
///
/// # Errors
/// [`Busy`] when there was no turn in time; inside, the [`Reason`] why the picture cannot be shown.
pub async fn inspect(bytes: Bytes) -> Result<Result<Picture, Reason>, Busy> {
    in_turn(move || look_at(&bytes)).await
}

/// Somebody's picture, as a square JPEG; as [`inspect`].
///
/// # Errors
/// As [`inspect`].
pub async fn portrait(bytes: Bytes) -> Result<Result<Vec<u8>, Reason>, Busy> {
    in_turn(move || cut(&bytes)).await
}

/// Draws a picture anew, as a small PNG in which nothing but the picture is.
///
/// # Errors
/// As [`inspect`].
pub async fn redraw(bytes: Bytes) -> Result<Result<Vec<u8>, Reason>, Busy> {
    in_turn(move || draw_anew(&bytes)).await
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> Result<T, Reason> + Send + 'static) -> Result<Result<T, Reason>, Busy> {
    let _place = PLACES.try_acquire().map_err(|_| Busy)?;
    let turn = turn(PATIENCE).await?;
    // The turn ends with the work, even when nobody waits for it any more.
    let looked_at = tokio::task::spawn_blocking(move || {
        let found = work();
        drop(turn);
        found
    });
    // A decoder that gives up in a panic has met a picture that it cannot read.
    Ok(looked_at.await.unwrap_or(Err(Reason::Damaged)))
}

async fn turn(patience: Duration) -> Result<SemaphorePermit<'static>, Busy> {
    match tokio::time::timeout(patience, TURNS.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) | Err(_) => Err(Busy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pictures_take_turns_and_nobody_waits_for_ever() {
        let held = TURNS.acquire_many(2).await.unwrap();
        assert_eq!(turn(Duration::ZERO).await.err(), Some(Busy));
        let asked = tokio::spawn(inspect(Bytes::from_static(b"no picture")));
        drop(held);
        assert_eq!(asked.await.unwrap(), Ok(Err(Reason::NotAPicture)));
    }
}

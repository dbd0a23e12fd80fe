//! Pictures come to our own store at once: WhatsApp, for one, keeps them for seven days, their addresses for five minutes.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::channels::Line;
use crate::domain::Command;
use crate::domain::message::MediaState;
use crate::live::trouble::Trouble;
use crate::media;
use crate::runner::contact::Alongside;
use crate::runner::{Error, now};
use crate::store::media::{PendingMedia, StoredMedia};

/// How long a claim keeps other nodes away: longer than a picture's address, its bytes and its turn to be decoded take together.
const LEASE: Duration = Duration::from_secs(120);

/// Pictures fetched at once. No more are claimed than can be fetched at once.
const AT_ONCE: usize = 4;

/// Attempts before a picture counts as not to be had.
const MAX_ATTEMPTS: i32 = 8;

/// Pauses after which what came of a picture is recorded, each twice as long as the one before, and how many: somebody may have its contact
/// for a moment, and what was fetched is not to be fetched again for that.
const RECORD_RETRY: Duration = Duration::from_millis(50);
const RECORD_TRIES: u32 = 8;

/// How often pictures are looked for that nobody was woken for.
const SWEEP: Duration = Duration::from_secs(2);

static NOT_LOOKED: Trouble = Trouble::new("pictures to fetch could not be looked for");
static NOT_RECORDED: Trouble = Trouble::new("fetched pictures could not be recorded; they are fetched again");

/// Runs until `stop`. What is under way then is fetched again when its claim is over.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("pictures");
    let mut under_way = FuturesUnordered::new();
    loop {
        pulse.beat();
        let free = AT_ONCE - under_way.len();
        if free > 0 {
            under_way.extend(claim(&workers, free).await.into_iter().map(|picture| bring(&workers, picture)));
        }
        tokio::select! {
            () = stop.cancelled() => return,
            Some(()) = under_way.next() => {}
            () = workers.live.wakes.media.notified() => {}
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

async fn claim(workers: &Workers, free: usize) -> Vec<PendingMedia> {
    let claimed = workers.runner.store().claim_media(LEASE, i64::try_from(free).unwrap_or(1)).await;
    match claimed {
        Ok(pending) => {
            NOT_LOOKED.is_over();
            pending
        }
        Err(error) => {
            NOT_LOOKED.failed(&error);
            Vec::new()
        }
    }
}

/// Why a picture did not come.
enum Failure {
    /// Trying again may help.
    ForNow(String),
    /// It never will.
    ForEver(String),
}

async fn bring(workers: &Workers, picture: PendingMedia) {
    let result = fetch(workers, &picture).await;
    let command = |state, size| Command::RecordMedia { message: picture.message, media: picture.id, state, size };
    let (command, media) = match result {
        Ok(stored) => {
            let size = (u32::try_from(stored.width).unwrap_or(0), u32::try_from(stored.height).unwrap_or(0));
            (command(MediaState::Stored, Some(size)), Some((picture.id, stored)))
        }
        Err(Failure::ForNow(reason)) if picture.attempts < MAX_ATTEMPTS => {
            tracing::warn!(media = %picture.id, attempts = picture.attempts, reason, "a picture could not be fetched; it is tried again");
            return retry(workers, &picture).await;
        }
        Err(Failure::ForNow(reason) | Failure::ForEver(reason)) => {
            tracing::warn!(media = %picture.id, reason, "a picture cannot be had");
            (command(MediaState::Failed, None), None)
        }
    };
    record(workers, &picture, command, &Alongside { media, ..Alongside::default() }).await;
}

async fn record(workers: &Workers, picture: &PendingMedia, command: Command, alongside: &Alongside) {
    for tries in 0.. {
        match workers.runner.run_alongside(picture.workspace, picture.conversation, command.clone(), alongside).await {
            Ok(_) | Err(Error::Refused(_)) => return NOT_RECORDED.is_over(),
            Err(error) if error.is_passing() && tries < RECORD_TRIES => tokio::time::sleep(RECORD_RETRY * (1 << tries)).await,
            Err(error) => {
                NOT_RECORDED.failed(&error);
                return retry(workers, picture).await;
            }
        }
    }
}

async fn retry(workers: &Workers, picture: &PendingMedia) {
    let seconds = 1_i64 << picture.attempts.clamp(0, 10);
    let at = now().saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    if let Err(error) = workers.runner.store().retry_media(picture.workspace, picture.id, at).await {
        NOT_RECORDED.failed(&error);
    }
}

async fn fetch(workers: &Workers, picture: &PendingMedia) -> Result<StoredMedia, Failure> {
    let for_now = |error: &dyn std::fmt::Display| Failure::ForNow(error.to_string());
    let connection = workers.runner.workplaces().connection(picture.workspace, picture.inbox).await.map_err(|error| for_now(&error))?;
    let connection = connection.ok_or_else(|| Failure::ForEver("the number is not connected any more".to_owned()))?;
    let files = workers.adapters.of(&connection.inbox.channel).and_then(|adapter| adapter.files());
    let files = files.ok_or_else(|| Failure::ForNow("this build does not know how its channel gives pictures".to_owned()))?;
    let line = Line { address: &connection.address, secret: connection.secret().map_err(|error| for_now(&error))? };
    let bytes = files.fetch(line, &picture.whatsapp_id).await.map_err(|error| for_now(&error))?;
    let inspected = media::inspect(bytes.clone()).await.map_err(|busy| for_now(&busy))?;
    let found = inspected.map_err(|reason| Failure::ForEver(reason.to_string()))?;
    let byte_count = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    workers.media.put(picture.workspace, picture.id, bytes, found.thumbnail.into()).await.map_err(|error| for_now(&error))?;
    Ok(StoredMedia {
        mime_type: found.mime_type.to_owned(),
        byte_count,
        width: i32::try_from(found.width).unwrap_or(0),
        height: i32::try_from(found.height).unwrap_or(0),
    })
}

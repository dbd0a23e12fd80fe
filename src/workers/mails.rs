//! Mails leave for the mail server, each until it was taken or is of no use any more.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Workers;
use crate::live::trouble::Trouble;
use crate::mail::{Failure, Mailer};
use crate::runner::{Error, Runner, now};
use crate::store::mails::DueMail;

/// How often mails are looked for that nobody was woken for.
const SWEEP: Duration = Duration::from_secs(2);

/// How long a claim keeps other nodes away: longer than a server may take for all steps of a batch.
const CLAIM: Duration = Duration::from_secs(300);

/// Mails claimed at once, and sent at once.
const BATCH: i64 = 16;
const AT_ONCE: usize = 4;

/// Pauses between two attempts: each twice as long as the one before, from the first to the longest.
const FIRST_PAUSE: i64 = 5;
const LONGEST_PAUSE: i64 = 600;

static NOT_LOOKED: Trouble = Trouble::new("mails to send could not be looked for");
static NOT_OPENED: Trouble = Trouble::new("a mail could not be opened; it is left to other nodes");
static NOT_TAKEN: Trouble = Trouble::new("the mail server does not take mails; they are tried again");

/// Runs until `stop`. Without a mail server nothing is posted, and nothing is looked for.
pub(super) async fn run(workers: Workers, stop: CancellationToken) {
    let pulse = workers.runner.vitals().pulse("mails");
    loop {
        pulse.beat();
        if let Some(mailer) = &workers.mailer {
            match pulse.during(send_due(&workers.runner, mailer)).await {
                Ok(_) => NOT_LOOKED.is_over(),
                Err(error) => NOT_LOOKED.failed(&error),
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = workers.live.wakes.mails.notified() => {}
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// Sends what is due; answers how many were taken in hand.
///
/// # Errors
/// A fault of ours; those of the mail server are written beside each mail.
pub async fn send_due(runner: &Runner, mailer: &Mailer) -> Result<usize, Error> {
    let mut count = 0;
    loop {
        let due = runner.store().claim_mails(CLAIM, BATCH).await?;
        if due.is_empty() {
            return Ok(count);
        }
        count += due.len();
        let sent: Vec<Result<(), Error>> =
            stream::iter(due).map(|mail| send(runner, mailer, mail)).buffer_unordered(AT_ONCE).collect().await;
        sent.into_iter().collect::<Result<(), Error>>()?;
    }
}

async fn send(runner: &Runner, mailer: &Mailer, due: DueMail) -> Result<(), Error> {
    let store = runner.store();
    if due.expires_at <= now() {
        metrics::counter!("baton_mails_total", "outcome" => "late").increment(1);
        return Ok(store.give_up_mail(due.id, "").await?);
    }
    let mail = match due.mail {
        Ok(mail) => mail,
        // Another node may have its key, or be newer.
        Err(error) => {
            NOT_OPENED.failed(&error);
            metrics::counter!("baton_mails_total", "outcome" => "left").increment(1);
            return Ok(store.retry_mail(due.id, next(due.attempts), "").await?);
        }
    };
    NOT_OPENED.is_over();
    match mailer.send(due.id, &mail).await {
        Ok(()) => {
            NOT_TAKEN.is_over();
            metrics::counter!("baton_mails_total", "outcome" => "sent").increment(1);
            store.set_mail_sent(due.id).await?;
        }
        Err(Failure::ForEver(reason)) => {
            // What the server says may name the address.
            tracing::warn!(mail = %due.id, "the mail server refused a mail for good");
            metrics::counter!("baton_mails_total", "outcome" => "refused").increment(1);
            store.give_up_mail(due.id, &reason).await?;
        }
        Err(Failure::ForNow(reason)) => {
            NOT_TAKEN.failed(&"see `baton doctor`");
            metrics::counter!("baton_mails_total", "outcome" => "again").increment(1);
            store.retry_mail(due.id, next(due.attempts), &reason).await?;
        }
    }
    Ok(())
}

fn next(attempts: i32) -> Timestamp {
    let pause = (FIRST_PAUSE << attempts.clamp(1, 10).saturating_sub(1)).min(LONGEST_PAUSE);
    now().saturating_add(SignedDuration::from_secs(pause)).unwrap_or(Timestamp::MAX)
}

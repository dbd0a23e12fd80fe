//! A person's words and commands on their way to the runner.

use crate::domain::command::{Command, Person};
use crate::domain::ids::ConversationId;
use crate::domain::refusal::Refusal;
use crate::runner;
use crate::runner::contact::Done;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::state::State;

/// Who acts, as the rules see them.
#[must_use]
pub fn person(signed: &Signed) -> Person {
    Person { user: signed.user, name: signed.name.clone(), rights: signed.role.rights }
}

/// What a person wrote, as it is kept: forms end lines with CR LF, and PostgreSQL keeps no NUL.
#[must_use]
pub fn text(written: &str) -> String {
    written.replace("\r\n", "\n").replace('\0', "")
}

/// Runs a person's command. The only place where people's refusals are counted.
///
/// # Errors
/// The refusal, [`Error::NotFound`], or a fault.
pub async fn run(state: &State, signed: &Signed, conversation: ConversationId, command: Command) -> Result<Done> {
    let done = state.runner.run(signed.workspace, conversation, command).await;
    if let Err(runner::Error::Refused(refusal)) = &done {
        metrics::counter!("baton_refusals_total", "kind" => refusal.key()).increment(1);
    }
    Ok(done?)
}

/// As [`run`], for what a double click sends twice: the second time it is done already.
///
/// # Errors
/// As [`run`].
pub async fn run_once(state: &State, signed: &Signed, conversation: ConversationId, command: Command) -> Result<()> {
    match run(state, signed, conversation, command).await {
        Ok(_) | Err(Error::Refused(Refusal::Duplicate)) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_people_mean_them_and_nothing_is_kept_that_cannot_be() {
        assert_eq!(text("one\r\ntwo\n\0three\r"), "one\ntwo\nthree\r");
    }
}

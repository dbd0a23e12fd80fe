//! What must fit of a queue's rest, and of what becomes of those who wait there.

use std::collections::BTreeSet;

use super::check::{LONGEST_KEY, in_range, languages_fault};
use super::refusal::{SetupRefusal, Thing};
use super::value::{Queue, Setup};
use super::words::text_fault;
use crate::domain::announcing::{Announcements, EXPECTED, PLACE};
use crate::domain::flows::text::{Piece, pieces};
use crate::domain::ids::QueueId;
use crate::domain::overflow::{Overflow, PLACEHOLDERS, Texts};
use crate::domain::rest::Rest;
use crate::domain::sticky::Sticky;

pub(super) fn faults(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    for (id, queue) in &setup.queues {
        if let Some(rest) = &queue.rest {
            rest_faults(rest, faults);
        }
        overflow_faults(setup, *id, queue, faults);
        let Announcements { text, every } = queue.announcements.as_ref();
        texts_faults(text, &[PLACE, EXPECTED], faults);
        every.iter().for_each(|every| in_range(*every, Announcements::LEAST, Announcements::LONGEST, faults));
        if let Some(Sticky { days, seconds }) = queue.sticky {
            in_range(days, 1, Sticky::MOST_DAYS, faults);
            in_range(seconds, 0, Sticky::LONGEST, faults);
        }
    }
}

fn rest_faults(rest: &Rest, faults: &mut BTreeSet<SetupRefusal>) {
    faults.extend(text_fault(&rest.reason, Rest::REASON));
    if rest.kind().is_none() {
        faults.insert(SetupRefusal::RestUnknown { rest: rest.kind.chars().take(LONGEST_KEY).collect() });
    }
    let lasts = rest.until.map(|until| until.duration_since(rest.since).as_mins());
    let (lasts, most) = (lasts.map(|lasts| i32::try_from(lasts).unwrap_or(i32::MAX)), Rest::LONGEST.as_mins());
    lasts.into_iter().for_each(|lasts| in_range(lasts, 1, i32::try_from(most).unwrap_or(i32::MAX), faults));
}

fn overflow_faults(setup: &Setup, id: QueueId, queue: &Queue, faults: &mut BTreeSet<SetupRefusal>) {
    let Overflow { to, after, when_nobody, when_closed, most, text, closed_text, .. } = queue.overflow.as_ref();
    if to.is_some_and(|to| !setup.queues.contains_key(&to)) {
        faults.insert(SetupRefusal::Unknown(Thing::Queue));
    }
    if *to == Some(id) {
        faults.insert(SetupRefusal::OverflowToItself { queue: queue.name.clone() });
    }
    after.iter().for_each(|after| in_range(*after, 1, Overflow::LONGEST, faults));
    most.iter().for_each(|most| in_range(*most, 1, Overflow::MOST, faults));
    let is_idle = |wanted: bool, texts: &Texts| wanted && to.is_none() && texts.is_empty();
    if is_idle(after.is_some() || *when_nobody, text) || is_idle(*when_closed, closed_text) {
        faults.insert(SetupRefusal::OverflowIdle { queue: queue.name.clone() });
    }
    for (_, texts) in queue.overflow.texts() {
        texts_faults(texts, &[], faults);
    }
}

/// What is told to customers, by language.
fn texts_faults(texts: &Texts, also: &[&str], faults: &mut BTreeSet<SetupRefusal>) {
    faults.extend(languages_fault(&texts.keys().cloned().collect()));
    for text in texts.values() {
        faults.extend(text_fault(text, Overflow::TEXT));
        for piece in pieces(text) {
            let Piece::Placeholder { name, .. } = piece else { continue };
            if !PLACEHOLDERS.contains(&name) && !also.contains(&name) {
                faults.insert(SetupRefusal::PlaceholderUnknown { name: name.to_owned() });
            }
        }
    }
}

//! Whoever waits is told their place in line, or how long it will take: when they begin to wait, and again when it has got better.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::decision::Decision;
use super::event::Event;
use super::flows::promise;
use super::flows::text::{Piece, pieces};
use super::ids::QueueId;
use super::overflow::{self, Texts, Wait};
use super::refusal::Refusal;

/// What a text may name beside [`overflow::PLACEHOLDERS`].
pub const PLACE: &str = "queue.place";
pub const EXPECTED: &str = "queue.wait";

/// What a queue tells whoever waits there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Announcements {
    pub text: Texts,
    /// Again after so many minutes, where it has got better; without it they are told once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<i32>,
}

/// What somebody was told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    pub at: Timestamp,
    pub place: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// How often they were told anything.
    pub times: u32,
}

/// Where somebody stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The first is 1.
    pub place: i64,
    /// How long it will take, where enough is known of how fast it goes.
    pub minutes: Option<i64>,
}

impl Standing {
    /// Within how long somebody at a place is given to an agent, where `given` were within `period`; nothing of a few alone.
    #[must_use]
    pub fn of(place: i64, given: i64, period: SignedDuration) -> Self {
        let minutes = (given >= Announcements::ENOUGH).then(|| {
            let exact = (place.saturating_mul(period.as_mins()) + given - 1) / given;
            // As exactly as anybody may believe it.
            if exact <= 5 { exact.max(1) } else { (exact + 4) / 5 * 5 }
        });
        Self { place, minutes }
    }

    /// How fast it went tells nothing while nothing goes.
    #[must_use]
    fn while_closed(self) -> Self {
        Self { minutes: None, ..self }
    }
}

impl Announcements {
    /// How often one conversation is told, at most; and minutes between two times.
    pub const TIMES: u32 = 5;
    pub const LEAST: i32 = 1;
    pub const LONGEST: i32 = 24 * 60;

    /// Assignments from which on it is known how fast it goes.
    pub const ENOUGH: i64 = 5;

    #[must_use]
    pub fn is_none(&self) -> bool {
        self.text.is_empty()
    }

    fn names(&self, what: &str) -> bool {
        let is_it = |piece: Piece<'_>| matches!(piece, Piece::Placeholder { name, .. } if name == what);
        self.text.values().any(|text| pieces(text).into_iter().any(is_it))
    }

    /// Whether somebody who stands there is told: for the first time, or because it has got better, and never because it has got worse. How
    /// long it will take is not told before it is known.
    #[must_use]
    pub fn is_due(&self, wait: Option<&Wait>, standing: Standing, now: Timestamp) -> bool {
        let (names_wait, names_place) = (self.names(EXPECTED), self.names(PLACE));
        if self.is_none() || (names_wait && standing.minutes.is_none()) {
            return false;
        }
        let Some(before) = wait.and_then(|wait| wait.announced) else { return true };
        let Some(every) = self.every.filter(|_| before.times < Self::TIMES) else { return false };
        let is_later = now.duration_since(before.at) >= SignedDuration::from_mins(every.into());
        let is_sooner = standing.minutes.zip(before.minutes).is_some_and(|(now, before)| now < before);
        let is_not_worse = !names_wait || standing.minutes <= before.minutes.or(standing.minutes);
        let is_nearer = standing.place < before.place;
        is_later && if names_place { is_nearer && is_not_worse } else { is_sooner }
    }
}

/// Routing saw where somebody stands who waits in a queue since then. Whoever was quicker to move it is not bothered.
pub(super) fn announce(it: &mut Decision, seen: (QueueId, Option<Timestamp>), standing: Standing) -> Result<(), Refusal> {
    let queue = overflow::waits_where_seen(it, seen)?;
    let workplace = it.snapshot.workplace.clone();
    let rules = workplace.announcements.get(&queue).ok_or(Refusal::Duplicate)?;
    let target = workplace.queue(queue).ok_or(Refusal::UnknownQueue)?;
    let standing = if target.hours.is_open(it.now) { standing } else { standing.while_closed() };
    let wait = it.conversation()?.wait.clone();
    if !rules.is_due(wait.as_ref(), standing, it.now) {
        return Err(Refusal::Duplicate);
    }
    let Standing { place, minutes } = standing;
    let is_told = overflow::tell(it, &rules.text, target, |name, words| match name {
        PLACE => place.to_string(),
        EXPECTED => minutes.map(|minutes| promise::within_minutes(minutes, words)).unwrap_or_default(),
        _ => String::new(),
    });
    // Whoever may not be written to is not asked about again and again.
    let times = wait.and_then(|wait| wait.announced).map_or(0, |before| before.times) + 1;
    let times = if is_told { times } else { Announcements::TIMES };
    it.emit(Event::WaitAnnounced { queue, announced: Announced { at: it.now, place, minutes, times } });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str, every: Option<i32>) -> Announcements {
        Announcements { text: [("en".to_owned(), text.to_owned())].into(), every }
    }

    #[test]
    fn how_long_it_takes_is_said_in_steps_that_may_be_believed_and_not_of_a_few() {
        let of = |place, given| Standing::of(place, given, SignedDuration::from_mins(30)).minutes;
        assert_eq!(
            [of(1, 4), of(1, 5), of(1, 30), of(3, 30), of(8, 30), of(7, 10)],
            [None, Some(10), Some(1), Some(3), Some(10), Some(25)]
        );
    }

    #[test]
    fn nobody_is_told_that_it_has_got_worse_nor_more_often_than_is_good() {
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let told = |times| Wait { announced: Some(Announced { at: at(0), place: 4, minutes: Some(10), times }), ..Wait::default() };
        let standing = |place, minutes| Standing { place, minutes };
        let place = rules("You are number {queue.place}", Some(5));
        assert!(place.is_due(None, standing(4, None), at(0)));
        assert!(place.is_due(Some(&told(1)), standing(3, None), at(5)));
        assert!(!place.is_due(Some(&told(1)), standing(3, None), at(4)), "too soon");
        assert!(!place.is_due(Some(&told(1)), standing(4, Some(1)), at(9)), "no nearer");
        assert!(!place.is_due(Some(&told(5)), standing(1, None), at(99)), "often enough");
        assert!(!rules("{queue.place}", None).is_due(Some(&told(1)), standing(1, None), at(99)), "once is once");
        let wait = rules("It takes {queue.wait}", Some(5));
        assert!(!wait.is_due(None, standing(1, None), at(0)), "nobody knows");
        assert!(wait.is_due(None, standing(1, Some(5)), at(0)));
        assert!(wait.is_due(Some(&told(1)), standing(9, Some(5)), at(5)));
        assert!(!wait.is_due(Some(&told(1)), standing(1, Some(15)), at(5)), "it takes longer");
        let both = rules("{queue.place}, {queue.wait}", Some(5));
        assert!(!both.is_due(Some(&told(1)), standing(3, Some(15)), at(5)), "nearer, and yet it takes longer");
        assert!(both.is_due(Some(&told(1)), standing(3, Some(10)), at(5)));
    }
}

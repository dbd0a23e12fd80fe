//! How long whoever comes to a queue now will wait for a person: how many stand before them, at the pace at which the queue was worked off
//! lately. What is predicted so was wrong by so much on the days before, which is said with it.

#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};

use super::history::{QUARTER, Quarter, levels, quarter_of, without_gaps};

/// How far a pace is looked for, and from how much of it: fewer say nothing.
const LOOKS_BACK: SignedDuration = SignedDuration::from_hours(2);
const LEAST: f64 = 4.0;

/// With so many, over so long, the latest are enough.
const ENOUGH: f64 = 12.0;
const LONG_ENOUGH: f64 = 10.0 * 60.0;

/// How many seconds of today what is usual at this hour weighs as much as.
const WEIGHT_OF_HABIT: f64 = 5.0 * 60.0;

/// How many seconds of lines at an hour make it known.
const KNOWN_FROM: f64 = 3_600.0;

/// How often a prediction must have been tried before it is said how wrong they are.
const TRIED: usize = 8;

/// Nobody is told to wait for longer.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// How fast a queue is usually worked off, by the hour of the day in UTC, and how wrong predictions were.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Habits {
    per_second: [Option<f64>; 24],
    pub miss: Option<Miss>,
}

/// How wrong predictions were, in the middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Miss {
    /// As a share of what the wait was.
    pub share: f64,
    /// Of how many.
    pub tried: usize,
}

/// How fast a queue gets shorter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    per_second: f64,
}

/// A wait that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Expected {
    pub minutes: i64,
    /// How many minutes it is wrong by, in the middle, where that is known.
    pub miss_minutes: Option<i64>,
}

impl Pace {
    /// Of a queue in which `waiting` wait now, by what came and went in the last quarters, oldest first, and what is usual; nothing where
    /// too little is known.
    #[must_use]
    pub fn of(known: &[Quarter], waiting: i64, habits: Option<&Habits>, now: Timestamp) -> Option<Self> {
        let since = now.saturating_sub(LOOKS_BACK).unwrap_or(Timestamp::MIN);
        let (gone, seconds) = worked_off(&without_gaps(known, since, now), waiting, now);
        let usual = habits.and_then(|habits| habits.at(now));
        let per_second = match usual {
            Some(usual) => (gone + usual * WEIGHT_OF_HABIT) / (seconds + WEIGHT_OF_HABIT),
            None if gone >= LEAST && seconds > 0.0 => gone / seconds,
            None => return None,
        };
        (per_second > 0.0).then_some(Self { per_second })
    }

    /// How long whoever stands behind so many waits until it is their turn.
    #[must_use]
    pub fn wait_behind(self, ahead: i64) -> SignedDuration {
        let seconds = (ahead.max(0) + 1) as f64 / self.per_second;
        SignedDuration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST)
    }
}

/// How many went while there was a line, and how long there was one, of the latest that say enough.
fn worked_off(quarters: &[Quarter], waiting: i64, now: Timestamp) -> (f64, f64) {
    let levels = levels(quarters, waiting);
    let (mut gone, mut seconds) = (0.0, 0.0);
    for (place, quarter) in quarters.iter().enumerate().rev() {
        // Where nobody stands behind whoever goes, more could have gone.
        if levels[place] > 0 || levels[place + 1] > 0 {
            gone += quarter.gone as f64;
            seconds += quarter.ends().min(now).duration_since(quarter.begins).as_secs_f64();
        }
        if gone >= ENOUGH && seconds >= LONG_ENOUGH {
            break;
        }
    }
    (gone, seconds)
}

impl Habits {
    /// By what came and went on the days before, oldest first, while `waiting` wait now.
    #[must_use]
    pub fn of(known: &[Quarter], waiting: i64, now: Timestamp) -> Self {
        let Some(first) = known.first() else { return Self::default() };
        let quarters = without_gaps(known, first.begins, now);
        let levels = levels(&quarters, waiting);
        let mut sums = [(0.0, 0.0); 24];
        for (place, quarter) in quarters.iter().enumerate() {
            if levels[place] > 0 && levels[place + 1] > 0 && quarter.ends() <= now {
                let (gone, seconds) = &mut sums[hour_of(quarter.begins)];
                *gone += quarter.gone as f64;
                *seconds += QUARTER.as_secs_f64();
            }
        }
        let usual = |(gone, seconds): (f64, f64)| (seconds >= KNOWN_FROM && gone >= LEAST).then(|| gone / seconds);
        Self { per_second: sums.map(usual), miss: miss(&quarters, &levels) }
    }

    fn at(&self, now: Timestamp) -> Option<f64> {
        self.per_second[hour_of(now)]
    }
}

fn hour_of(at: Timestamp) -> usize {
    usize::try_from(at.as_second().div_euclid(3_600).rem_euclid(24)).unwrap_or_default()
}

/// What would have been predicted at the begin of each quarter with a line, beside what became of it: whoever came last then was in turn
/// when as many had gone as stood before them.
fn miss(quarters: &[Quarter], levels: &[i64]) -> Option<Miss> {
    let mut misses = Vec::new();
    for (place, quarter) in quarters.iter().enumerate() {
        let ahead = levels[place];
        if ahead == 0 {
            continue;
        }
        let Some(actual) = became_of(&quarters[place..], ahead) else { continue };
        if let Some(pace) = Pace::of(&quarters[place.saturating_sub(9)..place], ahead, None, quarter.begins) {
            misses.push((pace.wait_behind(ahead).as_secs_f64() - actual).abs() / actual);
        }
    }
    let tried = misses.len();
    (tried >= TRIED).then(|| middle(&mut misses)).flatten().map(|share| Miss { share, tried })
}

/// After how many seconds so many and one more had gone, while they went evenly in each quarter.
fn became_of(quarters: &[Quarter], ahead: i64) -> Option<f64> {
    let (mut left, mut seconds) = ((ahead + 1) as f64, 0.0);
    for quarter in quarters {
        let gone = quarter.gone as f64;
        if gone >= left {
            return Some(seconds + QUARTER.as_secs_f64() * left / gone);
        }
        left -= gone;
        seconds += QUARTER.as_secs_f64();
    }
    None
}

fn middle(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What whoever comes to a queue now may expect, in which `waiting` wait; nothing where nobody is there who could say, or too little is
/// known.
#[must_use]
pub fn expected(
    known: &[Quarter],
    waiting: i64,
    here: usize,
    with_room: usize,
    habits: Option<&Habits>,
    now: Timestamp,
) -> Option<Expected> {
    match (here, waiting) {
        (0, _) => None,
        (_, 0) if with_room > 0 => Some(Expected { minutes: 0, miss_minutes: None }),
        _ => {
            let wait = Pace::of(known, waiting, habits, now)?.wait_behind(waiting);
            let share = habits.and_then(|habits| habits.miss).map(|miss| miss.share);
            let rounded = |seconds: f64| ((seconds / 60.0).round() as i64).max(1);
            Some(Expected { minutes: rounded(wait.as_secs_f64()), miss_minutes: share.map(|share| rounded(wait.as_secs_f64() * share)) })
        }
    }
}

/// When what may be expected is to be reckoned again, though nothing happens: where nobody goes, a line gets slower.
#[must_use]
pub fn looks_again_at(waiting: i64, now: Timestamp) -> Option<Timestamp> {
    let minute = now.as_second().div_euclid(60) + 1;
    (waiting > 0).then(|| Timestamp::from_second(minute * 60).ok()).flatten()
}

/// Since when quarters are wanted for a pace.
#[must_use]
pub fn wanted_since(now: Timestamp) -> Timestamp {
    quarter_of(now.saturating_sub(LOOKS_BACK).unwrap_or(Timestamp::MIN))
}

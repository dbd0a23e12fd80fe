//! What was measured, and what to make of it.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// How far the reference may move between start and end before a run says nothing.
const LARGEST_DRIFT: f64 = 0.25;

/// How much of the machine other programs may use before a missed must is theirs.
const LARGEST_SHARE_OF_OTHERS: f64 = 0.10;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    Quick,
    Full,
}

impl Size {
    /// How long a round of messages takes.
    pub fn round(self) -> Duration {
        match self {
            Size::Quick => Duration::from_secs(4),
            Size::Full => Duration::from_secs(8),
        }
    }

    /// How often each side has its turn.
    pub fn pairs(self) -> usize {
        match self {
            Size::Quick => 2,
            Size::Full => 5,
        }
    }
}

/// How a run ended; the later is the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Met,
    /// The machine was not quiet: the figures say nothing.
    Noisy,
    Missed,
    /// Something was lost or refused.
    Wrong,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Met => "Nothing was lost or refused, and every must that was judged is met.",
            Outcome::Noisy => "The machine was not quiet; these figures say nothing. Measure again.",
            Outcome::Missed => "A must is MISSED.",
            Outcome::Wrong => "Something was lost or refused, which no figure excuses.",
        })
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Met => ExitCode::SUCCESS,
            Outcome::Missed => ExitCode::from(1),
            Outcome::Noisy => ExitCode::from(2),
            Outcome::Wrong => ExitCode::from(3),
        }
    }
}

/// What a pair must reach.
#[derive(Debug, Clone, Copy)]
pub enum Must {
    AtLeast(f64),
    AtMost(f64),
}

impl Must {
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Must::AtLeast(limit) => value >= limit,
            Must::AtMost(limit) => value <= limit,
        }
    }
}

impl fmt::Display for Must {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Must::AtLeast(limit) => write!(f, "≥ {limit}"),
            Must::AtMost(limit) => write!(f, "≤ {limit}"),
        }
    }
}

/// What every pair showed.
#[derive(Debug, Default)]
pub struct Pairs {
    /// What is judged.
    pub reached: Vec<f64>,
    pub reference: Vec<f64>,
    /// The share of the machine that other programs used, where that was watched.
    pub others: Vec<f64>,
}

/// Judges what every pair reached, and says so. A must is missed when most pairs miss it.
pub fn judge(name: &str, unit: &str, must: Must, pairs: &Pairs, size: Size) -> Outcome {
    let Pairs { reached, reference, others } = pairs;
    let missed = reached.iter().filter(|value| !must.is_met_by(**value)).count();
    let drift = drift(reference);
    let outcome = match size {
        Size::Quick => Outcome::Met,
        Size::Full if drift > LARGEST_DRIFT => Outcome::Noisy,
        Size::Full if missed * 2 <= reached.len() => Outcome::Met,
        Size::Full if median(others) > LARGEST_SHARE_OF_OTHERS => Outcome::Noisy,
        Size::Full => Outcome::Missed,
    };
    let word = match (size, outcome) {
        (Size::Quick, _) => "not judged: a quick run, or another load",
        (Size::Full, Outcome::Met) => "met",
        (Size::Full, Outcome::Noisy) => "the machine was not quiet",
        (Size::Full, Outcome::Missed | Outcome::Wrong) => "MISSED",
    };
    println!(
        "=> {name}: median {:.2}{unit}, must {must}{unit}: {word} ({} of {} pairs; the reference moved by {:.0} % from start to end)",
        median(reached),
        reached.len() - missed,
        reached.len(),
        drift * 100.0
    );
    outcome
}

/// How much the last value differs from the first.
fn drift(reference: &[f64]) -> f64 {
    match (reference.first(), reference.last()) {
        (Some(first), Some(last)) if *first > 0.0 => (last / first - 1.0).abs(),
        _ => 0.0,
    }
}

/// The middle value; of an even number, the mean of the middle two.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => f64::midpoint(sorted[length / 2 - 1], sorted[length / 2]),
    }
}

/// How long things took.
#[derive(Debug)]
pub struct Latencies {
    sorted: Vec<Duration>,
}

impl From<Vec<Duration>> for Latencies {
    fn from(mut taken: Vec<Duration>) -> Self {
        taken.sort_unstable();
        Self { sorted: taken }
    }
}

impl Latencies {
    /// The milliseconds that this share of all stayed within.
    pub fn quantile(&self, share: f64) -> f64 {
        let place = (self.sorted.len() as f64 * share).ceil() as usize;
        self.sorted.get(place.clamp(1, self.sorted.len().max(1)) - 1).map_or(f64::NAN, |taken| taken.as_secs_f64() * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(reached: &[f64], reference: &[f64], others: &[f64]) -> Outcome {
        let pairs = Pairs { reached: reached.to_vec(), reference: reference.to_vec(), others: others.to_vec() };
        judge("a", "", Must::AtLeast(1.5), &pairs, Size::Full)
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let latencies = Latencies::from((1..=200).rev().map(Duration::from_millis).collect::<Vec<_>>());
        assert_eq!(latencies.quantile(0.5), 100.0);
        assert_eq!(latencies.quantile(0.99), 198.0);
        assert_eq!(latencies.quantile(1.0), 200.0);
    }

    #[test]
    fn a_must_is_missed_when_most_pairs_miss_it() {
        assert_eq!(judged(&[1.4, 1.4, 1.6, 1.6, 1.6], &[10.0, 11.0], &[]), Outcome::Met);
        assert_eq!(judged(&[1.4, 1.4, 1.4, 1.6, 1.6], &[10.0, 11.0], &[]), Outcome::Missed);
    }

    #[test]
    fn a_reference_that_moved_makes_a_run_say_nothing() {
        assert_eq!(judged(&[2.0; 5], &[10.0, 9.0, 7.0], &[]), Outcome::Noisy);
    }

    #[test]
    fn what_others_spoiled_is_not_missed_and_what_is_met_beside_them_is_met() {
        assert_eq!(judged(&[1.0; 5], &[10.0; 5], &[0.3; 5]), Outcome::Noisy);
        assert_eq!(judged(&[1.0; 5], &[10.0; 5], &[0.03; 5]), Outcome::Missed);
        assert_eq!(judged(&[2.0; 5], &[10.0; 5], &[0.3; 5]), Outcome::Met);
    }

    #[test]
    fn a_quick_run_is_not_judged() {
        let pairs = Pairs { reached: vec![1.0; 2], reference: vec![10.0, 1.0], others: Vec::new() };
        assert_eq!(judge("a", "", Must::AtLeast(1.5), &pairs, Size::Quick), Outcome::Met);
    }
}

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use super::*;

const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;
const DAY: f64 = 86_400.0;
const DAYS: f64 = 60.0;

/// Within so many seconds nothing changes.
const STEP: f64 = 5.0;

/// Chance that falls the same way every time.
struct Chance(u64);

impl Chance {
    /// From 0 up to 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.share()).ln() * mean
    }

    /// Around 1, mostly between half and twice that.
    fn about_one(&mut self) -> f64 {
        let normal = (0..12).map(|_| self.share()).sum::<f64>() - 6.0;
        (normal * 0.5).exp()
    }
}

/// A queue as one may be: how many a day write to it, how many people work there by day, how many conversations each holds, and how long
/// one of them takes.
#[derive(Debug, Clone, Copy)]
struct Shop {
    a_day: f64,
    people: usize,
    each: usize,
    minutes: f64,
}

/// What happened: who came when, who was taken when; all in seconds since the begin.
struct Told {
    came: Vec<f64>,
    taken: Vec<f64>,
}

/// Sixty days in which customers come by day, most before noon and after work, more on some days than on others; people begin at eight
/// and at ten, and half of them go at four.
fn sixty_days(shop: Shop, chance: &mut Chance) -> Told {
    let mut told = Told { came: Vec::new(), taken: Vec::new() };
    let mut busy_until: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let mut line: VecDeque<f64> = VecDeque::new();
    let (mut now, mut of_day, mut day) = (0.0, 1.0, -1.0);
    let mut comes = 0.0;
    while now < DAYS * DAY {
        now += STEP;
        if (now / DAY).floor() > day {
            day = (now / DAY).floor();
            of_day = 0.6 + 0.8 * chance.share();
        }
        let hour = now % DAY / 3_600.0;
        let wave = |at: f64, width: f64| (-((hour - at) / width).powi(2)).exp();
        let shape = 0.05 + wave(11.0, 2.0) + 0.8 * wave(18.0, 2.0);
        let rate = shop.a_day * of_day * shape / (0.05 * 24.0 + 1.8 * 2.0 * std::f64::consts::PI.sqrt());
        comes += rate / 3_600.0 * STEP;
        while comes > 0.0 {
            comes -= chance.exponential(1.0);
            line.push_back(now);
            told.came.push(now);
        }
        while busy_until.peek().is_some_and(|Reverse(until)| *until as f64 <= now) {
            busy_until.pop();
        }
        let there = match hour {
            8.0..10.0 | 16.0..22.0 => shop.people.div_ceil(2),
            10.0..16.0 => shop.people,
            _ => 1,
        };
        while busy_until.len() < there * shop.each
            && let Some(_) = line.pop_front()
        {
            let takes = shop.minutes * 60.0 * chance.about_one();
            busy_until.push(Reverse((now + takes) as u64));
            told.taken.push(now);
        }
    }
    told
}

fn at(seconds: f64) -> Timestamp {
    BEGIN + SignedDuration::from_secs_f64(seconds)
}

/// Counted as it is when it happens.
#[derive(Default)]
struct Counted(BTreeMap<Timestamp, Quarter>);

impl Counted {
    fn add(&mut self, seconds: f64, came: i64, gone: i64) {
        let begins = quarter_of(at(seconds));
        let quarter = self.0.entry(begins).or_insert(Quarter::empty(begins));
        (quarter.came, quarter.gone, quarter.taken) = (quarter.came + came, quarter.gone + gone, quarter.taken + gone);
    }

    fn since(&self, since: Timestamp) -> Vec<Quarter> {
        self.0.range(since..).map(|(_, quarter)| *quarter).collect()
    }
}

/// What was predicted to each who came and had to wait for a minute at least, and how long it was, in seconds; and how wrong the queue said
/// that it was.
fn predicted(Told { came, taken }: &Told) -> (Vec<(f64, f64)>, Vec<f64>) {
    let (mut counted, mut pairs, mut said) = (Counted::default(), Vec::new(), Vec::new());
    let (mut gone, mut habits, mut of_day) = (0, None, -1.0);
    // In order, as one is taken after the other.
    for (place, (came_at, taken_at)) in came.iter().zip(taken).enumerate() {
        while taken[gone] < *came_at {
            counted.add(taken[gone], 0, 1);
            gone += 1;
        }
        let (ahead, now) = ((place - gone) as i64, at(*came_at));
        if (came_at / DAY).floor() > of_day {
            of_day = (came_at / DAY).floor();
            let known = counted.since(at((came_at - 7.0 * DAY).max(0.0)));
            habits = Some(Habits::of(&known, ahead, now));
            said.extend(habits.as_ref().and_then(|habits: &Habits| habits.miss).map(|miss| miss.share));
        }
        let waited = taken_at - came_at;
        if waited >= 60.0
            && ahead > 0
            && let Some(pace) = Pace::of(&counted.since(wanted_since(now)), ahead, habits.as_ref(), now)
        {
            pairs.push((pace.wait_behind(ahead).as_secs_f64(), waited));
        }
        counted.add(*came_at, 1, 0);
    }
    (pairs, said)
}

/// Small and large, with people enough and with too few.
const SHOPS: [Shop; 4] = [
    Shop { a_day: 60.0, people: 2, each: 2, minutes: 25.0 },
    Shop { a_day: 150.0, people: 3, each: 3, minutes: 22.0 },
    Shop { a_day: 400.0, people: 6, each: 4, minutes: 24.0 },
    Shop { a_day: 900.0, people: 10, each: 4, minutes: 20.0 },
];

#[test]
fn on_sixty_days_of_every_queue_predictions_are_wrong_by_less_than_35_percent_in_the_middle_and_that_is_what_is_said() {
    let mut chance = Chance(20_260_301);
    for shop in SHOPS {
        let (pairs, mut said) = predicted(&sixty_days(shop, &mut chance));
        let mut shares: Vec<f64> = pairs.iter().map(|(predicted, waited)| (predicted - waited).abs() / waited).collect();
        let (tried, share, said) = (shares.len(), middle(&mut shares).unwrap(), middle(&mut said).unwrap());
        assert!(tried > 500, "{shop:?}: {tried}");
        assert!(share < 0.35, "{shop:?}: wrong by {share:.3} of the wait, of {tried}");
        assert!((said - share).abs() < 0.15, "{shop:?}: wrong by {share:.3}, and {said:.3} is said");
    }
}

/// As many come as go, four in a quarter of an hour, behind a line of so many.
fn steady(count: i64) -> Vec<Quarter> {
    (0..count).map(|place| Quarter { came: 4, gone: 4, taken: 4, ..Quarter::empty(at(place as f64 * 900.0)) }).collect()
}

#[test]
fn whoever_comes_waits_for_those_before_them_and_for_their_own_turn() {
    let (known, now) = (steady(8), at(8.0 * 900.0));
    let pace = Pace::of(&known, 3, None, now).unwrap();
    assert_eq!(pace.wait_behind(3), SignedDuration::from_mins(15));
    assert_eq!(expected(&known, 3, 2, 0, None, now), Some(Expected { minutes: 15, miss_minutes: None }));
    assert_eq!(expected(&known, 3, 0, 0, None, now), None, "nobody is there");
    assert_eq!(expected(&known, 0, 1, 1, None, now), Some(Expected { minutes: 0, miss_minutes: None }));
}

#[test]
fn where_too_little_is_known_nothing_is_said() {
    let now = at(900.0);
    assert_eq!(expected(&[], 5, 3, 0, None, now), None);
    let three = [Quarter { came: 8, gone: 3, taken: 3, ..Quarter::empty(at(0.0)) }];
    assert_eq!(expected(&three, 5, 3, 0, None, now), None);
    let seldom = Habits::of(&steady(4), 3, now);
    assert_eq!(seldom.miss, None, "four are no measure");
}

#[test]
fn where_nobody_is_taken_any_more_the_wait_gets_longer() {
    let known = steady(8);
    let waits =
        |minutes: i64| Pace::of(&known, 3, None, at(8.0 * 900.0) + SignedDuration::from_mins(minutes)).map(|pace| pace.wait_behind(3));
    assert!(waits(30) > waits(5) && waits(5).is_some(), "{:?} {:?}", waits(5), waits(30));
    assert_eq!(looks_again_at(3, at(61.0)), Some(at(120.0)));
    assert_eq!(looks_again_at(0, at(61.0)), None);
}

#[test]
fn what_is_usual_at_this_hour_is_known_before_the_first_is_taken() {
    let habits = Habits::of(&steady(7 * 96), 3, at(7.0 * DAY));
    let came = [Quarter { came: 3, ..Quarter::empty(at(7.0 * DAY)) }];
    let wait = expected(&came, 3, 2, 0, Some(&habits), at(7.0 * DAY + 60.0)).unwrap();
    assert_eq!(wait, Expected { minutes: 18, miss_minutes: Some(1) });
}

#[test]
fn no_figure_is_too_large_and_none_too_many() {
    let known = [Quarter { came: i64::from(i32::MAX), gone: 5, taken: 5, ..Quarter::empty(BEGIN) }];
    let pace = Pace::of(&known, i64::from(i32::MAX), None, at(900.0)).unwrap();
    assert_eq!(pace.wait_behind(i64::from(i32::MAX)), LONGEST);
    assert!(Habits::of(&[Quarter::empty(Timestamp::MIN)], 0, at(0.0)).miss.is_none());
}

//! Routing as a whole, held against the plainest thing that does the same: everybody who waits, one after the other.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::skills::{Asked, Level, Levels, Skill, needs};
use super::{Assignment, Candidate, Priority, Round, Strategy, Waiting, decide};
use crate::domain::agent::{Agent, Availability, Presence};
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, SkillId, UserId};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Conversations that one round looks at.
const ROUND: usize = 5;

/// xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn skill(number: u64) -> SkillId {
    SkillId(Uuid::from_u128(u128::from(number) + 1))
}

/// Three skills, and one more that is gone.
fn skills() -> Vec<Skill> {
    (0..3).map(|number| Skill { id: skill(number), name: format!("skill {number}"), language: None }).collect()
}

fn levels(dice: &mut Dice, most: u64) -> Levels {
    (0..dice.below(most)).map(|_| (skill(dice.below(4)), Level::try_from(1 + dice.below(3)).unwrap())).collect()
}

fn candidate(dice: &mut Dice, number: u128) -> Candidate {
    let ago = |dice: &mut Dice| NOW - SignedDuration::from_secs(i64::try_from(dice.below(50)).unwrap());
    let agent = Agent {
        user: UserId(Uuid::from_u128(number)),
        name: format!("agent {number}"),
        availability: Availability::Online,
        load: i32::try_from(dice.below(3)).unwrap(),
        capacity: 3,
        idle_since: ago(dice),
        given_at: ago(dice),
        here_at: NOW,
        teams: Vec::new(),
        may_reply: dice.below(9) > 0,
        signed_off: None,
    };
    let presence = [Presence::Online, Presence::Online, Presence::Online, Presence::Away, Presence::Offline];
    Candidate { agent, presence: presence[usize::try_from(dice.below(5)).unwrap()], skills: levels(dice, 4) }
}

fn waiting(dice: &mut Dice, number: u128) -> Waiting {
    // Many that require the same, as where a whole queue waits for one language.
    let required = if dice.below(3) == 0 { Levels::from([(skill(0), 1)]) } else { levels(dice, 3) };
    let required = if dice.below(3) == 0 { Levels::new() } else { required };
    Waiting {
        conversation: ConversationId(Uuid::from_u128(1_000 + number)),
        contact: ContactId(Uuid::from_u128(2_000 + number)),
        inbox: InboxId(Uuid::nil()),
        queue: QueueId(Uuid::nil()),
        priority: Priority::of(i16::try_from(dice.below(4)).unwrap()),
        queued_at: Some(NOW - SignedDuration::from_secs(i64::try_from(dice.below(90)).unwrap())),
        last_agent: (dice.below(3) == 0).then(|| UserId(Uuid::from_u128(u128::from(dice.below(6))))),
        is_past_last: dice.below(4) == 0,
        asked: Asked { required, preferred: levels(dice, 3) },
        rather: None,
    }
}

fn place(waiting: &Waiting) -> impl Ord + use<> {
    (std::cmp::Reverse(waiting.priority), waiting.queued_at, waiting.conversation)
}

/// Whether somebody has what is required of what there is.
fn has(candidate: &Candidate, required: &Levels) -> bool {
    let there_is = |id: &SkillId| skills().iter().any(|skill| skill.id == *id);
    required.iter().filter(|(id, _)| there_is(id)).all(|(id, level)| candidate.skills.get(id).is_some_and(|own| own >= level))
}

fn is_free(candidate: &Candidate) -> bool {
    candidate.agent.may_reply && candidate.presence == Presence::Online && candidate.agent.load < candidate.agent.capacity
}

/// Who has it then, of those who could.
fn plainly(waiting: &Waiting, team: &[Candidate], strategy: Strategy) -> Option<usize> {
    let could = |place: &usize| is_free(&team[*place]) && has(&team[*place], &waiting.asked.required);
    let could: Vec<usize> = (0..team.len()).filter(could).collect();
    let was = |place: &usize| Some(team[*place].agent.user) == waiting.last_agent;
    if let Some(place) = could.iter().find(|place| was(place)).filter(|_| !waiting.is_past_last) {
        return Some(*place);
    }
    could.into_iter().min_by_key(|place| {
        let Candidate { agent, skills: own, .. } = &team[*place];
        let known = waiting.asked.preferred.iter().filter(|(id, _)| skills().iter().any(|skill| skill.id == **id));
        let lacking = known.filter(|(id, level)| own.get(id).is_none_or(|own| own < level)).count();
        let by = match strategy {
            Strategy::LeastBusy => (agent.load, agent.idle_since),
            Strategy::LongestIdle => (0, agent.idle_since),
            Strategy::RoundRobin | Strategy::Manual => (0, agent.given_at),
        };
        (was(place), lacking, by, agent.load, agent.user)
    })
}

/// All who wait, one after the other, however many they are.
fn reference(all: &[Waiting], team: &mut [Candidate], strategy: Strategy) -> Vec<(ConversationId, UserId)> {
    let mut given = Vec::new();
    for waiting in all {
        let Some(place) = plainly(waiting, team, strategy) else { continue };
        let agent = &mut team[place].agent;
        agent.load += 1;
        let at = NOW + SignedDuration::from_micros(i64::try_from(given.len()).unwrap() + 1);
        (agent.idle_since, agent.given_at) = (at, at);
        given.push((waiting.conversation, agent.user));
    }
    given
}

/// As the runner and the store do it: what is required there, of each that somebody could have so many, of these the first, round by
/// round.
fn in_rounds(all: &[Waiting], team: &[Candidate], strategy: Strategy) -> Vec<(ConversationId, UserId)> {
    let mut round = Round::new(team.to_vec(), strategy, NOW).knowing(skills());
    let mut left: Vec<Waiting> = all.to_vec();
    let mut given: Vec<(ConversationId, UserId)> = Vec::new();
    loop {
        let mut taken = std::collections::HashMap::<i64, i32>::new();
        let mut heads: Vec<Waiting> = Vec::new();
        for waiting in &left {
            let many = taken.entry(needs(&waiting.asked.required)).or_default();
            if *many < round.room(&waiting.asked.required) && heads.len() < ROUND {
                *many += 1;
                heads.push(waiting.clone());
            }
        }
        let chosen: Vec<Assignment> = decide(&heads, round.clone());
        if chosen.is_empty() {
            return given;
        }
        let gone: HashSet<ConversationId> = chosen.iter().map(|assignment| assignment.waiting.conversation).collect();
        chosen.iter().for_each(|assignment| round.is_given(assignment.agent));
        left.retain(|waiting| !gone.contains(&waiting.conversation));
        given.extend(chosen.iter().map(|assignment| (assignment.waiting.conversation, assignment.agent)));
    }
}

#[test]
fn rounds_give_what_going_through_all_would_and_nobody_waits_for_whom_there_is_room() {
    let (mut left_over, mut passed, mut all_given) = (0, 0, 0);
    for seed in 1..=3_000_u64 {
        let dice = &mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let strategy = Strategy::ALL[usize::try_from(dice.below(3)).unwrap()];
        let team: Vec<Candidate> = (0..1 + u128::from(dice.below(6))).map(|number| candidate(dice, number)).collect();
        let mut all: Vec<Waiting> = (0..u128::from(dice.below(40))).map(|number| waiting(dice, number)).collect();
        all.sort_by_key(place);
        let mut after = team.clone();
        let expected = reference(&all, &mut after, strategy);
        assert_eq!(in_rounds(&all, &team, strategy), expected, "seed {seed}");
        let given: HashSet<ConversationId> = expected.iter().map(|(conversation, _)| *conversation).collect();
        let rest: Vec<&Waiting> = all.iter().filter(|waiting| !given.contains(&waiting.conversation)).collect();
        for waiting in &rest {
            let could = after.iter().any(|candidate| is_free(candidate) && has(candidate, &waiting.asked.required));
            assert!(!could, "seed {seed}: somebody waits although there is room");
            // Of those that require the same, nobody came before whoever was there first.
            let alike = |other: &&Waiting| other.asked.required == waiting.asked.required && place(other) > place(waiting);
            let overtook = all.iter().filter(alike).any(|other| given.contains(&other.conversation));
            assert!(!overtook, "seed {seed}");
            passed += usize::from(all.iter().any(|other| place(other) > place(waiting) && given.contains(&other.conversation)));
        }
        left_over += rest.len();
        all_given += expected.len();
    }
    assert!(left_over > 1_000 && passed > 1_000 && all_given > 3_000, "{left_over} {passed} {all_given}");
}

#[test]
fn a_reason_says_who_lacks_what_and_whether_nobody_else_had_it() {
    let dice = &mut Dice(7);
    let of = |number: u128, load: i32, own: &[(u64, Level)]| {
        let mut one = candidate(&mut Dice(9), number);
        (one.agent.load, one.agent.may_reply, one.presence) = (load, true, Presence::Online);
        one.skills = own.iter().map(|(number, level)| (skill(*number), *level)).collect();
        one
    };
    let mut waits = waiting(dice, 0);
    (waits.last_agent, waits.is_past_last) = (None, false);
    waits.asked = Asked { required: [(skill(0), 2)].into(), preferred: [(skill(1), 1), (skill(3), 1)].into() };
    let choose = |team: &[Candidate]| {
        let round = Round::new(team.to_vec(), Strategy::LeastBusy, NOW).knowing(skills());
        round.choose(&waits).map(|chosen| (chosen.agent.0.as_u128(), chosen.reason))
    };
    let team = [of(1, 0, &[]), of(2, 0, &[(0, 1)]), of(3, 2, &[(0, 2)])];
    let (chosen, reason) = choose(&team).unwrap();
    assert_eq!(chosen, 3, "busier, and the only one who could");
    let told: Vec<_> = reason.considered.iter().map(|considered| considered.excluded.clone()).collect();
    let lacks = |has| Some(super::Exclusion::LacksSkill { name: "skill 0".to_owned(), level: 2, has });
    assert_eq!(told, [None, lacks(0), lacks(1)]);
    let fit = reason.fit.unwrap();
    assert_eq!((fit.required.len(), fit.preferred.len(), fit.is_only_one), (1, 0, true), "a skill that is gone is told by nobody");
    let (chosen, reason) = choose(&[of(1, 0, &[(0, 5)]), of(2, 1, &[(0, 2), (1, 3)])]).unwrap();
    let fit = reason.fit.unwrap();
    assert_eq!((chosen, fit.preferred.len(), fit.is_only_one), (2, 1, false), "what is preferred comes before the strategy");
    assert!(choose(&[of(1, 0, &[(0, 1)])]).is_none());
    let (_, alone) = choose(&[of(1, 0, &[(0, 2)])]).unwrap();
    assert!(!alone.fit.unwrap().is_only_one, "nobody else was free at all");
}

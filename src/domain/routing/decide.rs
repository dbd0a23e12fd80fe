//! The decision itself: the most urgent first, of these the longest waiting; to whom of those present with room, the strategy says.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::candidate::{Candidate, Wanted};
use super::priority::Priority;
use super::reason::{AssignmentReason, Rule};
use super::record::Record;
use super::skills::{self, Asked, Levels, Named, Skill};
use super::strategy::Strategy;
use crate::domain::agent::Agent;
use crate::domain::command::Command;
use crate::domain::conversation::Conversation;
use crate::domain::ids::{ContactId, ConversationId, InboxId, QueueId, UserId};
use crate::domain::overflow::Wait;

/// A conversation that waits, in the order of waiting.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub conversation: ConversationId,
    pub contact: ContactId,
    pub inbox: InboxId,
    pub queue: QueueId,
    pub priority: Priority,
    /// Since when it waits there; its place in the queue.
    pub queued_at: Option<Timestamp>,
    /// Who held it before the customer came back.
    pub last_agent: Option<UserId>,
    /// That one did not answer: it is rather for somebody else.
    pub is_past_last: bool,
    /// What it wants of whoever has it.
    pub asked: Asked,
    /// Whom it is for rather than for anybody else, and until when it waits for them.
    pub rather: Option<(UserId, Option<Timestamp>)>,
}

impl Waiting {
    /// As a conversation stands; nothing when it was never in a queue.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let Conversation { id, contact, inbox, queue, priority, queued_at, last_agent, .. } = *conversation;
        let is_past_last = conversation.assignment_reason.is_none();
        let asked = conversation.skills.as_ref().map(|wants| wants.asked.clone()).unwrap_or_default();
        let rather = conversation.wait.as_ref().and_then(Self::rather);
        Some(Self { conversation: id, contact, inbox, queue: queue?, priority, queued_at, last_agent, is_past_last, asked, rather })
    }

    /// Whom somebody waits for.
    #[must_use]
    pub fn rather(wait: &Wait) -> Option<(UserId, Option<Timestamp>)> {
        wait.rather.as_ref().map(|rather| (rather.user, rather.until))
    }
}

/// Whom routing chose for a conversation that waits.
#[derive(Debug, Clone)]
pub struct Assignment {
    pub waiting: Waiting,
    pub agent: UserId,
    pub reason: AssignmentReason,
    /// What it was made from.
    pub record: Record,
}

impl Assignment {
    /// The command that makes it so, if the conversation still waits where it was seen.
    #[must_use]
    pub fn command(&self) -> Command {
        let Waiting { queue, queued_at, .. } = self.waiting;
        let needs = skills::needs(&self.waiting.asked.required);
        Command::Assign { to: self.agent, reason: self.reason.clone(), queue, queued_at, needs }
    }
}

/// A round of giving waiting conversations to agents: who is chosen grows busier.
#[derive(Debug, Clone)]
pub struct Round {
    candidates: Vec<Candidate>,
    strategy: Strategy,
    /// Those that there are.
    skills: Vec<Skill>,
    now: Timestamp,
    /// How many were given in it.
    given: i64,
}

impl Round {
    #[must_use]
    pub fn new(candidates: Vec<Candidate>, strategy: Strategy, now: Timestamp) -> Self {
        Self { candidates, strategy, skills: Vec::new(), now, given: 0 }
    }

    /// With the skills that there are; without any, nobody is asked for one.
    #[must_use]
    pub fn knowing(self, skills: Vec<Skill>) -> Self {
        Self { skills, ..self }
    }

    fn wanted(&self, asked: &Asked) -> Wanted {
        let named = |levels| Named::all(levels, &self.skills);
        Wanted { required: named(&asked.required), preferred: named(&asked.preferred) }
    }

    /// How many conversations that require this could be given to those who have it and are here.
    #[must_use]
    pub fn room(&self, required: &Levels) -> i32 {
        if self.strategy == Strategy::Manual {
            return 0;
        }
        let wanted = Wanted { required: Named::all(required, &self.skills), preferred: Vec::new() };
        let free = self.candidates.iter().filter(|candidate| wanted.exclusion(candidate).is_none());
        free.map(|candidate| candidate.agent.capacity.saturating_sub(candidate.agent.load)).fold(0, i32::saturating_add)
    }

    /// Whom it is about.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.candidates.iter().map(|candidate| &candidate.agent)
    }

    /// Whether nobody is here who could ever have what requires this, had they room.
    #[must_use]
    pub fn is_without(&self, required: &Levels) -> bool {
        let wanted = Wanted { required: Named::all(required, &self.skills), preferred: Vec::new() };
        !self.candidates.iter().any(|candidate| wanted.could(candidate))
    }

    /// Whether it is kept for somebody who is here and has no room: nobody else is given it yet.
    #[must_use]
    pub fn keeps(&self, waiting: &Waiting) -> bool {
        let Some((user, Some(until))) = waiting.rather else { return false };
        let wanted = self.wanted(&waiting.asked);
        let is_busy = |candidate: &&Candidate| candidate.agent.user == user && wanted.could(candidate) && !candidate.agent.has_room();
        self.now < until && self.strategy != Strategy::Manual && self.candidates.iter().any(|candidate| is_busy(&candidate))
    }

    /// Who is to have a conversation; nobody when nobody who has what it requires has room.
    #[must_use]
    pub fn choose(&self, waiting: &Waiting) -> Option<Assignment> {
        let wanted = self.wanted(&waiting.asked);
        let (chosen, rule) = choose(waiting, &wanted, self)?;
        let agent = &self.candidates.get(chosen)?.agent;
        let (reason, record) = self.reason(waiting, rule, &wanted, chosen);
        Some(Assignment { waiting: waiting.clone(), agent: agent.user, reason, record })
    }

    /// The same of the same candidates, in whatever order they come.
    fn reason(&self, waiting: &Waiting, rule: Rule, wanted: &Wanted, chosen: usize) -> (AssignmentReason, Record) {
        let place = |index: usize| {
            let candidate = &self.candidates[index];
            (index != chosen, wanted.exclusion(candidate), wanted.lack(candidate), self.strategy.rank(&candidate.agent))
        };
        let mut order: Vec<usize> = (0..self.candidates.len()).collect();
        order.sort_by_cached_key(|index| place(*index));
        let (told, others) = order.split_at(order.len().min(AssignmentReason::TOLD));
        let mut more = BTreeMap::new();
        for index in others {
            *more.entry(wanted.exclusion(&self.candidates[*index])).or_default() += 1;
        }
        let considered = told.iter().map(|index| wanted.considered(&self.candidates[*index])).collect();
        let fit = wanted.fit(&self.candidates[chosen], &self.candidates);
        let told: Vec<&Candidate> = told.iter().map(|index| &self.candidates[*index]).collect();
        let record = Record::of(waiting, self.strategy, self.now, &self.skills, &told);
        (AssignmentReason { rule, considered, more: more.into_iter().collect(), fit }, record)
    }

    /// Somebody has one more.
    pub fn is_given(&mut self, to: UserId) {
        if let Some(candidate) = self.candidates.iter_mut().find(|candidate| candidate.agent.user == to) {
            candidate.agent.load += 1;
            // All of a round is given at one moment; within it, one comes after the other.
            self.given += 1;
            let at = self.now.saturating_add(SignedDuration::from_micros(self.given)).unwrap_or(self.now);
            candidate.agent.idle_since = at;
            candidate.agent.given_at = at;
        }
    }
}

/// Pairs waiting conversations with agents until either runs out. One that nobody could have keeps nobody behind it from whom it could
/// not have had.
#[must_use]
pub fn decide(waiting: &[Waiting], mut round: Round) -> Vec<Assignment> {
    // Of those that require the same, whoever comes first is the first to be given to somebody.
    let mut hopeless: Vec<&Levels> = Vec::new();
    let mut all = Vec::new();
    for waiting in waiting {
        // Those behind it may be had all the same.
        if hopeless.contains(&&waiting.asked.required) || round.keeps(waiting) {
            continue;
        }
        match round.choose(waiting) {
            Some(assignment) => {
                round.is_given(assignment.agent);
                all.push(assignment);
            }
            None => hopeless.push(&waiting.asked.required),
        }
    }
    all
}

/// How many of these, from the first on, still stand by how `agents` are now: whoever was chosen still takes work, has room, and is no
/// busier than they were thought to be. What comes behind one that does not is decided anew: whoever waited longer is not passed over, and of routers that
/// look at the same moment not each gives to the same few.
#[must_use]
pub fn standing(assignments: &[Assignment], agents: &HashMap<UserId, Agent>) -> usize {
    let mut given: HashMap<UserId, i32> = HashMap::new();
    let mut stands = |assignment: &&Assignment| {
        let Some(agent) = agents.get(&assignment.agent) else { return false };
        let thought = assignment.reason.considered.iter().find(|considered| considered.user == agent.user);
        let given = given.entry(agent.user).or_default();
        let load = agent.load + *given;
        *given += 1;
        agent.takes_work() && load < agent.capacity && thought.is_none_or(|considered| load <= considered.load)
    };
    assignments.iter().take_while(&mut stands).count()
}

fn choose(waiting: &Waiting, wanted: &Wanted, round: &Round) -> Option<(usize, Rule)> {
    let Round { candidates, strategy, now, .. } = round;
    let free = || candidates.iter().enumerate().filter(|(_, candidate)| wanted.exclusion(candidate).is_none());
    let is_last = |candidate: &Candidate| Some(candidate.agent.user) == waiting.last_agent;
    if let Some((known, _)) = waiting.rather
        && *strategy != Strategy::Manual
        && let Some((index, _)) = free().find(|(_, candidate)| candidate.agent.user == known)
    {
        return Some((index, Rule::KnowsThem));
    }
    if !waiting.is_past_last
        && *strategy != Strategy::Manual
        && let Some((index, _)) = free().find(|(_, candidate)| is_last(candidate))
    {
        return Some((index, Rule::SameAgent));
    }
    // Whoever let the customer wait is there for them if nobody else is.
    let ranked =
        free().filter_map(|(index, candidate)| Some((is_last(candidate), wanted.lack(candidate), strategy.rank(&candidate.agent)?, index)));
    let (_, _, _, index) = ranked.min()?;
    let stands = |candidate: &Candidate| (is_last(candidate), wanted.lack(candidate));
    let chosen = stands(candidates.get(index)?);
    let Agent { load, capacity, idle_since, given_at, .. } = candidates.get(index)?.agent;
    let seconds_since = |at: Timestamp| now.duration_since(at).as_secs().max(0);
    let rule = match strategy {
        // Of those alone who come into question as much.
        Strategy::LeastBusy
            if free().any(|(other, candidate)| other != index && stands(candidate) == chosen && candidate.agent.load == load) =>
        {
            Rule::EquallyBusy { load, capacity, idle_seconds: seconds_since(idle_since) }
        }
        Strategy::LeastBusy | Strategy::Manual => Rule::LeastBusy { load, capacity },
        Strategy::LongestIdle => Rule::LongestIdle { idle_seconds: seconds_since(idle_since) },
        Strategy::RoundRobin => Rule::InTurn { given_seconds: seconds_since(given_at) },
    };
    Some((index, rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agent::{Availability, Presence};
    use crate::domain::routing::Exclusion;
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn candidate(number: u128, load: i32, idle_minutes: i64, presence: Presence) -> Candidate {
        Candidate {
            agent: Agent {
                user: UserId(Uuid::from_u128(number)),
                name: format!("agent {number}"),
                availability: Availability::Online,
                load,
                capacity: 2,
                idle_since: NOW - jiff::SignedDuration::from_mins(idle_minutes),
                given_at: NOW - jiff::SignedDuration::from_mins(idle_minutes),
                here_at: NOW,
                teams: Vec::new(),
                may_reply: true,
                signed_off: None,
            },
            presence,
            skills: Levels::new(),
        }
    }

    fn waiting(count: u128) -> Vec<Waiting> {
        let waiting = |number| Waiting {
            conversation: ConversationId(Uuid::from_u128(100 + number)),
            contact: ContactId(Uuid::from_u128(200 + number)),
            inbox: InboxId(Uuid::from_u128(300)),
            queue: QueueId(Uuid::from_u128(400)),
            priority: Priority::Normal,
            queued_at: Some(NOW),
            last_agent: None,
            is_past_last: false,
            asked: Asked::default(),
            rather: None,
        };
        (0..count).map(waiting).collect()
    }

    fn decide(waiting: &[Waiting], candidates: Vec<Candidate>) -> Vec<Assignment> {
        super::decide(waiting, Round::new(candidates, Strategy::LeastBusy, NOW))
    }

    fn chosen(assignments: &[Assignment]) -> Vec<u128> {
        assignments.iter().map(|assignment| assignment.agent.0.as_u128()).collect()
    }

    #[test]
    fn the_least_busy_comes_first_then_the_longest_idle() {
        let candidates =
            vec![candidate(1, 1, 50, Presence::Online), candidate(2, 0, 1, Presence::Online), candidate(3, 0, 9, Presence::Online)];
        assert_eq!(chosen(&decide(&waiting(2), candidates)), [3, 2]);
    }

    #[test]
    fn a_strategy_says_who_of_those_with_room_comes_first() {
        let mut candidates =
            vec![candidate(1, 1, 50, Presence::Online), candidate(2, 0, 1, Presence::Online), candidate(3, 2, 90, Presence::Online)];
        candidates[1].agent.given_at = NOW - jiff::SignedDuration::from_mins(70);
        let by = |strategy, count| chosen(&super::decide(&waiting(count), Round::new(candidates.clone(), strategy, NOW)));
        assert_eq!(by(Strategy::LeastBusy, 2), [2, 1]);
        assert_eq!(by(Strategy::LongestIdle, 2), [1, 2], "the third has been idle for longest and has no room");
        assert_eq!(by(Strategy::RoundRobin, 3), [2, 1, 2], "whoever was given something longest ago, and round again");
        let busy = vec![candidate(1, 5, 9, Presence::Online), candidate(2, 0, 1, Presence::Online)];
        let busy: Vec<Candidate> = busy
            .into_iter()
            .map(|mut one| {
                one.agent.capacity = 99;
                one
            })
            .collect();
        assert_eq!(chosen(&super::decide(&waiting(6), Round::new(busy, Strategy::RoundRobin, NOW))), [1, 2, 1, 2, 1, 2], "however busy");
        assert_eq!(by(Strategy::Manual, 2), [0_u128; 0], "people take what they choose");
        let mut back = waiting(1);
        back[0].last_agent = Some(UserId(Uuid::from_u128(1)));
        assert_eq!(chosen(&super::decide(&back, Round::new(candidates.clone(), Strategy::RoundRobin, NOW))), [1], "theirs before");
        assert!(super::decide(&back, Round::new(candidates.clone(), Strategy::Manual, NOW)).is_empty());
        let rule = |strategy| super::decide(&waiting(1), Round::new(candidates.clone(), strategy, NOW)).remove(0).reason.rule;
        assert_eq!(rule(Strategy::LongestIdle), Rule::LongestIdle { idle_seconds: 50 * 60 });
        assert_eq!(rule(Strategy::RoundRobin), Rule::InTurn { given_seconds: 70 * 60 });
    }

    #[test]
    fn a_reason_names_whoever_came_next_and_counts_the_others_of_a_large_team() {
        let present = |number: u128| match number % 10 {
            0 => candidate(number, 0, 5, Presence::Online),
            1 => candidate(number, 2, 5, Presence::Online),
            2 => candidate(number, 0, 5, Presence::Away),
            _ => candidate(number, 0, 5, Presence::Offline),
        };
        let mut candidates: Vec<Candidate> = (1..=300).map(present).collect();
        let reason = |candidates: &[Candidate]| decide(&waiting(1), candidates.to_vec()).remove(0).reason;
        let told = reason(&candidates);
        let numbers: Vec<u128> = told.considered.iter().map(|considered| considered.user.0.as_u128()).collect();
        assert_eq!(numbers, (1..=12).map(|number| number * 10).collect::<Vec<_>>());
        let (away, offline, full) = (Some(Exclusion::Away), Some(Exclusion::Offline), Some(Exclusion::Full));
        assert_eq!(told.more, [(None, 18), (away, 30), (offline, 210), (full, 30)]);
        candidates.reverse();
        assert_eq!(reason(&candidates), told, "the same of the same team");
        assert!(serde_json::to_string(&told).unwrap().len() < 2_000);
        assert_eq!(reason(&candidates[290..]).more, []);
    }

    #[test]
    fn a_choice_made_again_from_what_was_kept_of_it_is_the_same_word_for_word() {
        let present = |number: u128| match number % 7 {
            0 => candidate(number, 0, i64::try_from(number % 50).unwrap(), Presence::Online),
            1 => candidate(number, 1, 5, Presence::Online),
            2 => candidate(number, 2, 5, Presence::Online),
            3 => candidate(number, 0, 5, Presence::Away),
            _ => candidate(number, 0, 5, Presence::Offline),
        };
        for count in [2, 7, 40, 300] {
            for strategy in [Strategy::LeastBusy, Strategy::LongestIdle, Strategy::RoundRobin] {
                let candidates: Vec<Candidate> = (0..count).map(present).collect();
                let mut all = waiting(30);
                all[1].last_agent = Some(UserId(Uuid::from_u128(1)));
                (all[2].last_agent, all[2].is_past_last) = (Some(UserId(Uuid::from_u128(0))), true);
                let chosen = super::decide(&all, Round::new(candidates, strategy, NOW));
                assert!(!chosen.is_empty());
                for assignment in chosen {
                    let kept = serde_json::to_value((&assignment.record, &assignment.reason)).unwrap();
                    let (record, reason): (Record, AssignmentReason) = serde_json::from_value(kept).unwrap();
                    assert_eq!(record.again(&reason), Some((assignment.agent, assignment.reason)), "{strategy:?} of {count}");
                    assert!(record.holds(&reason));
                    let other = AssignmentReason { rule: Rule::Taken, ..reason };
                    assert!(!record.holds(&other));
                }
            }
        }
    }

    #[test]
    fn nobody_gets_more_than_their_capacity_and_the_rest_waits() {
        let candidates = vec![candidate(1, 1, 0, Presence::Online), candidate(2, 0, 0, Presence::Online)];
        let assignments = decide(&waiting(9), candidates);
        assert_eq!(assignments.len(), 3);
    }

    #[test]
    fn the_absent_and_the_away_are_passed_over_and_said_so() {
        let candidates =
            vec![candidate(1, 0, 9, Presence::Offline), candidate(2, 0, 9, Presence::Away), candidate(3, 1, 0, Presence::Online)];
        let assignments = decide(&waiting(1), candidates);
        assert_eq!(chosen(&assignments), [3]);
        let excluded: Vec<_> = assignments[0].reason.considered.iter().map(|considered| considered.excluded.clone()).collect();
        assert_eq!(excluded, [None, Some(Exclusion::Away), Some(Exclusion::Offline)]);
    }

    #[test]
    fn a_customer_who_comes_back_meets_the_same_agent_if_that_one_is_there_with_room() {
        let mut back = waiting(1);
        back[0].last_agent = Some(UserId(Uuid::from_u128(1)));
        let there = vec![candidate(1, 1, 0, Presence::Online), candidate(2, 0, 9, Presence::Online)];
        assert_eq!(chosen(&decide(&back, there)), [1]);
        let gone = vec![candidate(1, 1, 0, Presence::Offline), candidate(2, 0, 9, Presence::Online)];
        assert_eq!(chosen(&decide(&back, gone)), [2]);
    }

    #[test]
    fn what_somebody_did_not_answer_is_for_somebody_else_if_anybody_is_there() {
        let mut past = waiting(1);
        (past[0].last_agent, past[0].is_past_last) = (Some(UserId(Uuid::from_u128(1))), true);
        let both = vec![candidate(1, 0, 9, Presence::Online), candidate(2, 1, 0, Presence::Online)];
        assert_eq!(chosen(&decide(&past, both)), [2]);
        let full = vec![candidate(1, 0, 9, Presence::Online), candidate(2, 2, 0, Presence::Online)];
        assert_eq!(chosen(&decide(&past, full)), [1]);
    }

    #[test]
    fn who_comes_behind_one_that_does_not_stand_any_more_is_decided_anew() {
        let candidates = vec![candidate(1, 0, 9, Presence::Online), candidate(2, 0, 0, Presence::Online)];
        let assignments = decide(&waiting(4), candidates.clone());
        assert_eq!(chosen(&assignments), [1, 2, 1, 2]);
        let agents = |loads: [i32; 2], capacity| {
            let now = candidates.iter().zip(loads).map(|(candidate, load)| Agent { load, capacity, ..candidate.agent.clone() });
            now.map(|agent| (agent.user, agent)).collect::<HashMap<_, _>>()
        };
        assert_eq!(standing(&assignments, &agents([0, 0], 2)), 4);
        assert_eq!(standing(&assignments, &agents([0, 0], 1)), 2, "who has room for one is given one");
        assert_eq!(standing(&assignments, &agents([0, 1], 9)), 1, "the second agent is busier than they were thought to be");
        assert_eq!(standing(&assignments, &agents([-1, -1], 9)), 4, "whoever is less busy may have it all the same");
        let mut gone_meanwhile = agents([0, 0], 9);
        gone_meanwhile.get_mut(&candidates[1].agent.user).unwrap().availability = Availability::Away;
        assert_eq!(standing(&assignments, &gone_meanwhile), 1, "the second agent went away while it was chosen");
        let mut without_the_first = agents([0, 0], 2);
        without_the_first.remove(&candidates[0].agent.user);
        assert_eq!(standing(&assignments, &without_the_first), 0, "who has left has no room");
    }
}

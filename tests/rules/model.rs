//! Customers, agents, supervisors and time in random order, against the simplest telling of who gets whom. Each sequence can be repeated by
//! its seed: `BATON_MODEL_SEED=17`; `BATON_MODEL_WORLDS` runs more of them.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use baton::domain::access::Role;
use baton::domain::agent::{Agent, Availability, Presence};
use baton::domain::command::{BulkTarget, Command, TransferTarget};
use baton::domain::conversation::{Controller, Conversation, Holder, State};
use baton::domain::ids::{ConversationId, QueueId, UserId};
use baton::domain::lease::Lease;
use baton::domain::overdue::AnswerWithin;
use baton::domain::routing::{Candidate, Levels, Priority, Round, Strategy, Waiting, decide};
use baton::domain::signing_off::{SignedOff, SigningOff};
use jiff::{SignedDuration, Timestamp};

use crate::any_order::Chance;
use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

/// 100,000 steps.
const WORLDS: u64 = 250;
const STEPS: usize = 400;

const CUSTOMERS: usize = 10;
const QUEUES: [QueueId; 3] = [ORDERS, BILLING, SUPPORT];
const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_happens_nobody_is_stuck_and_nobody_is_passed_over() {
    let seeds = match number("BATON_MODEL_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("BATON_MODEL_WORLDS").unwrap_or(WORLDS),
    };
    let mut told = Told::default();
    for seed in seeds {
        let run = catch_unwind(AssertUnwindSafe(|| run(seed)));
        let of_run = run.unwrap_or_else(|_| panic!("BATON_MODEL_SEED={seed} repeats it"));
        told.assigned += of_run.assigned;
        told.returned += of_run.returned;
        told.full += of_run.full;
    }
    // What never happens is not tested.
    assert!(told.assigned > 100 && told.returned > 10 && told.full > 100, "{told:?}");
}

/// How often it came to something.
#[derive(Debug, Default)]
struct Told {
    assigned: usize,
    /// Leases that ended.
    returned: usize,
    /// Steps after which somebody waited, as nobody had room.
    full: usize,
}

struct World<'a> {
    shop: &'a Shop,
    chance: Chance,
    phones: Vec<Phone<'a>>,
    agents: Vec<Colleague<'a>>,
    supervisor: Colleague<'a>,
    /// Who has a page open.
    here: HashMap<UserId, bool>,
    strategies: HashMap<QueueId, Strategy>,
    /// For so many steps no node looks after anything.
    down: usize,
    told: Told,
}

fn run(seed: u64) -> Told {
    let shop = Shop::without_a_flow();
    let mut chance = Chance(seed);
    let agents: Vec<Colleague<'_>> =
        (0..5).map(|number| shop.hires(&format!("Agent {number}"), Role::Agent, 1 + chance.below(3) as i32)).collect();
    let supervisor = shop.hires("Sue", Role::Supervisor, 0);
    let phones = (0..CUSTOMERS).map(|number| shop.phone(&format!("Customer {number}"))).collect();
    let here = agents.iter().map(|agent| (agent.person.user, true)).collect();
    let strategies = QUEUES.map(|queue| (queue, *chance.one_of(&Strategy::ALL))).into();
    let mut world = World { shop: &shop, chance, phones, agents, supervisor, here, strategies, down: 0, told: Told::default() };
    for _ in 0..STEPS {
        world.step();
        world.pages_are_written_down();
        if world.down > 0 {
            world.down -= 1;
            continue;
        }
        world.leases_end();
        QUEUES.into_iter().for_each(|queue| world.routes(queue));
        world.nobody_is_stuck();
    }
    world.told
}

impl<'a> World<'a> {
    fn phone(&mut self) -> Phone<'a> {
        *self.chance.one_of(&self.phones)
    }

    fn agent(&mut self) -> usize {
        self.chance.below(self.agents.len())
    }

    fn queue(&mut self) -> QueueId {
        *self.chance.one_of(&QUEUES)
    }

    /// A conversation under way, if there is one.
    fn under_way(&mut self) -> Option<Conversation> {
        let all: Vec<Conversation> =
            self.conversations().into_iter().filter(|conversation| conversation.state != State::Resolved).collect();
        (!all.is_empty()).then(|| self.chance.one_of(&all).clone())
    }

    fn conversations(&self) -> Vec<Conversation> {
        self.shop.tables.borrow().conversations.iter().map(|kept| kept.conversation.clone()).collect()
    }

    fn row(&self, agent: usize) -> Agent {
        self.agents[agent].row()
    }

    /// Somebody does something, or time passes. What is refused is refused.
    fn step(&mut self) {
        let (agent, other) = (self.agent(), self.agent());
        let (user, to) = (self.agents[agent].person.user, self.agents[other].person.user);
        match self.chance.below(22) {
            0..=5 => _ = self.phone().writes("hello"),
            6..=8 => self.of(user, |world, conversation| {
                let message = baton::domain::ids::MessageId(world.shop.fresh());
                world.agents[agent].sends(conversation, message, "yes", None).ok();
            }),
            9..=10 => self.of(user, |world, conversation| {
                let by = world.agents[agent].person.clone();
                world.shop.about(conversation, Command::Resolve { by }).ok();
            }),
            11 => self.any(|world, conversation| {
                let by = world.agents[agent].person.clone();
                world.shop.about(conversation.id, Command::Take { by }).ok();
            }),
            12 => {
                let target = if self.chance.below(2) == 0 { TransferTarget::Agent(to) } else { TransferTarget::Queue(self.queue()) };
                self.any(|world, conversation| {
                    let by = world.supervisor.person.clone();
                    world.shop.about(conversation.id, Command::Transfer { by, to: target, note: None }).ok();
                });
            }
            13 => {
                let priority = *self.chance.one_of(&PRIORITIES);
                self.any(|world, conversation| {
                    let by = world.supervisor.person.clone();
                    world.shop.about(conversation.id, Command::SetPriority { by, to: priority }).ok();
                });
            }
            14 => _ = self.here.insert(user, false),
            15 => self.comes(agent),
            16 => self.signs_off(agent, to),
            17 => {
                let (capacity, minutes) = (self.chance.below(4) as i32, self.chance.below(12) as i32);
                let mut tables = self.shop.tables.borrow_mut();
                tables.agents.get_mut(&user).unwrap().capacity = capacity;
                Arc::get_mut(&mut tables.workplace).unwrap().answer = (minutes > 1).then_some(AnswerWithin { minutes });
            }
            18 => {
                let (queue, strategy) = (self.queue(), *self.chance.one_of(&Strategy::ALL));
                self.strategies.insert(queue, strategy);
            }
            19 => self.any(|world, conversation| {
                let by = world.supervisor.person.clone();
                let (from, to) = (conversation.holder(), BulkTarget::OwnQueue);
                if let Holder::Agent(_) = from {
                    world.shop.about(conversation.id, Command::BulkTransfer { by, from, to }).ok();
                }
            }),
            20 => self.down = self.chance.below(6),
            _ => {
                let seconds = 5 + self.chance.below(150) as i64;
                self.shop.passes(SignedDuration::from_secs(seconds));
            }
        }
        // Nothing happens at the same moment.
        self.shop.passes(SignedDuration::from_millis(1 + self.chance.below(900) as i64));
    }

    fn any(&mut self, act: impl FnOnce(&mut Self, Conversation)) {
        if let Some(conversation) = self.under_way() {
            act(self, conversation);
        }
    }

    /// Does something to one of those that somebody holds.
    fn of(&mut self, user: UserId, act: impl FnOnce(&mut Self, ConversationId)) {
        let held: Vec<ConversationId> = self.held_by(user);
        if !held.is_empty() {
            let conversation = *self.chance.one_of(&held);
            act(self, conversation);
        }
    }

    fn held_by(&self, user: UserId) -> Vec<ConversationId> {
        let is_theirs = |conversation: &Conversation| conversation.controller == (Controller::Agent { user });
        self.conversations().into_iter().filter(is_theirs).map(|conversation| conversation.id).collect()
    }

    /// Signs in, or opens a page again.
    fn comes(&mut self, agent: usize) {
        let user = self.agents[agent].person.user;
        self.here.insert(user, true);
        let mut tables = self.shop.tables.borrow_mut();
        let row = tables.agents.get_mut(&user).unwrap();
        (row.signed_off, row.availability) = (None, Availability::Online);
    }

    fn signs_off(&mut self, agent: usize, to: UserId) {
        let (by, now) = (self.agents[agent].person.clone(), self.shop.now());
        let until = now + SignedDuration::from_mins(3);
        let choice = match self.chance.below(3) {
            0 => SigningOff::Keep { until },
            1 => SigningOff::HandOver { to },
            _ => SigningOff::Return,
        };
        let keep_until = if let SigningOff::Keep { until } = choice { Some(until) } else { None };
        self.shop.tables.borrow_mut().agents.get_mut(&by.user).unwrap().signed_off = Some(SignedOff { at: now, keep_until });
        self.here.insert(by.user, self.chance.below(2) == 0);
        for conversation in self.held_by(by.user) {
            self.shop.about(conversation, Command::SignOff { by: by.clone(), choice }).ok();
        }
    }

    /// As each node does every few seconds, also while nothing else is looked after.
    fn pages_are_written_down(&self) {
        let mut tables = self.shop.tables.borrow_mut();
        let now = tables.now;
        for (user, _) in self.here.iter().filter(|(_, is_here)| **is_here) {
            tables.agents.get_mut(user).unwrap().here_at = now;
        }
    }

    /// Whoever is here keeps what they hold, unless they said until when.
    fn leases_end(&mut self) {
        let signed_off: Vec<UserId> =
            self.agents.iter().map(Colleague::row).filter(|row| row.signed_off.is_some()).map(|row| row.user).collect();
        for conversation in self.conversations() {
            if let Controller::Agent { user } = conversation.controller
                && (!self.here[&user] || signed_off.contains(&user))
                && self.shop.about(conversation.id, Command::EndLease { of: user }).is_ok()
            {
                self.told.returned += 1;
            }
        }
    }

    fn candidates(&self) -> Vec<Candidate> {
        let candidate = |agent: &Colleague<'_>| {
            let row = agent.row();
            // As the store tells it: whoever signed off is away.
            let availability = if row.signed_off.is_some() { Availability::Away } else { row.availability };
            Candidate { presence: Presence::of(self.here[&row.user], availability), agent: row, skills: Levels::new() }
        };
        self.agents.iter().map(candidate).collect()
    }

    fn waiting(&self, queue: QueueId) -> Vec<Conversation> {
        let mut waiting = self.conversations();
        waiting.retain(|conversation| conversation.holder() == Holder::Queue(queue));
        waiting.sort_by_key(|conversation| (std::cmp::Reverse(conversation.priority), conversation.queued_at, conversation.id));
        waiting
    }

    /// Gives away what waits, and holds each choice against the simplest telling.
    fn routes(&mut self, queue: QueueId) {
        let (waiting, strategy, now) = (self.waiting(queue), self.strategies[&queue], self.shop.now());
        let of: Vec<Waiting> = waiting.iter().filter_map(Waiting::of).collect();
        let chosen = decide(&of, Round::new(self.candidates(), strategy, now));
        let expected = expected(&waiting, &self.candidates(), strategy, now);
        let got: Vec<(ConversationId, UserId)> = chosen.iter().map(|one| (one.waiting.conversation, one.agent)).collect();
        assert_eq!(got, expected, "{strategy:?}");
        for assignment in chosen {
            self.shop.about(assignment.waiting.conversation, assignment.command()).unwrap();
            self.told.assigned += 1;
        }
    }

    /// What must hold whenever nodes have looked after everything.
    fn nobody_is_stuck(&mut self) {
        let now = self.shop.now();
        for conversation in self.conversations() {
            if let Controller::Agent { user } = conversation.controller {
                let place = self.agents.iter().position(|agent| agent.person.user == user).unwrap();
                let Agent { here_at, signed_off, .. } = self.row(place);
                let kept = signed_off.filter(|it| conversation.assigned_at.is_none_or(|at| at <= it.at)).and_then(|it| it.keep_until);
                let since = conversation.assigned_at.map_or(here_at, |at| at.max(here_at));
                let ends = kept.unwrap_or(since + SignedDuration::from_mins(i64::from(Lease::USUAL)));
                assert!(now < ends, "{} is left with somebody who is gone", conversation.id);
            }
        }
        let has_room = |candidate: &Candidate| {
            candidate.presence == Presence::Online && candidate.agent.may_reply && candidate.agent.load < candidate.agent.capacity
        };
        let room = self.candidates().iter().filter(|candidate| has_room(candidate)).count();
        for queue in QUEUES {
            let waits = self.waiting(queue).len();
            assert!(waits == 0 || room == 0 || self.strategies[&queue] == Strategy::Manual, "{waits} wait and {room} have room");
            self.told.full += usize::from(waits > 0);
        }
    }
}

/// One after the other: whoever comes first gets whoever had them before, or else whoever is first by the strategy; whoever let them wait
/// comes last.
fn expected(waiting: &[Conversation], candidates: &[Candidate], strategy: Strategy, now: Timestamp) -> Vec<(ConversationId, UserId)> {
    let mut free: Vec<Agent> =
        candidates.iter().filter(|candidate| candidate.presence == Presence::Online).map(|candidate| candidate.agent.clone()).collect();
    let mut given = Vec::new();
    for conversation in waiting.iter().filter(|_| strategy != Strategy::Manual) {
        free.retain(|agent| agent.may_reply && agent.load < agent.capacity);
        let was_let_wait = conversation.assignment_reason.is_none();
        let last = free.iter().position(|agent| Some(agent.user) == conversation.last_agent);
        let key = |agent: &Agent| {
            let first = match strategy {
                Strategy::LeastBusy => (agent.load, agent.idle_since),
                Strategy::LongestIdle => (0, agent.idle_since),
                Strategy::RoundRobin | Strategy::Manual => (0, agent.given_at),
            };
            (Some(agent.user) == conversation.last_agent, first, agent.load, agent.user)
        };
        let by_strategy = (0..free.len()).min_by_key(|place| key(&free[*place]));
        let Some(place) = last.filter(|_| !was_let_wait).or(by_strategy) else { break };
        let agent = &mut free[place];
        given.push((conversation.id, agent.user));
        agent.load += 1;
        let moment = now + SignedDuration::from_micros(given.len() as i64);
        (agent.idle_since, agent.given_at) = (moment, moment);
    }
    given
}

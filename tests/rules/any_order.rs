//! Whatever happens in whatever order: `Shop::check` holds after every command. Each sequence can be repeated by its seed.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use baton::domain::Command;
use baton::domain::access::Role;
use baton::domain::command::Settlement;
use baton::domain::delivery::{Backoff, Outcome, Reaction};
use baton::domain::event::{Event, QueuedBecause};
use baton::domain::ids::{ClaimId, ConversationId, MessageId};
use baton::domain::inbound::StatusReport;
use baton::domain::message::{Author, Failure, Status};
use baton::domain::unspoken::Unspoken;
use jiff::SignedDuration;

use crate::bots::{BOT, OTHER_BOT, Program};
use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

const SEQUENCES: u64 = 2_000;
const COMMANDS: usize = 40;

/// SplitMix64.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }

    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }
}

#[test]
fn whatever_happens_one_speaks_loads_are_right_and_the_journal_has_no_gap() {
    for seed in 0..SEQUENCES {
        let outcome = catch_unwind(AssertUnwindSafe(|| play(seed)));
        assert!(outcome.is_ok(), "the sequence of seed {seed} broke a rule; what happened stands above");
    }
}

#[test]
fn the_sequences_come_by_everything_worth_seeing() {
    let stories: String = (0..200).map(play).collect();
    for kind in [
        "flow_started",
        "bot_started",
        "handed_off",
        "conversation_transferred",
        "conversation_reopened",
        "conversation_resolved",
        "message_resent",
        "act_undone",
        "owner_gone",
    ] {
        assert!(stories.contains(kind), "{kind} never happens in these sequences");
    }
}

/// Plays one sequence and tells the stories of its conversations.
fn play(seed: u64) -> String {
    let mut chance = Chance(seed);
    let shop = if chance.below(4) == 0 { Shop::without_a_flow() } else { Shop::opens() };
    let team = [shop.hires("Ana", Role::Agent, 1), shop.hires("Ben", Role::Agent, 2), shop.hires("Sue", Role::Supervisor, 2)];
    let phones = ["Mia", "Noa", "Oli", "Pia"].map(|name| shop.phone(name));
    for _ in 0..COMMANDS {
        step(&shop, &team, &phones, &mut chance);
    }
    let tables = shop.tables.borrow();
    let mut told = String::new();
    for recorded in tables.conversations.iter().flat_map(|kept| &kept.journal) {
        let is_of_somebody_gone = matches!(recorded.event, Event::ConversationQueued { because: QueuedBecause::OwnerGone { .. }, .. });
        let kind = if is_of_somebody_gone { "owner_gone" } else { recorded.event.kind() };
        writeln!(told, "{kind}").expect("a string takes what is written");
    }
    told
}

fn step(shop: &Shop, team: &[Colleague<'_>], phones: &[Phone<'_>], chance: &mut Chance) {
    let phone = chance.one_of(phones);
    let has_written = phone.shop.latest(phone.contact).is_some();
    match chance.below(if has_written { 11 } else { 2 }) {
        0 | 1 => writes(phone, chance),
        2 => shop.routes(),
        3 => passes(shop, chance),
        4 | 5 => delivers(shop, chance),
        6 => programs(shop, phone, chance),
        _ => works(team, phone, chance),
    }
}

fn writes(phone: &Phone<'_>, chance: &mut Chance) {
    match chance.below(10) {
        0 => phone.writes("hi"),
        1 => phone.writes("agent"),
        2 => phone.writes("204817"),
        3 => phone.taps("orders"),
        4 => phone.taps("billing"),
        5 => phone.taps("late"),
        6 => phone.sends_a_picture(),
        7 => phone.sends_something(),
        8 => phone.does(Unspoken::Edit { of: None, text: Some("204817".to_owned()) }),
        _ => phone.reacts("👍"),
    };
}

fn passes(shop: &Shop, chance: &mut Chance) {
    let seconds = *chance.one_of(&[1, 5, 61, 3_700, 3_600 * 12, 3_600 * 25]);
    shop.passes(SignedDuration::from_secs(seconds));
}

/// Refusals are answers; only what the shop is checked for counts here.
fn works(team: &[Colleague<'_>], phone: &Phone<'_>, chance: &mut Chance) {
    let person = chance.one_of(team);
    match chance.below(11) {
        0 => person.takes(phone).ok(),
        1 => person.replies(phone, "let me see").map(|_| Vec::new()).ok(),
        2 => person.resolves(phone).ok(),
        3 => person.reopens(phone).ok(),
        4 => person.gives(phone, chance.one_of(team), None).ok(),
        5 => person.puts(phone, *chance.one_of(&[ORDERS, BILLING, SUPPORT])).ok(),
        6 => person.notes(phone, "hm").ok(),
        7 => undoes(person, phone, chance),
        8 => resolves_and_undoes(person, phone),
        9 => person.shop.about(phone.id(), Command::EndLease { of: person.person.user }).ok(),
        _ => reopens_an_old_one(person, phone, chance),
    };
}

/// Two bots, of which at most one speaks.
fn programs(shop: &Shop, phone: &Phone<'_>, chance: &mut Chance) {
    let bot = Program { shop, bot: *chance.one_of(&[BOT, OTHER_BOT]) };
    match chance.below(4) {
        0 | 1 => bot.starts(phone).ok(),
        2 => bot.replies(phone, "let me look that up").map(|_| Vec::new()).ok(),
        _ => bot.hands_off(phone, ["orders", "billing", "nowhere"][chance.below(3)]).ok(),
    };
}

/// Whatever stands somewhere in the journal, as a hand-made form may ask.
fn undoes(person: &Colleague<'_>, phone: &Phone<'_>, chance: &mut Chance) -> Option<Vec<baton::domain::Event>> {
    let last = phone.conversation().last_seq;
    let back = i64::try_from(chance.below(6)).expect("a small number");
    person.undoes_that(phone, last - back).ok()
}

fn resolves_and_undoes(person: &Colleague<'_>, phone: &Phone<'_>) -> Option<Vec<baton::domain::Event>> {
    person.resolves(phone).ok()?;
    phone.shop.routes();
    person.undoes_that(phone, phone.conversation().last_seq).ok()
}

fn reopens_an_old_one(person: &Colleague<'_>, phone: &Phone<'_>, chance: &mut Chance) -> Option<Vec<baton::domain::Event>> {
    let of_phone = |shop: &Shop| {
        let tables = shop.tables.borrow();
        let own = tables.conversations.iter().filter(|kept| kept.conversation.contact == phone.contact);
        own.map(|kept| kept.conversation.id).collect::<Vec<_>>()
    };
    let conversation = *chance.one_of(&of_phone(phone.shop));
    person.reopens_that(conversation).ok()
}

/// WhatsApp answers, reports, or is silent; a person decides about what nobody knows.
fn delivers(shop: &Shop, chance: &mut Chance) {
    let ours: Vec<_> = shop.tables.borrow().messages.iter().filter(|kept| kept.message.author != Author::Contact).cloned().collect();
    if ours.is_empty() {
        return;
    }
    let asked: Vec<_> = ours.iter().filter(|kept| kept.known.is_asked).cloned().collect();
    let kind = chance.below(3);
    let kept = chance.one_of(if kind == 2 && !asked.is_empty() { &asked } else { &ours });
    let message = kept.known.id;
    let command = match kind {
        // Of a claim that has it, of one that had it, or of none there ever was.
        0 => {
            let claim = if kept.known.outbox.is_some() && chance.below(3) > 0 { shop.claims(message) } else { ClaimId(shop.fresh()) };
            match chance.below(6) {
                0 => Command::RecordLapse { message, claim },
                _ => Command::RecordDelivery { message, claim, attempts: 1, outcome: outcome(message, chance) },
            }
        }
        1 => Command::RecordStatus(report(shop, message, chance)),
        _ => {
            let by = who_may_answer(shop, kept.conversation);
            Command::Settle { by, message, choice: *chance.one_of(&[Settlement::Resend, Settlement::Leave]) }
        }
    };
    shop.about(kept.conversation, command).ok();
}

/// Who holds it, or else somebody.
fn who_may_answer(shop: &Shop, conversation: ConversationId) -> baton::domain::command::Person {
    let holder = shop.kept(conversation).conversation.controller.agent();
    let tables = shop.tables.borrow();
    let anybody = tables.agents.values().min_by_key(|agent| agent.user);
    let agent = holder.and_then(|user| tables.agents.get(&user)).or(anybody).expect("somebody works here");
    baton::domain::command::Person { user: agent.user, name: agent.name.clone(), rights: Role::Agent.rights().unwrap() }
}

fn outcome(message: MessageId, chance: &mut Chance) -> Outcome {
    let failure = Failure { code: 131_056, title: "slow down".to_owned() };
    match chance.below(5) {
        0 => Outcome::Accepted { wamid: format!("wamid.{message}"), recipient: Vec::new() },
        1 => Outcome::Refused { failure, reaction: Reaction::Retry { backoff: Backoff::Pair } },
        2 => Outcome::Refused { failure, reaction: Reaction::Never },
        3 => Outcome::Unsent { reason: "no connection".to_owned(), backoff: Backoff::Connection },
        _ => Outcome::Unknown { reason: "no answer".to_owned() },
    }
}

fn report(shop: &Shop, message: MessageId, chance: &mut Chance) -> StatusReport {
    let status = *chance.one_of(&[Status::Sent, Status::Delivered, Status::Read, Status::Failed]);
    StatusReport {
        wamid: format!("wamid.{message}"),
        message: Some(message),
        status,
        at: shop.now(),
        failure: None,
        reaction: None,
        recipient: Vec::new(),
    }
}

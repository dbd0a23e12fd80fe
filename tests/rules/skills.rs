//! Skills: what a conversation wants of whoever has it, who is given it, and what is wanted less of when nobody is free.

use std::sync::Arc;

use baton::domain::command::{Command, TransferTarget};
use baton::domain::conditions::{Known, compile, stored};
use baton::domain::event::Event;
use baton::domain::ids::{EntryRuleId, QueueId, SkillId};
use baton::domain::refusal::Refusal;
use baton::domain::routing::skills::{RuleLanguage, Widening};
use baton::domain::routing::{Asked, EntryRule, EntryRules, Levels, RuleSkills, Skill, WideningStep};
use baton::domain::timer::Timer;
use baton::domain::workplace::Workplace;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::json;
use uuid::Uuid;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::{ORDERS, SUPPORT, Shop};

const SPANISH: SkillId = SkillId(Uuid::from_u128(0x51));
const REFUNDS: SkillId = SkillId(Uuid::from_u128(0x52));

impl Shop {
    pub fn sets_up(&self, change: impl FnOnce(&mut Workplace)) {
        let mut tables = self.tables.borrow_mut();
        let mut workplace = (*tables.workplace).clone();
        change(&mut workplace);
        tables.workplace = Arc::new(workplace);
    }

    /// There are two skills, and everything that comes in wants these.
    fn wants(&self, asked: Asked, language: Option<RuleLanguage>) {
        self.sets_up(|workplace| {
            let skill = |id, name: &str, language: Option<&str>| Skill { id, name: name.to_owned(), language: language.map(str::to_owned) };
            workplace.skills = vec![skill(SPANISH, "Spanish", Some("es")), skill(REFUNDS, "Refunds", None)];
            let words = workplace.vocabulary.clone();
            let rule = EntryRule {
                id: EntryRuleId(Uuid::from_u128(0x80)),
                name: "All".to_owned(),
                condition: compile(&stored::read(&json!({"all": []})).unwrap(), Known { words: &words, inboxes: None, people: None })
                    .unwrap(),
                queue: None,
                priority: None,
                tags: Vec::new(),
                skills: RuleSkills { asked, language },
            };
            workplace.entry = Arc::new(EntryRules { zone: TimeZone::UTC, rules: vec![rule] });
        });
    }

    fn widens(&self, queue: QueueId, steps: &[(i32, Widening)]) {
        let step = |(after, does): &(i32, Widening)| WideningStep { after: *after, does: does.as_str().to_owned() };
        self.sets_up(|workplace| _ = workplace.widening.insert(queue, steps.iter().map(step).collect()));
    }

    fn skilled(&self, name: &str, skills: &[(SkillId, i16)]) -> Colleague<'_> {
        let colleague = self.agent(name);
        self.tables.borrow_mut().skills.insert(colleague.person.user, skills.iter().copied().collect());
        colleague
    }
}

fn levels(all: &[(SkillId, i16)]) -> Levels {
    all.iter().copied().collect()
}

fn required(all: &[(SkillId, i16)]) -> Asked {
    Asked { required: levels(all), preferred: Levels::new() }
}

fn steps_told(phone: &Phone<'_>) -> Vec<(Widening, i64)> {
    let told = |event: &Event| if let Event::SkillsWidened { does, seconds, .. } = event { Some((*does, *seconds)) } else { None };
    phone.kept().journal.iter().filter_map(|line| told(&line.event)).collect()
}

fn asked_of(phone: &Phone<'_>) -> Option<Asked> {
    phone.conversation().skills.map(|wants| wants.asked)
}

#[test]
fn whoever_has_what_is_required_is_given_it_although_somebody_else_is_less_busy() {
    let shop = Shop::without_a_flow();
    let (ana, ben) = (shop.skilled("Ana", &[]), shop.skilled("Ben", &[(SPANISH, 3)]));
    let busy = shop.phone("Noa");
    busy.writes("hi");
    ben.takes(&busy).unwrap();
    shop.wants(required(&[(SPANISH, 2)]), None);
    let phone = shop.phone("Mia");
    phone.writes("hola");
    shop.routes();
    assert!(ben.holds(&phone) && !ana.holds(&phone));
    let reason = phone.conversation().assignment_reason.unwrap();
    assert!(reason.fit.unwrap().is_only_one);
}

#[test]
fn the_language_of_the_customer_is_required_where_there_is_a_skill_for_it() {
    let shop = Shop::without_a_flow();
    shop.wants(Asked::default(), Some(RuleLanguage { is_required: true, level: 2 }));
    let speaks = |phone: &Phone<'_>, language: &str| {
        shop.tables.borrow_mut().contacts.get_mut(&phone.contact).unwrap().language = Some(language.to_owned());
        phone.writes("hola");
        asked_of(phone)
    };
    assert_eq!(speaks(&shop.phone("Mia"), "es-MX"), Some(required(&[(SPANISH, 2)])));
    assert_eq!(speaks(&shop.phone("Noa"), "ca"), None, "nobody is asked for what there is not");
}

#[test]
fn a_person_takes_and_hands_on_whatever_they_lack_and_what_is_wanted_goes_along() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 5)]), None);
    let (ana, ben) = (shop.skilled("Ana", &[]), shop.skilled("Ben", &[]));
    let phone = shop.phone("Mia");
    phone.writes("hola");
    shop.routes();
    assert_eq!(phone.conversation().controller.agent(), None, "nobody has it");
    ana.takes(&phone).unwrap();
    let to = TransferTarget::Agent(ben.person.user);
    shop.about(phone.id(), Command::Transfer { by: ana.person.clone(), to, note: None }).unwrap();
    assert!(ben.holds(&phone));
    ben.puts(&phone, ORDERS).unwrap();
    assert_eq!(asked_of(&phone), Some(required(&[(SPANISH, 5)])));
    ben.takes(&phone).unwrap();
    ben.resolves(&phone).unwrap();
    shop.passes(SignedDuration::from_mins(1));
    phone.writes("One more thing: where is it?");
    assert_eq!(asked_of(&phone), None, "who comes back begins anew");
}

#[test]
fn step_by_step_less_is_wanted_and_the_place_in_line_stays() {
    let shop = Shop::without_a_flow();
    shop.wants(Asked { required: levels(&[(SPANISH, 2)]), preferred: levels(&[(REFUNDS, 1)]) }, None);
    shop.widens(
        SUPPORT,
        &[(60, Widening::DropPreferred), (120, Widening::LowerLevel), (150, Widening::LowerLevel), (180, Widening::DropRequired)],
    );
    let ana = shop.skilled("Ana", &[]);
    let phone = shop.phone("Mia");
    phone.writes("hola");
    let queued_at = phone.conversation().queued_at;
    let mut seen = Vec::new();
    for _ in 0..4 {
        shop.passes(SignedDuration::from_secs(59));
        shop.routes();
        seen.push(asked_of(&phone).unwrap().count());
    }
    assert_eq!(seen, [2, 1, 1, 0]);
    let told = [(Widening::DropPreferred, 60), (Widening::LowerLevel, 120), (Widening::DropRequired, 180)];
    assert_eq!(steps_told(&phone), told, "a step that changes nothing is passed over");
    assert!(ana.holds(&phone), "anybody may take it");
    let wants = phone.conversation().skills.unwrap();
    assert_eq!(wants.first.unwrap().required, levels(&[(SPANISH, 2)]));
    assert_eq!(phone.kept().journal.iter().filter(|line| matches!(line.event, Event::ConversationQueued { .. })).count(), 1);
    assert!(queued_at.is_some() && shop.tables.borrow().timers.is_empty());
    // Back in the same queue it is as it was left; in another one as at first.
    ana.puts(&phone, SUPPORT).unwrap();
    assert_eq!(asked_of(&phone), Some(Asked::default()));
    ana.puts(&phone, ORDERS).unwrap();
    assert_eq!(asked_of(&phone).unwrap().count(), 2);
}

#[test]
fn a_timer_is_there_only_while_somebody_waits_for_a_step() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 1)]), None);
    shop.widens(SUPPORT, &[(60, Widening::DropRequired)]);
    let (ana, ben) = (shop.skilled("Ana", &[]), shop.skilled("Ben", &[(SPANISH, 1)]));
    let timers = || shop.tables.borrow().timers.len();
    let phone = shop.phone("Mia");
    phone.writes("hola");
    assert_eq!(timers(), 1);
    shop.routes();
    assert!(ben.holds(&phone));
    assert_eq!(timers(), 0, "somebody has it");
    ben.puts(&phone, ORDERS).unwrap();
    assert_eq!(timers(), 0, "that queue has no steps");
    ben.puts(&phone, SUPPORT).unwrap();
    assert_eq!(timers(), 1);
    ana.resolves(&phone).unwrap();
    assert_eq!(timers(), 0);
}

#[test]
fn the_set_up_as_it_is_when_a_step_is_due_decides() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 1)]), None);
    shop.widens(SUPPORT, &[(60, Widening::DropRequired)]);
    let phone = shop.phone("Mia");
    phone.writes("hola");
    // Later than it was: it is set again.
    shop.widens(SUPPORT, &[(90, Widening::DropRequired)]);
    shop.passes(SignedDuration::from_secs(61));
    assert_eq!((steps_told(&phone), shop.tables.borrow().timers.len()), (vec![], 1));
    // A newer set-up that this node has not heard of is waited for.
    let ring = |version| shop.about(phone.id(), Command::TimerDue { timer: Timer::Waiting { version } });
    assert!(matches!(ring(7).unwrap().as_slice(), [Event::TimerSet { .. }]));
    // A skill that is gone asks for nothing, and a step that is gone never comes.
    shop.sets_up(|workplace| workplace.widening.clear());
    assert_eq!(ring(0), Err(Refusal::Duplicate));
    shop.sets_up(|workplace| workplace.skills.clear());
    let ana = shop.skilled("Ana", &[]);
    shop.routes();
    assert!(ana.holds(&phone));
}

/// Steps are counted from what was wanted at first, not by how many were taken.
#[test]
fn a_step_that_is_another_than_the_one_that_was_taken_is_taken_too() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 3)]), None);
    shop.widens(SUPPORT, &[(60, Widening::LowerLevel)]);
    let phone = shop.phone("Mia");
    phone.writes("hola");
    shop.passes(SignedDuration::from_secs(61));
    assert_eq!(asked_of(&phone), Some(required(&[(SPANISH, 2)])));
    let waiting = || shop.tables.borrow().timers.values().find(|(timer, _)| matches!(timer, Timer::Waiting { .. })).map(|(_, due)| *due);
    let recount = || shop.about(phone.id(), Command::Recount { overdue: None, waiting: waiting() });
    shop.widens(SUPPORT, &[(90, Widening::DropRequired)]);
    recount().unwrap();
    assert_eq!(recount(), Err(Refusal::Duplicate), "nothing is another");
    shop.passes(SignedDuration::from_secs(30));
    assert_eq!(asked_of(&phone), Some(required(&[])));
    shop.widens(SUPPORT, &[(30, Widening::LowerLevel)]);
    assert_eq!((recount(), asked_of(&phone)), (Err(Refusal::Duplicate), Some(required(&[]))), "what was let go is not wanted again");
}

#[test]
fn undoing_a_transfer_gives_back_what_was_let_go_already() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 3)]), None);
    shop.widens(SUPPORT, &[(60, Widening::LowerLevel)]);
    let (sue, phone) = (shop.supervisor("Sue"), shop.phone("Mia"));
    phone.writes("hola");
    shop.passes(SignedDuration::from_secs(61));
    let before = phone.conversation();
    sue.puts(&phone, ORDERS).unwrap();
    assert_eq!(asked_of(&phone), Some(required(&[(SPANISH, 3)])));
    let seq = phone.kept().journal.iter().rev().find(|line| line.act().is_some()).unwrap().seq;
    shop.about(phone.id(), Command::Undo { by: sue.person.clone(), seq }).unwrap();
    let after = phone.conversation();
    assert_eq!((after.skills, after.queued_at), (before.skills, before.queued_at));
}

#[test]
fn what_is_taken_out_of_a_flow_is_of_the_queue_that_it_would_have_gone_to() {
    let shop = Shop::opens();
    let (ana, phone) = (shop.agent("Ana"), shop.phone("Mia"));
    phone.writes("hello");
    assert_eq!(phone.conversation().queue, None);
    ana.takes(&phone).unwrap();
    assert_eq!(phone.conversation().queue, Some(shop.tables.borrow().inbox.default_queue));
    let seq = phone.conversation().last_seq;
    shop.about(phone.id(), Command::Undo { by: ana.person.clone(), seq }).unwrap();
    assert_eq!(phone.conversation().queue, None);
}

#[test]
fn what_was_chosen_for_other_wants_is_not_given() {
    let shop = Shop::without_a_flow();
    shop.wants(required(&[(SPANISH, 1)]), None);
    shop.widens(SUPPORT, &[(60, Widening::DropRequired)]);
    let ben = shop.skilled("Ben", &[(SPANISH, 1)]);
    let phone = shop.phone("Mia");
    phone.writes("hola");
    let conversation = phone.conversation();
    let stale = |needs| Command::Assign {
        to: ben.person.user,
        reason: baton::domain::routing::AssignmentReason::plain(baton::domain::routing::Rule::Taken),
        queue: SUPPORT,
        queued_at: conversation.queued_at,
        needs,
    };
    assert_eq!(shop.about(phone.id(), stale(0)), Err(Refusal::Overtaken { name: None }));
    shop.about(phone.id(), stale(conversation.needs())).unwrap();
    assert!(ben.holds(&phone));
}

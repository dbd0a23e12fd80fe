//! Bots speak as a flow does, and never over a person.

use baton::domain::command::{Command, ReplyContent, Settlement};
use baton::domain::conversation::{Controller, Holder, State};
use baton::domain::delivery::Priority;
use baton::domain::event::{Actor, Event};
use baton::domain::filter::Topic;
use baton::domain::ids::{BotId, ConversationId, MessageId};
use baton::domain::message::{Author, Status};
use baton::domain::{Refusal, conversation::Listing};
use jiff::SignedDuration;
use uuid::Uuid;

use crate::brief::brief;
use crate::customers::Phone;
use crate::sends::lost;
use crate::shop::{BILLING, ORDERS, SUPPORT, Shop};

pub const BOT: BotId = BotId(Uuid::from_u128(0x60));
pub const OTHER_BOT: BotId = BotId(Uuid::from_u128(0x61));

/// A bot with its shop.
pub struct Program<'a> {
    pub shop: &'a Shop,
    pub bot: BotId,
}

type Answer = Result<Vec<Event>, Refusal>;

impl Program<'_> {
    pub fn starts(&self, phone: &Phone<'_>) -> Answer {
        self.shop.about(phone.id(), Command::StartBot { bot: self.bot })
    }

    pub fn replies(&self, phone: &Phone<'_>, text: &str) -> Result<MessageId, Refusal> {
        let message = MessageId(self.shop.fresh());
        self.sends(phone, message, text, None).map(|_| message)
    }

    fn sends(&self, phone: &Phone<'_>, message: MessageId, text: &str, seen: Option<i64>) -> Answer {
        let content = ReplyContent::Text { body: text.to_owned() };
        self.shop.about(phone.id(), Command::BotReply { bot: self.bot, message, content, reply_to: None, seen })
    }

    /// Hands over to the queue of that key.
    pub fn hands_off(&self, phone: &Phone<'_>, queue: &str) -> Answer {
        let brief = brief(queue, self.shop.now());
        self.shop.about(phone.id(), Command::BotHandOff { bot: self.bot, brief: Box::new(brief) })
    }
}

/// A customer with whom the bot speaks, after the flow's first question.
fn begun(shop: &Shop) -> (Phone<'_>, Program<'_>) {
    let (phone, bot) = (shop.phone("Mia"), Program { shop, bot: BOT });
    phone.writes("hi");
    shop.passes(SignedDuration::from_secs(10));
    bot.starts(&phone).unwrap();
    (phone, bot)
}

fn has(phone: &Phone<'_>, controller: Controller) -> bool {
    phone.conversation().controller == controller
}

#[test]
fn what_a_flow_had_is_a_bots_and_nothing_is_left_of_the_flow() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    assert!(has(&phone, Controller::Bot { bot: BOT }));
    assert_eq!(phone.kept().session, None);
    assert!(shop.tables.borrow().timers.is_empty(), "a deadline of the flow is left");
    let message = bot.replies(&phone, "Which lamp is it?").unwrap();
    let said = phone.received();
    let last = said.last().unwrap();
    assert_eq!((last.id, last.author, Priority::of(last.author)), (message, Author::Bot { bot: BOT }, Priority::Flow));
    assert_eq!(bot.starts(&phone), Err(Refusal::Duplicate), "it has it already");
}

#[test]
fn a_customer_who_writes_to_a_bot_is_heard_and_nothing_of_the_flow_runs() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    let events = phone.writes("204817");
    assert!(matches!(&events[..], [Event::MessageReceived { .. }]), "{events:?}");
    let events = phone.writes("agent");
    assert!(matches!(&events[..], [Event::MessageReceived { .. }]), "what it means is the bot's to say: {events:?}");
    shop.passes(SignedDuration::from_hours(23));
    assert!(has(&phone, Controller::Bot { bot: BOT }));
    assert!(phone.conversation().waiting_since.is_some(), "they wait for a person as with a flow");
    bot.replies(&phone, "still here").unwrap();
    assert!(phone.conversation().waiting_since.is_some());
}

#[test]
fn nobody_but_the_bot_that_has_it_speaks_until_a_person_takes_it() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    let (ana, other) = (shop.agent("Ana"), Program { shop: &shop, bot: OTHER_BOT });
    assert_eq!(ana.replies(&phone, "hello"), Err(Refusal::HeldByBot));
    assert_eq!(other.replies(&phone, "hello"), Err(Refusal::HeldByBot));
    assert_eq!(other.hands_off(&phone, "orders"), Err(Refusal::HeldByBot));
    ana.notes(&phone, "a regular").unwrap();
    ana.takes(&phone).unwrap();
    let held = Refusal::HeldByAnother { name: "Ana".to_owned() };
    assert_eq!(bot.replies(&phone, "one more thing"), Err(held.clone()));
    assert_eq!(bot.hands_off(&phone, "orders"), Err(held.clone()));
    assert_eq!(bot.starts(&phone), Err(held), "what a person holds is never a bot's");
    ana.replies(&phone, "hello").unwrap();
    ana.puts(&phone, ORDERS).unwrap();
    assert_eq!(bot.replies(&phone, "one more thing"), Err(Refusal::NotTaken));
    ana.resolves(&phone).unwrap();
    assert_eq!(bot.replies(&phone, "one more thing"), Err(Refusal::Resolved));
    assert_eq!(bot.starts(&phone), Err(Refusal::Resolved));
    assert_eq!(bot.hands_off(&phone, "orders"), Err(Refusal::Resolved));
}

#[test]
fn a_bot_says_nothing_into_a_flow() {
    let shop = Shop::opens();
    let (phone, bot) = (shop.phone("Mia"), Program { shop: &shop, bot: BOT });
    phone.writes("hi");
    assert_eq!(bot.replies(&phone, "hello"), Err(Refusal::HeldByFlow));
}

#[test]
fn what_waits_in_a_queue_or_is_another_bots_can_be_given_to_a_bot() {
    let shop = Shop::without_a_flow();
    let (phone, bot, ana) = (shop.phone("Mia"), Program { shop: &shop, bot: BOT }, shop.agent("Ana"));
    phone.writes("hi");
    bot.starts(&phone).unwrap();
    shop.routes();
    let conversation = phone.conversation();
    assert_eq!((conversation.controller, conversation.queued_at, ana.row().load), (Controller::Bot { bot: BOT }, None, 0));
    Program { shop: &shop, bot: OTHER_BOT }.starts(&phone).unwrap();
    assert!(has(&phone, Controller::Bot { bot: OTHER_BOT }));
    assert_eq!(bot.replies(&phone, "hello"), Err(Refusal::HeldByBot));
}

#[test]
fn a_bot_hands_over_to_the_queue_it_names_with_its_brief() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    let events = bot.hands_off(&phone, "billing").unwrap();
    assert!(matches!(
        &events[..],
        [Event::HandedOff { by: Actor::Bot { bot: BOT }, .. }, Event::ConversationQueued { queue: BILLING, .. }]
    ));
    let conversation = phone.conversation();
    assert_eq!(conversation.holder(), Holder::Queue(BILLING));
    assert_eq!(conversation.brief.unwrap().topic.as_deref(), Some("A broken lamp"));
    let ana = shop.agent("Ana");
    shop.routes();
    assert!(ana.holds(&phone));
    assert_eq!(bot.hands_off(&phone, "billing"), Err(Refusal::HeldByAnother { name: "Ana".to_owned() }), "it is not the bot's any more");
}

#[test]
fn a_bot_that_names_no_queue_there_is_brings_the_customer_to_people_all_the_same() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    bot.hands_off(&phone, "nowhere").unwrap();
    let conversation = phone.conversation();
    assert_eq!((conversation.holder(), conversation.brief.unwrap().queue.as_str()), (Holder::Queue(SUPPORT), "support"));
}

#[test]
fn people_take_hand_on_and_resolve_what_a_bot_has_and_take_that_back() {
    let acts: [fn(&crate::people::Colleague<'_>, &Phone<'_>) -> Answer; 3] =
        [|ana, phone| ana.takes(phone), |ana, phone| ana.puts(phone, ORDERS), |ana, phone| ana.resolves(phone)];
    for act in acts {
        for speaks in [false, true] {
            let shop = Shop::opens();
            let (phone, bot) = begun(&shop);
            let ana = shop.agent("Ana");
            let seq = phone.conversation().last_seq + 1;
            act(&ana, &phone).unwrap();
            assert!(!has(&phone, Controller::Bot { bot: BOT }));
            if speaks {
                // The bot was not told, and nobody would answer them.
                phone.writes("which one do you mean?");
                assert_eq!(ana.undoes_that(&phone, seq), Err(Refusal::Overtaken { name: None }));
                continue;
            }
            ana.undoes_that(&phone, seq).unwrap();
            assert!(has(&phone, Controller::Bot { bot: BOT }));
            bot.replies(&phone, "where were we?").unwrap();
        }
    }
}

#[test]
fn an_act_is_not_taken_back_from_a_bot_that_has_it_since() {
    let shop = Shop::opens();
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("agent");
    let seq = phone.conversation().last_seq + 1;
    ana.puts(&phone, ORDERS).unwrap();
    Program { shop: &shop, bot: BOT }.starts(&phone).unwrap();
    assert_eq!(ana.undoes_that(&phone, seq), Err(Refusal::Overtaken { name: None }));
}

#[test]
fn who_saw_it_elsewhere_takes_it_from_the_bot_that_has_it_now() {
    let shop = Shop::opens();
    let (phone, _) = begun(&shop);
    let ana = shop.agent("Ana");
    let seen = Holder::Bot(BOT);
    assert_eq!(seen.to_string().parse(), Ok(seen));
    assert_eq!(phone.conversation().holder(), seen);
    ana.having_seen(&phone, Holder::Flow, Command::Take { by: ana.person.clone() }).unwrap();
    assert!(ana.holds(&phone));
    let ben = shop.agent("Ben");
    let late = ben.having_seen(&phone, seen, Command::Take { by: ben.person.clone() });
    assert_eq!(late, Err(Refusal::GivenMeanwhile { name: "Ana".to_owned() }));
}

#[test]
fn who_comes_back_after_a_bot_comes_to_people() {
    let shop = Shop::opens();
    let (phone, ana) = (begun(&shop).0, shop.agent("Ana"));
    ana.resolves(&phone).unwrap();
    phone.writes("it is broken again");
    let conversation = phone.conversation();
    assert_eq!((conversation.state, conversation.holder()), (State::Open, Holder::Queue(SUPPORT)));
}

#[test]
fn a_customer_who_writes_elsewhere_from_now_on_is_left_with_no_bot() {
    let shop = Shop::opens();
    let (phone, _) = begun(&shop);
    let to = ConversationId(shop.fresh());
    shop.about(phone.id(), Command::MoveOn { to }).unwrap();
    assert_eq!(phone.conversation().state, State::Resolved);
}

#[test]
fn a_message_of_a_bot_that_fails_or_is_lost_leaves_it_with_the_bot() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    let message = bot.replies(&phone, "Which lamp is it?").unwrap();
    shop.reports(message, Status::Failed).unwrap();
    assert!(has(&phone, Controller::Bot { bot: BOT }));
    let unknown = bot.replies(&phone, "Are you there?").unwrap();
    shop.answers(unknown, 1, lost()).unwrap();
    shop.passes(SignedDuration::from_mins(2));
    let ana = shop.agent("Ana");
    assert_eq!(ana.settles(&phone, unknown, Settlement::Resend), Err(Refusal::HeldByBot));
    ana.takes(&phone).unwrap();
    ana.settles(&phone, unknown, Settlement::Leave).unwrap();
}

#[test]
fn a_bot_keeps_to_what_everybody_keeps_to_who_writes() {
    let shop = Shop::opens();
    let (phone, bot) = begun(&shop);
    let message = bot.replies(&phone, "Which lamp is it?").unwrap();
    assert_eq!(bot.sends(&phone, message, "Which lamp is it?", None), Err(Refusal::Duplicate), "a request that came twice is one message");
    assert_eq!(bot.replies(&phone, "  "), Err(Refusal::Empty));
    assert!(matches!(bot.replies(&phone, &"x".repeat(5_000)), Err(Refusal::TooLong { .. })));
    let seen = phone.conversation().last_seq;
    phone.writes("the green one");
    let late = bot.sends(&phone, MessageId(shop.fresh()), "Which colour?", Some(seen));
    assert_eq!(late, Err(Refusal::ThreadMovedOn { seen, now: seen + 1 }), "an old answer does not follow a new question");
    shop.passes(SignedDuration::from_hours(25));
    assert_eq!(bot.replies(&phone, "still there?"), Err(Refusal::WindowClosed));
}

#[test]
fn what_a_bot_has_is_listed_as_what_a_flow_has() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let places = |phone: &Phone<'_>| Topic::of(&Listing::of(&phone.conversation())).collect::<Vec<_>>();
    let with_flow = places(&phone);
    Program { shop: &shop, bot: BOT }.starts(&phone).unwrap();
    assert_eq!((places(&phone), with_flow), (vec![Topic::UnderWay], vec![Topic::UnderWay]));
}

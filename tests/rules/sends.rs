//! What became of our messages.

use baton::channels::whatsapp::errors::reaction;
use baton::domain::Refusal;
use baton::domain::command::{Command, Settlement};
use baton::domain::delivery::{Backoff, Outcome, Reaction};
use baton::domain::event::Event;
use baton::domain::ids::{ClaimId, MessageId};
use baton::domain::inbound::StatusReport;
use baton::domain::message::{Failure, Status};
use baton::domain::snapshot::{InOutbox, KnownMessage};
use jiff::SignedDuration;

use crate::customers::Phone;
use crate::people::Colleague;
use crate::shop::Shop;

impl Shop {
    pub fn sent(&self, message: MessageId) -> KnownMessage {
        self.tables.borrow().messages.iter().find(|kept| kept.known.id == message).expect("the message is kept").known.clone()
    }

    pub fn status(&self, message: MessageId) -> Status {
        self.sent(message).status
    }

    pub fn is_in_outbox(&self, message: MessageId) -> bool {
        self.sent(message).outbox.is_some()
    }

    /// A node takes a message up to send it.
    pub fn claims(&self, message: MessageId) -> ClaimId {
        let claim = ClaimId(self.fresh());
        self.stands_in_outbox(message, InOutbox::Claimed { claim, is_lapsed: false });
        claim
    }

    /// The node that took it up has it for longer than it may.
    fn lapses(&self, message: MessageId, claim: ClaimId) -> Result<Vec<Event>, Refusal> {
        self.stands_in_outbox(message, InOutbox::Claimed { claim, is_lapsed: true });
        self.of(message, Command::RecordLapse { message, claim })
    }

    fn stands_in_outbox(&self, message: MessageId, outbox: InOutbox) {
        let mut tables = self.tables.borrow_mut();
        let kept = tables.messages.iter_mut().find(|kept| kept.known.id == message).expect("the message is kept");
        assert!(kept.known.outbox.is_some(), "what is not in the outbox is not claimed");
        kept.known.outbox = Some(outbox);
    }

    /// WhatsApp says how far a message got; the report carries our id.
    pub fn reports(&self, message: MessageId, status: Status) -> Result<Vec<Event>, Refusal> {
        let failure = (status == Status::Failed).then(|| Failure { code: 131_026, title: "undeliverable".to_owned() });
        let wamid = format!("wamid.{message}");
        self.of(
            message,
            Command::RecordStatus(StatusReport {
                wamid,
                message: Some(message),
                status,
                at: self.now(),
                reaction: failure.as_ref().map(|failure: &Failure| reaction(failure.code)),
                failure,
                recipient: Vec::new(),
            }),
        )
    }

    /// A node takes it up, and this is the answer to its call.
    pub fn answers(&self, message: MessageId, attempts: u32, outcome: Outcome) -> Result<Vec<Event>, Refusal> {
        let claim = self.claims(message);
        self.answers_to(claim, message, attempts, outcome)
    }

    fn answers_to(&self, claim: ClaimId, message: MessageId, attempts: u32, outcome: Outcome) -> Result<Vec<Event>, Refusal> {
        self.of(message, Command::RecordDelivery { message, claim, attempts, outcome })
    }

    fn of(&self, message: MessageId, command: Command) -> Result<Vec<Event>, Refusal> {
        let conversation =
            self.tables.borrow().messages.iter().find(|kept| kept.known.id == message).expect("the message is kept").conversation;
        self.about(conversation, command)
    }
}

pub fn accepted(message: MessageId) -> Outcome {
    Outcome::Accepted { wamid: format!("wamid.{message}"), recipient: Vec::new() }
}

pub fn lost() -> Outcome {
    Outcome::Unknown { reason: "the answer was lost".to_owned() }
}

pub fn paused() -> Outcome {
    refused(Reaction::PauseInbox { for_seconds: 300 })
}

fn refused(reaction: Reaction) -> Outcome {
    Outcome::Refused { failure: Failure { code: 131_047, title: "no".to_owned() }, reaction }
}

/// A customer, who holds them, and a message on its way.
pub fn on_its_way<'a>(shop: &'a Shop) -> (Phone<'a>, Colleague<'a>, MessageId) {
    let (phone, ana) = (shop.phone("Mia"), shop.agent("Ana"));
    phone.writes("agent");
    ana.takes(&phone).unwrap();
    let message = ana.replies(&phone, "hello").unwrap();
    (phone, ana, message)
}

#[test]
fn statuses_converge_in_whatever_order_and_however_often_they_come() {
    let statuses = [Status::Sent, Status::Delivered, Status::Read, Status::Failed];
    for chosen in subsets(&statuses) {
        let ends: Vec<(Status, Option<String>)> = permutations(&chosen).iter().map(|order| after(order)).collect();
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{chosen:?} ends as {ends:?}");
        let expected = [Status::Read, Status::Delivered, Status::Failed, Status::Sent].into_iter().find(|status| chosen.contains(status));
        assert_eq!(Some(ends[0].0), expected, "{chosen:?}");
    }
}

/// How a message stands after reports in this order, each delivered twice.
fn after(order: &[Status]) -> (Status, Option<String>) {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    for status in order {
        shop.reports(message, *status).ok();
        assert_eq!(shop.reports(message, *status), Err(Refusal::Duplicate), "a second {status:?} changes nothing");
    }
    assert!(!shop.is_in_outbox(message), "what WhatsApp speaks of was sent");
    (shop.status(message), shop.sent(message).wamid)
}

fn subsets(statuses: &[Status]) -> Vec<Vec<Status>> {
    let chosen = |mask: usize| (0..statuses.len()).filter(|place| mask & (1 << place) != 0).map(|place| statuses[place]).collect();
    (1..1 << statuses.len()).map(chosen).collect()
}

fn permutations(statuses: &[Status]) -> Vec<Vec<Status>> {
    if statuses.len() <= 1 {
        return vec![statuses.to_vec()];
    }
    let mut all = Vec::new();
    for place in 0..statuses.len() {
        let mut others = statuses.to_vec();
        let first = others.remove(place);
        all.extend(permutations(&others).into_iter().map(|rest| [vec![first], rest].concat()));
    }
    all
}

#[test]
fn a_late_failure_is_shown_and_a_delivery_after_all_takes_it_back() {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    shop.answers(message, 1, accepted(message)).unwrap();
    shop.reports(message, Status::Sent).unwrap();
    let events = shop.reports(message, Status::Failed).unwrap();
    assert!(matches!(&events[0], Event::MessageStatusChanged { failure: Some(failure), .. } if failure.code == 131_026));
    let events = shop.reports(message, Status::Delivered).unwrap();
    assert!(matches!(&events[0], Event::MessageStatusChanged { failure: None, status: Status::Delivered, .. }));
}

#[test]
fn a_status_that_is_quicker_than_the_answer_counts() {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    let claim = shop.claims(message);
    shop.reports(message, Status::Delivered).unwrap();
    assert_eq!(shop.answers_to(claim, message, 1, accepted(message)), Err(Refusal::Duplicate));
    assert_eq!(shop.status(message), Status::Delivered);
}

#[test]
fn a_claim_that_lapsed_is_unknown_and_its_late_refusal_changes_nothing() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    let first = shop.claims(message);
    shop.lapses(message, first).unwrap();
    assert_eq!((shop.status(message), shop.is_in_outbox(message)), (Status::Unknown, false));
    let again = refused(Reaction::Retry { backoff: Backoff::Pair });
    assert_eq!(shop.answers_to(first, message, 1, again.clone()), Err(Refusal::Duplicate));
    shop.passes(SignedDuration::from_secs(61));
    ana.settles(&phone, message, Settlement::Resend).unwrap();
    let second = shop.claims(message);
    for late in [again, refused(Reaction::Never), lost(), Outcome::Unsent { reason: "late".to_owned(), backoff: Backoff::Preparation }] {
        assert_eq!(shop.answers_to(first, message, 1, late), Err(Refusal::Duplicate));
        assert_eq!(shop.sent(message).outbox, Some(InOutbox::Claimed { claim: second, is_lapsed: false }), "it is in other hands");
    }
    shop.answers_to(second, message, 1, accepted(message)).unwrap();
    assert_eq!((shop.status(message), shop.is_in_outbox(message)), (Status::Sending, false));
}

#[test]
fn a_claim_that_still_lasts_does_not_lapse() {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    let claim = shop.claims(message);
    assert_eq!(shop.of(message, Command::RecordLapse { message, claim }), Err(Refusal::Duplicate), "it was renewed meanwhile");
    let other = ClaimId(shop.fresh());
    assert_eq!(
        shop.lapses(message, claim).and_then(|_| shop.of(message, Command::RecordLapse { message, claim: other })),
        Err(Refusal::Duplicate)
    );
}

#[test]
fn that_whatsapp_took_it_counts_however_late_it_is_told() {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    let claim = shop.claims(message);
    shop.lapses(message, claim).unwrap();
    shop.passes(SignedDuration::from_secs(61));
    assert!(shop.sent(message).is_asked);
    shop.answers_to(claim, message, 1, accepted(message)).unwrap();
    assert_eq!((shop.status(message), shop.sent(message).is_asked), (Status::Sending, false), "nobody need decide any more");
    assert_eq!(shop.sent(message).wamid, Some(format!("wamid.{message}")));
    assert!(shop.tables.borrow().timers.is_empty());
}

#[test]
fn a_second_try_that_nobody_has_taken_up_is_called_off_when_the_first_turns_out_to_have_arrived() {
    let shop = Shop::opens();
    let (phone, ana, message) = on_its_way(&shop);
    let first = shop.claims(message);
    shop.lapses(message, first).unwrap();
    shop.passes(SignedDuration::from_secs(61));
    ana.settles(&phone, message, Settlement::Resend).unwrap();
    shop.answers_to(first, message, 1, accepted(message)).unwrap();
    assert_eq!((shop.status(message), shop.is_in_outbox(message)), (Status::Sending, false));
}

#[test]
fn a_report_about_a_message_that_is_not_ours_is_refused() {
    let shop = Shop::opens();
    let (phone, _, _) = on_its_way(&shop);
    let report = StatusReport {
        wamid: "wamid.elsewhere".to_owned(),
        message: None,
        status: Status::Sent,
        at: shop.now(),
        failure: None,
        reaction: None,
        recipient: Vec::new(),
    };
    assert_eq!(shop.about(phone.id(), Command::RecordStatus(report)), Err(Refusal::NothingToSettle));
}

#[test]
fn a_refused_send_is_tried_again_given_up_or_holds_the_number_as_the_refusal_says() {
    let shop = Shop::opens();
    let (_, _, message) = on_its_way(&shop);
    let postponed = |outcome, attempts| match shop.answers(message, attempts, outcome).unwrap().as_slice() {
        [Event::DeliveryPostponed { until, .. }] => (until.duration_since(shop.now()).as_secs(), false),
        [Event::DeliveryPostponed { until, .. }, Event::InboxPaused { until: pause, failure }] => {
            assert_eq!(until, pause);
            assert_eq!(failure.is_some(), pause.duration_since(shop.now()).as_secs() == 300, "a person is told what only a person mends");
            (until.duration_since(shop.now()).as_secs(), true)
        }
        other => panic!("{other:?}"),
    };
    let (seconds, whole_inbox) = postponed(refused(Reaction::Retry { backoff: Backoff::Pair }), 3);
    assert!((16..=20).contains(&seconds) && !whole_inbox, "{seconds} {whole_inbox}");
    let (seconds, whole_inbox) = postponed(refused(Reaction::Retry { backoff: Backoff::Throughput }), 1);
    assert!((1..=2).contains(&seconds) && whole_inbox, "{seconds} {whole_inbox}");
    let (seconds, whole_inbox) = postponed(Outcome::Unsent { reason: "no connection".to_owned(), backoff: Backoff::Connection }, 1);
    assert!((1..=2).contains(&seconds) && whole_inbox, "{seconds} {whole_inbox}");
    let (seconds, whole_inbox) = postponed(Outcome::Unsent { reason: "no picture".to_owned(), backoff: Backoff::Preparation }, 1);
    assert!((1..=2).contains(&seconds) && !whole_inbox, "its own trouble holds up nobody else: {seconds} {whole_inbox}");
    assert_eq!(postponed(refused(Reaction::PauseInbox { for_seconds: 300 }), 1), (300, true));
    assert!(shop.is_in_outbox(message));

    shop.answers(message, 2, refused(Reaction::Retry { backoff: Backoff::Once })).unwrap();
    assert_eq!((shop.status(message), shop.is_in_outbox(message)), (Status::Failed, false), "the second try of two was the last");
}

#[test]
fn a_send_that_will_be_refused_for_ever_fails_at_once() {
    for reaction in [Reaction::Never, Reaction::CloseWindow] {
        let shop = Shop::opens();
        let (_, _, message) = on_its_way(&shop);
        let events = shop.answers(message, 1, refused(reaction)).unwrap();
        assert!(
            matches!(&events[0], Event::MessageStatusChanged { status: Status::Failed, failure: Some(failure), .. } if failure.code == 131_047)
        );
        assert!(!shop.is_in_outbox(message));
    }
}

#[test]
fn when_whatsapp_says_that_the_window_has_closed_it_has_closed_here_too() {
    for is_told_later in [false, true] {
        let shop = Shop::opens();
        let (phone, ana, message) = on_its_way(&shop);
        let events = if is_told_later {
            shop.answers(message, 1, accepted(message)).unwrap();
            let failure = Some(Failure { code: 131_047, title: "no".to_owned() });
            let (wamid, reaction, at) = (format!("wamid.{message}"), Some(Reaction::CloseWindow), shop.now());
            let (status, message_id, recipient) = (Status::Failed, Some(message), Vec::new());
            let report = StatusReport { wamid, message: message_id, status, at, failure, reaction, recipient };
            shop.of(message, Command::RecordStatus(report))
        } else {
            shop.answers(message, 1, refused(Reaction::CloseWindow))
        };
        assert!(events.unwrap().contains(&Event::WindowClosed), "the thread does not say so");
        assert_eq!(ana.replies(&phone, "and now?"), Err(Refusal::WindowClosed), "the next answer would fail again");
        phone.writes("here I am");
        ana.replies(&phone, "good").unwrap();
    }
}

#[test]
fn what_the_flow_said_is_sent_and_told_like_any_message() {
    let shop = Shop::opens();
    let phone = shop.phone("Mia");
    phone.writes("hi");
    let said = phone.received()[0].id;
    shop.answers(said, 1, accepted(said)).unwrap();
    assert_eq!(shop.status(said), Status::Sending);
    shop.reports(said, Status::Read).unwrap();
    assert_eq!(shop.status(said), Status::Read);
}

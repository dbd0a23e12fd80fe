//! SLA policies in a real database: what is set up measures what is open, and a policy that a queue has does not go.

use std::time::Duration;

use baton::domain::Command;
use baton::domain::access::Role;
use baton::domain::ids::{QueueId, SlaPolicyId};
use baton::domain::overdue::Step;
use baton::domain::setup::command::{QueueChange, SlaPolicyChange, WorkspaceChange};
use baton::domain::setup::value::{SlaPolicy, Targets};
use baton::domain::setup::{Setup, SetupCommand, SetupRefusal};
use baton::domain::timer::Timer;
use uuid::Uuid;

use crate::setups::{by, refusal, with_two_administrators};

pub fn policy(name: &str, minutes: i32) -> SlaPolicy {
    let targets = Targets { low: Some(minutes), normal: Some(minutes), high: Some(minutes), urgent: None };
    let (name, in_hours) = (name.to_owned(), true);
    SlaPolicy { name, first_response: targets, in_hours, warn_percent: Some(50), pauses: true, ..SlaPolicy::default() }
}

pub fn chosen(queue: QueueId, policy: Option<SlaPolicyId>) -> SetupCommand {
    SetupCommand::ChangeQueue { queue, change: QueueChange { sla_policy: Some(policy), ..QueueChange::default() } }
}

/// Some of it cannot be: a policy that is gone, a share of nothing, no target at all.
pub fn change(setup: &Setup, number: u64, name: String) -> SetupCommand {
    let all: Vec<SlaPolicyId> = setup.sla_policies.keys().copied().collect();
    let some = all.get(usize::try_from(number / 8).unwrap() % all.len().max(1)).copied();
    let queue = setup.queues.keys().nth(usize::try_from(number / 16).unwrap() % setup.queues.len().max(1)).copied();
    match (number % 6, some, queue) {
        (1, Some(policy), _) => {
            let minutes = i32::try_from(number % 90).unwrap() - 1;
            let change = SlaPolicyChange {
                name: Some(name),
                resolution: Some(Targets { low: Some(minutes), ..Targets::default() }),
                warn_minutes: Some(Some(minutes)),
                warn_percent: Some(None),
                ..SlaPolicyChange::default()
            };
            SetupCommand::ChangeSlaPolicy { policy, change }
        }
        (2, Some(policy), _) => SetupCommand::RemoveSlaPolicy { policy },
        (3, some, Some(queue)) => chosen(queue, some.filter(|_| number.is_multiple_of(3))),
        (4, Some(policy), _) => {
            let change = SlaPolicyChange { pauses: Some(number.is_multiple_of(4)), ..SlaPolicyChange::default() };
            SetupCommand::ChangeSlaPolicy { policy, change }
        }
        _ => SetupCommand::AddSlaPolicy { policy: SlaPolicyId(Uuid::now_v7()), new: policy(&format!("Policy {}", number % 40), 15) },
    }
}

const DUE: &str =
    "SELECT count(*) FROM conversations WHERE sla_due_at BETWEEN now() + interval '28 minutes' AND now() + interval '31 minutes'
    AND sla_soon_at < sla_due_at AND clocks #>> '{response,clock}' = 'first_response'";

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_measures_what_is_open_when_a_queue_takes_it_and_is_told_of_once() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(6);
    let runner = &node.runner;
    let does = async |command| runner.configure(shop.workspace, &by(&iris), command, None).await;
    let waiting = shop.customers_wait(shop.support, 120).await;
    let gold = SlaPolicyId(Uuid::now_v7());
    does(SetupCommand::AddSlaPolicy { policy: gold, new: policy("Gold", 30) }).await.unwrap();
    assert!(!runner.recount().await.unwrap(), "no queue has it");
    does(chosen(shop.support, Some(gold))).await.unwrap();
    shop.execute("UPDATE conversations SET queued_at = now(), waiting_since = now()", &[]).await;
    assert!(runner.recount().await.unwrap());
    assert_eq!(shop.count(DUE).await, 120);
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind IN ('sla_warning', 'sla_breach')").await, 240);

    // Once more a little later, and then it is done.
    assert!(!runner.recount().await.unwrap());
    shop.execute("UPDATE recounts SET due_at = now()", &[]).await;
    assert!(runner.recount().await.unwrap() && !runner.recount().await.unwrap());
    assert_eq!(shop.count("SELECT count(*) FROM recounts").await, 0);

    // What is late is told of once, however often its timer comes.
    shop.execute("UPDATE timers SET due_at = now(), claimed_until = NULL WHERE kind = 'sla_warning'", &[]).await;
    for timer in shop.store.claim_timers("sla_warning", Duration::from_secs(60), 999).await.unwrap().timers {
        runner.ring(&timer).await.ok();
    }
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'sla_due_soon'").await, 0, "they came too early");
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind = 'sla_warning' AND due_at > now() + interval '9 minutes'").await, 120);
    let shorter = SlaPolicyChange { first_response: Some(policy("", 1).first_response), ..SlaPolicyChange::default() };
    does(SetupCommand::ChangeSlaPolicy { policy: gold, change: shorter }).await.unwrap();
    let earlier = "UPDATE conversations SET clocks = jsonb_set(jsonb_set(clocks, '{since}', to_jsonb(now() - interval '5 minutes')),
        '{response,since}', to_jsonb(now() - interval '5 minutes'))";
    shop.execute(earlier, &[]).await;
    assert!(runner.recount().await.unwrap());
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'sla_breached'").await, 120);
    shop.execute("UPDATE recounts SET due_at = now()", &[]).await;
    runner.recount().await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind IN ('sla_breached', 'sla_due_soon')").await, 120);

    // An answer that left ends it, past the door too: its timers find that nobody waits.
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    runner.run(shop.workspace, waiting[0], Command::Take { by: ana }).await.unwrap();
    shop.execute("UPDATE conversations SET waiting_since = NULL WHERE id = $1", &[&waiting[0].0]).await;
    let floor = shop.store.floor(shop.workspace, jiff::Timestamp::now()).await.unwrap();
    let support = floor.queues.iter().find(|queue| queue.id == shop.support).unwrap();
    assert_eq!((support.breached, support.breaching), (120, 0));

    let gone = refusal(does(SetupCommand::RemoveSlaPolicy { policy: gold }).await);
    assert_eq!(gone, SetupRefusal::SlaPolicyInUse { policy: "Gold".to_owned(), queue: "support".to_owned() });
    does(chosen(shop.support, None)).await.unwrap();
    runner.recount().await.unwrap();
    assert_eq!(shop.count("SELECT count(*) FROM conversations WHERE sla_due_at IS NOT NULL").await, 0);
    assert_eq!(shop.count("SELECT count(*) FROM timers WHERE kind IN ('sla_warning', 'sla_breach')").await, 0);
    let removed = does(SetupCommand::RemoveSlaPolicy { policy: gold }).await.unwrap();
    runner.undo_setup(shop.workspace, &by(&iris), removed.seq).await.unwrap();
    assert_eq!(shop.set_up_now().await.sla_policies[&gold].name, "Gold");
    shop.is_consistent().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_of_a_policy_is_refused_in_words() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let add = async |new| {
        let command = SetupCommand::AddSlaPolicy { policy: SlaPolicyId(Uuid::now_v7()), new };
        node.runner.configure(shop.workspace, &by(&iris), command, None).await
    };
    add(policy("Gold", 30)).await.unwrap();
    assert_eq!(refusal(add(policy("gold", 30)).await), SetupRefusal::SlaPolicyNameTaken { name: "gold".to_owned() });
    assert_eq!(refusal(add(policy("Nil", 0)).await), SetupRefusal::OutOfRange { value: 0, least: 1, most: 86_400 });
    let idle = SlaPolicy { first_response: Targets::default(), ..policy("Idle", 1) };
    assert_eq!(refusal(add(idle).await), SetupRefusal::SlaPolicyIdle { policy: "Idle".to_owned() });
    let twice = SlaPolicy { warn_minutes: Some(5), ..policy("Twice", 9) };
    assert_eq!(refusal(add(twice).await), SetupRefusal::SlaWarningTwice { policy: "Twice".to_owned() });
    let share = SlaPolicy { warn_percent: Some(100), ..policy("All", 9) };
    assert_eq!(refusal(add(share).await), SetupRefusal::OutOfRange { value: 100, least: 1, most: 99 });
    let unknown = node.runner.configure(shop.workspace, &by(&iris), chosen(shop.support, Some(SlaPolicyId(Uuid::now_v7()))), None).await;
    assert!(matches!(refusal(unknown), SetupRefusal::Unknown(_)));
}

/// Whoever owes an answer already when a time for answers is set or shortened has it from then on; a step that was taken is not taken again.
#[tokio::test(flavor = "multi_thread")]
async fn a_time_for_answers_holds_for_what_is_owed_already() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(6);
    let runner = &node.runner;
    let within = async |minutes| {
        let change = WorkspaceChange { answer_minutes: Some(minutes), ..WorkspaceChange::default() };
        runner.configure(shop.workspace, &by(&iris), SetupCommand::ChangeWorkspace { change }, None).await.unwrap();
        while runner.recount().await.unwrap() {}
    };
    let ana = shop.hires("Ana", Role::Agent, 8).await;
    for conversation in shop.customers_wait(shop.support, 2).await {
        runner.run(shop.workspace, conversation, Command::Take { by: ana.clone() }).await.unwrap();
    }
    assert_eq!(shop.count("SELECT count(*) FROM timers").await, 0);
    within(Some(60)).await;
    let nudges =
        "SELECT count(*) FROM timers WHERE kind = 'overdue' AND timer ->> 'step' = 'nudge' AND due_at > now() + interval '25 minutes'";
    assert_eq!(shop.count(nudges).await, 2);
    let step = serde_json::to_value(Timer::Overdue { step: Step::Alarm }).unwrap();
    shop.execute("UPDATE timers SET timer = $1 WHERE subject_id = (SELECT max(subject_id::text)::uuid FROM timers)", &[&step]).await;
    within(Some(20)).await;
    let sooner = "SELECT count(*) FROM timers WHERE kind = 'overdue' AND due_at < now() + interval '16 minutes'";
    assert_eq!((shop.count(sooner).await, shop.count("SELECT count(*) FROM timers WHERE timer ->> 'step' = 'alarm'").await), (2, 1));
    within(None).await;
    assert_eq!(shop.count("SELECT count(*) FROM timers").await, 0);
}

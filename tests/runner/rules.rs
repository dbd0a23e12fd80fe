//! Entry rules in a real database: what is set up decides where customers go, and what a rule speaks of does not go from under it.

use baton::domain::details::FieldOf;
use baton::domain::ids::{EntryRuleId, FieldId, QueueId, TagId};
use baton::domain::routing::RuleSkills;
use baton::domain::setup::command::EntryRuleChange;
use baton::domain::setup::rules::{Oddity, in_order, oddities};
use baton::domain::setup::value::{EntryRule, Tag};
use baton::domain::setup::{Setup, SetupCommand, SetupRefusal};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bodies::{message, store, work};
use crate::setups::{by, refusal, with_two_administrators};
use crate::tags::field_of;

pub fn rule_of(name: &str, conditions: Value, queue: Option<QueueId>) -> EntryRule {
    EntryRule {
        name: name.to_owned(),
        enabled: true,
        conditions,
        queue,
        priority: Some("high".to_owned()),
        tags: [].into(),
        skills: RuleSkills::default(),
        position: 0,
    }
}

/// Conditions of which some name a field that may be gone.
pub fn change(setup: &Setup, number: u64, name: String) -> SetupCommand {
    let all: Vec<EntryRuleId> = setup.entry_rules.keys().copied().collect();
    let rule = all.get(usize::try_from(number / 8).unwrap() % all.len().max(1)).copied();
    let field = setup.fields.values().next().map_or("gone", |field| field.key.as_str());
    let conditions = [
        json!({"subject": "message.text", "contains": format!("word {}", number % 9)}),
        json!({"all": [{"subject": format!("contact.fields.{field}"), "is": "x"}, {"not": [{"subject": "time.open", "is": "yes"}]}]}),
        json!({"all": []}),
    ][usize::try_from(number % 3).unwrap()]
    .clone();
    let queue = setup.queues.keys().nth(usize::try_from(number / 16).unwrap() % setup.queues.len().max(1)).copied();
    match (number % 5, rule) {
        (1, Some(rule)) => {
            let change = EntryRuleChange { name: Some(name), enabled: Some(number.is_multiple_of(2)), ..EntryRuleChange::default() };
            SetupCommand::ChangeEntryRule { rule, change }
        }
        (2, Some(rule)) => {
            let change = EntryRuleChange { conditions: Some(conditions), queue: Some(queue), ..EntryRuleChange::default() };
            SetupCommand::ChangeEntryRule { rule, change }
        }
        (3, Some(rule)) => SetupCommand::RemoveEntryRule { rule },
        _ => {
            let new = rule_of(&format!("Rule {}", number % 40), conditions, queue.filter(|_| number.is_multiple_of(4)));
            SetupCommand::AddEntryRule { rule: EntryRuleId(Uuid::now_v7()), new }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_go_where_a_rule_says_and_the_timeline_says_which_of_which_configuration() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let does = async |command| node.runner.configure(shop.workspace, &by(&iris), command, None).await;
    let inbox = shop.inbox;
    let none = baton::domain::setup::command::InboxChange { flow: Some(None), ..Default::default() };
    does(SetupCommand::ChangeInbox { inbox, change: none }).await.unwrap();
    let tag = TagId(Uuid::now_v7());
    let vip = Tag { name: "VIP".to_owned(), colour: "red".to_owned(), archived: false, merged_into: None };
    does(SetupCommand::AddTag { tag, new: vip }).await.unwrap();
    let (rule, conditions) = (EntryRuleId(Uuid::now_v7()), json!({"subject": "message.text", "contains": "tracking"}));
    let new = EntryRule { tags: [tag].into(), ..rule_of("Parcels", conditions, Some(shop.orders)) };
    let added = does(SetupCommand::AddEntryRule { rule, new }).await.unwrap();
    store(&shop.store, &[message("447700900002", "wamid.rule", "my tracking number?"), message("447700900003", "wamid.none", "hello")])
        .await;
    while work(&node.runner).await {}
    let sql = "SELECT c.queue_id, c.priority, c.details, e.event #> '{sent}' FROM conversations AS c
               JOIN events AS e ON e.subject_id = c.id AND e.kind = 'conversation_queued'
               ORDER BY c.priority DESC";
    let rows = shop.rows(sql, &[]).await;
    let sent: Value = rows[0].get(3);
    assert_eq!(sent, json!({"by": "rule", "rule": rule, "name": "Parcels", "version": added.seq}));
    assert_eq!((rows[0].get::<_, Uuid>(0), rows[0].get::<_, i16>(1)), (shop.orders.0, 2));
    assert_eq!(rows[0].get::<_, Value>(2)["tags"], json!([tag]));
    assert_eq!((rows[1].get::<_, i16>(1), rows[1].get::<_, Option<Value>>(3)), (1, None));
    let off = EntryRuleChange { enabled: Some(false), ..EntryRuleChange::default() };
    does(SetupCommand::ChangeEntryRule { rule, change: off }).await.unwrap();
    store(&shop.store, &[message("447700900004", "wamid.off", "my tracking number?")]).await;
    while work(&node.runner).await {}
    let off = shop.rows("SELECT count(*) FROM conversations WHERE priority = 2", &[]).await[0].get::<_, i64>(0);
    assert_eq!(off, 1, "a rule that is off sends nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_rule_speaks_of_does_not_go_from_under_it() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let does = async |command| node.runner.configure(shop.workspace, &by(&iris), command, None).await;
    let (field, rule) = (FieldId(Uuid::now_v7()), EntryRuleId(Uuid::now_v7()));
    let kind = baton::domain::details::FieldKind::Text;
    let plan = json!({"all": [{"subject": "contact.fields.plan", "is": "Gold"}]});
    let add = SetupCommand::AddEntryRule { rule, new: rule_of("Gold", plan, Some(shop.orders)) };
    let SetupRefusal::RuleFaulty { rule: named, fault } = refusal(does(add.clone()).await) else { panic!("another refusal") };
    assert_eq!((named.as_str(), fault.to_string().as_str()), ("Gold", "row 2: there is no field “plan”"));
    does(SetupCommand::AddField { field, new: field_of("plan", FieldOf::Contact, kind) }).await.unwrap();
    let added = does(add).await.unwrap();
    assert!(matches!(refusal(does(SetupCommand::RemoveField { field }).await), SetupRefusal::RuleFaulty { .. }));
    let gone = refusal(does(SetupCommand::RemoveQueue { queue: shop.orders, to: shop.support }).await);
    assert_eq!(gone, SetupRefusal::QueueOfRule { queue: "orders".to_owned(), rule: "Gold".to_owned() });

    let twin = SetupCommand::AddEntryRule { rule: EntryRuleId(Uuid::now_v7()), new: rule_of("gold", json!({"all": []}), None) };
    assert_eq!(refusal(does(twin).await), SetupRefusal::RuleNameTaken { name: "gold".to_owned() });
    let idle = EntryRule { priority: None, ..rule_of("Idle", json!({"all": []}), None) };
    let idle = SetupCommand::AddEntryRule { rule: EntryRuleId(Uuid::now_v7()), new: idle };
    assert_eq!(refusal(does(idle).await), SetupRefusal::RuleIdle { rule: "Idle".to_owned() });
    let word = EntryRuleChange { priority: Some(Some("burning".to_owned())), ..EntryRuleChange::default() };
    let unknown = refusal(does(SetupCommand::ChangeEntryRule { rule, change: word }).await);
    assert_eq!(unknown, SetupRefusal::PriorityUnknown { priority: "burning".to_owned() });

    // What is odd is told, and not refused.
    let last = EntryRuleId(Uuid::now_v7());
    does(SetupCommand::AddEntryRule { rule: last, new: rule_of("All", json!({"all": []}), None) }).await.unwrap();
    let first = EntryRuleChange { position: Some(-1), ..EntryRuleChange::default() };
    does(SetupCommand::ChangeEntryRule { rule: last, change: first }).await.unwrap();
    let setup = shop.set_up_now().await;
    assert_eq!(in_order(&setup.entry_rules).iter().map(|(id, _)| *id).collect::<Vec<_>>(), [last, rule]);
    let odd = oddities(&setup);
    assert_eq!((odd.get(&last), odd.get(&rule)), (Some(&Oddity::HidesLater), Some(&Oddity::HiddenBy("All".to_owned()))));
    node.runner.undo_setup(shop.workspace, &by(&iris), added.seq).await.unwrap();
    assert_eq!(shop.set_up_now().await.entry_rules.len(), 1);
    does(SetupCommand::RemoveField { field }).await.unwrap();
}

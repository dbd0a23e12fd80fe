//! Tags and fields: flows put them on conversations and customers, and random changes know them too.

use baton::domain::details::{COLOURS, FieldKind, FieldOf};
use baton::domain::ids::{FieldId, TagId};
use baton::domain::setup::command::{FieldChange, TagChange};
use baton::domain::setup::value::{Field, Tag};
use baton::domain::setup::{Setup, SetupCommand, SetupRefusal, Thing};
use serde_json::json;
use uuid::Uuid;

use crate::bodies::{message, store, work};
use crate::setups::{by, refusal, with_two_administrators};

pub fn tag_change(setup: &Setup, number: u64, name: String) -> SetupCommand {
    let all: Vec<TagId> = setup.tags.keys().copied().collect();
    let at = |number: u64| all.get(usize::try_from(number).unwrap() % all.len().max(1)).copied();
    let colour = COLOURS[usize::try_from(number).unwrap() % COLOURS.len()].to_owned();
    match (number % 4, at(number / 4), at(number / 8)) {
        (1, Some(tag), _) => SetupCommand::ChangeTag { tag, change: TagChange { name: Some(name), ..TagChange::default() } },
        (2, Some(tag), _) => {
            let change = TagChange { colour: Some(colour), archived: Some(number.is_multiple_of(3)), ..TagChange::default() };
            SetupCommand::ChangeTag { tag, change }
        }
        (3, Some(tag), Some(into)) => SetupCommand::MergeTag { tag, into },
        _ => SetupCommand::AddTag { tag: TagId(Uuid::now_v7()), new: Tag { name, colour, archived: false, merged_into: None } },
    }
}

pub fn field_change(setup: &Setup, number: u64, label: String) -> SetupCommand {
    let field = setup.fields.keys().next().copied();
    match (number % 3, field) {
        (1, Some(field)) => {
            let change = FieldChange { label: Some(label), shown: Some(number.is_multiple_of(2)), ..FieldChange::default() };
            SetupCommand::ChangeField { field, change }
        }
        (2, Some(field)) => SetupCommand::RemoveField { field },
        _ => SetupCommand::AddField {
            field: FieldId(Uuid::now_v7()),
            new: field_of(&format!("f{}", number % 50), FieldOf::Contact, FieldKind::Text),
        },
    }
}

pub fn field_of(key: &str, of: FieldOf, kind: FieldKind) -> Field {
    let (key, label) = (key.to_owned(), format!("The {key}"));
    Field { key, label, of, kind, choices: Vec::new(), shown: true, locked: false, position: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_puts_tags_on_conversations_and_writes_into_fields_that_are_defined() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let does = async |command| node.runner.configure(shop.workspace, &by(&iris), command, None).await;
    let flow = *shop.set_up_now().await.flows.keys().next().unwrap();
    let set = |field: &str, value: &str, next: &str| json!({ "kind": "set_field", "field": field, "value": value, "next": next });
    let definition = json!({
        "format": 1, "name": "Welcome", "start": "tag", "default_queue": "support",
        "nodes": {
            "tag": { "kind": "add_tag", "tag": "vip", "next": "reason" },
            "reason": set("reason", "Repair", "size"),
            "size": set("size", "huge", "plan"),
            "plan": set("plan", "Gold", "over"),
            "over": { "kind": "hand_off", "queue": "support" },
        },
    });
    let publish = SetupCommand::PublishFlow { flow, definition };
    let SetupRefusal::FlowFaulty { faults, .. } = refusal(does(publish.clone()).await) else { panic!("another refusal") };
    let missing = ["Node “plan”, field: there is no field “plan”.", "Node “reason”, field: there is no field “reason”."];
    assert_eq!(faults[..2], missing);
    assert_eq!(faults[3], "Node “tag”, tag: there is no tag “vip”.");
    let [vip, other] = [(); 2].map(|()| TagId(Uuid::now_v7()));
    for (tag, name) in [(vip, "VIP"), (other, "Important")] {
        let new = Tag { name: name.to_owned(), colour: "red".to_owned(), archived: false, merged_into: None };
        does(SetupCommand::AddTag { tag, new }).await.unwrap();
    }
    for (key, of, kind) in [
        ("reason", FieldOf::Conversation, FieldKind::Text),
        ("size", FieldOf::Conversation, FieldKind::Number),
        ("plan", FieldOf::Contact, FieldKind::Text),
    ] {
        does(SetupCommand::AddField { field: FieldId(Uuid::now_v7()), new: field_of(key, of, kind) }).await.unwrap();
    }
    does(publish).await.unwrap();
    store(&shop.store, &[message("447700900002", "wamid.tag", "hello")]).await;
    while work(&node.runner).await {}
    let row = &shop.rows("SELECT c.details, p.fields FROM conversations AS c JOIN contacts AS p ON p.id = c.contact_id", &[]).await[0];
    let (details, contact): (serde_json::Value, serde_json::Value) = (row.get(0), row.get(1));
    assert_eq!(details, json!({ "tags": [vip], "fields": { "reason": "Repair" } }), "“huge” is no number");
    assert_eq!(contact, json!({ "plan": "Gold" }));

    let archived = TagChange { archived: Some(true), ..TagChange::default() };
    let gone = refusal(does(SetupCommand::ChangeTag { tag: vip, change: archived }).await);
    assert!(matches!(gone, SetupRefusal::FlowFaulty { .. }), "a published flow names it: {gone:?}");
    let merged = does(SetupCommand::MergeTag { tag: other, into: vip }).await.unwrap();
    assert_eq!(refusal(does(SetupCommand::MergeTag { tag: vip, into: other }).await), SetupRefusal::Unknown(Thing::Tag), "no circle");
    let tags = shop.store.tags(shop.workspace).await.unwrap();
    let told: Vec<(&str, i64, Option<&str>)> =
        tags.iter().map(|tag| (tag.tag.name.as_str(), tag.conversations, tag.merged_into_name.as_deref())).collect();
    assert_eq!(told, [("VIP", 1, None), ("Important", 0, Some("VIP"))]);
    let has_other = "UPDATE conversations SET details = jsonb_build_object('tags', ARRAY[$1::uuid])";
    assert_eq!(shop.execute(has_other, &[&other.0]).await, 1);
    let counts: Vec<i64> = shop.store.tags(shop.workspace).await.unwrap().iter().map(|tag| tag.conversations).collect();
    assert_eq!(counts, [1, 1], "whoever has one that was merged counts as having the other");
    node.runner.undo_setup(shop.workspace, &by(&iris), merged.seq).await.unwrap();
    assert_eq!(shop.set_up_now().await.tags[&other].merged_into, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_tags_lead_to_one_that_counts_by_no_chain_and_in_no_circle() {
    let (shop, iris, _) = with_two_administrators().await;
    let node = shop.node(4);
    let does = async |command| node.runner.configure(shop.workspace, &by(&iris), command, None).await;
    let [a, b, c] = [(); 3].map(|()| TagId(Uuid::now_v7()));
    for (tag, name) in [(a, "A"), (b, "B"), (c, "C")] {
        let new = Tag { name: name.to_owned(), colour: "red".to_owned(), archived: false, merged_into: None };
        does(SetupCommand::AddTag { tag, new }).await.unwrap();
    }
    let merged = does(SetupCommand::MergeTag { tag: a, into: b }).await.unwrap();
    let apart = node.runner.undo_setup(shop.workspace, &by(&iris), merged.seq).await.unwrap();
    let other_way = does(SetupCommand::MergeTag { tag: b, into: a }).await.unwrap();
    let circle = node.runner.undo_setup(shop.workspace, &by(&iris), apart.seq).await;
    assert_eq!(refusal(circle), SetupRefusal::Unknown(Thing::Tag), "each would count in place of the other");
    let on = does(SetupCommand::MergeTag { tag: a, into: c }).await.unwrap();
    let tags = shop.set_up_now().await.tags;
    assert_eq!((tags[&a].merged_into, tags[&b].merged_into), (Some(c), Some(c)), "whatever was merged goes along");
    node.runner.undo_setup(shop.workspace, &by(&iris), on.seq).await.unwrap();
    node.runner.undo_setup(shop.workspace, &by(&iris), other_way.seq).await.unwrap();
    assert!(shop.set_up_now().await.tags.values().all(|tag| tag.merged_into.is_none()));
    let add = |number: u32| {
        let new = Tag { name: format!("T{number}"), colour: "red".to_owned(), archived: false, merged_into: None };
        SetupCommand::AddTag { tag: TagId(Uuid::now_v7()), new }
    };
    let many = refusal(does(SetupCommand::Several((0..1_000).map(add).collect())).await);
    assert_eq!(many, SetupRefusal::TooManyDefined { most: 1_000 });
}

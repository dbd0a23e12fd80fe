//! Every ready flow, in every language it speaks: nothing is wrong with it, whatever the queues are called, and each of its ways leads to
//! its end.

use std::collections::{BTreeMap, BTreeSet};

use baton::domain::channel::WHATSAPP;
use baton::domain::details::{Field, FieldKind, FieldOf, Vocabulary};
use baton::domain::flows::nodes::{Form, Node};
use baton::domain::flows::ready::{self, Speaks};
use baton::domain::flows::trial::{Act, Event, Played, Trial, play};
use baton::domain::flows::values::Accept;
use baton::domain::flows::{Definition, validation};
use baton::domain::queue::Queue;
use serde_json::Value;

use crate::schema::faults_by_schema;

/// Each with each of its languages, for a workspace whose queues are called nothing usual.
pub fn definitions() -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for ready in ready::all() {
        let queues: BTreeMap<String, String> = ready.roles.keys().map(|role| (role.clone(), format!("x-{role}"))).collect();
        for speaks in ["en", "es", "en+es", "es+en"] {
            found.push((format!("{} in {speaks}", ready.key), ready.definition(&queues, Speaks::of(speaks).unwrap(), "en")));
        }
    }
    found.push(("blank".to_owned(), ready::blank("x-support", "es")));
    found
}

fn queues() -> Vec<Queue> {
    ["x-sales", "x-support"].into_iter().zip(super::queues()).map(|(key, queue)| Queue { key: key.to_owned(), ..queue }).collect()
}

#[test]
fn nothing_is_wrong_with_any_of_them() {
    for (name, definition) in definitions() {
        assert_eq!(validation::check(&definition, &["x-sales", "x-support"], &WHATSAPP).err(), None, "{name}");
        assert_eq!(faults_by_schema(&definition), [""; 0], "{name}");
    }
}

#[test]
fn each_says_which_fields_it_writes() {
    let queues = ["x-sales", "x-support"];
    for ready in ready::all() {
        let roles: BTreeMap<String, String> = ready.roles.keys().map(|role| (role.clone(), format!("x-{role}"))).collect();
        let field = |key: &String| Field {
            key: key.clone(),
            label: key.clone(),
            of: FieldOf::Contact,
            kind: FieldKind::Text,
            choices: Vec::new(),
            shown: true,
        };
        let words = Vocabulary { tags: Vec::new(), fields: ready.fields.keys().map(field).collect() };
        let definition = ready.definition(&roles, Speaks::of("en").unwrap(), "en");
        assert_eq!(validation::check_with(&definition, &queues, Some(&words), &WHATSAPP).err(), None, "{}", ready.key);
        let named = definition.to_string();
        assert!(ready.fields.keys().all(|key| named.contains(&format!("\"field\":\"{key}\""))), "{}", ready.key);
    }
}

/// What somebody says who answers a question as it wants to be answered.
fn answer(accept: Option<&Accept>) -> &'static str {
    match accept {
        Some(Accept::Email) => "ana@example.com",
        Some(Accept::Digits { .. }) => "204817",
        _ => "The lamp does not shine",
    }
}

/// What can be done next: every option, or the words that answer.
fn ways(definition: &Definition, played: &Played) -> Vec<Act> {
    let Some(Node::Ask(ask)) = played.waits_at.as_ref().and_then(|key| definition.nodes.get(key)) else { return Vec::new() };
    match ask.form {
        Form::Text => vec![Act::Say { text: answer(ask.accept.as_ref()).to_owned() }],
        Form::Buttons | Form::List => ask.options.iter().map(|option| Act::Tap { option: option.id.clone() }).collect(),
    }
}

#[test]
fn every_way_of_each_leads_to_people() {
    const LONGEST: usize = 8;
    for (name, json) in definitions() {
        let definition: Definition = serde_json::from_value(json).unwrap();
        // On a Tuesday morning, and on a Saturday night.
        for begins in ["2026-03-10T10:00:00Z", "2026-03-14T23:00:00Z"] {
            let begins = begins.parse().unwrap();
            let hello = vec![Act::Say { text: "hi".to_owned() }];
            let (mut waiting, mut visited, mut ends) = (vec![hello], BTreeSet::new(), 0);
            while let Some(acts) = waiting.pop() {
                let trial = Trial { begins, name: "Ana Torres".to_owned(), language: Some("es".to_owned()), acts };
                let played = play(&definition, &queues(), &WHATSAPP, &trial);
                visited.extend(played.waits_at.clone());
                if played.is_over {
                    let Some(Event::HandedOff(brief)) = played.happened.last().map(|last| &last.what) else { panic!("{name}: {trial:?}") };
                    assert!(brief.queue.starts_with("x-") && format!("{:?}", brief.reason) == "Completed", "{name}: {brief:?}");
                    ends += 1;
                } else if trial.acts.len() < LONGEST {
                    waiting.extend(ways(&definition, &played).into_iter().map(|act| [trial.acts.clone(), vec![act]].concat()));
                }
            }
            let asked = definition.nodes.values().filter(|node| node.as_ask().is_some()).count();
            assert!(ends > 0, "{name} never ends");
            assert!(visited.len() == asked || (name.starts_with("after_hours") && visited.is_empty()), "{name} asks {visited:?} only");
        }
    }
}

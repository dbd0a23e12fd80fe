//! Golden scenarios of the flow engine: each file of `tests/flows/` is one customer's way through a flow, what they do and what comes
//! of it. `BATON_UPDATE=1` writes what comes of it into the files; read the difference before you keep it.

#[path = "flows/any_input.rs"]
mod any_input;
#[path = "support/merge.rs"]
mod merge;
#[path = "flows/ready.rs"]
mod ready;
#[path = "flows/schema.rs"]
mod schema;

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton::domain::channel::{WHATSAPP, WORDS_ALONE};
use baton::domain::contact::Contact;
use baton::domain::flows::{Context, Definition, FlowSession, Incoming, Kind, Outcome, Step, paused, resume, start, timed_out, validation};
use baton::domain::ids::{ContactId, FlowId, MessageId, QueueId, TeamId};
use baton::domain::message::{Choice, Content};
use baton::domain::queue::Queue;
use jiff::{SignedDuration, Timestamp};
use merge::merge;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

const DEMO: &str = include_str!("../src/demo/flow.json");
const VERSION: i32 = 3;

/// One file. Without turns, what comes of it are the faults that validation finds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    /// The flow, where it is not the demo's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<Value>,
    /// Changes to it, as a JSON merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Value>,
    /// The keys of the queues there are, where they are not the usual three.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queues: Option<Vec<String>>,
    #[serde(default)]
    contact: Person,
    now: Timestamp,
    /// The channel has neither buttons nor lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words_alone: Option<bool>,
    /// Whether the window is open; it is when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    may_speak: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    turns: Vec<Turn>,
    #[serde(default)]
    expected: Vec<Value>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Person {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
}

impl Default for Person {
    fn default() -> Self {
        Self { name: "Ana Torres".to_owned(), language: None, fields: BTreeMap::new() }
    }
}

/// What the customer does: writes, taps, sends a picture (with its caption) or something else, or nothing until time is up.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    /// Seconds since the turn before; ten when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tap: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// Something that nobody can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreadable: Option<bool>,
    /// The flow's timer comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timer: Option<bool>,
    /// The definition it goes on with is another one, as a JSON merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Value>,
    /// The stored session was tampered with, as a JSON merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<Value>,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(paths.len() >= 40, "only {} scenarios were found", paths.len());
    let failed: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(failed.is_empty(), "{} scenarios came out differently:\n\n{}", failed.len(), failed.join("\n\n"));
}

#[test]
fn the_example_for_authors_has_no_faults() {
    let page = include_str!("../docs/flows.md");
    let example = page.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(
        validation::check(&serde_json::from_str(example).unwrap(), &["orders", "support"], &WHATSAPP).map(|flow| flow.nodes.len()),
        Ok(3)
    );
}

/// Every file of the folder.
fn scenarios() -> Vec<Scenario> {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let scenarios = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    scenarios.map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/flows")
}

/// Plays one scenario, and compares or (with `BATON_UPDATE`) writes what comes of it.
fn check(path: &PathBuf) -> Result<(), String> {
    let name = path.file_name().unwrap().to_string_lossy();
    let written = std::fs::read_to_string(path).unwrap();
    let mut scenario: Scenario = serde_json::from_str(&written).map_err(|error| format!("{name}: {error}"))?;
    let came = if scenario.turns.is_empty() { faults(&scenario) } else { play(&scenario) };
    if std::env::var_os("BATON_UPDATE").is_some() {
        scenario.expected = came;
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(&scenario).unwrap())).unwrap();
        return Ok(());
    }
    if came == scenario.expected {
        return Ok(());
    }
    let pretty = |values: &[Value]| serde_json::to_string_pretty(values).unwrap();
    Err(format!("{name}: {}\nexpected {}\ncame {}", scenario.about, pretty(&scenario.expected), pretty(&came)))
}

fn faults(scenario: &Scenario) -> Vec<Value> {
    let found = validation::check(&flow(scenario), &["orders", "billing", "support"], &WHATSAPP);
    found.err().unwrap_or_default().iter().map(|fault| json!(fault.to_string())).collect()
}

fn flow(scenario: &Scenario) -> Value {
    let mut flow = scenario.flow.clone().unwrap_or_else(|| serde_json::from_str(DEMO).unwrap());
    merge(&mut flow, scenario.change.as_ref().unwrap_or(&json!({})));
    flow
}

fn play(scenario: &Scenario) -> Vec<Value> {
    let mut json = flow(scenario);
    let rules = if scenario.words_alone == Some(true) { &WORDS_ALONE } else { &WHATSAPP };
    let contact = Contact {
        language: scenario.contact.language.clone(),
        fields: scenario.contact.fields.clone(),
        ..Contact::named(ContactId(Uuid::from_u128(7)), scenario.contact.name.clone())
    };
    let mut queues = queues();
    if let Some(keys) = &scenario.queues {
        queues.push(never_open());
        queues.retain(|queue| keys.contains(&queue.key));
    }
    let mut now = scenario.now;
    let mut session: Option<FlowSession> = None;
    let mut came = Vec::new();
    for (place, turn) in scenario.turns.iter().enumerate() {
        if place > 0 {
            now += SignedDuration::from_secs_f64(turn.after.unwrap_or(10.0));
            let context = |now| Context {
                contact: &contact,
                queues: &queues,
                rules,
                now,
                may_speak: scenario.may_speak.unwrap_or(true),
                entry: None,
            };
            session = pauses(session, now, &serde_json::from_value(json.clone()).unwrap(), context, &queues, &mut came);
        }
        merge(&mut json, turn.change.as_ref().unwrap_or(&json!({})));
        let definition: Definition = serde_json::from_value(json.clone()).unwrap();
        let context =
            Context { contact: &contact, queues: &queues, rules, now, may_speak: scenario.may_speak.unwrap_or(true), entry: None };
        let before = session.take().map(|session| stored(&session, turn));
        assert!(place == 0 || before.is_some(), "“{}”: the flow was over before turn {}", scenario.about, place + 1);
        let outcome = turn.play(place, before.clone(), &definition, &context);
        assert_eq!(outcome, turn.play(place, before, &definition, &context), "the same input came out differently");
        came.push(Value::Array(outcome.steps.iter().map(|step| said(step, &queues)).collect()));
        obeys_the_rules(&outcome, &queues);
        if scenario.words_alone == Some(true) {
            assert!(outcome.steps.iter().all(|step| !matches!(step, Step::Say(Content::Buttons { .. } | Content::List { .. }))));
        }
        session = outcome.session;
    }
    let context =
        |now| Context { contact: &contact, queues: &queues, rules, now, may_speak: scenario.may_speak.unwrap_or(true), entry: None };
    pauses(session, Timestamp::MAX, &serde_json::from_value(json).unwrap(), context, &queues, &mut came);
    came
}

/// The customer has paused before `now`: the flow reads what they said. It comes out as a list of its own that begins with when.
fn pauses<'a>(
    session: Option<FlowSession>,
    now: Timestamp,
    definition: &Definition,
    context: impl Fn(Timestamp) -> Context<'a>,
    queues: &[Queue],
    came: &mut Vec<Value>,
) -> Option<FlowSession> {
    let (session, end) = match session {
        Some(session) => (session.clone(), session.turn.as_ref().map(|turn| turn.ends_at).filter(|end| *end < now)),
        None => return None,
    };
    let Some(end) = end else { return Some(session) };
    let outcome = paused(session.clone(), definition, &context(end));
    assert_eq!(outcome, paused(session, definition, &context(end)), "the same turn came out differently");
    let told = outcome.steps.iter().map(|step| said(step, queues));
    came.push(Value::Array([json!(format!("a pause at {end}"))].into_iter().chain(told).collect()));
    obeys_the_rules(&outcome, queues);
    outcome.session
}

/// The session as the database gives it back.
fn stored(session: &FlowSession, turn: &Turn) -> FlowSession {
    let mut json = serde_json::to_value(session).unwrap();
    assert_eq!(&serde_json::from_value::<FlowSession>(json.clone()).unwrap(), session, "a session changes when it is stored");
    merge(&mut json, turn.session.as_ref().unwrap_or(&json!({})));
    serde_json::from_value(json).unwrap()
}

impl Turn {
    fn play(&self, place: usize, before: Option<FlowSession>, definition: &Definition, context: &Context<'_>) -> Outcome {
        let choice = self.tap.as_ref().map(|id| Choice { id: id.clone(), title: format!("<{id}>"), description: None });
        let incoming = Incoming {
            message: MessageId(Uuid::from_u128(place as u128 + 1)),
            at: context.now,
            text: self.text.as_deref().or(self.picture.as_deref().filter(|caption| !caption.is_empty())),
            choice: choice.as_ref(),
            kind: match self {
                Turn { tap: Some(_), .. } => Kind::Tap,
                Turn { picture: Some(_), .. } => Kind::Attachment,
                Turn { unreadable: Some(true), .. } => Kind::Unreadable,
                Turn { .. } => Kind::Words,
            },
        };
        match before {
            None => start(FlowId(Uuid::from_u128(9)), VERSION, definition, context, &incoming),
            Some(session) if self.timer == Some(true) => timed_out(session, definition, context),
            Some(session) => resume(session, definition, context, &incoming),
        }
    }
}

/// What holds in every scenario.
fn obeys_the_rules(outcome: &Outcome, queues: &[Queue]) {
    let hand_offs = outcome.steps.iter().filter(|step| matches!(step, Step::HandOff { .. })).count();
    let is_last = matches!(outcome.steps.last(), Some(Step::HandOff { .. }));
    assert_eq!(outcome.session.is_none() && !queues.is_empty(), is_last, "a flow ends with a hand-off, and only so");
    assert!(hand_offs <= 1, "handed off more than once");
    if let Some(session) = &outcome.session {
        assert_eq!(session.version, VERSION, "a session keeps its version");
    }
    for step in &outcome.steps {
        if let Step::Say(content) = step {
            fits_whatsapp(content);
        }
    }
}

fn fits_whatsapp(content: &Content) {
    let fits = |text: &str, limit: usize| assert!((1..=limit).contains(&text.chars().count()), "{limit} characters for “{text}”");
    let (most, title) = match content {
        Content::Text { .. } => (0, 0),
        Content::Buttons { .. } => (3, 20),
        Content::List { .. } => (10, 24),
        other => panic!("a flow does not say {other:?}"),
    };
    fits(content.text(), if most == 3 { 1024 } else { 4096 });
    if let Content::Buttons { options, .. } | Content::List { options, .. } = content {
        assert!((1..=most).contains(&options.len()));
        for option in options {
            fits(&option.id, 200);
            fits(&option.title, title);
        }
    }
}

/// A step in a line, a brief in full. `#2` is the customer's second message.
fn said(step: &Step, queues: &[Queue]) -> Value {
    let options =
        |options: &[Choice]| options.iter().map(|option| format!("{}: {}", option.id, option.title)).collect::<Vec<_>>().join(" | ");
    match step {
        Step::Say(Content::Text { body }) => json!(format!("text: {body}")),
        Step::Say(Content::Buttons { body, options: buttons }) => json!(format!("buttons: {body} [{}]", options(buttons))),
        Step::Say(Content::List { body, button, options: rows }) => json!(format!("list: {body} ({button}) [{}]", options(rows))),
        Step::Say(other) => json!(format!("{other:?}")),
        Step::Answered(answer) => {
            let messages = [answer.message].into_iter().chain(answer.also.iter().copied()).map(|message| number(&json!(message)));
            let messages = messages.collect::<Vec<_>>().join(" ");
            json!(format!("answer: {} = {} (“{}”, {messages})", answer.field, answer.value, answer.shown))
        }
        Step::AddTag { tag } => json!(format!("tag: {tag}")),
        Step::SetField { field, value } => json!(format!("field: {field} = {value}")),
        Step::WaitUntil(due) => json!(format!("wait until {due}")),
        Step::PauseAt(due) => json!(format!("read at {due}")),
        Step::HandOff { queue, brief, .. } => {
            let target = queues.iter().find(|known| known.id == *queue).map(|queue| queue.key.as_str());
            assert_eq!(target, Some(brief.queue.as_str()), "the brief names another queue");
            let mut brief = serde_json::to_value(brief).unwrap();
            for list in ["answers", "opening"] {
                for item in brief[list].as_array_mut().unwrap() {
                    item["message"] = json!(number(&item["message"]));
                    for also in item.get_mut("also").and_then(Value::as_array_mut).into_iter().flatten() {
                        *also = json!(number(also));
                    }
                }
            }
            json!({ "hand_off": brief })
        }
    }
}

fn number(message: &Value) -> String {
    let id: Uuid = serde_json::from_value(message.clone()).unwrap();
    format!("#{}", id.as_u128())
}

/// An office in Berlin, closed at weekends and at Christmas; orders are also looked after on Saturday mornings.
fn queues() -> Vec<Queue> {
    let hours = |saturday: Value| {
        let day = json!([["09:00", "18:00"]]);
        let weekly = json!({ "mon": day, "tue": day, "wed": day, "thu": day, "fri": day, "sat": saturday });
        serde_json::from_value(json!({ "time_zone": "Europe/Berlin", "weekly": weekly, "holidays": ["2026-12-25"] })).unwrap()
    };
    let queue = |id: u128, key: &str, name: &str, promise_minutes, saturday| Queue {
        id: QueueId(Uuid::from_u128(id)),
        key: key.to_owned(),
        name: name.to_owned(),
        team: TeamId(Uuid::from_u128(id)),
        hours: hours(saturday),
        promise_minutes,
    };
    vec![
        queue(101, "orders", "Orders", 10, json!([["09:00", "13:00"]])),
        queue(102, "billing", "Billing", 120, json!([])),
        queue(103, "support", "Support", 15, json!([])),
    ]
}

/// A queue without hours.
fn never_open() -> Queue {
    let hours = serde_json::from_value(json!({ "time_zone": "UTC" })).unwrap();
    let id = Uuid::from_u128(104);
    Queue { id: QueueId(id), key: "never".to_owned(), name: "Never".to_owned(), team: TeamId(id), hours, promise_minutes: 5 }
}

//! Golden decisions: each file of `tests/decisions/` is a morning in a shop, told line by line. `when` is what somebody does, in the
//! words of `decisions/script.rs`; `then` is what `domain::handle` makes of it, one line an event, and how the conversation stands
//! where that changed. What customers do comes as WhatsApp's own bodies. `BATON_UPDATE=1` writes `then`; read the difference before
//! you keep it.

#[allow(dead_code, reason = "shared with the rules")]
#[path = "rules/customers.rs"]
mod customers;
#[path = "support/merge.rs"]
mod merge;
#[allow(dead_code, reason = "shared with the rules")]
#[path = "rules/people.rs"]
mod people;
#[path = "decisions/script.rs"]
mod script;
#[allow(dead_code, reason = "shared with the rules")]
#[path = "rules/shop.rs"]
mod shop;
#[path = "rules/speaking.rs"]
mod speaking;
#[path = "decisions/told.rs"]
mod told;

use std::path::{Path, PathBuf};

use baton::domain::flows::Definition;
use baton::domain::hours::Hours;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::merge::merge;
use crate::script::Script;
use crate::shop::Shop;
use crate::told::Standing;

const DEMO: &str = include_str!("../src/demo/flow.json");

/// One file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    /// The inbox has no flow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    without_flow: bool,
    /// Changes to the demo's flow, as a JSON merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Value>,
    /// The hours of every queue; around the clock when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hours: Option<Hours>,
    /// When it begins; a Tuesday morning when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<Timestamp>,
    /// Who works here, e.g. `Ana` or `Sue (supervisor)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    staff: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    when: String,
    #[serde(default)]
    then: Vec<String>,
}

#[test]
fn every_decision_comes_out_as_written() {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty());
    let failed: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(failed.is_empty(), "{} files came out differently:\n\n{}", failed.len(), failed.join("\n\n"));
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/decisions")
}

/// Plays one file, and compares or (with `BATON_UPDATE`) writes what comes of it.
fn check(path: &Path) -> Result<(), String> {
    let name = path.file_name().unwrap().to_string_lossy();
    let written = std::fs::read_to_string(path).unwrap();
    let mut scenario: Scenario = serde_json::from_str(&written).map_err(|error| format!("{name}: {error}"))?;
    let came = play(&scenario);
    if std::env::var_os("BATON_UPDATE").is_some() {
        scenario.steps.iter_mut().zip(came).for_each(|(step, lines)| step.then = lines);
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(&scenario).unwrap())).unwrap();
        return Ok(());
    }
    let differs = |(step, lines): &(&Step, &Vec<String>)| step.then != **lines;
    let told = |(step, lines): (&Step, &Vec<String>)| {
        format!("when {}\n  expected\n    {}\n  came\n    {}", step.when, step.then.join("\n    "), lines.join("\n    "))
    };
    let different: Vec<String> = scenario.steps.iter().zip(&came).filter(differs).map(told).collect();
    if different.is_empty() { Ok(()) } else { Err(format!("{name}: {}\n{}", scenario.about, different.join("\n"))) }
}

fn play(scenario: &Scenario) -> Vec<Vec<String>> {
    let shop = open(scenario);
    let mut script = Script::new(&shop, &scenario.staff);
    let began = shop.now();
    let lines = |step: &Step| {
        let before = Standing::of_all(&shop);
        let refusal = script.plays(&step.when).err();
        let events = std::mem::take(&mut shop.tables.borrow_mut().log);
        let told = events.iter().filter_map(|happened| told::line(&shop, began, happened));
        told.chain(refusal.map(|refusal| format!("refused: {refusal}"))).chain(Standing::changes(&shop, began, &before)).collect()
    };
    scenario.steps.iter().map(lines).collect()
}

fn open(scenario: &Scenario) -> Shop {
    let mut flow: Value = serde_json::from_str(DEMO).unwrap();
    merge(&mut flow, scenario.change.as_ref().unwrap_or(&json!({})));
    let definition: Definition = serde_json::from_value(flow).unwrap();
    let shop = Shop::with((!scenario.without_flow).then_some(definition), scenario.hours.clone().unwrap_or_else(Hours::always));
    if let Some(now) = scenario.now {
        shop.tables.borrow_mut().now = now;
    }
    shop
}

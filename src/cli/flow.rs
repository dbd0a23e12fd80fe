//! `flow check` and `flow run`: a definition is checked and tried without a workspace, where it is written.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use uuid::Uuid;

use baton::domain::brief::Brief;
use baton::domain::channel::WHATSAPP;
use baton::domain::flows::Definition;
use baton::domain::flows::inspection::{Inspection, inspect};
use baton::domain::flows::trial::{Act, Event, MOST_ACTS, Played, Trial, play};
use baton::domain::ids::{QueueId, TeamId};
use baton::domain::message::{Choice, Content};
use baton::domain::queue::Queue;

use super::FlowCommand;

const HELP: &str = "Write what a customer would. A number or a title taps an option. /skip: to the deadline, /skip 1h (30m, 2d): so long.
/picture: send one. /buttons: what can be tapped. /known: what the flow knows. /back: one step back. /quit";

pub fn flow(command: FlowCommand) -> Result<ExitCode> {
    match command {
        FlowCommand::Check { file, queue } => check(&file, &queue),
        FlowCommand::Run { file, queue, name, language, at } => run(&file, &queue, name, language, at),
    }
}

/// A definition as it was written, and the keys of the queues that it may name.
struct Source {
    text: String,
    queues: Vec<String>,
}

impl Source {
    /// From a file, or from standard input where it is called `-`. Without queues, those that it names are there.
    fn read(file: &Path, queues: &[String]) -> Result<Self> {
        let text = if file == Path::new("-") {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
            text
        } else {
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?
        };
        let named = || serde_json::from_str(&text).map(|json: Value| named_queues(&json)).unwrap_or_default();
        let queues = if queues.is_empty() { named().into_iter().collect() } else { queues.to_vec() };
        Ok(Self { text, queues })
    }

    fn inspect(&self) -> Inspection {
        let keys: Vec<&str> = self.queues.iter().map(String::as_str).collect();
        inspect(&self.text, &keys, None, &WHATSAPP)
    }

    /// The definition; nothing after what is wrong with it was told.
    fn definition(&self, file: &Path) -> Option<Definition> {
        let Inspection { definition, problems, .. } = self.inspect();
        for problem in &problems {
            println!("{}:{}:{}: {problem}", file.display(), problem.at.line, problem.at.column);
        }
        definition
    }
}

/// The keys of queues that stand anywhere in a definition.
fn named_queues(json: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    match json {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("queue" | "default_queue" | "hours", Value::String(queue)) => drop(found.insert(queue.clone())),
                    (_, value) => found.extend(named_queues(value)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(named_queues)),
        _ => {}
    }
    found
}

fn check(file: &Path, queues: &[String]) -> Result<ExitCode> {
    let Some(definition) = Source::read(file, queues)?.definition(file) else { return Ok(ExitCode::FAILURE) };
    println!("{}: nothing is wrong with “{}” ({} nodes).", file.display(), definition.name, definition.nodes.len());
    Ok(ExitCode::SUCCESS)
}

fn run(file: &Path, queues: &[String], name: String, language: Option<String>, at: Option<Timestamp>) -> Result<ExitCode> {
    if file == Path::new("-") {
        bail!("a conversation is typed on standard input; name a file");
    }
    let source = Source::read(file, queues)?;
    let Some(definition) = source.definition(file) else { return Ok(ExitCode::FAILURE) };
    let queues: Vec<Queue> = source.queues.iter().map(|key| open_queue(key)).collect();
    let trial = Trial { begins: at.unwrap_or_else(Timestamp::now), name, language, acts: Vec::new() };
    Conversation { definition, queues, trial, told: 0 }.talk()
}

fn open_queue(key: &str) -> Queue {
    let (id, team) = (QueueId(Uuid::nil()), TeamId(Uuid::nil()));
    Queue::new(id, key.to_owned(), key.to_owned(), team, "UTC")
}

struct Conversation {
    definition: Definition,
    queues: Vec<Queue>,
    trial: Trial,
    /// How much of what happened was printed.
    told: usize,
}

impl Conversation {
    fn talk(mut self) -> Result<ExitCode> {
        println!("{HELP}\n");
        let (input, is_terminal) = (std::io::stdin(), std::io::stdin().is_terminal());
        let mut lines = input.lock().lines();
        loop {
            if is_terminal {
                print!("> ");
                std::io::stdout().flush()?;
            }
            let Some(line) = lines.next() else { return Ok(ExitCode::SUCCESS) };
            let line = line.context("standard input cannot be read")?;
            match line.trim() {
                "" => {}
                "/quit" => return Ok(ExitCode::SUCCESS),
                "/buttons" => self.buttons(),
                "/known" => self.known(),
                "/back" => self.back(),
                typed => match self.act(typed) {
                    Some(act) => self.does(act),
                    None => println!("{HELP}"),
                },
            }
        }
    }

    fn played(&self) -> Played {
        play(&self.definition, &self.queues, &WHATSAPP, &self.trial)
    }

    fn act(&self, typed: &str) -> Option<Act> {
        let Some(command) = typed.strip_prefix('/') else { return Some(self.said(typed)) };
        match command.split_once(' ').unwrap_or((command, "")) {
            ("skip", "") => Some(Act::SkipToDeadline),
            ("skip", long) => minutes(long.trim()).map(|minutes| Act::Skip { minutes }),
            ("picture", "") => Some(Act::Picture),
            _ => None,
        }
    }

    /// What is the number or the title of an option is a tap on it.
    fn said(&self, typed: &str) -> Act {
        let played = self.played();
        let options = played.options();
        let numbered = typed.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
        match numbered.or_else(|| options.iter().find(|option| option.title == typed)) {
            Some(option) => Act::Tap { option: option.id.clone() },
            None => Act::Say { text: typed.to_owned() },
        }
    }

    fn does(&mut self, act: Act) {
        if self.trial.acts.len() >= MOST_ACTS {
            println!("(A trial has at most {MOST_ACTS} steps; begin it again.)");
            return;
        }
        let was_over = self.played().is_over;
        self.trial.acts.push(act);
        let played = self.played();
        for happened in played.happened.iter().skip(self.told) {
            tell(happened.at, &happened.what);
        }
        self.told = played.happened.len();
        if was_over {
            println!("(The flow is over; people answer from here. /back goes one step back.)");
        }
    }

    fn back(&mut self) {
        self.trial.acts.pop();
        self.told = self.played().happened.len();
        println!("(One step back.)");
        self.buttons();
    }

    fn buttons(&self) {
        let played = self.played();
        if played.options().is_empty() {
            println!("(Nothing can be tapped just now.)");
        }
        list(played.options());
    }

    fn known(&self) {
        let played = self.played();
        played.answers.iter().for_each(|answer| println!("  answer.{} = {} ({})", answer.field, answer.value, answer.shown));
        played.fields.iter().for_each(|(field, value)| println!("  contact.{field} = {value}"));
        if let (Some(node), Some(at)) = (&played.waits_at, played.gives_up_at) {
            println!("  waits at {node} until {at}");
        }
    }
}

fn tell(at: Timestamp, event: &Event) {
    let clock = at.to_zoned(TimeZone::UTC).strftime("%a %H:%M:%S");
    match event {
        Event::Wrote(text) => println!("{clock}  ← {text}"),
        Event::SentPicture => println!("{clock}  ← (a picture)"),
        Event::Said(content) => {
            println!("{clock}  → {}", content.text().replace('\n', "\n             "));
            match content {
                Content::Buttons { options, .. } | Content::List { options, .. } => list(options),
                _ => {}
            }
        }
        Event::Noted { field, value } => println!("{clock}  · noted {field} = {value}"),
        Event::TimePassed => println!("{clock}  · nothing happened until now"),
        Event::HandedOff(brief) => handed_off(brief),
        Event::Lost => println!("{clock}  · there is no queue to hand over to"),
    }
}

fn handed_off(brief: &Brief) {
    println!("\nHanded over to the queue “{}”: {:?}.", brief.queue, brief.reason);
    brief.topic.iter().for_each(|topic| println!("  Topic: {topic}"));
    brief.answers.iter().for_each(|answer| println!("  {}: {}", answer.label, answer.shown));
    brief.missing.iter().for_each(|label| println!("  {label}: not answered"));
    brief.promised.iter().for_each(|promise| println!("  Promised: {promise}"));
}

fn list(options: &[Choice]) {
    for (place, option) in options.iter().enumerate() {
        let description = option.description.as_ref().map(|words| format!(": {words}")).unwrap_or_default();
        println!("             [{}] {}{description}", place + 1, option.title);
    }
}

/// `30m`, `1h`, `2d`; minutes where nothing says what it is.
fn minutes(long: &str) -> Option<u32> {
    let (number, unit) = match long.strip_suffix(['m', 'h', 'd']) {
        Some(number) => (number, long.get(number.len()..)?),
        None => (long, "m"),
    };
    let number: u32 = number.trim().parse().ok()?;
    match unit {
        "h" => number.checked_mul(60),
        "d" => number.checked_mul(24 * 60),
        _ => Some(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_unit() {
        for (said, expected) in [("30m", Some(30)), ("1h", Some(60)), ("2d", Some(2880)), ("45", Some(45)), ("soon", None), ("h", None)] {
            assert_eq!(minutes(said), expected, "{said}");
        }
    }

    #[test]
    fn queues_are_found_wherever_they_are_named() {
        let json = serde_json::json!({ "default_queue": "a", "nodes": { "x": { "on": { "hours": "b" }, "options": [{ "queue": "c" }] } } });
        assert_eq!(named_queues(&json).into_iter().collect::<String>(), "abc");
    }
}

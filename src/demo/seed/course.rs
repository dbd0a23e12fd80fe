//! The course of one conversation: the customer and the flow, the queue, an agent, and now and then a colleague.

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};

use crate::domain::agent::Presence;
use crate::domain::conversation::Controller;
use crate::domain::ids::QueueId;
use crate::domain::inbound::InboundContent;
use crate::domain::message::{Choice, Content};
use crate::domain::queue::Queue;
use crate::domain::routing::{Candidate, Round, Strategy, Waiting};

use super::chance::Chance;
use super::customers::Language;
use super::life::Life;
use super::stories::{Stories, Story, Turn};

/// How far a conversation has come by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nobody has taken it yet.
    Waiting,
    /// An agent holds it; so many turns have been said.
    Held {
        turns: usize,
    },
    Resolved,
}

/// How a customer takes to the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Temper {
    Answers,
    AsksForAPerson,
    DoesNotKnow,
    FallsSilent,
}

/// One conversation from the first word to `ending`.
pub(super) fn live(life: &mut Life<'_>, stories: &Stories, language: Language, ending: Ending) -> Result<()> {
    let story = stories.tell(language.code(), life.chance).with_name(&life.snapshot.contact.name);
    if ending == Ending::Resolved {
        life.now = waking_hour(life.now, life.chance);
    }
    for (place, line) in story.opening.iter().enumerate() {
        if place > 0 {
            life.now += SignedDuration::from_millis(1_500);
        }
        life.customer_says(InboundContent::Text { body: line.clone() })?;
    }
    life.customer_pauses()?;
    let temper = if ending == Ending::Resolved { temper(life.chance) } else { Temper::Answers };
    answer_the_flow(life, &story, temper)?;
    let turns = match ending {
        Ending::Waiting => return Ok(()),
        // Nobody has taken it.
        Ending::Held { .. } if !queue_of(life)?.hours.is_open(life.now) => return Ok(()),
        // A story's last word is a thank-you: whoever still holds it has not heard that.
        Ending::Held { turns } => turns.min(story.turns.len().saturating_sub(1)),
        Ending::Resolved => story.turns.len(),
    };
    route(life)?;
    speak(life, &story.turns[..turns], ending)?;
    if ending == Ending::Resolved {
        life.wait(30.0, 1_800.0);
        life.agent_resolves()?;
        if life.chance.percent(5) {
            come_back(life, language)?;
        }
    }
    Ok(())
}

/// People write by day: at night one in five stays.
fn waking_hour(at: Timestamp, chance: &mut Chance) -> Timestamp {
    let hour = at.to_zoned(jiff::tz::TimeZone::system()).hour();
    if (8..22).contains(&hour) || chance.percent(20) { at } else { at - SignedDuration::from_hours(10) }
}

fn temper(chance: &mut Chance) -> Temper {
    match chance.below(100) {
        0..88 => Temper::Answers,
        88..92 => Temper::AsksForAPerson,
        92..96 => Temper::DoesNotKnow,
        _ => Temper::FallsSilent,
    }
}

/// No flow asks more than this.
const MOST_QUESTIONS: usize = 12;

fn answer_the_flow(life: &mut Life<'_>, story: &Story, temper: Temper) -> Result<()> {
    for question in 0..MOST_QUESTIONS {
        if life.controller() != Controller::Flow {
            break;
        }
        life.wait(6.0, 50.0);
        let content = match (question, temper) {
            (0, _) | (_, Temper::Answers) => reply(life, story)?,
            (_, Temper::AsksForAPerson) => text(if story.language == "es" { "agente" } else { "agent" }),
            (_, Temper::DoesNotKnow) => text("?"),
            (_, Temper::FallsSilent) => {
                let gives_up = life.snapshot.session.as_ref().and_then(|session| session.gives_up_at);
                life.now = gives_up.context("a flow that waits for an answer has no end to it")?;
                return life.flow_gives_up();
            }
        };
        life.customer_says(content)?;
        life.customer_pauses()?;
    }
    Ok(())
}

/// What the story has to say to the question that waits.
fn reply(life: &Life<'_>, story: &Story) -> Result<InboundContent> {
    let session = life.snapshot.session.as_ref().context("the flow speaks without a session")?;
    let definition = life.snapshot.workplace.definitions.get(&(session.flow, session.version)).context("the flow has no definition")?;
    let key = session.waiting_at.as_deref().unwrap_or_default();
    let ask =
        definition.nodes.get(key).and_then(|node| node.as_ask()).ok_or_else(|| anyhow!("the flow waits at “{key}”, which asks nothing"))?;
    let answer = story.answers.get(&ask.field).ok_or_else(|| anyhow!("no story has an answer to “{}”", ask.field))?;
    Ok(match offered(life, answer) {
        Some(choice) => InboundContent::Reply { choice: choice.clone() },
        None => text(answer),
    })
}

/// The button or row with this id, if we offered one.
fn offered<'a>(life: &'a Life<'_>, id: &str) -> Option<&'a Choice> {
    match life.last_words()? {
        Content::Buttons { options, .. } | Content::List { options, .. } => options.iter().find(|option| option.id == id),
        Content::Text { .. }
        | Content::Reply { .. }
        | Content::Image { .. }
        | Content::Unsupported { .. }
        | Content::Unreadable { .. }
        | Content::Unspoken(_) => None,
    }
}

fn text(body: &str) -> InboundContent {
    InboundContent::Text { body: body.to_owned() }
}

/// Somebody of the queue's team gets it, once it is open.
fn route(life: &mut Life<'_>) -> Result<()> {
    let queue = queue_of(life)?;
    if let Some(opening) = queue.hours.next_opening(life.now) {
        life.now = life.now.max(opening.timestamp());
    }
    life.wait(4.0, 420.0);
    let conversation = life.snapshot.conversation.as_ref().context("nothing to route")?;
    let waiting = Waiting::of(conversation).context("it waits nowhere")?;
    let candidates = candidates(life, &queue);
    let assignment = Round::new(candidates, Strategy::LeastBusy, life.now).choose(&waiting).context("nobody was there")?;
    life.is_given(&assignment)
}

fn queue_of(life: &Life<'_>) -> Result<Queue> {
    let queue = life.queue().and_then(|queue| life.shop.workplace.queue(queue));
    queue.cloned().ok_or_else(|| anyhow!("the conversation waits in no queue"))
}

/// The team as it may have been at that moment; one of them is always there.
fn candidates(life: &mut Life<'_>, queue: &Queue) -> Vec<Candidate> {
    let team = life.shop.staff.iter().filter(|colleague| colleague.agent.teams.contains(&queue.team));
    let mut candidates: Vec<Candidate> =
        team.map(|colleague| Candidate { agent: colleague.agent.clone(), presence: Presence::Online, skills: [].into() }).collect();
    let there = life.chance.below(candidates.len());
    for (place, candidate) in candidates.iter_mut().enumerate() {
        candidate.agent.load = i32::try_from(life.chance.below(6)).unwrap_or(0);
        candidate.agent.idle_since = life.now - life.chance.seconds(5.0, 2_400.0);
        if place != there {
            candidate.presence = match life.chance.below(10) {
                0..6 => Presence::Online,
                6..8 => Presence::Away,
                _ => Presence::Offline,
            };
        }
    }
    candidates
}

fn speak(life: &mut Life<'_>, turns: &[Turn], ending: Ending) -> Result<()> {
    for (place, turn) in turns.iter().enumerate() {
        match turn {
            Turn::Agent(body) => {
                life.wait(12.0, 240.0);
                life.agent_says(body)?;
            }
            Turn::Customer(body) => {
                life.wait(8.0, 400.0);
                let body = life.with_agent(body)?;
                life.customer_says(text(&body))?;
            }
            Turn::Note(body) => {
                life.wait(5.0, 40.0);
                life.agent_notes(body)?;
            }
        }
        if place == 1 && ending == Ending::Resolved && life.chance.percent(6) {
            hand_on(life)?;
        }
    }
    Ok(())
}

/// To another queue, where a colleague goes on.
fn hand_on(life: &mut Life<'_>) -> Result<()> {
    let own = life.queue();
    let others: Vec<QueueId> = life.shop.workplace.queues.iter().map(|queue| queue.id).filter(|queue| Some(*queue) != own).collect();
    let to = *life.chance.pick(&others);
    let note = *life.chance.pick(&[
        "Could you take over? You know this better than I do.",
        "Needs a second pair of eyes, please.",
        "I am off in ten minutes.",
    ]);
    life.wait(10.0, 60.0);
    life.agent_hands_on(to, note)?;
    route(life)
}

/// One more thing, some hours later.
fn come_back(life: &mut Life<'_>, language: Language) -> Result<()> {
    let (question, answer) = match language {
        Language::English => {
            ("One more thing: do you also have it in blue?", "We do, {agent} here again. I have sent you the link by mail.")
        }
        Language::Spanish => ("Una cosa más: ¿lo tenéis también en azul?", "Sí, lo tenemos. Te he mandado el enlace por correo."),
        Language::German => ("Noch eine Frage: gibt es das auch in Blau?", "Ja, der Link ist in Ihrem Postfach."),
        Language::French => ("Encore une question : vous l'avez aussi en bleu ?", "Oui, le lien est dans votre boîte mail."),
    };
    life.wait(1_200.0, 18_000.0);
    life.customer_says(text(question))?;
    route(life)?;
    life.wait(20.0, 240.0);
    life.agent_says(answer)?;
    life.wait(60.0, 900.0);
    life.agent_resolves()
}

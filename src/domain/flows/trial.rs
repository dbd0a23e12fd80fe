//! Trying a flow out: somebody does one thing after another, and the engine that customers meet answers. Nothing is sent or kept; the same
//! acts always come out the same, so a trial is told anew from its beginning each time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::definition::Definition;
use super::engine::{self, Context, Incoming, Kind, Outcome, Step};
use super::session::FlowSession;
use crate::domain::brief::{Answer, Brief};
use crate::domain::channel::Rules;
use crate::domain::contact::Contact;
use crate::domain::ids::{ContactId, FlowId, MessageId};
use crate::domain::message::{Choice, Content};
use crate::domain::queue::Queue;

/// Acts of a trial at most.
pub const MOST_ACTS: usize = 150;

/// How long after the flow has paused somebody does the next thing.
const BREATH: SignedDuration = SignedDuration::from_secs(6);

/// How far time can be skipped at once.
const LONGEST_SKIP: u32 = 31 * 24 * 60;

/// Somebody who tries a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    pub begins: Timestamp,
    /// The profile name.
    pub name: String,
    /// Their language, where it is known.
    pub language: Option<String>,
    pub acts: Vec<Act>,
}

/// What they do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    Say {
        text: String,
    },
    /// Taps an option, by its id.
    Tap {
        option: String,
    },
    Picture,
    /// Nothing, for so long.
    Skip {
        minutes: u32,
    },
    /// Nothing, until the flow stops waiting.
    SkipToDeadline,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub at: Timestamp,
    pub what: Event,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What they wrote, or the title of what they tapped.
    Wrote(String),
    SentPicture,
    /// The flow says this.
    Said(Content),
    /// The flow notes something on the contact.
    Noted {
        field: String,
        value: String,
    },
    /// Nothing happened until then.
    TimePassed,
    /// People have it now.
    HandedOff(Box<Brief>),
    /// There is no queue to hand over to.
    Lost,
}

/// How it stands after the last act.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    pub happened: Vec<Happened>,
    pub now: Timestamp,
    /// The question that waits, by its key.
    pub waits_at: Option<String>,
    /// When the flow stops waiting.
    pub gives_up_at: Option<Timestamp>,
    /// What is answered so far.
    pub answers: Vec<Answer>,
    /// What is noted on the contact.
    pub fields: BTreeMap<String, String>,
    pub is_over: bool,
}

impl Played {
    /// The option that a tap or a number means, among all that were shown, the latest first.
    #[must_use]
    pub fn option(&self, id: &str) -> Option<&Choice> {
        self.happened.iter().rev().filter_map(|happened| happened.what.options()).flatten().find(|option| option.id == id)
    }

    /// The options of the question that waits.
    #[must_use]
    pub fn options(&self) -> &[Choice] {
        let last = self.happened.iter().rev().find_map(|happened| match &happened.what {
            Event::Said(_) => Some(happened.what.options().unwrap_or_default()),
            _ => None,
        });
        last.filter(|_| !self.is_over).unwrap_or_default()
    }
}

impl Event {
    fn options(&self) -> Option<&[Choice]> {
        match self {
            Event::Said(Content::Buttons { options, .. } | Content::List { options, .. }) => Some(options),
            _ => None,
        }
    }
}

/// Plays a trial to its last act.
#[must_use]
pub fn play(definition: &Definition, queues: &[Queue], rules: &Rules, trial: &Trial) -> Played {
    let mut stage = Stage::new(definition, queues, rules, trial);
    for (place, act) in trial.acts.iter().take(MOST_ACTS).enumerate() {
        stage.play(place, act);
    }
    stage.played
}

struct Stage<'a> {
    definition: &'a Definition,
    queues: &'a [Queue],
    rules: &'a Rules,
    contact: Contact,
    session: Option<FlowSession>,
    /// When they last wrote.
    heard_at: Option<Timestamp>,
    played: Played,
}

impl<'a> Stage<'a> {
    fn new(definition: &'a Definition, queues: &'a [Queue], rules: &'a Rules, trial: &Trial) -> Self {
        let contact = Contact { language: trial.language.clone(), ..Contact::named(ContactId(Uuid::nil()), trial.name.clone()) };
        let played = Played {
            happened: Vec::new(),
            now: trial.begins,
            waits_at: None,
            gives_up_at: None,
            answers: Vec::new(),
            fields: BTreeMap::new(),
            is_over: false,
        };
        Self { definition, queues, rules, contact, session: None, heard_at: None, played }
    }

    fn play(&mut self, place: usize, act: &Act) {
        match act {
            Act::Skip { minutes } => {
                let skipped = SignedDuration::from_mins(i64::from((*minutes).min(LONGEST_SKIP)));
                self.skip_to(self.played.now.saturating_add(skipped).unwrap_or(self.played.now));
            }
            Act::SkipToDeadline => self.skip_to(self.played.gives_up_at.unwrap_or(self.played.now)),
            Act::Say { text } => {
                let text: String = text.chars().take(self.rules.text).collect();
                self.hear(place, Event::Wrote(text.clone()), Kind::Words, Some(&text), None);
            }
            Act::Tap { option } => {
                let Some(choice) = self.played.option(option).cloned() else { return };
                self.hear(place, Event::Wrote(choice.title.clone()), Kind::Tap, None, Some(&choice));
            }
            Act::Picture => self.hear(place, Event::SentPicture, Kind::Attachment, None, None),
        }
    }

    /// They write; then they are silent until the flow has read it.
    fn hear(&mut self, place: usize, event: Event, kind: Kind, text: Option<&str>, choice: Option<&Choice>) {
        if place > 0 {
            let pause = SignedDuration::from_secs(i64::from(self.definition.settle_seconds)) + BREATH;
            self.skip_silently(self.played.now.saturating_add(pause).unwrap_or(self.played.now));
        }
        self.heard_at = Some(self.played.now);
        self.tell(event);
        if self.played.is_over {
            return;
        }
        let message = MessageId(Uuid::from_u128(u128::try_from(place).unwrap_or_default() + 1));
        let at = self.played.now;
        let incoming = Incoming { message, at, text, choice, kind };
        let session = self.session.take();
        let outcome = self.with(|definition, context| match session {
            None => engine::start(FlowId(Uuid::nil()), 0, definition, context, &incoming),
            Some(session) => engine::resume(session, definition, context, &incoming),
        });
        self.take(outcome);
        // What they say belongs together while it comes; here it is over.
        while let Some(end) = self.session.as_ref().and_then(|session| Some(session.turn.as_ref()?.ends_at)) {
            self.played.now = self.played.now.max(end);
            let Some(session) = self.session.take() else { break };
            let outcome = self.with(|definition, context| engine::paused(session, definition, context));
            self.take(outcome);
        }
    }

    fn skip_to(&mut self, until: Timestamp) {
        self.skip_silently(until);
        self.tell(Event::TimePassed);
    }

    /// Lets time pass; a wait that ends meanwhile ends in it.
    fn skip_silently(&mut self, until: Timestamp) {
        let due = |session: &FlowSession| session.gives_up_at.filter(|due| *due <= until);
        while let Some(due) = self.session.as_ref().and_then(due) {
            self.played.now = self.played.now.max(due);
            self.tell(Event::TimePassed);
            let Some(session) = self.session.take() else { break };
            let outcome = self.with(|definition, context| engine::timed_out(session, definition, context));
            let is_the_same = outcome.session.as_ref().is_some_and(|session| session.gives_up_at == Some(due));
            self.take(outcome);
            if is_the_same {
                break;
            }
        }
        self.played.now = self.played.now.max(until);
    }

    fn with(&self, run: impl FnOnce(&Definition, &Context<'_>) -> Outcome) -> Outcome {
        let now = self.played.now;
        let is_open = |window: SignedDuration| self.heard_at.is_none_or(|heard| heard.duration_until(now) < window);
        let may_speak = self.rules.window.is_none_or(is_open);
        run(self.definition, &Context { contact: &self.contact, queues: self.queues, rules: self.rules, now, may_speak, entry: None })
    }

    fn take(&mut self, outcome: Outcome) {
        let Outcome { session, steps } = outcome;
        for step in steps {
            match step {
                Step::Say(content) => self.tell(Event::Said(content)),
                Step::AddTag { tag } => self.tell(Event::Noted { field: "tag".to_owned(), value: tag }),
                Step::SetField { field, value } => {
                    self.contact.fields.insert(field.clone(), value.clone());
                    self.played.fields.insert(field.clone(), value.clone());
                    self.tell(Event::Noted { field, value });
                }
                Step::HandOff { brief, .. } => {
                    self.played.answers.clone_from(&brief.answers);
                    self.tell(Event::HandedOff(Box::new(brief)));
                }
                Step::Answered(_) | Step::WaitUntil(_) | Step::PauseAt(_) => {}
            }
        }
        self.played.waits_at = session.as_ref().and_then(|session| session.waiting_at.clone());
        self.played.gives_up_at = session.as_ref().and_then(|session| session.gives_up_at);
        match &session {
            Some(session) => self.played.answers.clone_from(&session.answers),
            None => {
                self.played.is_over = true;
                if !matches!(self.played.happened.last(), Some(Happened { what: Event::HandedOff(_), .. })) {
                    self.tell(Event::Lost);
                }
            }
        }
        self.session = session;
    }

    fn tell(&mut self, what: Event) {
        let at = self.played.now;
        match self.played.happened.last_mut() {
            // Two in a row are one.
            Some(last) if last.what == Event::TimePassed && what == Event::TimePassed => last.at = at,
            _ => self.played.happened.push(Happened { at, what }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::WHATSAPP;
    use crate::domain::hours::Hours;
    use crate::domain::ids::{QueueId, TeamId};

    fn plays(acts: &[Act]) -> Played {
        let definition: Definition = serde_json::from_str(include_str!("../../demo/flow.json")).unwrap();
        let queue = |key: &str| Queue {
            id: QueueId(Uuid::nil()),
            key: key.to_owned(),
            name: key.to_owned(),
            team: TeamId(Uuid::nil()),
            hours: Hours::always(),
            promise_minutes: 15,
        };
        let begins = "2026-03-10T10:00:00Z".parse().unwrap();
        let trial = Trial { begins, name: "Ana Torres".to_owned(), language: None, acts: acts.to_vec() };
        play(&definition, &["support", "orders", "billing"].map(queue), &WHATSAPP, &trial)
    }

    fn says(text: &str) -> Act {
        Act::Say { text: text.to_owned() }
    }

    fn taps(option: &str) -> Act {
        Act::Tap { option: option.to_owned() }
    }

    #[test]
    fn a_trial_goes_to_its_hand_off() {
        let begun = plays(&[says("hi")]);
        assert_eq!((begun.waits_at.as_deref(), begun.is_over, begun.options().len()), (Some("topic"), false, 3));
        let over = plays(&[says("hi"), taps("orders"), says("204817"), taps("late")]);
        assert!(over.is_over && over.waits_at.is_none() && over.options().is_empty());
        assert_eq!(over.fields["last_order"], "204817");
        let Some(Happened { what: Event::HandedOff(brief), .. }) = over.happened.last() else { panic!("{:?}", over.happened) };
        assert_eq!((brief.queue.as_str(), brief.answers.len(), over.answers.len()), ("orders", 3, 3));
        let later = plays(&[says("hi"), taps("orders"), says("204817"), taps("late"), says("thanks")]);
        assert_eq!(later.happened.last().unwrap().what, Event::Wrote("thanks".to_owned()), "people answer from here");
    }

    #[test]
    fn a_free_text_is_read_at_once_and_what_is_not_understood_is_asked_again() {
        let asked = plays(&[says("hi"), says("what?")]);
        assert_eq!(asked.waits_at.as_deref(), Some("topic"));
        assert_eq!(asked.happened.iter().filter(|happened| matches!(happened.what, Event::Said(_))).count(), 3);
        assert!(plays(&[says("hi"), says("what?"), says("what??")]).is_over);
        assert_eq!(plays(&[says("hi"), taps("nowhere")]).happened, plays(&[says("hi")]).happened, "what was not shown cannot be tapped");
    }

    #[test]
    fn time_is_skipped_to_the_deadline_and_by_hours() {
        let begun = plays(&[says("hi")]);
        let deadline = begun.gives_up_at.unwrap();
        let over = plays(&[says("hi"), Act::SkipToDeadline]);
        assert_eq!((over.is_over, over.now), (true, deadline));
        let late = plays(&[says("hi"), Act::Skip { minutes: 120 }]);
        assert_eq!((late.is_over, late.now), (true, begun.now + SignedDuration::from_hours(2)));
        let early = plays(&[says("hi"), Act::Skip { minutes: 10 }]);
        assert_eq!((early.is_over, early.happened.last().unwrap().what.clone()), (false, Event::TimePassed));
        assert_eq!(plays(&[Act::SkipToDeadline]).happened.len(), 1);
    }

    #[test]
    fn the_same_acts_come_out_the_same_and_are_kept_as_json() {
        let acts = [says("hi"), Act::Picture, taps("billing"), Act::Skip { minutes: 5 }, Act::SkipToDeadline];
        assert_eq!(plays(&acts), plays(&acts));
        let stored = serde_json::to_string(&acts.to_vec()).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Act>>(&stored).unwrap(), acts);
    }
}

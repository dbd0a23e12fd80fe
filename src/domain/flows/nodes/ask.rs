//! Ask: puts a question, reads the answer, asks again when it cannot be used, and hands off when that fails too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::engine::{Incoming, Kind, Outcome, Step};
use super::super::run::Run;
use super::super::session::Topic;
use super::super::text::{self, Text};
use super::super::turn::{Bubble, Turn};
use super::super::validation::Checks;
use super::super::values::Accept;
use super::Next;
use super::options::{self, AskOption, Longest};
use crate::domain::brief::{Answer, HandOffReason};
use crate::domain::channel::Rules;
use crate::domain::courtesy;
use crate::domain::ids::MessageId;
use crate::domain::message::{Choice, Content};

/// How often a question may be tried at most.
const MAX_ATTEMPTS: u32 = 5;
const MAX_LABEL: usize = 60;

/// A question. `{"kind":"ask","as":"list","prompt":"…","options":[…],"field":"topic","label":"Topic","next":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    #[serde(rename = "as")]
    pub form: Form,
    pub prompt: Text,
    /// Under which name the answer is kept.
    pub field: String,
    /// What agents read in front of the answer.
    pub label: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<AskOption>,
    /// On the button that opens a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Text>,
    /// What counts as an answer in free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<Accept>,
    /// Said instead of the prompt when it is asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Text>,
    /// Which failed answer hands off.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Whether a picture is an answer.
    #[serde(default)]
    pub pictures: bool,
    pub next: String,
}

/// How it is asked; with numbered choices, where the channel has no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Buttons,
    List,
    /// Free text.
    Text,
}

/// An answer that can be used, and the messages it was given in.
pub(in super::super) struct Reading<'a> {
    value: String,
    shown: String,
    option: Option<&'a AskOption>,
    messages: Vec<MessageId>,
}

impl<'a> Reading<'a> {
    fn of(option: &'a AskOption, run: &Run<'_>, message: MessageId) -> Self {
        let title = option.title.in_language(run.language(), &run.definition.language);
        Self { value: option.id.clone(), shown: title.to_owned(), option: Some(option), messages: vec![message] }
    }

    fn written(value: String, messages: Vec<MessageId>) -> Self {
        Self { shown: value.clone(), value, option: None, messages }
    }
}

fn attempts() -> u32 {
    2
}

impl Ask {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        if let Some(reading) = self.given(run) {
            self.record(run, reading);
            return Next::Node(&self.next);
        }
        if !run.context.may_speak {
            return Next::LetGo;
        }
        let prompt = run.expand(&self.prompt, None);
        match self.content(&prompt, run) {
            Ok(content) => {
                run.steps.push(Step::Say(content));
                Next::Wait
            }
            Err(reason) => Next::Fault(reason),
        }
    }

    /// The answer, when it was given before the question was asked.
    fn given<'a>(&'a self, run: &mut Run<'a>) -> Option<Reading<'a>> {
        let option = self.option(&run.session.given.as_ref()?.option)?;
        let given = run.session.given.take()?;
        Some(Reading::of(option, run, given.tap.message))
    }

    #[must_use]
    pub fn option(&self, id: &str) -> Option<&AskOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// The option that a message can only mean: one that it taps, or whose own words it is.
    pub(in super::super) fn plain_option(&self, incoming: &Incoming<'_>) -> Option<&AskOption> {
        match incoming.choice {
            Some(choice) => self.option(&choice.id),
            None => options::titled(&self.options, &text::normalise(incoming.text.unwrap_or(""))),
        }
    }

    /// The answer that one message gives and nothing can be added to: an option, a number, a date. A text, and pictures, are read
    /// when the turn is over.
    pub(in super::super) fn read_at_once<'a>(&'a self, run: &Run<'a>, incoming: &Incoming<'_>, is_early: bool) -> Option<Reading<'a>> {
        if let Some(option) = self.plain_option(incoming) {
            return Some(Reading::of(option, run, incoming.message));
        }
        let bubble = Bubble::of(incoming);
        match (self.form, self.accept.as_ref()) {
            (Form::Text, None | Some(Accept::Text { .. })) => None,
            (Form::Buttons | Form::List | Form::Text, _) => self.read_bubble(run, &bubble, is_early),
        }
    }

    /// The answer that a turn gives: one of its messages, all that agree, or all of it together.
    pub(in super::super) fn read_turn<'a>(&'a self, run: &Run<'a>, turn: &Turn) -> Option<Reading<'a>> {
        match (self.form, self.accept.as_ref()) {
            (Form::Text, None | Some(Accept::Text { .. })) => self.read_text(run, turn),
            (Form::Buttons | Form::List | Form::Text, _) => {
                let mut readings = turn.written().filter_map(|bubble| self.read_bubble(run, bubble, turn.is_early));
                let Some(first) = readings.next() else { return self.read_together(run, turn) };
                readings.all(|another| another.value == first.value).then_some(first)
            }
        }
    }

    fn read_together<'a>(&'a self, run: &Run<'a>, turn: &Turn) -> Option<Reading<'a>> {
        let all = Bubble { message: turn.written().next()?.message, text: turn.words(), kind: Kind::Words };
        let reading = self.read_bubble(run, &all, turn.is_early)?;
        Some(Reading { messages: turn.written().map(|bubble| bubble.message).collect(), ..reading })
    }

    /// In a turn that began before the question had reached them, an option must be named plainly: `2` may be part of a story.
    fn read_bubble<'a>(&'a self, run: &Run<'a>, bubble: &Bubble, is_early: bool) -> Option<Reading<'a>> {
        let of = |option: &'a AskOption| Reading::of(option, run, bubble.message);
        match self.form {
            Form::Buttons | Form::List if is_early => options::titled(&self.options, &text::normalise(&bubble.text)).map(of),
            Form::Buttons | Form::List => options::typed(&self.options, &bubble.text).map(of),
            Form::Text if bubble.kind == Kind::Tap => None,
            Form::Text => {
                let accept = self.accept.as_ref().unwrap_or(&Accept::ANY_TEXT);
                accept.read(&bubble.text, run.today()).map(|value| Reading::written(value, vec![bubble.message]))
            }
        }
    }

    /// A free text is all that was written, with the pictures that came along; where they are welcome, pictures alone will do.
    fn read_text<'a>(&'a self, run: &Run<'a>, turn: &Turn) -> Option<Reading<'a>> {
        if turn.is_early && courtesy::is_small_talk(&turn.words()) {
            return None;
        }
        let is_part = |bubble: &&Bubble| matches!(bubble.kind, Kind::Words | Kind::Attachment);
        let messages: Vec<MessageId> = turn.bubbles.iter().filter(is_part).map(|bubble| bubble.message).collect();
        let accept = self.accept.as_ref().unwrap_or(&Accept::ANY_TEXT);
        let words = if turn.written().nth(1).is_some() { accept.shortened(&turn.words()) } else { turn.words() };
        if let Some(value) = accept.read(&words, run.today()) {
            return Some(Reading::written(value, messages));
        }
        let pictures = turn.attachments().count();
        let picture = &run.definition.words(&run.definition.language).picture;
        let shown = if pictures == 1 { picture.to_string() } else { format!("{picture} × {pictures}") };
        (self.pictures && pictures > 0).then(|| Reading { value: "picture".to_owned(), shown, option: None, messages })
    }

    pub(in super::super) fn accept<'a>(&'a self, mut run: Run<'a>, reading: Reading<'a>) -> Outcome {
        self.record(&mut run, reading);
        run.go(&self.next)
    }

    fn record<'a>(&'a self, run: &mut Run<'a>, reading: Reading<'a>) {
        let Reading { value, shown, option, messages } = reading;
        run.session.release(&messages);
        let mut messages = messages.into_iter();
        let Some(message) = messages.next() else { return };
        let (field, label) = (self.field.clone(), self.label.clone());
        let answer = Answer { field, label, value, shown, message, also: messages.collect() };
        run.session.record(answer.clone());
        run.steps.push(Step::Answered(answer));
        if let Some((option, queue)) = option.and_then(|option| Some((option, option.queue.clone()?))) {
            let language = &run.definition.language;
            let title = option.title.in_language(language, language).to_owned();
            run.session.topic = Some(Topic { field: self.field.clone(), title, queue });
        }
    }

    /// A turn that is no answer: asks again, and hands off when that fails too. What nobody can read is no failed answer, but they
    /// are told once.
    pub(in super::super) fn fail<'a>(&'a self, key: &'a str, mut run: Run<'a>, turn: &Turn) -> Outcome {
        if turn.is_unreadable() {
            let is_told = std::mem::replace(&mut run.session.has_asked_for_words, true);
            return if is_told { run.keep() } else { self.ask_again(key, run, turn) };
        }
        run.session.attempts = run.session.attempts.saturating_add(1);
        if run.session.attempts >= self.attempts {
            return run.hand_off_early(HandOffReason::NotUnderstood { question: self.label.clone() });
        }
        self.ask_again(key, run, turn)
    }

    fn ask_again<'a>(&'a self, key: &'a str, mut run: Run<'a>, turn: &Turn) -> Outcome {
        if !run.context.may_speak {
            return run.hand_off_early(HandOffReason::WindowClosed);
        }
        let words = run.definition.words(run.language());
        let body = match &self.retry {
            Some(retry) if !turn.is_wordless() => run.expand(retry, None),
            Some(_) | None => {
                let opening = if turn.is_wordless() { &words.not_in_words } else { &words.not_understood };
                format!("{opening}\n\n{}", run.expand(&self.prompt, None))
            }
        };
        match self.content(&body, &run) {
            Ok(content) => {
                run.steps.push(Step::Say(content));
                run.wait_at(key)
            }
            Err(reason) => run.fault(format!("node “{key}”: {reason}")),
        }
    }

    fn content(&self, body: &str, run: &Run<'_>) -> Result<Content, String> {
        let (rules, longest) = (run.context.rules, self.longest(run.context.rules));
        if body.is_empty() {
            return Err("the question is empty".to_owned());
        }
        let options = self.choices(run, longest);
        if options.iter().any(|choice| choice.id.is_empty() || choice.title.trim().is_empty()) {
            return Err("an option has no id or no title".to_owned());
        }
        if self.form != Form::Text && !(1..=longest.most).contains(&options.len()) {
            let (count, most) = (options.len(), longest.most);
            return Err(match self.form {
                Form::Buttons => format!("{count} options do not fit on {most} buttons"),
                Form::List | Form::Text => format!("{count} options do not fit in a list of {most}"),
            });
        }
        let (question, button) = (text::truncate(body, longest.body), self.button(run));
        Ok(match (self.form, rules.buttons, rules.list) {
            (Form::Text, _, _) => Content::Text { body: question },
            (Form::Buttons, Some(_), _) => Content::Buttons { body: question, options },
            (Form::List, _, Some(list)) => Content::List { body: question, button: text::truncate(button, list.label), options },
            (Form::Buttons, None, _) | (Form::List, _, None) => Content::Text { body: options::numbered_lines(body, &options, rules.text) },
        })
    }

    /// On the button that opens the list.
    fn button<'a>(&'a self, run: &Run<'a>) -> &'a str {
        let own = self.button.as_ref().map(|button| button.in_language(run.language(), &run.definition.language));
        own.unwrap_or(&run.definition.words(run.language()).list_button)
    }

    fn choices(&self, run: &Run<'_>, longest: Longest) -> Vec<Choice> {
        self.options.iter().map(|option| option.choice(run.language(), &run.definition.language, longest)).collect()
    }

    /// What the form allows on a channel.
    fn longest(&self, rules: &Rules) -> Longest {
        let of_form = match self.form {
            Form::Buttons => Longest::of_buttons(rules),
            Form::List => Longest::of_list(rules),
            Form::Text => None,
        };
        of_form.unwrap_or_else(|| Longest::of_lines(rules))
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let longest = self.longest(checks.rules());
        checks.text("prompt", &self.prompt, longest.body);
        if let Some(retry) = &self.retry {
            checks.text("retry", retry, longest.body);
        }
        checks.name("field", &self.field);
        checks.length("label", &self.label, MAX_LABEL);
        if !(1..=MAX_ATTEMPTS).contains(&self.attempts) {
            checks.fault("attempts", format!("must be 1 to {MAX_ATTEMPTS}"));
        }
        self.check_form(checks);
        options::check(&self.options, longest, checks);
    }

    /// What belongs to another form of question is refused, so that nobody wonders why it does nothing.
    fn check_form(&self, checks: &mut Checks<'_>) {
        let (rules, most) = (checks.rules(), self.longest(checks.rules()).most);
        let count = self.options.len();
        match self.form {
            Form::Text if count > 0 => checks.fault("options", "are for buttons and lists, not for free text"),
            Form::Buttons | Form::List if !(1..=most).contains(&count) => {
                checks.fault("options", format!("must be 1 to {most}, not {count}"))
            }
            Form::Text | Form::Buttons | Form::List => {}
        }
        match (self.form, &self.accept) {
            (Form::Text, Some(accept)) => accept.fault(rules.text).into_iter().for_each(|sentence| checks.fault("accept", sentence)),
            (Form::Buttons | Form::List, Some(_)) => checks.fault("accept", "is for free text, not for buttons and lists"),
            (Form::Text | Form::Buttons | Form::List, None) => {}
        }
        if self.pictures && self.form != Form::Text {
            checks.fault("pictures", "is for free text, not for buttons and lists");
        }
        match (self.form, &self.button) {
            (Form::List, Some(button)) => checks.title("button", button, rules.list.map_or(rules.text, |list| list.label)),
            (Form::Buttons | Form::Text, Some(_)) => checks.fault("button", "is for lists only"),
            (Form::List | Form::Buttons | Form::Text, None) => {}
        }
    }
}

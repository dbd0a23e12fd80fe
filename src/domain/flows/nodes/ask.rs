//! Ask: puts a question, reads the answer, asks again when it cannot be used, and hands off when that fails too.

use serde::{Deserialize, Serialize};

use super::super::engine::{Incoming, Outcome, Step};
use super::super::run::Run;
use super::super::session::Topic;
use super::super::text::{self, Text};
use super::super::validation::Checks;
use super::super::values::Accept;
use super::Next;
use super::options::{self, AskOption};
use crate::domain::brief::{Answer, HandOffReason};
use crate::domain::message::{Choice, Content};

/// How often a question may be tried at most.
const MAX_ATTEMPTS: u32 = 5;
const MAX_LABEL: usize = 60;

/// A question. `{"kind":"ask","as":"list","prompt":"…","options":[…],"field":"topic","label":"Topic","next":"…"}`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Up to three buttons.
    Buttons,
    /// A list of up to ten rows.
    List,
    /// Free text.
    Text,
}

/// An answer that can be used.
struct Reading<'a> {
    value: String,
    shown: String,
    option: Option<&'a AskOption>,
}

impl<'a> Reading<'a> {
    fn of(option: &'a AskOption, run: &Run<'_>) -> Self {
        let title = option.title.in_language(run.language(), &run.definition.language);
        Self { value: option.id.clone(), shown: title.to_owned(), option: Some(option) }
    }
}

fn attempts() -> u32 {
    2
}

impl Ask {
    pub(super) fn enter<'a>(&'a self, run: &mut Run<'a>) -> Next<'a> {
        let prompt = run.expand(&self.prompt, None);
        match self.content(&prompt, run) {
            Ok(content) => {
                run.steps.push(Step::Say(content));
                Next::Wait
            }
            Err(reason) => Next::Fault(reason),
        }
    }

    #[must_use]
    pub fn option(&self, id: &str) -> Option<&AskOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// Whether a message of the opening turn can only be meant as the answer: a tap, or an option's own words.
    pub(in super::super) fn is_plainly_answered_by(&self, incoming: &Incoming<'_>) -> bool {
        match incoming.choice {
            Some(choice) => self.option(&choice.id).is_some(),
            None => options::titled(&self.options, &text::normalise(incoming.text.unwrap_or(""))).is_some(),
        }
    }

    /// Takes a message as the answer.
    pub(in super::super) fn take<'a>(&'a self, key: &'a str, mut run: Run<'a>, incoming: &Incoming<'_>) -> Outcome {
        match self.read(&run, incoming) {
            Some(reading) => self.accept(run, reading, incoming),
            None => {
                run.quote_unclear(incoming);
                run.session.attempts = run.session.attempts.saturating_add(1);
                if run.session.attempts >= self.attempts {
                    return run.hand_off_early(HandOffReason::NotUnderstood { question: self.label.clone() });
                }
                self.ask_again(key, run, incoming)
            }
        }
    }

    fn accept<'a>(&'a self, mut run: Run<'a>, reading: Reading<'a>, incoming: &Incoming<'_>) -> Outcome {
        let Reading { value, shown, option } = reading;
        let answer = Answer { field: self.field.clone(), label: self.label.clone(), value, shown, message: incoming.message };
        run.session.record(answer.clone());
        run.steps.push(Step::Answered(answer));
        if let Some((option, queue)) = option.and_then(|option| Some((option, option.queue.clone()?))) {
            let language = &run.definition.language;
            let title = option.title.in_language(language, language).to_owned();
            run.session.topic = Some(Topic { field: self.field.clone(), title, queue });
        }
        run.go(&self.next)
    }

    fn ask_again<'a>(&'a self, key: &'a str, mut run: Run<'a>, incoming: &Incoming<'_>) -> Outcome {
        let words = run.definition.words(run.language());
        let body = match &self.retry {
            Some(retry) if !incoming.is_media => run.expand(retry, None),
            Some(_) | None => {
                let opening = if incoming.is_media { &words.not_in_words } else { &words.not_understood };
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
        let (form, count) = (self.form, self.options.len());
        if body.is_empty() {
            return Err("the question is empty".to_owned());
        }
        if self.choices(run, text::MAX_ROW_TITLE).iter().any(|choice| choice.id.is_empty() || choice.title.trim().is_empty()) {
            return Err("an option has no id or no title".to_owned());
        }
        match form {
            Form::Text => Ok(Content::Text { body: text::truncate(body, text::MAX_BODY) }),
            Form::Buttons if (1..=text::MAX_BUTTONS).contains(&count) => {
                let options = self.choices(run, text::MAX_BUTTON_TITLE);
                Ok(Content::Buttons { body: text::truncate(body, text::MAX_BUTTONS_BODY), options })
            }
            Form::List if (1..=text::MAX_ROWS).contains(&count) => {
                let button = self.button.as_ref().map(|button| button.in_language(run.language(), &run.definition.language));
                let button = button.unwrap_or(&run.definition.words(run.language()).list_button);
                Ok(Content::List {
                    body: text::truncate(body, text::MAX_BODY),
                    button: text::truncate(button, text::MAX_BUTTON_TITLE),
                    options: self.choices(run, text::MAX_ROW_TITLE),
                })
            }
            Form::Buttons => Err(format!("{count} options do not fit on {} buttons", text::MAX_BUTTONS)),
            Form::List => Err(format!("{count} options do not fit in a list of {}", text::MAX_ROWS)),
        }
    }

    fn choices(&self, run: &Run<'_>, longest_title: usize) -> Vec<Choice> {
        self.options.iter().map(|option| option.choice(run.language(), &run.definition.language, longest_title)).collect()
    }

    fn read<'a>(&'a self, run: &Run<'a>, incoming: &Incoming<'_>) -> Option<Reading<'a>> {
        if let Some(choice) = incoming.choice {
            return self.option(&choice.id).map(|option| Reading::of(option, run));
        }
        let said = text::clean(incoming.text.unwrap_or(""));
        match self.form {
            Form::Buttons | Form::List => options::typed(&self.options, &said).map(|option| Reading::of(option, run)),
            Form::Text => {
                let accept = self.accept.as_ref().unwrap_or(&Accept::ANY_TEXT);
                if said.is_empty() && incoming.is_media && self.pictures {
                    let picture = run.definition.words(&run.definition.language).picture.to_string();
                    return Some(Reading { value: "picture".to_owned(), shown: picture, option: None });
                }
                accept.read(&said, run.today()).map(|value| Reading { shown: value.clone(), value, option: None })
            }
        }
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let (longest_body, longest_title) = match self.form {
            Form::Buttons => (text::MAX_BUTTONS_BODY, text::MAX_BUTTON_TITLE),
            Form::List | Form::Text => (text::MAX_BODY, text::MAX_ROW_TITLE),
        };
        checks.text("prompt", &self.prompt, longest_body);
        if let Some(retry) = &self.retry {
            checks.text("retry", retry, longest_body);
        }
        checks.name("field", &self.field);
        checks.length("label", &self.label, MAX_LABEL);
        if !(1..=MAX_ATTEMPTS).contains(&self.attempts) {
            checks.fault("attempts", format!("must be 1 to {MAX_ATTEMPTS}"));
        }
        self.check_form(checks);
        options::check(&self.options, longest_title, checks);
    }

    /// What belongs to another form of question is refused, so that nobody wonders why it does nothing.
    fn check_form(&self, checks: &mut Checks<'_>) {
        let most = match self.form {
            Form::Buttons => text::MAX_BUTTONS,
            Form::List => text::MAX_ROWS,
            Form::Text => 0,
        };
        let count = self.options.len();
        match self.form {
            Form::Text if count > 0 => checks.fault("options", "are for buttons and lists, not for free text"),
            Form::Buttons | Form::List if !(1..=most).contains(&count) => {
                checks.fault("options", format!("must be 1 to {most}, not {count}"))
            }
            Form::Text | Form::Buttons | Form::List => {}
        }
        match (self.form, &self.accept) {
            (Form::Text, Some(accept)) => accept.fault().into_iter().for_each(|sentence| checks.fault("accept", sentence)),
            (Form::Buttons | Form::List, Some(_)) => checks.fault("accept", "is for free text, not for buttons and lists"),
            (Form::Text | Form::Buttons | Form::List, None) => {}
        }
        if self.pictures && self.form != Form::Text {
            checks.fault("pictures", "is for free text, not for buttons and lists");
        }
        match (self.form, &self.button) {
            (Form::List, Some(button)) => checks.title("button", button, text::MAX_BUTTON_TITLE),
            (Form::Buttons | Form::Text, Some(_)) => checks.fault("button", "is for lists only"),
            (Form::List | Form::Buttons | Form::Text, None) => {}
        }
    }
}

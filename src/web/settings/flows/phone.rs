//! A phone to try a flow in: what is typed goes to the engine that customers meet, and nowhere else.

pub mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use url::form_urlencoded;

use self::view::{Phone, PhonePage};
use super::bench::{bench, inspected, text_of, zone};
use crate::domain::channel::WHATSAPP;
use crate::domain::flows::inspection::LONGEST;
use crate::domain::flows::trial::{Act, MOST_ACTS, Trial, play};
use crate::domain::ids::FlowId;
use crate::web::conversations::act::text;
use crate::web::edge::answer::page;
use crate::web::edge::error::{Error, Result};
use crate::web::sessions::signed::Signed;
use crate::web::settings::{Did, shell};
use crate::web::state::State;

/// Characters of a name, and of a language's tag.
const LONGEST_NAME: usize = 80;
const LONGEST_TAG: usize = 16;

/// What a press on the phone sends.
#[derive(Debug, Default)]
struct PhoneForm {
    /// The text on the page, where scripts send it; else the draft that is kept.
    body: Option<String>,
    trial: String,
    does: String,
    say: String,
    name: String,
    language: String,
    begins: String,
}

impl PhoneForm {
    fn read(form: &[u8]) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match name.as_ref() {
                "body" => read.body = Some(text(&value)),
                "trial" => read.trial = value.into_owned(),
                "do" => read.does = value.into_owned(),
                "say" => read.say = text(&value),
                "name" => read.name = value.into_owned(),
                "language" => read.language = value.into_owned(),
                "begins" => read.begins = value.into_owned(),
                _ => {}
            }
        }
        read
    }

    /// The trial so far with what is done now. `zone` is where clocks are read.
    fn trial(&self, now: Timestamp, zone: &TimeZone) -> Trial {
        let fresh = || Trial { begins: now, name: "Ana Torres".to_owned(), language: None, acts: Vec::new() };
        let mut trial: Trial = serde_json::from_str(&self.trial).unwrap_or_else(|_| fresh());
        trial.acts.truncate(MOST_ACTS);
        match self.does.as_str() {
            "begin" => return self.begun(now, zone),
            "back" => drop(trial.acts.pop()),
            _ => trial.acts.extend(self.act()),
        }
        trial
    }

    /// A new one, by whom and when the form says.
    fn begun(&self, now: Timestamp, zone: &TimeZone) -> Trial {
        let begins = self.begins.parse::<DateTime>().ok().and_then(|at| at.to_zoned(zone.clone()).ok()).map_or(now, |at| at.timestamp());
        let cut = |text: &str, most: usize| text.trim().chars().take(most).collect::<String>();
        let language = Some(cut(&self.language, LONGEST_TAG)).filter(|language| !language.is_empty());
        Trial { begins, name: cut(&self.name, LONGEST_NAME), language, acts: Vec::new() }
    }

    fn act(&self) -> Option<Act> {
        match self.does.split_once(':') {
            Some(("tap", option)) => Some(Act::Tap { option: option.to_owned() }),
            Some(("skip", minutes)) => minutes.parse().ok().map(|minutes| Act::Skip { minutes }),
            Some(_) => None,
            None => match self.does.as_str() {
                "picture" => Some(Act::Picture),
                "deadline" => Some(Act::SkipToDeadline),
                "say" if !self.say.trim().is_empty() => Some(Act::Say { text: self.say.trim().to_owned() }),
                _ => None,
            },
        }
    }
}

/// `POST /settings/flows/{id}/trial`
pub(in crate::web) async fn act(
    state: web::Data<State>,
    signed: Signed,
    flow: web::Path<FlowId>,
    request: HttpRequest,
    form: web::Bytes,
) -> Result<HttpResponse> {
    let form = PhoneForm::read(&form);
    if form.body.as_ref().is_some_and(|body| body.len() > LONGEST) {
        return Err(Error::TooLarge);
    }
    let is_part = request.headers().contains_key("turbo-frame");
    let around = if is_part { None } else { Some(shell(&state, &signed, &Did::default()).await?) };
    let bench = bench(&state, &signed, *flow).await?;
    let written = form.body.clone().unwrap_or_else(|| text_of(&bench, signed.locale.as_str()));
    let zone = zone(&bench);
    let trial = form.trial(Timestamp::now(), &zone);
    let workplace = state.runner.workplaces().get(signed.workspace).await?;
    let inspection = inspected(&bench, &workplace, &written);
    let played = inspection.definition.as_ref().map(|definition| play(definition, &bench.queues, &WHATSAPP, &trial));
    let phone = Phone::of(signed.locale, *flow, &signed.csrf, zone, trial, played);
    match around {
        None => page(StatusCode::OK, &phone),
        Some((chrome, _)) => page(StatusCode::OK, &PhonePage { chrome, name: bench.name, phone }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &str) -> PhoneForm {
        PhoneForm::read(fields.as_bytes())
    }

    #[test]
    fn each_press_adds_to_the_trial() {
        let now: Timestamp = "2026-03-10T10:00:00Z".parse().unwrap();
        let mut kept = String::new();
        for does in ["do=say&say=hi", "do=tap:orders", "do=skip:60", "do=deadline", "do=picture", "do=say&say=+", "do=dance"] {
            let mut form = form(does);
            form.trial = std::mem::take(&mut kept);
            kept = serde_json::to_string(&form.trial(now, &TimeZone::UTC)).unwrap();
        }
        let trial: Trial = serde_json::from_str(&kept).unwrap();
        assert_eq!(trial.acts.len(), 5, "{trial:?}");
        assert_eq!(PhoneForm { trial: kept, ..form("do=back") }.trial(now, &TimeZone::UTC).acts.len(), 4);
    }

    #[test]
    fn a_new_one_begins_when_and_by_whom_it_says() {
        let now: Timestamp = "2026-03-10T10:00:00Z".parse().unwrap();
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let trial = form("do=begin&name=+Eva+&language=es&begins=2026-03-14T23:30&trial=broken").trial(now, &berlin);
        assert_eq!(
            (trial.name.as_str(), trial.language.as_deref(), trial.begins.to_string()),
            ("Eva", Some("es"), "2026-03-14T22:30:00Z".to_owned())
        );
        assert_eq!(form("do=begin&begins=soon").trial(now, &berlin).begins, now);
    }
}

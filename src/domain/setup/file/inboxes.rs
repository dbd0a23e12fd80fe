//! Connected addresses: numbers of WhatsApp known by the ids that WhatsApp gave them, others by their names. What they are connected with
//! stays what it is, and their secrets are only named.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::{Ids, Names};
use super::{Found, Wrong, flows, no_twins};
use crate::domain::channel::Channel;
use crate::domain::ids::InboxId;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::event::{Secret, SetupEvent};
use crate::domain::setup::value::{Inbox, InboxState, Number, Setup};

/// What the names of the installation's settings begin with.
const SETTINGS: &str = "BATON_";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenInbox {
    #[schemars(length(min = 1, max = 80))]
    name: String,
    /// Such as whatsapp.
    channel: String,
    /// Who meets its customers first, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flow: Option<String>,
    /// The key of a queue.
    default_queue: String,
    #[schemars(range(min = 0, max = 8760))]
    reopen_hours: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<WrittenNumber>,
}

/// What WhatsApp calls a number by, and which secrets it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenNumber {
    #[schemars(length(min = 1, max = 80))]
    display_phone_number: String,
    #[schemars(length(min = 1, max = 80))]
    phone_number_id: String,
    #[schemars(length(min = 1, max = 80))]
    waba_id: String,
    #[schemars(length(min = 1, max = 80))]
    app_id: String,
    /// Written as ${secret:NAME}.
    access_token: String,
    /// Written as ${secret:NAME}.
    app_secret: String,
    /// Written as ${secret:NAME}.
    verify_token: String,
}

/// The secrets of an app that a file brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppSecrets {
    pub app_id: String,
    pub app_secret: Secret,
    pub verify_token: Secret,
}

fn reference(name: &str) -> String {
    format!("${{secret:{name}}}")
}

/// What stands in `${secret:NAME}`.
fn named_secret(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${secret:")?.strip_suffix('}')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

/// Whether the installation's own settings are called so. They are in the environment that secrets are taken from, and no file's to read.
fn is_setting(name: &str) -> bool {
    name.get(..SETTINGS.len()).is_some_and(|start| start.eq_ignore_ascii_case(SETTINGS))
}

/// The name of a secret that a file may speak of.
fn secret_name(text: &str) -> Option<&str> {
    named_secret(text).filter(|name| !is_setting(name))
}

impl WrittenInbox {
    pub(super) fn of(setup: &Setup, inbox: &Inbox) -> Self {
        // Whether it is paused is of the moment.
        let Inbox { name, channel, flow, default_queue, reopen_hours, number, state: _ } = inbox.clone();
        let flow = flow.and_then(|flow| setup.flows.get(&flow)).map(|flow| flow.name.clone());
        let default_queue = setup.queues.get(&default_queue).map(|queue| queue.key.clone()).unwrap_or_default();
        let number = number.map(|Number { app_id, phone_number_id, waba_id, display_phone_number }| WrittenNumber {
            access_token: reference(&format!("NUMBER_{phone_number_id}_ACCESS_TOKEN")),
            app_secret: reference(&format!("APP_{app_id}_SECRET")),
            verify_token: reference(&format!("APP_{app_id}_VERIFY_TOKEN")),
            display_phone_number,
            phone_number_id,
            waba_id,
            app_id,
        });
        Self { name, channel: channel.as_str().to_owned(), flow, default_queue, reopen_hours, number }
    }

    /// What it is known by.
    pub(super) fn key(&self) -> &str {
        self.number.as_ref().map_or(&self.name, |number| &number.phone_number_id)
    }

    /// The app that it speaks through.
    pub(super) fn app(&self) -> Option<&str> {
        self.number.as_ref().map(|number| number.app_id.as_str())
    }

    /// The names of its secrets.
    pub(super) fn secrets(&self) -> Vec<String> {
        let texts = self.number.iter().flat_map(|number| [&number.access_token, &number.app_secret, &number.verify_token]);
        texts.filter_map(|text| secret_name(text)).map(ToOwned::to_owned).collect()
    }

    fn known(&self, setup: &Setup) -> Option<InboxId> {
        let is_it = |inbox: &Inbox| match (&self.number, &inbox.number) {
            (Some(own), Some(known)) => own.phone_number_id == known.phone_number_id,
            (None, None) => self.name == inbox.name,
            _ => false,
        };
        setup.inboxes.iter().find(|(_, inbox)| is_it(inbox)).map(|(id, _)| *id)
    }

    fn as_number(&self) -> Option<Number> {
        let WrittenNumber { display_phone_number, phone_number_id, waba_id, app_id, .. } = self.number.clone()?;
        Some(Number { app_id, phone_number_id, waba_id, display_phone_number })
    }
}

/// What is wrong, with these secrets at hand, if any are taken; the secrets of known apps are known.
pub(super) fn check(
    inboxes: &[WrittenInbox],
    setup: &Setup,
    names: &Names,
    secrets: Option<&BTreeMap<String, Secret>>,
    is_known_app: impl Fn(&str) -> bool,
    found: &mut Found,
) {
    no_twins("inboxes", "name", inboxes.iter().map(WrittenInbox::key), found);
    for (place, inbox) in inboxes.iter().enumerate() {
        let path = |field: &str| format!("inboxes[{place}].{field}");
        if let Some(flow) = inbox.flow.as_ref().filter(|flow| !names.flows.contains(*flow)) {
            found.push((path("flow"), Wrong::NoSuch(flow.clone())));
        }
        if !names.queues.contains(&inbox.default_queue) {
            found.push((path("default_queue"), Wrong::NoSuch(inbox.default_queue.clone())));
        }
        let known = inbox.known(setup).and_then(|id| setup.inboxes.get(&id));
        if known.is_some_and(|known| known.number != inbox.as_number() || known.channel.as_str() != inbox.channel) {
            found.push((path("number"), Wrong::AnotherNumber));
        }
        let Some(number) = &inbox.number else { continue };
        let is_new = known.is_none();
        let is_new_app = is_new && !is_known_app(&number.app_id);
        let texts = [
            ("access_token", &number.access_token, is_new),
            ("app_secret", &number.app_secret, is_new_app),
            ("verify_token", &number.verify_token, is_new_app),
        ];
        for (field, text, is_needed) in texts {
            match named_secret(text) {
                Some(name) if is_setting(name) => {
                    found.push((path(&format!("number.{field}")), Wrong::SecretIsSetting(name.to_owned())));
                }
                None => found.push((path(&format!("number.{field}")), Wrong::SecretInTheOpen)),
                Some(name) if is_needed && secrets.is_some_and(|secrets| !secrets.contains_key(name)) => {
                    found.push((path(&format!("number.{field}")), Wrong::SecretMissing(name.to_owned())));
                }
                Some(_) => {}
            }
        }
    }
}

/// Answers which numbers are to be connected by themselves: those that do not speak here yet, where no secrets are taken.
pub(super) fn bring_in(inboxes: &[WrittenInbox], secrets: Option<&BTreeMap<String, Secret>>, ids: &mut Ids, draft: &mut Draft) -> Found {
    let mut left_out = Vec::new();
    for (place, inbox) in inboxes.iter().enumerate() {
        let setup = &mut draft.setup;
        let speaks = inbox.known(setup).and_then(|id| setup.inboxes.get(&id)).is_some_and(|it| it.state != InboxState::Disconnected);
        if secrets.is_none() && !speaks {
            left_out.push((format!("inboxes[{place}]"), Wrong::NumberToConnect(inbox.name.clone())));
            continue;
        }
        let flow = inbox.flow.as_ref().and_then(|flow| flows::named(setup, flow));
        let queue = setup.queues.iter().find(|(_, queue)| queue.key == inbox.default_queue).map(|(id, _)| *id);
        let Some(default_queue) = queue else { continue };
        let known = inbox.known(setup);
        let id = known.unwrap_or_else(|| InboxId(ids.next()));
        let WrittenInbox { name, channel, reopen_hours, .. } = inbox.clone();
        let name = name.trim().to_owned();
        let number = inbox.as_number();
        let token = inbox.number.as_ref().and_then(|number| secrets?.get(secret_name(&number.access_token)?));
        // One that was disconnected speaks again with what it is authorised by now, and without stays as it is. One that speaks keeps its own.
        let was = setup.inboxes.get(&id).map(|known| known.state);
        let state = match was {
            Some(InboxState::Disconnected) if token.is_some() => InboxState::Active,
            known => known.unwrap_or_default(),
        };
        setup.inboxes.insert(id, Inbox { name, channel: Channel::from(channel), flow, default_queue, reopen_hours, number, state });
        let token = token.filter(|_| was.is_none_or(|was| was == InboxState::Disconnected));
        draft.beside.extend(token.map(|token| SetupEvent::AccessToken { inbox: id, token: token.clone() }));
    }
    left_out
}

/// The secrets of the apps that a file names and whoever brings it in supplied.
pub(super) fn apps(inboxes: &[WrittenInbox], secrets: &BTreeMap<String, Secret>) -> Vec<AppSecrets> {
    let mut apps: Vec<AppSecrets> = Vec::new();
    for number in inboxes.iter().filter_map(|inbox| inbox.number.as_ref()) {
        let supplied = |text: &str| secrets.get(secret_name(text)?).cloned();
        let (Some(app_secret), Some(verify_token)) = (supplied(&number.app_secret), supplied(&number.verify_token)) else { continue };
        if !apps.iter().any(|app| app.app_id == number.app_id) {
            apps.push(AppSecrets { app_id: number.app_id.clone(), app_secret, verify_token });
        }
    }
    apps
}

//! Every address of the house, who may ask for it, and what kind of answer it gives.
//!
//! The application is built from this table and the access test walks it, so there is no other way in.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use super::conversations::{self, assignments, canned, reads};
use super::edge::bodies::watch;
use super::edge::edge;
use super::edge::entry::{Entry, FORM_LIMIT, Kind, UPLOAD_LIMIT, Who};
use super::edge::error::{Error, Result};
use super::edge::guard::{dress, guard};
use super::edge::redirect::{FIRST_PAGE, go_to};
use super::live::socket;
use super::messages::{self, settlements};
use super::profile::{self, own_sessions, picture, second_factor, ways_in};
use super::settings::flows::{self, editor, phone, publication};
use super::settings::numbers::{self, connecting, testing};
use super::settings::{
    self, canned_replies, changes, fields, file, people, queues, roles, rules, security, skills, sla, start, tags, teams, workspace,
};
use super::sign_in::{email, reset, second_step};
use super::{
    admin, assets, availability, begin, drafts, floor, health, inbox, invitations, language, media, notes, proof, sign_in, signing_off,
    system, webhook, workspaces,
};
use crate::domain::access::Permission;

const fn get(path: &'static str, who: Who, kind: Kind, handler: fn() -> Route) -> Entry {
    Entry { method: Method::GET, path, who, kind, asks_proof: false, is_open_to_owing: false, handler }
}

const fn post(path: &'static str, who: Who, kind: Kind, handler: fn() -> Route) -> Entry {
    Entry { method: Method::POST, path, who, kind, asks_proof: false, is_open_to_owing: false, handler }
}

/// As [`post`], of what is sensitive.
const fn proven(path: &'static str, who: Who, kind: Kind, handler: fn() -> Route) -> Entry {
    Entry { method: Method::POST, path, who, kind, asks_proof: true, is_open_to_owing: false, handler }
}

/// As [`get`], of what is sensitive.
const fn proven_get(path: &'static str, who: Who, kind: Kind, handler: fn() -> Route) -> Entry {
    Entry { method: Method::GET, path, who, kind, asks_proof: true, is_open_to_owing: false, handler }
}

/// As [`get`] or [`post`], of what somebody does who has yet to set up what shows codes.
const fn owing(method: Method, path: &'static str, kind: Kind, asks_proof: bool, handler: fn() -> Route) -> Entry {
    Entry { method, path, who: Who::May(Permission::ManageSelf), kind, asks_proof, is_open_to_owing: true, handler }
}

/// The table of contents. The first matching line counts.
pub static ROUTES: &[Entry] = &[
    get("/", Who::May(Permission::SeeInbox), Kind::Page, || web::to(home)),
    get("/sign-in", Who::Anyone, Kind::Page, || web::to(sign_in::page)),
    post("/sign-in", Who::Public, Kind::SignIn, || web::to(sign_in::create)),
    get("/begin/{secret}", Who::Public, Kind::Open, || web::to(begin::show)),
    post("/begin/{secret}", Who::Public, Kind::SignIn, || web::to(begin::create)),
    get("/invitations/{token}", Who::Anyone, Kind::Page, || web::to(invitations::show)),
    post("/invitations/{token}", Who::Anyone, Kind::SignIn, || web::to(invitations::accept)),
    get("/sign-in/code", Who::Public, Kind::Open, || web::to(second_step::page)),
    post("/sign-in/code", Who::Public, Kind::SignIn, || web::to(second_step::create)),
    get("/reset", Who::Public, Kind::Open, || web::to(reset::ask)),
    post("/reset", Who::Public, Kind::SignIn, || web::to(reset::create)),
    get("/reset/new", Who::Public, Kind::Open, || web::to(reset::follow)),
    post("/reset/new", Who::Public, Kind::SignIn, || web::to(reset::update)),
    get("/email/new", Who::Public, Kind::Open, || web::to(email::follow)),
    post("/email/new", Who::Anyone, Kind::SignIn, || web::to(email::update)),
    owing(Method::POST, "/sign-out", Kind::Form, false, || web::to(sign_in::delete)),
    owing(Method::POST, "/locale", Kind::Form, false, || web::to(language::update)),
    get("/workspaces", Who::May(Permission::ManageSelf), Kind::Page, || web::to(workspaces::index)),
    post("/workspaces", Who::May(Permission::ManageSelf), Kind::Form, || web::to(workspaces::update)),
    owing(Method::GET, "/proof", Kind::Page, false, || web::to(proof::page)),
    owing(Method::POST, "/proof", Kind::Form, true, || web::to(proof::create)),
    get("/profile", Who::May(Permission::ManageSelf), Kind::Page, || web::to(profile::show)),
    post("/profile", Who::May(Permission::ManageSelf), Kind::Form, || web::to(profile::update)),
    post("/profile/picture", Who::May(Permission::ManageSelf), Kind::Upload, || web::to(picture::create)),
    post("/profile/picture/removal", Who::May(Permission::ManageSelf), Kind::Form, || web::to(picture::remove)),
    get("/people/{id}/picture", Who::May(Permission::SeeInbox), Kind::Part, || web::to(picture::show)),
    get("/profile/sign-in", Who::May(Permission::ManageSelf), Kind::Page, || web::to(ways_in::show)),
    post("/profile/password", Who::May(Permission::ManageSelf), Kind::Form, || web::to(ways_in::change_password)),
    post("/profile/email", Who::May(Permission::ManageSelf), Kind::Form, || web::to(ways_in::change_email)),
    owing(Method::GET, "/profile/second-factor", Kind::Page, true, || web::to(second_factor::page)),
    owing(Method::POST, "/profile/second-factor", Kind::Form, true, || web::to(second_factor::create)),
    proven("/profile/second-factor/removal", Who::May(Permission::ManageSelf), Kind::Form, || web::to(second_factor::remove)),
    proven("/profile/second-factor/codes", Who::May(Permission::ManageSelf), Kind::Form, || web::to(second_factor::codes)),
    get("/profile/sessions", Who::May(Permission::ManageSelf), Kind::Page, || web::to(own_sessions::show)),
    post("/profile/sessions", Who::May(Permission::ManageSelf), Kind::Form, || web::to(own_sessions::revoke)),
    get("/sign-off", Who::May(Permission::ManageSelf), Kind::Page, || web::to(signing_off::show)),
    post("/sign-off", Who::May(Permission::ManageSelf), Kind::Form, || web::to(signing_off::create)),
    post("/availability", Who::May(Permission::ManageSelf), Kind::Form, || web::to(availability::update)),
    get("/inbox", Who::May(Permission::SeeInbox), Kind::Page, || web::to(inbox::index)),
    get("/inbox/rows", Who::May(Permission::SeeInbox), Kind::Part, || web::to(inbox::rows)),
    get("/inbox/own", Who::May(Permission::SeeInbox), Kind::Part, || web::to(inbox::own)),
    get("/inbox/paused", Who::May(Permission::SeeInbox), Kind::Part, || web::to(inbox::paused)),
    get("/conversations/{id}", Who::May(Permission::SeeInbox), Kind::Page, || web::to(conversations::show)),
    get("/conversations/{id}/earlier", Who::May(Permission::SeeInbox), Kind::Part, || web::to(conversations::earlier)),
    get("/conversations/{id}/canned-replies", Who::May(Permission::Reply), Kind::Part, || web::to(canned::index)),
    post("/conversations/{id}/messages", Who::May(Permission::Reply), Kind::Upload, || web::to(messages::create)),
    post("/conversations/{id}/notes", Who::May(Permission::WriteNotes), Kind::Form, || web::to(notes::create)),
    post("/conversations/{id}/assignment", Who::May(Permission::Take), Kind::Form, || web::to(assignments::create)),
    post("/conversations/{id}/transfer", Who::May(Permission::Transfer), Kind::Form, || web::to(assignments::transfer)),
    post("/conversations/{id}/priority", Who::May(Permission::Transfer), Kind::Form, || web::to(assignments::prioritise)),
    post("/conversations/{id}/resolution", Who::May(Permission::Resolve), Kind::Form, || web::to(assignments::resolve)),
    post("/conversations/{id}/reopening", Who::May(Permission::Take), Kind::Form, || web::to(assignments::reopen)),
    post("/conversations/{id}/parting", Who::May(Permission::Transfer), Kind::Form, || web::to(assignments::part)),
    post("/conversations/{id}/undo", Who::May(Permission::Resolve), Kind::Form, || web::to(assignments::undo)),
    get("/conversations/{id}/draft", Who::May(Permission::Reply), Kind::Part, || web::to(drafts::show)),
    post("/conversations/{id}/draft", Who::May(Permission::Reply), Kind::Upload, || web::to(drafts::update)),
    post("/conversations/{id}/reads", Who::May(Permission::SeeInbox), Kind::Form, || web::to(reads::create)),
    post("/messages/{id}/settlement", Who::May(Permission::Reply), Kind::Form, || web::to(settlements::create)),
    get("/media/{id}", Who::May(Permission::SeeInbox), Kind::Part, || web::to(media::show)),
    get("/media/{id}/thumbnail", Who::May(Permission::SeeInbox), Kind::Part, || web::to(media::thumbnail)),
    get("/floor", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::index)),
    get("/floor/decisions", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::decisions::index)),
    get("/floor/hand-over", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::handover::index)),
    get("/floor/today", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::today::index)),
    get("/floor/queues/{id}", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::queue)),
    post("/floor/queues/{id}/moves", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::move_oldest)),
    get("/floor/people/{id}", Who::May(Permission::Supervise), Kind::Page, || web::to(floor::person)),
    post("/floor/people/{id}/return", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::give_back)),
    post("/floor/people/{id}/hand-over", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::hand_over)),
    post("/floor/people/{id}/availability", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::set_availability)),
    post("/floor/people/{id}/capacity", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::set_capacity)),
    post("/floor/acts/{id}/undo", Who::May(Permission::Supervise), Kind::Form, || web::to(floor::acts::undo)),
    get("/admin/quarantine", Who::May(Permission::SeeAdmin), Kind::Page, || web::to(admin::quarantine)),
    get("/admin/notices", Who::May(Permission::SeeAdmin), Kind::Page, || web::to(admin::notices)),
    get("/settings", Who::May(Permission::SetUp), Kind::Page, || web::to(settings::index)),
    get("/settings/workspace", Who::May(Permission::SetUp), Kind::Page, || web::to(workspace::show)),
    post("/settings/workspace", Who::May(Permission::SetUp), Kind::Form, || web::to(workspace::update)),
    get("/settings/start", Who::May(Permission::SetUp), Kind::Page, || web::to(start::index)),
    post("/settings/start", Who::May(Permission::SetUp), Kind::Form, || web::to(start::update)),
    get("/settings/numbers", Who::May(Permission::SetUp), Kind::Page, || web::to(numbers::index)),
    post("/settings/numbers", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::create)),
    get("/settings/numbers/new", Who::May(Permission::SetUp), Kind::Page, || web::to(connecting::show)),
    post("/settings/numbers/new/app", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::app)),
    post("/settings/numbers/new/token", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::token)),
    post("/settings/numbers/new/account", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::account)),
    post("/settings/numbers/new/number", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::number)),
    post("/settings/numbers/new/registration", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::register)),
    post("/settings/numbers/new/subscription", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::subscribe)),
    post("/settings/numbers/new/end", Who::May(Permission::SetUp), Kind::Form, || web::to(connecting::forget)),
    get("/settings/numbers/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(numbers::show)),
    post("/settings/numbers/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(numbers::update)),
    post("/settings/numbers/{id}/state", Who::May(Permission::SetUp), Kind::Form, || web::to(numbers::set_state)),
    proven("/settings/numbers/{id}/token", Who::May(Permission::SetUp), Kind::Form, || web::to(numbers::replace_token)),
    post("/settings/numbers/{id}/health", Who::May(Permission::SetUp), Kind::Form, || web::to(numbers::look)),
    post("/settings/numbers/{id}/test", Who::May(Permission::SetUp), Kind::Form, || web::to(testing::create)),
    get("/settings/numbers/{id}/disconnection", Who::May(Permission::SetUp), Kind::Page, || web::to(numbers::ask_disconnection)),
    proven("/settings/numbers/{id}/disconnection", Who::May(Permission::SetUp), Kind::Form, || web::to(numbers::disconnect)),
    get("/settings/brand", Who::May(Permission::SetUp), Kind::Page, || web::to(settings::brand::show)),
    post("/settings/brand", Who::May(Permission::SetUp), Kind::Upload, || web::to(settings::brand::update)),
    get("/settings/teams", Who::May(Permission::SetUp), Kind::Page, || web::to(teams::index)),
    post("/settings/teams", Who::May(Permission::SetUp), Kind::Form, || web::to(teams::create)),
    get("/settings/teams/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(teams::show)),
    post("/settings/teams/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(teams::update)),
    post("/settings/teams/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(teams::remove)),
    get("/settings/queues", Who::May(Permission::SetUp), Kind::Page, || web::to(queues::index)),
    post("/settings/queues", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::create)),
    get("/settings/queues/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(queues::show)),
    post("/settings/queues/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::update)),
    post("/settings/queues/{id}/preview", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::preview)),
    post("/settings/queues/{id}/copy", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::copy)),
    post("/settings/queues/{id}/place", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::place)),
    post("/settings/queues/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(queues::remove)),
    get("/settings/sla", Who::May(Permission::SetUp), Kind::Page, || web::to(sla::index)),
    post("/settings/sla", Who::May(Permission::SetUp), Kind::Form, || web::to(sla::create)),
    get("/settings/sla/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(sla::show)),
    post("/settings/sla/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(sla::update)),
    post("/settings/sla/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(sla::remove)),
    get("/settings/rules", Who::May(Permission::SetUp), Kind::Page, || web::to(rules::index)),
    post("/settings/rules", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::create)),
    get("/settings/rules/new", Who::May(Permission::SetUp), Kind::Page, || web::to(rules::new)),
    post("/settings/rules/new", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::draft_new)),
    get("/settings/rules/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(rules::show)),
    post("/settings/rules/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::update)),
    post("/settings/rules/{id}/draft", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::draft)),
    post("/settings/rules/{id}/place", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::place)),
    post("/settings/rules/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(rules::remove)),
    get("/settings/canned-replies", Who::May(Permission::Reply), Kind::Page, || web::to(canned_replies::index)),
    post("/settings/canned-replies", Who::May(Permission::Reply), Kind::Form, || web::to(canned_replies::create)),
    post("/settings/canned-replies/undo", Who::May(Permission::Reply), Kind::Form, || web::to(canned_replies::undo)),
    get("/settings/canned-replies/export", Who::May(Permission::SetUp), Kind::Page, || web::to(canned_replies::export)),
    post("/settings/canned-replies/import", Who::May(Permission::SetUp), Kind::Upload, || web::to(canned_replies::import)),
    get("/settings/canned-replies/{id}", Who::May(Permission::Reply), Kind::Page, || web::to(canned_replies::show)),
    post("/settings/canned-replies/{id}", Who::May(Permission::Reply), Kind::Form, || web::to(canned_replies::update)),
    post("/settings/canned-replies/{id}/preview", Who::May(Permission::Reply), Kind::Form, || web::to(canned_replies::preview)),
    post("/settings/canned-replies/{id}/removal", Who::May(Permission::Reply), Kind::Form, || web::to(canned_replies::remove)),
    get("/settings/people", Who::May(Permission::SetUp), Kind::Page, || web::to(people::index)),
    get("/settings/people/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(people::show)),
    proven("/settings/people/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(people::update)),
    get("/settings/people/{id}/leaving", Who::May(Permission::SetUp), Kind::Page, || web::to(people::leaving)),
    proven("/settings/people/{id}/second-factor", Who::May(Permission::SetUp), Kind::Form, || web::to(security::remove_second_factor)),
    post("/settings/people/{id}/sign-out", Who::May(Permission::SetUp), Kind::Form, || web::to(security::sign_out)),
    proven("/settings/people/{id}/leaving", Who::May(Permission::SetUp), Kind::Form, || web::to(people::leave)),
    proven("/settings/people/{id}/return", Who::May(Permission::SetUp), Kind::Form, || web::to(people::come_back)),
    get("/settings/roles", Who::May(Permission::SetUp), Kind::Page, || web::to(roles::index)),
    proven("/settings/roles", Who::May(Permission::SetUp), Kind::Form, || web::to(roles::create)),
    get("/settings/roles/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(roles::show)),
    proven("/settings/roles/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(roles::update)),
    proven("/settings/roles/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(roles::remove)),
    get("/settings/invitations", Who::May(Permission::SetUp), Kind::Page, || web::to(settings::invitations::index)),
    proven("/settings/invitations", Who::May(Permission::SetUp), Kind::Form, || web::to(settings::invitations::create)),
    proven("/settings/invitations/{id}/renewal", Who::May(Permission::SetUp), Kind::Form, || web::to(settings::invitations::renew)),
    post("/settings/invitations/{id}/revocation", Who::May(Permission::SetUp), Kind::Form, || web::to(settings::invitations::revoke)),
    get("/settings/newcomers", Who::May(Permission::SetUp), Kind::Page, || web::to(settings::newcomers::index)),
    proven("/settings/newcomers", Who::May(Permission::SetUp), Kind::Form, || web::to(settings::newcomers::create)),
    get("/settings/file", Who::May(Permission::SetUp), Kind::Page, || web::to(file::show)),
    proven("/settings/file", Who::May(Permission::SetUp), Kind::Upload, || web::to(file::update)),
    proven_get("/settings/file/workspace.yaml", Who::May(Permission::SetUp), Kind::Part, || web::to(file::download)),
    get("/schemas/workspace.json", Who::Public, Kind::Open, || web::to(file::schema)),
    get("/settings/flows", Who::May(Permission::SetUp), Kind::Page, || web::to(flows::index)),
    post("/settings/flows", Who::May(Permission::SetUp), Kind::Form, || web::to(flows::begin::create)),
    get("/settings/flows/new", Who::May(Permission::SetUp), Kind::Page, || web::to(flows::begin::new)),
    post("/settings/flows/imports", Who::May(Permission::SetUp), Kind::Upload, || web::to(flows::begin::import)),
    get("/settings/flows/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(flows::show)),
    post("/settings/flows/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(flows::rename)),
    post("/settings/flows/{id}/versions", Who::May(Permission::SetUp), Kind::Form, || web::to(flows::publish_version)),
    post("/settings/flows/{id}/archive", Who::May(Permission::SetUp), Kind::Form, || web::to(flows::archive)),
    post("/settings/flows/{id}/restoration", Who::May(Permission::SetUp), Kind::Form, || web::to(flows::restore)),
    get("/settings/flows/{id}/edit", Who::May(Permission::SetUp), Kind::Page, || web::to(editor::edit)),
    post("/settings/flows/{id}/draft", Who::May(Permission::SetUp), Kind::Upload, || web::to(editor::save)),
    post("/settings/flows/{id}/draft/removal", Who::May(Permission::SetUp), Kind::Upload, || web::to(editor::discard)),
    post("/settings/flows/{id}/trial", Who::May(Permission::SetUp), Kind::Upload, || web::to(phone::act)),
    get("/settings/flows/{id}/publication", Who::May(Permission::SetUp), Kind::Page, || web::to(publication::show)),
    post("/settings/flows/{id}/publication", Who::May(Permission::SetUp), Kind::Form, || web::to(publication::create)),
    get("/settings/flows/{id}/export", Who::May(Permission::SetUp), Kind::Part, || web::to(flows::export)),
    get("/settings/security", Who::May(Permission::SetUp), Kind::Page, || web::to(security::show)),
    proven("/settings/security", Who::May(Permission::SetUp), Kind::Form, || web::to(security::update)),
    get("/settings/search", Who::May(Permission::SetUp), Kind::Page, || web::to(settings::search::index)),
    get("/settings/skills", Who::May(Permission::SetUp), Kind::Page, || web::to(skills::index)),
    post("/settings/skills", Who::May(Permission::SetUp), Kind::Form, || web::to(skills::create)),
    get("/settings/skills/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(skills::show)),
    post("/settings/skills/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(skills::update)),
    post("/settings/skills/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(skills::remove)),
    get("/settings/tags", Who::May(Permission::SetUp), Kind::Page, || web::to(tags::index)),
    post("/settings/tags", Who::May(Permission::SetUp), Kind::Form, || web::to(tags::create)),
    get("/settings/tags/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(tags::show)),
    post("/settings/tags/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(tags::update)),
    post("/settings/tags/{id}/archiving", Who::May(Permission::SetUp), Kind::Form, || web::to(tags::archive)),
    post("/settings/tags/{id}/merging", Who::May(Permission::SetUp), Kind::Form, || web::to(tags::merge)),
    get("/settings/fields", Who::May(Permission::SetUp), Kind::Page, || web::to(fields::index)),
    post("/settings/fields", Who::May(Permission::SetUp), Kind::Form, || web::to(fields::create)),
    get("/settings/fields/{id}", Who::May(Permission::SetUp), Kind::Page, || web::to(fields::show)),
    post("/settings/fields/{id}", Who::May(Permission::SetUp), Kind::Form, || web::to(fields::update)),
    post("/settings/fields/{id}/place", Who::May(Permission::SetUp), Kind::Form, || web::to(fields::place)),
    post("/settings/fields/{id}/removal", Who::May(Permission::SetUp), Kind::Form, || web::to(fields::remove)),
    get("/settings/changes", Who::May(Permission::SetUp), Kind::Page, || web::to(changes::index)),
    get("/settings/changes.csv", Who::May(Permission::SetUp), Kind::Part, || web::to(changes::export::show)),
    proven("/settings/changes", Who::May(Permission::SetUp), Kind::Form, || web::to(changes::undo)),
    get("/schemas/flow.json", Who::Public, Kind::Open, || web::to(flows::schema_file)),
    get("/system", Who::Owner, Kind::Page, || web::to(system::index)),
    get("/system/doctor", Who::Owner, Kind::Page, || web::to(system::doctor)),
    get("/system/quarantine", Who::Owner, Kind::Page, || web::to(system::quarantine)),
    post("/system/quarantine/{id}/retry", Who::Owner, Kind::Form, || web::to(system::retry)),
    post("/system/quarantine/{id}/aside", Who::Owner, Kind::Form, || web::to(system::aside)),
    get("/live", Who::May(Permission::SeeInbox), Kind::Live, || web::to(socket::open)),
    get("/webhooks/whatsapp/{app_id}", Who::Public, Kind::Door, || web::to(webhook::challenge)),
    post("/webhooks/whatsapp/{app_id}", Who::Public, Kind::Door, || web::to(webhook::receive)),
    get("/healthz", Who::Public, Kind::Open, || web::to(health::alive)),
    get("/readyz", Who::Public, Kind::Open, || web::to(health::ready)),
    get("/metrics", Who::Scraper(Permission::SeeAdmin), Kind::Part, || web::to(health::metrics)),
    get("/assets/brand/{name}", Who::Public, Kind::Open, || web::to(assets::brand::show)),
    get("/assets/{version}/{path:.*}", Who::Public, Kind::Open, || web::to(assets::show)),
];

/// Builds the application from the table; every other address is answered 404. Doors come first and stand alone; everything else is
/// wrapped in [`edge`], which puts failures into words.
pub fn configure(config: &mut ServiceConfig) {
    configure_with(config, |_| true);
}

/// As [`configure`], with only what machines ask of a process that serves nobody else.
pub fn configure_health(config: &mut ServiceConfig) {
    configure_with(config, |entry| matches!(entry.path, "/healthz" | "/readyz" | "/metrics"));
}

fn configure_with(config: &mut ServiceConfig, is_served: fn(&Entry) -> bool) {
    config
        .app_data(web::FormConfig::default().limit(FORM_LIMIT).error_handler(|_, _| Error::BadRequest.into()))
        .app_data(web::QueryConfig::default().error_handler(|_, _| Error::BadRequest.into()))
        .app_data(web::PathConfig::default().error_handler(|_, _| Error::NotFound.into()))
        .app_data(web::PayloadConfig::new(UPLOAD_LIMIT))
        .app_data(web::Data::new(webhook::Apps::default()));
    for path in paths(|entry| is_served(entry) && entry.kind == Kind::Door) {
        config.service(door(path));
    }
    let resources = paths(|entry| is_served(entry) && entry.kind != Kind::Door).into_iter().map(resource);
    let pages = resources.fold(web::scope(""), |pages, resource| pages.service(resource));
    config.service(pages.default_service(web::to(not_found)).wrap(from_fn(edge)).wrap(from_fn(watch)));
}

/// The paths of lines in the order of the table, each once.
fn paths(is_meant: impl Fn(&Entry) -> bool) -> Vec<&'static str> {
    let mut paths: Vec<&'static str> = Vec::new();
    for entry in ROUTES.iter().filter(|entry| is_meant(entry)) {
        if !paths.contains(&entry.path) {
            paths.push(entry.path);
        }
    }
    paths
}

fn entries(path: &'static str) -> impl Iterator<Item = &'static Entry> {
    ROUTES.iter().filter(move |entry| entry.path == path)
}

fn resource(path: &'static str) -> Resource {
    let resource = entries(path).fold(web::resource(path), |resource, entry| {
        let route = (entry.handler)().method(entry.method.clone());
        resource.route(route.wrap(from_fn(move |request, next| guard(entry, request, next))))
    });
    resource.default_service(web::to(wrong_method))
}

/// A door is the busiest address: nothing stands around it but the watch over its bodies.
fn door(path: &'static str) -> impl HttpServiceFactory + use<> {
    let resource =
        entries(path).fold(web::resource(path), |resource, entry| resource.route((entry.handler)().method(entry.method.clone())));
    resource.default_service(web::to(webhook::wrong_method)).wrap(from_fn(watch))
}

async fn home() -> HttpResponse {
    go_to(FIRST_PAGE)
}

async fn not_found(request: HttpRequest) -> Result<HttpResponse> {
    dress(&request, None).await;
    Err(Error::NotFound)
}

async fn wrong_method() -> Result<HttpResponse> {
    Err(Error::WrongMethod)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_stands_twice() {
        for (index, entry) in ROUTES.iter().enumerate() {
            let is_twin = |other: &Entry| other.path == entry.path && other.method == entry.method;
            assert!(!ROUTES[..index].iter().any(is_twin), "{} {}", entry.method, entry.path);
        }
    }

    #[test]
    fn whatever_changes_something_is_a_form_the_sign_in_or_another_machines_door() {
        for entry in ROUTES {
            let changes = !matches!(entry.method, Method::GET | Method::HEAD);
            let is_checked = matches!(entry.kind, Kind::Form | Kind::Upload | Kind::SignIn | Kind::Door);
            assert!(!changes || is_checked, "{} {} changes something unchecked", entry.method, entry.path);
        }
    }

    #[test]
    fn forms_and_the_socket_are_for_people_who_signed_in() {
        for entry in ROUTES {
            let needs_session = matches!(entry.kind, Kind::Form | Kind::Upload | Kind::Live);
            assert!(!needs_session || matches!(entry.who, Who::May(_) | Who::Owner), "{} {}", entry.method, entry.path);
        }
    }
}

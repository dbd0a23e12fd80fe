//! Files of the lamp shop.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::*;
use crate::domain::details::{FieldKind, FieldOf};
use crate::domain::ids::{FieldId, TagId, WorkspaceId};
use crate::domain::refusal::Refusal;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::tests::shop;
use crate::domain::setup::value::{Brand, CannedReply, Field, Security, Tag, Workspace};
use crate::domain::setup::{By, Secret, SetupCommand, SetupEvent, SetupRefusal, decide};

fn itself(name: &str) -> BTreeMap<WorkspaceId, Workspace> {
    let (name, locale, time_zone) = (name.to_owned(), "en".to_owned(), "Europe/Madrid".to_owned());
    BTreeMap::from([(
        WorkspaceId(Uuid::from_u128(1)),
        Workspace { name, locale, time_zone, lease_minutes: 2, answer_minutes: None, brand: Brand::default() },
    )])
}

fn policy(least_password: i32, roles: &[&str]) -> BTreeMap<WorkspaceId, Security> {
    let second_factor_roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let security = Security { session_idle_minutes: 60, session_life_minutes: 1440, least_password, second_factor_roles };
    BTreeMap::from([(WorkspaceId(Uuid::from_u128(1)), security)])
}

fn lamps() -> Setup {
    let setup = Setup { workspaces: itself("Lamps"), ..shop() };
    let own = setup.roles.keys().next().map(ToString::to_string);
    let roles: Vec<&str> = ["admin"].into_iter().chain(own.as_deref()).collect();
    let tag = |name: &str, archived, merged_into: Option<u128>| {
        let merged_into = merged_into.map(|into| TagId(Uuid::from_u128(into)));
        Tag { name: name.to_owned(), colour: "red".to_owned(), archived, merged_into }
    };
    let tags = [tag("VIP", false, None), tag("Old", true, None), tag("V.I.P.", false, Some(200)), tag("vip", true, Some(202))];
    let field = |key: &str, of, kind, choices: &[&str], position| {
        let choices: Vec<String> = choices.iter().map(|choice| (*choice).to_owned()).collect();
        let is_choice = !choices.is_empty();
        Field { key: key.to_owned(), label: format!("The {key}"), of, kind, choices, shown: !is_choice, locked: is_choice, position }
    };
    // Others were removed: no place follows the other.
    let fields = [
        field("zone", FieldOf::Contact, FieldKind::Text, &[], 2),
        field("size", FieldOf::Contact, FieldKind::Choice, &["S", "no", "12"], 7),
        field("reason", FieldOf::Conversation, FieldKind::YesNo, &[], 0),
        field("due", FieldOf::Conversation, FieldKind::Date, &[], 0),
    ];
    let mut setup = Setup { securities: policy(16, &roles), ..setup };
    setup.tags = (200..).map(|id| TagId(Uuid::from_u128(id))).zip(tags).collect();
    setup.fields = (300..).map(|id| FieldId(Uuid::from_u128(id))).zip(fields).collect();
    setup.queues.values_mut().for_each(|queue| queue.position += 3);
    setup.entry_rules = rules::some();
    setup
}

fn empty() -> Setup {
    Setup { workspaces: itself("New"), securities: policy(12, &[]), ..Setup::default() }
}

fn import(text: &str) -> Import {
    let document = read(text).unwrap();
    let secrets = document.secrets().into_iter().map(|name| (name, Secret::new("s".to_owned()))).collect();
    let (password, seed) = (Secret::new("$argon2id$nobody".to_owned()), Uuid::from_u128(1 << 100));
    Import { document, prune: false, reach: Reach::Installation, secrets, known_apps: BTreeSet::new(), password, seed }
}

fn brought_in(setup: &Setup, import: Import) -> (Setup, Vec<SetupEvent>) {
    let command = SetupCommand::Import(Box::new(import));
    let events = decide(setup, command.clone(), &By::CommandLine).unwrap().events;
    let mut draft = Draft::of(setup);
    draft.apply(command).unwrap();
    (draft.finish(setup).0, events)
}

#[test]
fn what_is_written_down_and_brought_into_nothing_is_written_down_the_same() {
    let text = export(&lamps(), true).unwrap();
    assert_eq!(brought_in(&lamps(), Import { prune: true, ..import(&text) }).1, [], "it is so already");
    let (copy, events) = brought_in(&empty(), import(&text));
    assert_eq!(export(&copy, true).unwrap(), text);
    let written: Vec<(&str, bool)> = copy.tags.values().map(|tag| (tag.name.as_str(), tag.archived)).collect();
    assert_eq!(written, [("Old", true), ("VIP", false)], "what was merged counts as another");
    assert_eq!(copy.fields.len(), 4);
    assert!(events.iter().any(|event| matches!(event, SetupEvent::AccessToken { .. })), "{events:?}");
    assert_eq!(brought_in(&copy, Import { secrets: BTreeMap::new(), ..import(&text) }).1, [], "twice is once");
    assert!(!text.contains("horse") && text.contains("access_token: ${secret:NUMBER_2001_ACCESS_TOKEN}"), "{text}");
    assert!(!export(&lamps(), false).unwrap().contains("example.com"));
}

#[test]
fn whatever_people_write_comes_back_as_they_wrote_it() {
    let mut setup = lamps();
    let words = [
        "no",
        "~",
        "1e3",
        "0x1F",
        "2026-01-01",
        "- a",
        "a: b",
        "a #b",
        "#b",
        "'",
        "\"",
        "\\n",
        "%x",
        "@x",
        "`x`",
        "!x",
        "&a",
        "*a",
        "|",
        ">",
        "{a}",
        "[a]",
        "true",
        " lead",
        "trail ",
        "two\nlines",
        "two\n\n\nlines\n",
        "\ttab",
        "a\u{2028}b",
        "😀 emoji",
        "سلام",
        "  \n indented\n  more",
        "very long and longer and longer and longer and longer and longer and longer and longer and  longer  and longer and longer and longer ",
        "${secret:X}",
        "<<",
        "null",
        "key: |",
        "---",
        "...",
        "? a",
        "x\r\ny",
    ];
    for (place, words) in words.iter().enumerate() {
        let reply = CannedReply { shortcut: format!("s{place}"), body: (*words).to_owned(), ..CannedReply::default() };
        setup.canned_replies.insert(crate::domain::ids::CannedReplyId(Uuid::from_u128(1000 + place as u128)), reply);
    }
    let text = export(&setup, true).unwrap();
    let (copy, _) = brought_in(&empty(), import(&text));
    let bodies =
        |setup: &Setup| setup.canned_replies.values().map(|reply| (reply.shortcut.clone(), reply.body.clone())).collect::<BTreeMap<_, _>>();
    assert_eq!(bodies(&copy), bodies(&setup));
    assert_eq!(export(&copy, true).unwrap(), text);
}

#[test]
fn a_part_of_a_file_changes_that_part_and_what_it_leaves_out_goes_only_where_that_is_wished() {
    let shop = lamps();
    let text = "format: baton.workspace/v1\ncanned_replies:\n- shortcut: bye\n  body: Bye!\n";
    let (more, events) = brought_in(&shop, import(text));
    assert_eq!((events.len(), more.canned_replies.len()), (1, shop.canned_replies.len() + 1));
    let (less, events) = brought_in(&more, Import { prune: true, ..import(text) });
    assert_eq!((events.len(), less.canned_replies.len()), (1, 1));
    assert_eq!((less.teams, less.members), (shop.teams, shop.members), "no section, no word");
    let nobody = "format: baton.workspace/v1\npeople: []\n";
    let refused = decide(&more, SetupCommand::Import(Box::new(Import { prune: true, ..import(nobody) })), &By::CommandLine);
    assert!(matches!(refused, Err(Refusal::SetUp(SetupRefusal::FileFaulty { .. }))), "{refused:?}");
}

#[test]
fn what_is_still_needed_is_left_where_everything_else_goes() {
    let shop = lamps();
    let (empty, _) = brought_in(&shop, import("format: baton.workspace/v1\nteams:\n- name: Nobody in it\n"));
    let text = "format: baton.workspace/v1\nteams: []\nroles: []\n";
    let wished = Import { prune: true, ..import(text) };
    let plan = wished.plan(&empty).unwrap();
    let told: Vec<String> = plan.left_out.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|told| told.starts_with("2:1 teams: ")), "{told:?}");
    let (less, _) = brought_in(&empty, wished);
    assert!(!less.teams.values().any(|team| team.name == "Nobody in it"), "{:?}", less.teams);
    assert_eq!(less.teams, shop.teams, "they are worked for");
}

const FAULTY: &str = r#"format: baton.workspace/v1
workspace:
  name: Lamps
  locale: tlh
  time_zone: Mars/Olympus
roles:
- name: admin
  visibility: all
  permissions: []
- name: Trainee
  visibility: neighbours
  permissions: [conversations:read, lamps:light]
teams:
- name: Everybody
- name: everybody
- nmae: Typo
people:
- email: nowhere
  name: Ana
  role: wizard
  locale: en
  capacity: 9999
  active: yes, mostly
  teams: [Everybody]
- email: ben@example.com
  name: Ben
  role: agent
  locale: en
  capacity: 8
  active: true
  teams: [Everybody, Nobody]
queues:
- key: Sup port
  name: Support
  team: Nowhere
  promise_minutes: 10
  hours:
    time_zone: Europe/Madrid
    weekly:
      mon: [["09:00", "25:00"]]
- key: billing
  name: ""
  team: Everybody
  promise_minutes: soon
  hours: always
canned_replies:
- shortcut: good day
  body: Good day
flows:
- name: Welcome
  definition:
    format: 1
    name: Welcome
    start: over
    default_queue: billing
    nodes:
      over: { kind: hand_off, queue: nowhere }
inboxes:
- name: Lamps
  channel: whatsapp
  flow: Unknown
  default_queue: nowhere
  reopen_hours: 24
  number:
    display_phone_number: "+44"
    phone_number_id: "2"
    waba_id: "3"
    app_id: "1"
    access_token: EAAG-in-the-open
    app_secret: ${secret:APP_SECRET}
    verify_token: ${secret:VERIFY}
tags:
- name: ""
  colour: crimson
- name: VIP
  colour: red
- name: vip
  colour: blue
- name: a name that is much longer than a tag can be
  colour: 12
fields:
- key: Size-1
  label: Size
  of: contact
  kind: choice
- key: plan
  label: Plan
  of: planet
  kind: words
- key: plan
  label: ""
  of: contact
  kind: choice
  choices: [Gold, ""]
- key: order
  label: Order
  of: contact
  kind: text
  visible: true
"#;

#[test]
fn every_fault_is_said_in_a_sentence_with_its_place() {
    let import = Import { secrets: BTreeMap::new(), ..import(FAULTY) };
    let faults = import.faults(&empty());
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let wanted = [
        "4:3 workspace.locale: tlh is no language",
        "5:3 workspace.time_zone: Mars/Olympus is no time zone",
        "7:3 roles[0].name: there is a role called admin already",
        "11:3 roles[1].visibility: this must be one of: mine, ",
        "12:37 roles[1].permissions[1]: this must be one of: conversations:read, ",
        "15:3 teams[1].name: “everybody” stands in teams[0] already",
        "16:3 teams[2]: “name” is missing",
        "16:3 teams[2].nmae: nothing is called so here",
        "18:3 people[0].email: that is no e-mail address",
        "20:3 people[0].role: there is no “wizard”",
        "22:3 people[0].capacity: 9999 is not between 0 and 1000",
        "23:3 people[0].active: this must be true or false",
        "31:22 people[1].teams[1]: there is no “Nobody”",
        "33:3 queues[0].key: “Sup port” cannot be a key",
        "35:3 queues[0].team: there is no “Nowhere”",
        "37:3 queues[0].hours: Monday, range 1: “25:00” is not a time of day",
        "42:3 queues[1].name: a name or a text is missing",
        "44:3 queues[1].promise_minutes: this must be a whole number",
        "45:3 queues[1].hours: this must be a group of names",
        "47:3 canned_replies[0].shortcut: “good day” cannot be a shortcut",
        "57:31 flows[0].definition.nodes.over.queue: ",
        "61:3 inboxes[0].flow: there is no “Unknown”",
        "62:3 inboxes[0].default_queue: there is no “nowhere”",
        "69:5 inboxes[0].number.access_token: a secret is never written here",
        "70:5 inboxes[0].number.app_secret: the secret APP_SECRET has to be supplied",
        "71:5 inboxes[0].number.verify_token: the secret VERIFY has to be supplied",
        "73:3 tags[0].name: a name or a text is missing",
        "74:3 tags[0].colour: “crimson” is no colour of tags",
        "77:3 tags[2].name: “vip” stands in tags[1] already",
        "79:3 tags[3].name: “a name that is much longer than a tag ca…” is longer than 40",
        "80:3 tags[3].colour: this must be a text",
        "82:3 fields[0].key: “Size-1” cannot be the key of a field",
        "82:3 fields[0].choices: the field Size has nothing to choose from",
        "88:3 fields[1].of: this must be one of: contact, conversation",
        "89:3 fields[1].kind: this must be one of: text, number, ",
        "90:3 fields[2].key: “plan” stands in fields[1] already",
        "91:3 fields[2].label: a name or a text is missing",
        "94:19 fields[2].choices[1]: a name or a text is missing",
        "99:3 fields[3].visible: nothing is called so here",
    ];
    for wanted in wanted {
        assert!(told.iter().any(|told| told.starts_with(wanted)), "{wanted}\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), wanted.len(), "{}", told.join("\n"));
}

/// What cannot be told of a part alone, because the workspace has something of that name too, has its place all the same.
#[test]
fn a_name_that_only_the_workspace_has_already_is_said_at_its_place() {
    let text = "format: baton.workspace/v1\nteams:\n- name: New\n- name: EVERYBODY\ntags:\n- {name: vip, colour: red}\n";
    let told: Vec<String> = import(text).faults(&lamps()).iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("4:3 teams[1]: ") && told[1].starts_with("6:3 tags[0]: "), "{told:?}");
}

#[test]
fn no_file_reads_the_settings_of_the_installation() {
    let text = export(&lamps(), false).unwrap();
    for name in ["BATON_DATABASE_URL", "Baton_Secret_Keys"] {
        let text = text.replace("NUMBER_2001_ACCESS_TOKEN", name);
        let document = read(&text).unwrap();
        assert!(!document.secrets().iter().any(|secret| secret == name), "{:?}", document.secrets());
        let faults = Import { secrets: BTreeMap::from([(name.to_owned(), Secret::new("s".to_owned()))]), ..import(&text) }.faults(&lamps());
        let wrong: Vec<&Wrong> = faults.iter().map(|fault| &fault.wrong).collect();
        assert_eq!(wrong, [&Wrong::SecretIsSetting(name.to_owned())]);
    }
}

#[test]
fn what_is_no_file_of_ours_is_said_so() {
    let wrong = |text: &str| read(text).unwrap_err();
    assert!(matches!(wrong("format: [").wrong, Wrong::Syntax(_)));
    assert_eq!(wrong("format: baton.workspace/v2\n").wrong, Wrong::NotOneOf(FORMAT.to_owned()));
    assert_eq!(wrong("- a\n").wrong, Wrong::MustBe(Kind::Mapping));
    assert!(matches!(wrong("teams: []\n").wrong, Wrong::Missing(_)));
    assert!(matches!(wrong("format: baton.workspace/v1\nformat: baton.workspace/v1\n").wrong, Wrong::Syntax(_)));
}

#[test]
fn two_things_of_one_name_cannot_be_told_apart_in_a_file() {
    let mut shop = lamps();
    let flow = shop.flows.values().next().unwrap().clone();
    shop.flows.insert(crate::domain::ids::FlowId(Uuid::from_u128(99)), flow);
    assert_eq!(export(&shop, true), Err(Ambiguous { name: "Welcome".to_owned() }));
}

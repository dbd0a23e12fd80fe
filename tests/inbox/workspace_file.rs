//! The workspace file from an administrator's side: taken away, looked at, brought in.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use baton::domain::access::{Permission, Permissions, Rights, Role};
use baton::domain::command::Person;
use baton::domain::ids::{FlowId, RoleId, UserId};
use baton::domain::setup::file::{self, Import, Reach};
use baton::domain::setup::{self, By, Secret, SetupCommand};
use baton::mail::Mailer;
use baton::store::apps::App;
use baton::workers::mails::send_due;
use uuid::Uuid;

use crate::house::{Answer, Browser, House, fresh_store};
use crate::mailbox::Mailbox;
use crate::shop::Shop;

const HERE: &str = "/settings/file";
const BOUNDARY: &str = "a-line-between";

/// Sends a form with a file, as browsers do.
async fn sends(admin: &mut Browser<'_>, fields: &[(&str, &str)]) -> Answer {
    let csrf = admin.csrf().await;
    let mut body = String::new();
    for (name, value) in fields.iter().copied().chain([("csrf", csrf.as_str())]) {
        let file = if name == "file" { r#"; filename="workspace.yaml""# } else { "" };
        body += &format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n");
    }
    body += &format!("--{BOUNDARY}--\r\n");
    let request = TestRequest::post().uri(HERE).insert_header((CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}")));
    admin.ask(request.set_payload(body)).await
}

#[actix_web::test]
async fn a_file_is_taken_away_changed_looked_at_and_brought_in_as_one_act() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    root.post("/settings/teams", &[("name", "Sales")]).await;
    let taken = root.get("/settings/file/workspace.yaml?people=yes").await;
    assert!(taken.status == 200 && taken.header("content-disposition").contains("workspace.yaml"), "{taken:?}");
    assert!(taken.body.starts_with("format: baton.workspace/v1\n") && taken.body.contains("email: root@example.com"), "{}", taken.body);
    assert!(!root.get("/settings/file/workspace.yaml").await.body.contains("root@example.com"));
    let same = sends(&mut root, &[("file", &taken.body)]).await;
    assert!(same.status == 200 && same.body.contains("Nothing to do"), "{}", same.body);

    let wished = taken
        .body
        .replace("name: Sales", "name: Trade\n- name: Bulbs & more")
        .replace("canned_replies: []", "canned_replies:\n- shortcut: hi\n  body: |-\n    Hello,\n    you.");
    let planned = sends(&mut root, &[("file", &wished), ("prune", "yes")]).await;
    for words in [
        "What would change",
        "Added the team <bdi>Bulbs &amp; more</bdi>",
        "Removed the team <bdi>Sales</bdi>",
        "Added the canned reply <bdi>hi</bdi>",
    ] {
        assert!(planned.body.contains(words), "{words}: {}", planned.body);
    }
    assert!(root.get("/settings/teams").await.body.contains("Sales"), "nothing is done yet");
    let seen = planned.body.split(r#"name="seen" value=""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let applied = sends(&mut root, &[("text", &wished.replace('\n', "\r\n")), ("prune", "yes"), ("apply", "yes"), ("seen", &seen)]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    let now = root.get("/settings/file/workspace.yaml?people=yes").await.body;
    assert!(now.contains("- name: Trade") && !now.contains("Sales") && now.contains("  body: |-\n    Hello,\n    you."), "{now}");
    let did = applied.location.rsplit('=').next().unwrap_or_default();
    assert_eq!(root.post("/settings/changes", &[("seq", did)]).await.status, 303);
    assert_eq!(root.get("/settings/file/workspace.yaml?people=yes").await.body, taken.body, "the whole of it is taken back");
}

#[actix_web::test]
async fn faults_are_said_with_their_places_and_nothing_is_half_done() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let faulty = "format: baton.workspace/v1\nteams:\n- name: Good\n- nmae: Bad\ncanned_replies:\n- shortcut: has space\n  body: x\n";
    let told = sends(&mut root, &[("file", faulty), ("apply", "yes")]).await;
    assert_eq!(told.status, 422);
    for words in [
        "4:3 teams[1]",
        "“<bdi>name</bdi>” is missing",
        "4:3 teams[1].nmae",
        "6:3 canned_replies[0].shortcut",
        "<bdi>has space</bdi> cannot be",
    ] {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert!(!root.get("/settings/teams").await.body.contains("Good"));
    for broken in ["{", "format: nothing\n", ""] {
        assert_eq!(sends(&mut root, &[("file", broken)]).await.status, 422, "{broken}");
    }
    let schema = root.get("/schemas/workspace.json").await;
    assert!(schema.status == 200 && schema.body.contains("2020-12"), "{}", schema.body);
}

#[actix_web::test]
async fn a_file_with_hundreds_of_faults_is_answered_with_the_first_of_them_and_a_number() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let tag = |number: usize| format!("- {{ name: T{number}, colour: puce }}\n");
    let faulty = "format: baton.workspace/v1\ntags:\n".to_owned() + &(0..400).map(tag).collect::<String>();
    let told = sends(&mut root, &[("file", &faulty)]).await;
    assert_eq!(told.status, 422);
    assert_eq!(told.body.matches("<bdi>puce</bdi>").count(), 50);
    assert!(told.body.contains("tags[49].colour") && told.body.contains("and 350 more"), "{}", told.body);
    assert!(told.body.len() < 60_000, "{} bytes", told.body.len());
}

/// As a file would remove everything that it does not name: how much that is stands above the button.
#[actix_web::test]
async fn what_would_be_gone_is_counted_before_a_file_is_applied() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await.browser;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    for phone in ["34600000001", "34600000002"] {
        let held = shop.hears_text(phone, "Hello").await;
        ana.does(held, "assignment", &[]).await;
    }
    root.post("/settings/teams", &[("name", "Sales")]).await;
    for shortcut in ["one", "two", "three"] {
        root.post("/settings/canned-replies", &[("shortcut", shortcut), ("body", "x"), ("audience", "everybody")]).await;
    }
    root.post("/settings/tags", &[("name", "VIP"), ("colour", "red")]).await;
    root.post("/settings/fields", &[("label", "Plan"), ("of", "contact"), ("kind", "text")]).await;
    let taken = root.get("/settings/file/workspace.yaml?people=yes").await.body;
    let without = |text: &str, section: &str| {
        let (before, rest) = text.split_once(&format!("\n{section}:\n")).unwrap_or_else(|| panic!("no {section}: {text}"));
        let after = rest.split_inclusive('\n').skip_while(|line| line.starts_with(['-', ' '])).collect::<String>();
        format!("{before}\n{section}: []\n{after}")
    };
    let less = ["canned_replies", "tags", "fields"].into_iter().fold(taken.clone(), |text, section| without(&text, section));
    let less = less.replace("- name: Sales\n", "");
    let (before, of_ana) = less.split_once("- email: ana@example.com").unwrap();
    let after = of_ana.split_inclusive('\n').skip(1).skip_while(|line| line.starts_with(' ')).collect::<String>();
    let less = format!("{before}{after}");
    let planned = sends(&mut root, &[("file", &less), ("prune", "yes")]).await;
    assert_eq!(planned.status, 200, "{less}\n{}", planned.body);
    for words in [
        "1 person works here no more",
        "2 open conversations go back to their queues",
        "1 team",
        "3 canned replies",
        "1 tag is archived",
        "1 field: what was noted stays under its key",
    ] {
        assert!(planned.body.contains(&format!("<li>{words}</li>")), "{words}: {}", planned.body);
    }
    let kept = sends(&mut root, &[("file", &less.replace("name: Lamp Shop", "name: Lamps"))]).await;
    assert!(kept.body.contains("What would change") && !kept.body.contains("Of what there is now, this goes"), "{}", kept.body);
    let same = sends(&mut root, &[("file", &taken), ("prune", "yes")]).await;
    assert!(same.body.contains("Nothing to do"), "{}", same.body);
}

const OF_OTHERS: &str = "format: baton.workspace/v1
teams: [{ name: Everybody }]
queues:
- { key: main, name: Main, team: Everybody, promise_minutes: 5, hours: { time_zone: UTC } }
people:
- { email: bea@example.com, name: Bea, role: admin, locale: en, capacity: 3, active: true, teams: [Everybody] }
- { email: ANA@example.com, name: Ana, role: agent, locale: en, capacity: 3, active: true, teams: [Everybody] }
- { email: eve@example.com, name: Eve, role: agent, locale: en, capacity: 3, active: true, teams: [Everybody] }
inboxes:
- name: Lamps
  channel: whatsapp
  default_queue: main
  reopen_hours: 24
  number:
    display_phone_number: '+44'
    phone_number_id: '77'
    waba_id: '3'
    app_id: '78'
    access_token: ${secret:TOKEN}
    app_secret: ${secret:APP}
    verify_token: ${secret:VERIFY}
- name: Bulbs
  channel: whatsapp
  default_queue: main
  reopen_hours: 24
  number:
    display_phone_number: '+45'
    phone_number_id: '80'
    waba_id: '3'
    app_id: '79'
    access_token: ${secret:TOKEN}
    app_secret: ${secret:APP}
    verify_token: ${secret:VERIFY}
";

/// Two workspaces: in the first Ana works and an app is known, the second is Bea's.
async fn two_houses() -> (House, House, UserId) {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let app = App { app_id: "78".to_owned(), app_secret: "4pp".to_owned(), verify_token: "v3rify".to_owned() };
    house.state.store.save_app(&app).await.unwrap();
    let other = house.beside().await;
    let bea = other.hires("bea@example.com", Role::Admin).await;
    (house, other, bea)
}

/// Nobody of the first workspace, nor a number, came into the second one.
async fn is_still_alone(other: &House) {
    let setup = other.state.store.setup(other.workspace).await.unwrap();
    assert!(setup.inboxes.is_empty(), "{:?}", setup.inboxes);
    let mut emails: Vec<&str> = setup.members.values().map(|member| member.email.as_str()).collect();
    emails.sort_unstable();
    assert_eq!(emails, ["bea@example.com", "eve@example.com"]);
    assert_eq!(other.state.store.find_by_email(&"ana@example.com".parse().unwrap()).await.unwrap().len(), 1);
    assert!(other.state.store.app("79").await.unwrap().is_none(), "nobody proved it to Meta");
    assert_eq!(other.state.store.app("78").await.unwrap().unwrap().app_secret, "4pp");
}

#[actix_web::test]
async fn a_file_connects_no_number_and_brings_nobody_along_who_was_not_asked() {
    let (_house, other, _) = two_houses().await;
    let mut bea = other.browser("bea@example.com").await;
    let planned = sends(&mut bea, &[("file", OF_OTHERS)]).await;
    assert_eq!(planned.status, 200, "{}", planned.body);
    for words in [
        "What is left out",
        "7:3 people[1]",
        "<bdi>ana@example.com</bdi> has an account already",
        "10:3 inboxes[0]",
        "<bdi>Lamps</bdi> is not connected here. Connect it under Numbers",
        "<bdi>Bulbs</bdi> is not connected here",
    ] {
        assert!(planned.body.contains(words), "{words}: {}", planned.body);
    }
    assert!(!planned.body.contains("secret."), "a secret is asked for: {}", planned.body);
    let secrets = [("secret.TOKEN", "x"), ("secret.APP", "another"), ("secret.VERIFY", "y")];
    let fields: Vec<(&str, &str)> = [("text", OF_OTHERS), ("apply", "yes")].into_iter().chain(secrets).collect();
    let applied = sends(&mut bea, &fields).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    is_still_alone(&other).await;
    let again = sends(&mut bea, &[("file", OF_OTHERS)]).await;
    assert!(again.body.contains("Nothing to do") && again.body.contains("What is left out"), "{}", again.body);
}

#[actix_web::test]
async fn who_has_an_account_is_asked_of_the_database_and_the_operators_reach_is_no_administrators() {
    let (_house, other, bea) = two_houses().await;
    let by = By::Person(Person { user: bea, name: "Bea".to_owned(), rights: Role::Admin.rights().unwrap() });
    let import = |reach| Import {
        document: file::read(OF_OTHERS).unwrap(),
        prune: false,
        reach,
        secrets: ["TOKEN", "APP", "VERIFY"].into_iter().map(|name| (name.to_owned(), Secret::new("x".to_owned()))).collect(),
        known_apps: BTreeSet::new(),
        password: Secret::new("$argon2id$nobody".to_owned()),
        seed: Uuid::now_v7(),
    };
    let runner = &other.state.runner;
    let refused = runner.import(other.workspace, &by, import(Reach::Installation), None, None).await;
    assert!(refused.is_err(), "{refused:?}");
    // As if Ana had opened her account after somebody looked.
    let nobody = Reach::Workspace { accounts: BTreeSet::new() };
    runner.import(other.workspace, &by, import(nobody), None, None).await.unwrap();
    is_still_alone(&other).await;
    let operators = import(Reach::Installation);
    let operators = Import { known_apps: BTreeSet::from(["78".to_owned()]), ..operators };
    let refused = runner.import(other.workspace, &By::CommandLine, operators, None, None).await;
    assert!(refused.is_err(), "the app is known otherwise: {refused:?}");
}

const OF_EVE: &str = "format: baton.workspace/v1
people:
- { email: eve@example.com, name: Eve, role: agent, locale: en, capacity: 3, active: true, teams: [] }
- { email: joe@example.com, name: Joe, role: agent, locale: en, capacity: 3, active: true, teams: [] }
";

const NEWCOMERS: &str = "/settings/newcomers";

/// The paths of the links that a page shows.
fn links(page: &str) -> Vec<String> {
    let tokens = page.split("/reset/new?token=").skip(1).map(|rest| rest.split(['"', '&']).next().unwrap_or_default());
    tokens.map(|token| format!("/reset/new?token={token}")).collect()
}

fn token(path: &str) -> &str {
    path.rsplit('=').next().unwrap_or_default()
}

#[actix_web::test]
async fn whoever_a_file_added_is_given_a_link_and_comes_in_by_it() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let applied = sends(&mut root, &[("text", OF_EVE), ("apply", "yes")]).await;
    assert!(applied.status == 303 && applied.location.starts_with("/settings/newcomers?did="), "{applied:?}");
    let told = root.get(&applied.location).await.body;
    for words in ["Saved.", "<bdi>Eve</bdi>", "<bdi>joe@example.com</bdi>", "Make a link for each"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("<bdi>root@example.com</bdi>") && links(&told).is_empty(), "{told}");
    assert!(root.get("/settings/people").await.body.contains("2 people were added and have not come in yet"));
    let made = root.post(NEWCOMERS, &[("way", "link")]).await;
    let [eves, joes] = &links(&made.body)[..] else { panic!("{}", made.body) };
    assert!(root.get(NEWCOMERS).await.body.contains("Their link works until"));
    assert!(links(&root.get(NEWCOMERS).await.body).is_empty(), "they are shown once");

    let new = "umbrella lantern river";
    let chosen = house.stranger().post("/reset/new", &[("token", token(eves)), ("new", new), ("again", new)]).await;
    assert_eq!(chosen.status, 200, "{}", chosen.body);
    assert_eq!(house.sign_in("eve@example.com", new).await.status, 303);
    assert_eq!(house.stranger().get(eves).await.status, 410, "it works once");
    let left = root.get(NEWCOMERS).await.body;
    assert!(!left.contains("<bdi>Eve</bdi>") && left.contains("<bdi>Joe</bdi>"), "{left}");
    let eve = house.state.store.find_by_email(&"eve@example.com".parse().unwrap()).await.unwrap()[0].user.id.to_string();
    let refused = root.post(NEWCOMERS, &[("way", "link"), ("person", &eve)]).await;
    assert_eq!((refused.status.as_u16(), links(&refused.body).len()), (303, 0), "nobody takes a password from whoever has come in");

    // Where Joe works in another workspace too, what this one gave out opens his account no more.
    assert_eq!(house.stranger().get(joes).await.status, 200);
    let other = house.beside().await;
    other.hires("bea@example.com", Role::Admin).await;
    let import = Import {
        document: file::read(OF_EVE).unwrap(),
        prune: false,
        reach: Reach::Installation,
        secrets: BTreeMap::new(),
        known_apps: BTreeSet::new(),
        password: Secret::new("$argon2id$nobody".to_owned()),
        seed: Uuid::now_v7(),
    };
    other.state.runner.import(other.workspace, &By::CommandLine, import, None, None).await.unwrap();
    assert_eq!(house.stranger().get(joes).await.status, 410);
    assert!(root.get(NEWCOMERS).await.body.contains("Everybody who was added has come in"));
    assert!(links(&root.post(NEWCOMERS, &[("way", "link")]).await.body).is_empty());
}

#[actix_web::test]
async fn whoever_a_file_added_is_sent_a_link_and_whoever_comes_in_without_it_ends_it() {
    let mailbox = Mailbox::start().await;
    let house = House::in_store_with(fresh_store().await, &mailbox.settings()).await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    house.hires("eve@example.com", Role::Agent).await;
    let sent = root.post(NEWCOMERS, &[("way", "mail")]).await;
    assert_eq!((sent.status.as_u16(), sent.location.as_str()), (303, NEWCOMERS), "{}", sent.body);
    send_due(&house.state.runner, &Mailer::of(&house.state.config).unwrap().unwrap()).await.unwrap();
    let mail = mailbox.of("eve@example.com").remove(0);
    let path = links(&mail.text).remove(0).trim().to_owned();
    assert!(mail.text.contains("invites you to answer customers together in Lamp Shop"), "{}", mail.text);
    let path = path.split_whitespace().next().unwrap_or_default();
    assert_eq!(house.stranger().get(path).await.status, 200);
    house.browser("eve@example.com").await;
    assert_eq!(house.stranger().get(path).await.status, 410, "she came in with the password that she had");
}

#[actix_web::test]
async fn nobody_is_given_a_link_by_which_they_would_be_somebody_who_may_more() {
    let house = House::new().await;
    let root = house.hires("root@example.com", Role::Admin).await;
    house.hires("eve@example.com", Role::Agent).await;
    let keeper = house.hires("keeper@example.com", Role::Agent).await;
    let of_agent = Role::Agent.rights().unwrap();
    let allowed: Vec<Permission> = of_agent.permissions.iter().chain([Permission::SetUp]).collect();
    let (role, rights) = (RoleId(Uuid::now_v7()), Rights { permissions: Permissions::of(&allowed), ..of_agent });
    let add = SetupCommand::AddRole { role, new: setup::value::Role { name: "Keeper".to_owned(), rights } };
    for command in [add, SetupCommand::role(keeper, Role::Own(role))] {
        house.state.runner.configure(house.workspace, &By::CommandLine, command, None).await.unwrap();
    }
    let mut keepers = house.browser("keeper@example.com").await;
    let told = keepers.get(NEWCOMERS).await.body;
    assert!(!told.contains(&root.to_string()) && told.contains("<bdi>root@example.com</bdi>"), "{told}");
    let refused = keepers.post(NEWCOMERS, &[("way", "link"), ("person", &root.to_string())]).await;
    assert_eq!((refused.status.as_u16(), links(&refused.body).len()), (422, 0), "{}", refused.body);
    let made = keepers.post(NEWCOMERS, &[("way", "link")]).await;
    let [eves] = &links(&made.body)[..] else { panic!("{}", made.body) };
    // Whoever is made an administrator meanwhile is none for whoever has that link.
    let eve = house.state.store.find_by_email(&"eve@example.com".parse().unwrap()).await.unwrap()[0].user.id;
    let more = SetupCommand::role(eve, Role::Admin);
    house.state.runner.configure(house.workspace, &By::CommandLine, more, None).await.unwrap();
    assert_eq!(house.stranger().get(eves).await.status, 410);
}

#[actix_web::test]
async fn two_flows_of_one_name_are_named_where_the_file_is_taken() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    for _ in 0..2 {
        let flow = SetupCommand::BeginFlow { flow: FlowId(Uuid::now_v7()), name: "Welcome & more".to_owned() };
        house.state.runner.configure(house.workspace, &By::CommandLine, flow, None).await.unwrap();
    }
    let told = root.get("/settings/file/workspace.yaml").await;
    assert_eq!(told.status, 409);
    assert!(told.body.contains("Two things are called <bdi>Welcome &amp; more</bdi>"), "{}", told.body);
}

#[actix_web::test]
async fn what_is_wrong_with_a_flow_of_a_file_is_said_at_its_place_in_the_language_of_whoever_reads_it() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    assert_eq!(root.post("/locale", &[("locale", "es")]).await.status, 303);
    let faulty = r#"format: baton.workspace/v1
flows:
- name: Welcome
  definition:
    format: 1
    name: Welcome
    start: topic
    default_queue: nowhere
    nodes:
      topic:
        kind: ask
        as: buttons
        prompt: What?
        field: topic
        label: Topic
        options:
        - { id: a, title: A }
        - { id: b, title: B, queue: elsewhere }
        next: over
      over: { kind: hand_off }
"#;
    let told = sends(&mut root, &[("file", faulty)]).await;
    assert_eq!(told.status, 422);
    for words in ["8:5 flows[0].definition.default_queue", "18:30 flows[0].definition.nodes.topic.options[1].queue", "no hay ninguna cola"]
    {
        assert!(told.body.contains(words), "{words}: {}", told.body);
    }
    assert!(!told.body.contains("there is no queue"), "{}", told.body);
}

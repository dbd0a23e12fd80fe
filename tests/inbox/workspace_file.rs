//! The workspace file from an administrator's side: taken away, looked at, brought in.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use baton::domain::access::Role;

use crate::house::{Answer, Browser, House};

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
async fn a_number_waits_for_its_secrets() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let text = "format: baton.workspace/v1\nteams: [{ name: Everybody }]\nqueues:\n- { key: main, name: Main, team: Everybody, promise_minutes: 5, \
                hours: { time_zone: UTC } }\npeople:\n- { email: eve@example.com, name: Eve, role: agent, locale: en, capacity: 3, active: true, \
                teams: [Everybody] }\ninboxes:\n- name: Lamps\n  channel: whatsapp\n  default_queue: main\n  reopen_hours: 24\n  number: { \
                display_phone_number: '+44', phone_number_id: '77', waba_id: '3', app_id: '78', access_token: '${secret:TOKEN}', app_secret: \
                '${secret:APP}', verify_token: '${secret:VERIFY}' }\n";
    let planned = sends(&mut root, &[("file", text)]).await;
    for name in ["TOKEN", "APP", "VERIFY"] {
        assert!(planned.body.contains(&format!(r#"name="secret.{name}""#)), "{}", planned.body);
    }
    let secrets = [("secret.TOKEN", "t0ken"), ("secret.APP", "4pp"), ("secret.VERIFY", "v3rify")];
    let fields: Vec<(&str, &str)> = [("text", text), ("apply", "yes")].into_iter().chain(secrets).collect();
    let applied = sends(&mut root, &fields).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    let app = house.state.store.app("78").await.unwrap().unwrap();
    assert_eq!((app.app_secret.as_str(), app.verify_token.as_str()), ("4pp", "v3rify"));
    let connections = house.state.runner.workplaces().connections(house.workspace).await.unwrap();
    assert_eq!(connections.values().next().unwrap().secret().unwrap(), "t0ken");
    assert!(sends(&mut root, &[("file", text)]).await.body.contains("Nothing to do"));
    assert!(!root.get("/settings/changes").await.body.contains("t0ken"));
}

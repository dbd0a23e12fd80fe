//! Queues as administrators set them up: hours, places, previews, and what becomes of what is in one that is removed.

use baton::domain::access::Role;
use baton::domain::ids::FlowId;
use baton::domain::inbound::InboundContent;
use baton::domain::setup::{By, SetupCommand};
use uuid::Uuid;

use crate::house::{Browser, House};
use crate::shop::Shop;
use crate::teams::{adds, takes_back, value};

const QUEUES: &str = "/settings/queues";

/// Adds a queue; answers where its page is.
async fn adds_queue(admin: &mut Browser<'_>, name: &str, team: &str) -> String {
    let added = admin.post(QUEUES, &[("name", name), ("team", team)]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    added.location.split('?').next().unwrap_or_default().to_owned()
}

/// A shop with an administrator and a team of two.
async fn with_team(house: &House) -> String {
    house.hires("root@example.com", Role::Admin).await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    let mut root = house.browser("root@example.com").await;
    let team = adds(&mut root, "Sales").await;
    let page = root.get(&team).await.body;
    let filled = root.post(&team, &[("name", "Sales"), ("person", &ana.to_string()), ("seen", value(&page, "seen"))]).await;
    assert_eq!(filled.status, 303, "{}", filled.body);
    team.rsplit('/').next().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn a_queue_is_added_with_a_key_of_its_name_and_set_up_as_one_act() {
    let house = House::new().await;
    let team = with_team(&house).await;
    let mut root = house.browser("root@example.com").await;
    assert!(root.get(QUEUES).await.body.contains("No queue yet"));
    let queue = adds_queue(&mut root, "Órdenes & returns", &team).await;
    let page = root.get(&queue).await.body;
    assert_eq!((value(&page, "key"), value(&page, "promise")), ("ordenes-returns", "15"), "{page}");
    assert!(page.contains(r#"value="always" checked"#) && page.contains("within 15 minutes"), "{page}");
    let twin = adds_queue(&mut root, "ordenes returns", &team).await;
    assert_eq!(value(&root.get(&twin).await.body, "key"), "ordenes-returns-2");

    let fields = [
        ("name", "Orders"),
        ("key", "orders"),
        ("team", &team),
        ("promise", "30"),
        ("strategy", "round_robin"),
        ("open", "week"),
        ("time_zone", "Europe/Madrid"),
        ("mon_from", "9"),
        ("mon_to", "14:00"),
        ("mon_from", "16:00"),
        ("mon_to", "19:30"),
        ("mon_from", ""),
        ("mon_to", ""),
        ("day_0_date", "2026-12-24"),
        ("day_0_name", "Nochebuena"),
        ("day_0_from", "9:00"),
        ("day_0_to", "12:00"),
        ("day_7_date", "2026-12-25"),
        ("seen", value(&page, "seen")),
    ];
    let saved = root.post(&queue, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&saved.location).await.body;
    for words in [
        "Saved.",
        r#"name="mon_to" value="19:30""#,
        "Nochebuena",
        r#"<option value="round_robin" selected>Everybody in turn"#,
        "<del><bdi>Whoever holds the least</bdi></del> <ins><bdi>Everybody in turn</bdi></ins>",
        r#"value="2026-12-25""#,
        "Mon 09:00–14:00 + 16:00–19:30, 2 other days (Europe/Madrid)",
        "Always open (",
    ] {
        let in_one_line = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(in_one_line.contains(words), "{words}: {page}");
    }
    let list = root.get(QUEUES).await.body;
    assert!(list.contains("Orders") && list.contains("0 waiting") && list.contains("2 other days"), "{list}");
    let did = saved.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    assert_eq!(value(&root.get(&queue).await.body, "name"), "Órdenes &#38; returns", "name, hours and promise at once");
}

#[actix_web::test]
async fn hours_that_cannot_be_are_said_with_their_place_and_nothing_typed_is_lost() {
    let house = House::new().await;
    let team = with_team(&house).await;
    let mut root = house.browser("root@example.com").await;
    let queue = adds_queue(&mut root, "Orders", &team).await;
    let fields = |monday: [(&'static str, &'static str); 2], zone: &'static str| {
        let mut fields = vec![("name", "Orders"), ("key", "orders"), ("team", team.as_str()), ("promise", "30"), ("open", "week")];
        fields.push(("time_zone", zone));
        monday.iter().for_each(|(from, to)| fields.extend([("mon_from", *from), ("mon_to", *to)]));
        fields.extend([("day_0_date", "24.12."), ("day_0_name", "Eve")]);
        fields
    };
    let refused = root.post(&queue, &fields([("9", "13"), ("12:30", "noon")], "Europe/Madird")).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    for words in [
        "Monday, range 2: “noon” is not a time of day",
        "Day 1 of the other days: “24.12.” is not a date",
        "There is no time zone “Europe/Madird”",
        r#"value="12:30""#,
    ] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
    let overlaps = root.post(&format!("{queue}/preview"), &fields([("9", "13"), ("12:30", "14")], "Europe/Madrid")).await;
    assert!(overlaps.status == 422 && overlaps.body.contains("Monday, range 2: It overlaps"), "{}", overlaps.body);
    let mut good: Vec<_> = fields([("00:00", "24:00"), ("", "")], "Europe/Madrid");
    good.truncate(good.len() - 2);
    good.push(("at", "2026-11-30T10:00"));
    let preview = root.post(&format!("{queue}/preview"), &good).await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert!(preview.body.contains("30 November, 10:00") && preview.body.contains("within 30 minutes"), "{}", preview.body);
    assert!(preview.body.contains("No published flow leads here"), "{}", preview.body);
    let definition = serde_json::json!({
        "format": 1, "name": "Greeter", "language": "en", "start": "over", "default_queue": "orders",
        "welcome_back_text": { "en": "Back again? We answer {queue.promise}." },
        "nodes": { "over": { "kind": "hand_off", "queue": "orders" } },
    });
    let flow = SetupCommand::AddFlow { flow: FlowId(Uuid::now_v7()), name: "Greeter".to_owned(), definition };
    house.state.runner.configure(house.workspace, &By::System, flow, None).await.unwrap();
    let preview = root.post(&format!("{queue}/preview"), &good).await.body;
    assert!(preview.contains("Back again? We answer within 30 minutes.") && preview.contains("“Greeter”"), "{preview}");
    assert!(!preview.contains("Thank you for writing again"), "{preview}");
    let copied = root.post(&format!("{queue}/copy"), &good).await;
    assert_eq!(copied.body.matches(r#"value="24:00""#).count(), 5, "{}", copied.body);
    let page = root.get(&queue).await.body;
    assert!(page.contains(r#"value="always" checked"#), "a preview keeps nothing");
    for (key, fields, status) in [
        ("bad key", vec![("name", "x"), ("key", "No Key"), ("team", team.as_str()), ("promise", "1")], 422),
        ("promise", vec![("name", "x"), ("key", "x"), ("team", team.as_str()), ("promise", "soon")], 422),
        ("strategy", vec![("name", "x"), ("key", "x"), ("team", team.as_str()), ("promise", "1"), ("strategy", "by_moon")], 422),
        ("no team", vec![("name", "x"), ("key", "x"), ("promise", "1")], 422),
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("open", "always"), ("time_zone", "UTC")]).collect();
        assert_eq!(root.post(&queue, &fields).await.status, status, "{key}");
    }
}

#[actix_web::test]
async fn queues_are_put_into_an_order_and_colleagues_conflicts_are_shown_side_by_side() {
    let house = House::new().await;
    let team = with_team(&house).await;
    let mut root = house.browser("root@example.com").await;
    let mut pages = Vec::new();
    for name in ["One", "Two", "Three"] {
        pages.push(adds_queue(&mut root, name, &team).await);
    }
    let order = |page: &str| {
        let mut names: Vec<(usize, &str)> =
            ["One", "Two", "Three"].map(|name| (page.find(&format!("<bdi>{name}</bdi>")).unwrap(), name)).to_vec();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name).collect::<Vec<_>>().join(" ")
    };
    for (queue, to, expected) in
        [(2, "up", "One Three Two"), (0, "up", "One Three Two"), (0, "down", "Three One Two"), (1, "down", "Three One Two")]
    {
        assert_eq!(root.post(&format!("{}/place", pages[queue]), &[("to", to)]).await.status, 303);
        assert_eq!(order(&root.get(QUEUES).await.body), expected);
    }
    for (queue, place, expected) in
        [(1, "1", "Two Three One"), (1, "99", "Three One Two"), (2, "2", "One Three Two"), (2, "", "One Three Two")]
    {
        let moved = root.post(&format!("{}/place", pages[queue]), &[("place", place)]).await;
        assert_eq!(moved.status, 303, "{}", moved.body);
        assert_eq!(order(&root.get(QUEUES).await.body), expected);
    }
    let moved = root.post(&format!("{}/place", pages[1]), &[("place", "1")]).await;
    assert_eq!(order(&root.get(QUEUES).await.body), "Two One Three");
    let did = moved.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    assert_eq!(order(&root.get(QUEUES).await.body), "One Three Two", "all places at once");
    house.hires("gil@example.com", Role::Admin).await;
    let mut gil = house.browser("gil@example.com").await;
    let seen = value(&root.get(&pages[0]).await.body, "seen").to_owned();
    let fields = |promise, name, seen| {
        let hours = [("open", "always"), ("time_zone", "UTC")];
        let all = [("name", name), ("key", "one"), ("team", team.as_str()), ("promise", promise), ("seen", seen)];
        all.into_iter().chain(hours).collect::<Vec<_>>()
    };
    assert_eq!(gil.post(&pages[0], &fields("60", "Gil's", &seen)).await.status, 303);
    let refused = root.post(&pages[0], &fields("90", "Root's", &seen)).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    for words in ["Gil", "It is now: 60", r#"value="90""#] {
        assert!(refused.body.contains(words), "{words}: {}", refused.body);
    }
}

#[actix_web::test]
async fn a_queue_that_is_removed_loses_nobody_and_is_not_removed_while_something_sends_there() {
    let shop = Shop::open().await;
    shop.house.hires("root@example.com", Role::Admin).await;
    shop.hires("ana@example.com", Role::Agent).await;
    let waiting = shop.hears("447700900111", InboundContent::Text { body: "Hello".to_owned() }).await;
    let client = shop.house.state.store.client().await.unwrap();
    let row = client.query_one("SELECT id, team_id FROM queues LIMIT 1", &[]).await.unwrap();
    let (old, team): (Uuid, Uuid) = (row.get(0), row.get(1));
    let mut root = shop.house.browser("root@example.com").await;
    let queue = adds_queue(&mut root, "Other", &team.to_string()).await;
    let other = queue.rsplit('/').next().unwrap_or_default().to_owned();
    let page = root.get(&format!("{QUEUES}/{old}")).await.body;
    assert!(page.contains("cannot be removed while something") && page.contains("1 waiting"), "{page}");
    let refused = root.post(&format!("{QUEUES}/{old}/removal"), &[("to", &other)]).await;
    assert!(refused.status == 409 && refused.body.contains("Choose another one there first"), "{}", refused.body);
    client.execute("UPDATE inboxes SET default_queue_id = $1", &[&other.parse::<Uuid>().unwrap()]).await.unwrap();
    let before: jiff::Timestamp =
        client.query_one("SELECT queued_at FROM conversations WHERE id = $1", &[&waiting.0]).await.unwrap().get(0);
    for to in ["", &old.to_string(), &Uuid::now_v7().to_string()] {
        assert_eq!(root.post(&format!("{QUEUES}/{old}/removal"), &[("to", to)]).await.status, 422, "{to}");
    }
    let removed = root.post(&format!("{QUEUES}/{old}/removal"), &[("to", &other)]).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    let row = client.query_one("SELECT queue_id::text, queued_at FROM conversations WHERE id = $1", &[&waiting.0]).await.unwrap();
    assert_eq!(
        (row.get::<_, String>(0), row.get::<_, jiff::Timestamp>(1)),
        (other.clone(), before),
        "moved, and as long waiting as before"
    );
    assert_eq!(root.get(&format!("{QUEUES}/{old}")).await.status, 404);
    let thread = root.get(&format!("/conversations/{waiting}")).await.body;
    assert!(thread.contains("its queue was removed"), "{thread}");
    let did = removed.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    assert_eq!(root.get(&format!("{QUEUES}/{old}")).await.status, 200);
}

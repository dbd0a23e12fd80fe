//! What was decided, from an administrator's side: found again, taken away as a table, and taken back while that holds.

use actix_web::http::header::USER_AGENT;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::UserId;

use crate::house::{Browser, HERE, House};

const CHANGES: &str = "/settings/changes";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Adds a team from a browser that says what it is; answers where its page is.
async fn adds(admin: &mut Browser<'_>, name: &str) -> String {
    let csrf = admin.csrf().await;
    let request = TestRequest::post().uri("/settings/teams").insert_header((USER_AGENT, FIREFOX));
    let added = admin.ask(request.set_form([("name", name), ("csrf", &csrf)])).await;
    assert_eq!(added.status, 303, "{}", added.body);
    added.location.split('?').next().unwrap_or_default().to_owned()
}

fn undos(page: &str) -> usize {
    page.matches(r#"<form action="/settings/changes" method="post">"#).count()
}

async fn two_administrators(house: &House) -> UserId {
    house.hires("root@example.com", Role::Admin).await;
    house.hires("gil@example.com", Role::Admin).await
}

#[actix_web::test]
async fn what_was_decided_is_found_by_who_what_when_and_words_and_says_from_where() {
    let house = House::new().await;
    let gil = two_administrators(&house).await;
    let (mut root, mut second) = (house.browser("root@example.com").await, house.browser("gil@example.com").await);
    adds(&mut root, "Amber").await;
    adds(&mut second, "=Cobalt 50%").await;
    let page = root.get(CHANGES).await.body;
    for words in ["Added the team <bdi>Amber</bdi>", "Added the team <bdi>=Cobalt 50%</bdi>", HERE, "Firefox, Linux"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("act__line\">Signed in"), "who came in is only told to whoever asks: {page}");
    for (query, has_amber, has_cobalt) in [
        (format!("who={gil}"), false, true),
        ("who=command_line".to_owned(), false, false),
        ("thing=team".to_owned(), true, true),
        ("thing=queue".to_owned(), false, false),
        ("words=cobalt+50%25".to_owned(), false, true),
        ("words=amb_r".to_owned(), false, false),
        ("from=2020-01-01&to=2020-01-31".to_owned(), false, false),
        ("from=2020-01-01".to_owned(), true, true),
        ("thing=&who=&from=soon&words=".to_owned(), true, true),
    ] {
        let found = root.get(&format!("{CHANGES}?{query}")).await.body;
        let names = |name: &str| found.contains(&format!("Added the team <bdi>{name}</bdi>"));
        assert_eq!((names("Amber"), names("=Cobalt 50%")), (has_amber, has_cobalt), "{query}: {found}");
    }
    let sign_ins = root.get(&format!("{CHANGES}?thing=signed_in")).await.body;
    assert!(sign_ins.contains("Signed in") && undos(&sign_ins) == 0, "{sign_ins}");

    let table = root.get(&format!("{CHANGES}.csv?thing=team")).await;
    assert!(table.header("content-disposition").contains("changes.csv"), "{table:?}");
    let rows: Vec<&str> = table.body.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows.len(), 3, "{}", table.body);
    assert!(
        rows[0].starts_with("When,Who,Address,Program,What,Part,Before,After") && rows[1].contains("Added the team =Cobalt 50%"),
        "{rows:?}"
    );
    assert!(rows[2].contains(&format!(",{HERE},\"Firefox, Linux\",Added the team Amber,,,")), "{rows:?}");
    let broken = root.get(&format!("{CHANGES}.csv?words=%00")).await;
    assert_eq!(broken.status, 400, "it began, and broke off: {broken:?}");
    assert!(root.get(CHANGES).await.body.contains("Downloaded <bdi>the changes</bdi>"));
}

/// What a page of a thing shows of an act is a part of it; whether all of it can be taken back is told by the set-up as it stands.
#[actix_web::test]
async fn an_undo_is_offered_only_while_the_whole_act_could_be_taken_back() {
    let house = House::new().await;
    let gil = two_administrators(&house).await;
    let mut root = house.browser("root@example.com").await;
    let team = adds(&mut root, "Amber").await;
    assert_eq!(undos(&root.get(&team).await.body), 1);
    let person = gil.to_string();
    let saved = root.post(&team, &[("name", "Cobalt"), ("person", &person)]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = root.get(&team).await.body;
    assert_eq!(undos(&page), 1, "adding it cannot be taken back while somebody is in it: {page}");
    assert_eq!(root.post(&team, &[("name", "Jade"), ("was", &person), ("person", &person)]).await.status, 303);
    let page = root.get(&team).await.body;
    assert_eq!(undos(&page), 1, "of the second act one part was changed again: {page}");
    assert_eq!(root.post(&team, &[("name", "Cobalt"), ("was", &person), ("person", &person)]).await.status, 303);
    assert_eq!(undos(&root.get(&team).await.body), 2, "what is as the second act left it can go back, and the last");
}

#[actix_web::test]
async fn pages_follow_each_other_and_no_act_is_cut_in_two() {
    let house = House::new().await;
    two_administrators(&house).await;
    let mut root = house.browser("root@example.com").await;
    for number in 0..65 {
        adds(&mut root, &format!("Team {number}.")).await;
    }
    let first = root.get(CHANGES).await.body;
    let next = first.split(r#"class="button" href="/settings/changes?"#).nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let second = root.get(&format!("{CHANGES}?{}", next.replace("&#38;", "&").replace("&amp;", "&"))).await.body;
    let count = |page: &str| page.matches("Added the team").count();
    assert_eq!((count(&first), count(&second)), (60, 5), "{next}");
    assert!(!second.contains("Earlier changes"));
}

//! Invitations, from who sends them and from who comes by them.

use baton::domain::access::Role;
use baton::domain::ids::{InvitationId, WorkspaceId};
use baton::mail::Mailer;
use baton::web::invitations::token::Token;
use baton::workers::mails::send_due;
use uuid::Uuid;

use crate::house::{Answer, Browser, House, PASSWORD, fresh_store};
use crate::mailbox::Mailbox;

const HERE: &str = "/settings/invitations";
const NEW_PASSWORD: &str = "umbrella lantern river";

/// The path of a link.
fn path(url: &str) -> String {
    let (_, token) = url.split_once("/invitations/").unwrap_or_else(|| panic!("no link: {url}"));
    format!("/invitations/{}", token.split(['"', '&', '<']).next().unwrap_or_default())
}

/// Makes a link to copy; answers its path.
async fn link(admin: &mut Browser<'_>, fields: &[(&str, &str)]) -> String {
    let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("way", "link"), ("role", "agent"), ("capacity", "5")]).collect();
    let made = admin.post(HERE, &fields).await;
    assert_eq!(made.status, 200, "{}", made.body);
    path(&made.body)
}

async fn one(house: &House, sql: &str) -> i64 {
    house.state.store.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

/// The id of the only open invitation.
async fn open(house: &House) -> Uuid {
    let sql = "SELECT id FROM invitations WHERE standing = 'open'";
    house.state.store.client().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
}

fn says(answer: &Answer, status: u16, words: &str) {
    assert!(answer.status == status && answer.body.contains(words), "{status} {words}: {} {}", answer.status, answer.body);
}

async fn comes(browser: &mut Browser<'_>, path: &str, name: &str, email: &str, password: &str) -> Answer {
    browser.post(path, &[("name", name), ("email", email), ("password", password)]).await
}

#[actix_web::test]
async fn somebody_invited_by_mail_chooses_a_password_and_is_what_was_decided() {
    let mailbox = Mailbox::start().await;
    let house = House::in_store_with(fresh_store().await, &mailbox.settings()).await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let team = root.post("/settings/teams", &[("name", "Sales")]).await.location;
    let team = team.split(['/', '?']).nth(3).unwrap_or_default().to_owned();
    let typed = [("email", "Bo@Example.com"), ("role", "supervisor"), ("capacity", "7"), ("team", &team), ("language", "es")];
    let sent = root.post(HERE, &[typed.as_slice(), &[("more_languages", "pt-BR"), ("way", "mail")]].concat()).await;
    assert_eq!((sent.status.as_u16(), sent.location.as_str()), (303, HERE), "{}", sent.body);
    says(&root.get(HERE).await, 200, "the mail is on its way");
    send_due(&house.state.runner, &Mailer::of(&house.state.config).unwrap().unwrap()).await.unwrap();
    says(&root.get(HERE).await, 200, "· <bdi>mailed</bdi>");
    let mail = mailbox.of("bo@example.com").remove(0);
    assert!(mail.text.contains("Ana invites you to answer customers together in Lamp Shop"), "{}", mail.text);

    let (mut bo, path) = (house.stranger(), path(mail.link()));
    let page = bo.get(&path).await;
    says(&page, 200, "You are invited to <bdi>Lamp Shop</bdi>");
    assert!(page.body.contains(r#"value="bo@example.com""#) && page.body.contains("readonly"), "{}", page.body);
    assert_eq!(page.header("referrer-policy"), "strict-origin", "what the page asks for is told the link");
    assert!(!page.body.contains("referrer"), "the page says otherwise: {}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    says(&comes(&mut bo, &path, "Bo", "", "bo@example.com").await, 422, "little more than your own name");
    says(&comes(&mut bo, &path, " ", "", NEW_PASSWORD).await, 422, "Your name is missing");
    assert_eq!(one(&house, "SELECT count(*) FROM accounts").await, 1, "nobody came yet");
    let came = comes(&mut bo, &path, "Bo", "mallory@example.com", NEW_PASSWORD).await;
    assert_eq!((came.status.as_u16(), came.location.as_str()), (303, "/inbox"), "{}", came.body);
    assert_eq!(bo.get("/inbox").await.status, 200, "signed in");
    let sql = "SELECT count(*) FROM users JOIN accounts ON accounts.id = account_id JOIN agents ON user_id = users.id
        JOIN team_members ON team_members.user_id = users.id
        WHERE email = 'bo@example.com' AND role = 'supervisor' AND capacity = 7 AND languages = '{es,pt-BR}' AND active";
    assert_eq!(one(&house, sql).await, 1, "of the address of the invitation, whatever was typed");
    assert_eq!(house.sign_in("bo@example.com", NEW_PASSWORD).await.status, 303);

    for path in [&path, &format!("{path}?again=1")] {
        says(&house.stranger().get(path).await, 410, "was used already");
    }
    says(&comes(&mut house.stranger(), &path, "Eve", "", NEW_PASSWORD).await, 410, "was used already");
    let changes = root.get("/settings/changes").await.body;
    for words in ["Invited <bdi>bo@example.com</bdi>", "Added <bdi>Bo</bdi>"] {
        assert!(changes.contains(words), "{words}: {changes}");
    }
}

#[actix_web::test]
async fn a_link_for_anybody_does_not_tell_of_many_who_has_an_account() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let path = link(&mut root, &[]).await;
    for _ in 0..5 {
        let told = comes(&mut house.stranger(), &path, "Eve", "root@example.com", NEW_PASSWORD).await;
        says(&told, 422, "Somebody with this address has an account");
    }
    let told = comes(&mut house.stranger(), &path, "Eve", "root@example.com", NEW_PASSWORD).await;
    says(&told, 429, "Too many attempts; try again in 60 minutes");
    assert!(!told.body.contains("has an account."), "{}", told.body);
    let another = link(&mut root, &[]).await;
    assert_eq!(comes(&mut house.stranger(), &another, "Bo", "bo@example.com", NEW_PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn a_workspace_does_not_mail_the_whole_world() {
    let mailbox = Mailbox::start().await;
    let house = House::in_store_with(fresh_store().await, &mailbox.settings()).await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let typed = |email: &'static str, way: &'static str| [("email", email), ("role", "agent"), ("capacity", "5"), ("way", way)];
    assert_eq!(root.post(HERE, &typed("bo@example.com", "mail")).await.status, 303);
    let renewal = format!("{HERE}/{}/renewal", open(&house).await);
    for sent in 1..100 {
        assert_eq!(root.post(&renewal, &[("way", "mail")]).await.status, 303, "{sent}");
    }
    says(&root.post(&renewal, &[("way", "mail")]).await, 429, "try again in 60 minutes");
    let refused = root.post(HERE, &typed("cy@example.com", "mail")).await;
    says(&refused, 429, r#"value="cy@example.com""#);
    assert_eq!(one(&house, "SELECT count(*) FROM invitations").await, 1, "one is there that nobody is told of");
    says(&root.post(HERE, &typed("cy@example.com", "link")).await, 200, "shown only now");
}

#[actix_web::test]
async fn a_link_is_shown_once_kept_nowhere_and_dead_when_renewed_revoked_or_too_old() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    says(&root.get(HERE).await, 200, "This installation sends no mails");
    let first = link(&mut root, &[]).await;
    let token = first.trim_start_matches("/invitations/").to_owned();
    let list = root.get(HERE).await;
    says(&list, 200, "Whoever has the link");
    assert!(!list.body.contains(&token), "it is shown once");
    let dump = "SELECT count(*) FROM (SELECT to_jsonb(invitations)::text AS row FROM invitations
        UNION ALL SELECT to_jsonb(events)::text FROM events) AS all_of_it WHERE row LIKE '%' || $1 || '%'";
    let client = house.state.store.client().await.unwrap();
    let hash = hex::encode(token.parse::<Token>().unwrap().hash());
    assert_eq!(client.query_one(dump, &[&token]).await.unwrap().get::<_, i64>(0), 0);
    let events = "SELECT count(*) FROM events WHERE event::text LIKE '%' || $1 || '%'";
    assert_eq!(client.query_one(events, &[&hash]).await.unwrap().get::<_, i64>(0), 0, "nor its hash in the journal");

    let id = open(&house).await;
    let renewed = root.post(&format!("{HERE}/{id}/renewal"), &[("way", "link")]).await;
    let second = path(&renewed.body);
    assert_ne!(first, second);
    says(&house.stranger().get(&first).await, 410, "leads nowhere");
    says(&house.stranger().get(&second).await, 200, "You are invited");

    client.execute("UPDATE invitations SET expires_at = now() - interval '1 second'", &[]).await.unwrap();
    says(&house.stranger().get(&second).await, 410, "is too old");
    says(&comes(&mut house.stranger(), &second, "Bo", "bo@example.com", NEW_PASSWORD).await, 410, "is too old");
    says(&root.get(HERE).await, 200, "Too old");
    let third = path(&root.post(&format!("{HERE}/{id}/renewal"), &[("way", "link")]).await.body);
    says(&house.stranger().get(&third).await, 200, "You are invited");
    assert_eq!(root.post(&format!("{HERE}/{id}/revocation"), &[]).await.status, 303);
    says(&house.stranger().get(&third).await, 410, "was revoked");
    says(&root.post(&format!("{HERE}/{id}/renewal"), &[("way", "link")]).await, 422, "no longer open");
    assert_eq!(one(&house, "SELECT count(*) FROM users").await, 1);
}

#[actix_web::test]
async fn a_guessed_link_says_no_more_than_one_of_nothing_and_who_guesses_on_waits() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let right = link(&mut root, &[]).await;
    let (workspace, invitation) = (house.workspace, InvitationId(open(&house).await));
    let nothing = Token::new(WorkspaceId(Uuid::now_v7()), InvitationId(Uuid::now_v7()));
    let guesses = [Token::new(workspace, invitation).to_string(), nothing.to_string(), "x".to_owned()];
    let mut told = Vec::new();
    for guess in &guesses {
        told.push(house.stranger().get(&format!("/invitations/{guess}")).await);
    }
    assert!(told.iter().all(|answer| answer.status == 410 && answer.body == told[0].body), "{told:?}");
    for _ in 0..17 {
        comes(&mut house.stranger(), &format!("/invitations/{nothing}"), "Eve", "eve@example.com", NEW_PASSWORD).await;
    }
    let late = house.stranger().get(&right).await;
    assert!(late.status == 429 && late.retry_after.is_some(), "{late:?}");
    let elsewhere = actix_web::test::TestRequest::with_uri(&right);
    assert_eq!(house.ask_from("198.51.100.7", elsewhere).await.status, 200, "who has the link keeps it");
}

#[actix_web::test]
async fn whoever_has_an_account_signs_in_and_joins_and_nobody_else_can_in_their_place() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let other = house.beside().await;
    other.hires("bo@example.com", Role::Agent).await;
    other.hires("eve@example.com", Role::Agent).await;
    let (mut root, mut bo, mut eve) =
        (house.browser("root@example.com").await, other.browser("bo@example.com").await, other.browser("eve@example.com").await);

    let for_bo = link(&mut root, &[("email", "bo@example.com")]).await;
    let again = root.post(HERE, &[("email", "bo@example.com"), ("way", "link"), ("role", "agent"), ("capacity", "5")]).await;
    says(&again, 409, "is invited already");
    let first = house.stranger().get(&for_bo).await;
    says(&first, 200, "There is an account for <bdi>bo@example.com</bdi>");
    assert!(first.body.contains(&format!("/sign-in?next={for_bo}")), "{}", first.body);
    says(&comes(&mut house.stranger(), &for_bo, "Bo", "", NEW_PASSWORD).await, 200, "There is an account");
    says(&eve.get(&for_bo).await, 409, "for another e-mail address. You have signed in as <bdi>eve@example.com</bdi>");
    says(&comes(&mut eve, &for_bo, "Eve", "", NEW_PASSWORD).await, 409, "for another e-mail address");
    says(&bo.get(&for_bo).await, 200, "Join as <bdi>Ana</bdi> (<bdi>bo@example.com</bdi>)");
    let joined = bo.post(&for_bo, &[]).await;
    assert_eq!((joined.status.as_u16(), joined.location.as_str()), (303, "/inbox"), "{}", joined.body);
    says(&bo.get("/workspaces").await, 200, "Lamp Shop");
    assert_eq!(house.sign_in("bo@example.com", PASSWORD).await.status, 303, "with the password that there was");

    // A link for anybody opens no account under an address that has one.
    let for_anybody = link(&mut root, &[]).await;
    let before = one(&house, "SELECT count(*) FROM users").await;
    says(&comes(&mut house.stranger(), &for_anybody, "Eve", "eve@example.com", NEW_PASSWORD).await, 422, "has an account");
    assert_eq!(one(&house, "SELECT count(*) FROM users").await, before);
    assert_eq!(house.sign_in("eve@example.com", NEW_PASSWORD).await.status, 422);
    says(&bo.get(&for_anybody).await, 409, "work in this workspace already");
    assert_eq!(eve.post(&for_anybody, &[]).await.status, 303);

    // Who left comes back by an administrator, and by no link.
    let gone = root.get("/settings/people?q=bo@").await.body;
    let (_, id) = gone.split_once("/settings/people/").unwrap();
    let id = id.split('"').next().unwrap_or_default();
    assert_eq!(root.post(&format!("/settings/people/{id}/leaving"), &[("goes", "queue")]).await.status, 303);
    let another = link(&mut root, &[]).await;
    let mut bo = other.browser("bo@example.com").await;
    says(&bo.get(&another).await, 409, "You worked here before");
}

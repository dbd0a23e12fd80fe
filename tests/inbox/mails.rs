//! Mails: posted at once, sent once, and not kept.

use baton::domain::ids::MailId;
use baton::domain::mail::MailState;
use baton::mail::Mailer;
use baton::web::locale::Locale;
use baton::web::mails::{Letter, Link, Posted};
use baton::workers::mails::send_due;
use jiff::{SignedDuration, Timestamp};

use crate::house::{House, fresh_store};
use crate::mailbox::Mailbox;

fn letter() -> Letter {
    Letter {
        locale: Locale::of("es").unwrap(),
        subject: "Invitación\r\nBcc: everybody@example.com".to_owned(),
        lines: vec!["Ana <ana@example.com> te invita.".to_owned()],
        link: Some(Link { words: "Aceptar".to_owned(), url: "https://shop.example/invitations/secret-of-the-link".to_owned() }),
        note: "Si no esperabas esto, no hagas nada.".to_owned(),
    }
}

async fn posts(house: &House, seconds: i64) -> MailId {
    let expires_at = Timestamp::now() + SignedDuration::from_secs(seconds);
    let posted = letter().post(&house.state, &"bo@example.com".parse().unwrap(), expires_at).await.unwrap();
    let Posted::Soon(id) = posted else { panic!("{posted:?}") };
    id
}

async fn state(house: &House, id: MailId) -> MailState {
    house.state.store.mail_states(&[id]).await.unwrap().remove(0).1
}

async fn hurries(house: &House) {
    let client = house.state.store.client().await.unwrap();
    client.execute("UPDATE mails SET due_at = now() WHERE due_at IS NOT NULL", &[]).await.unwrap();
}

/// What is kept of mails, as text.
async fn kept(house: &House) -> String {
    let client = house.state.store.client().await.unwrap();
    let row = client.query_one("SELECT coalesce(string_agg(sealed, ' '), '') FROM mails", &[]).await.unwrap();
    row.get(0)
}

#[actix_web::test]
async fn a_mail_is_sent_once_in_both_forms_and_what_it_said_is_kept_nowhere() {
    let mailbox = Mailbox::start().await;
    let house = House::in_store_with(fresh_store().await, &mailbox.settings()).await;
    let mailer = Mailer::of(&house.state.config).unwrap().unwrap();
    mailer.check().await.unwrap();
    let id = posts(&house, 60).await;
    let sealed = kept(&house).await;
    assert!(sealed.starts_with("sealed:1:") && !sealed.contains("secret-of-the-link"), "{sealed}");
    assert_eq!(state(&house, id).await, MailState::Waiting);

    let (one, other) = tokio::join!(send_due(&house.state.runner, &mailer), send_due(&house.state.runner, &mailer));
    assert_eq!(one.unwrap() + other.unwrap(), 1, "of two nodes, one");
    let mails = mailbox.of("bo@example.com");
    assert_eq!((mails.len(), state(&house, id).await, kept(&house).await), (1, MailState::Sent, String::new()));
    let mail = &mails[0];
    assert!(
        mail.link() == "https://shop.example/invitations/secret-of-the-link" && mail.text.contains("Ana <ana@example.com>"),
        "{mail:?}"
    );
    assert!(mail.html.contains(r#"<html lang="es">"#) && mail.html.contains("Ana &#60;ana@example.com&#62;"), "{}", mail.html);
    assert!(mail.html.contains(r#"href="https://shop.example/invitations/secret-of-the-link""#), "{}", mail.html);
    let head = mail.raw.split("\n\n").next().unwrap_or_default();
    assert!(!head.lines().any(|line| line.starts_with("Bcc")), "{head}");
    for line in ["From: \"Lamp Shop\" <baton@shop.example>", "Auto-Submitted: auto-generated", &format!("Message-ID: <{id}@shop.example>")]
    {
        assert!(mail.raw.contains(line), "{line}: {}", mail.raw);
    }
}

#[actix_web::test]
async fn a_mail_is_tried_again_until_it_is_taken_refused_for_good_or_late() {
    let mailbox = Mailbox::start().await;
    let house = House::in_store_with(fresh_store().await, &mailbox.settings()).await;
    let mailer = Mailer::of(&house.state.config).unwrap().unwrap();
    let runner = &house.state.runner;

    mailbox.refuses("451 come back later");
    let id = posts(&house, 60).await;
    send_due(runner, &mailer).await.unwrap();
    assert_eq!((state(&house, id).await, mailbox.of("bo@example.com").len()), (MailState::Waiting, 0));
    assert_eq!(send_due(runner, &mailer).await.unwrap(), 0, "not at once");
    hurries(&house).await;
    send_due(runner, &mailer).await.unwrap();
    assert_eq!((state(&house, id).await, mailbox.of("bo@example.com").len()), (MailState::Sent, 1));

    mailbox.refuses("550 nobody of this name here");
    let refused = posts(&house, 60).await;
    send_due(runner, &mailer).await.unwrap();
    let MailState::Failed { reason } = state(&house, refused).await else { panic!("it failed") };
    assert!(reason.contains("nobody of this name here"), "{reason}");

    let late = posts(&house, -1).await;
    send_due(runner, &mailer).await.unwrap();
    assert_eq!(state(&house, late).await, MailState::Failed { reason: String::new() });
    assert_eq!((mailbox.of("bo@example.com").len(), kept(&house).await), (1, String::new()));

    let recalled = posts(&house, 60).await;
    runner.recall_mail(recalled).await.unwrap();
    assert_eq!(send_due(runner, &mailer).await.unwrap(), 0);
}

#[actix_web::test]
async fn without_a_mail_server_nothing_is_posted_and_too_many_are_not_kept() {
    let house = House::new().await;
    let address = "bo@example.com".parse().unwrap();
    let soon = Timestamp::now() + SignedDuration::from_secs(60);
    assert_eq!(letter().post(&house.state, &address, soon).await.unwrap(), Posted::NoMailServer);
    let house = House::in_store_with(fresh_store().await, &Mailbox::start().await.settings()).await;
    let client = house.state.store.client().await.unwrap();
    let many = "INSERT INTO mails (id, due_at, expires_at) SELECT gen_random_uuid(), now(), now() FROM generate_series(1, 2000)";
    client.execute(many, &[]).await.unwrap();
    assert_eq!(letter().post(&house.state, &address, soon).await.unwrap(), Posted::TooMany);
}

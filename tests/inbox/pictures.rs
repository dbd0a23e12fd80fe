//! Pictures that agents send, and how pictures are served.

use std::io::Cursor;

use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::ids::{ConversationId, MediaId};
use image::{DynamicImage, ImageFormat};
use uuid::Uuid;

use crate::house::Answer;
use crate::shop::{Agent, Shop};

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(40, 30).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Sends the composer's form with a picture.
async fn sends(agent: &mut Agent<'_>, id: ConversationId, message: Uuid, picture: &[u8]) -> Answer {
    let csrf = agent.browser.csrf().await;
    let mut body = Vec::new();
    for (name, value) in [("csrf", csrf.as_str()), ("message_id", &message.to_string()), ("text", "Like this?")] {
        body.extend(format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    body.extend(b"--b\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"a.html\"\r\ncontent-type: text/html\r\n\r\n");
    body.extend(picture);
    body.extend(b"\r\n--b--\r\n");
    let request = TestRequest::post().uri(&format!("/conversations/{id}/messages")).insert_header((ACCEPT, "text/html"));
    agent.browser.ask(request.insert_header((CONTENT_TYPE, "multipart/form-data; boundary=b")).set_payload(body)).await
}

async fn only_media(shop: &Shop) -> MediaId {
    let client = shop.house.state.store.client().await.unwrap();
    MediaId(client.query_one("SELECT id FROM media", &[]).await.unwrap().get(0))
}

#[actix_web::test]
async fn a_picture_is_sent_once_however_often_its_form_comes() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let (message, picture) = (Uuid::now_v7(), encoded(ImageFormat::Png));
    for _ in 0..2 {
        let answer = sends(&mut ana, id, message, &picture).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    assert_eq!((shop.count("media").await, shop.count("outbox").await), (1, 1));
    let page = ana.opens(id).await;
    assert!(page.contains("Like this?") && page.contains(r#"width="40" height="30""#), "{page}");
    let media = only_media(&shop).await;
    let served = shop.house.state.media.read(shop.house.workspace, media).await.unwrap();
    assert_eq!(served, picture);
}

#[actix_web::test]
async fn a_picture_is_served_as_what_it_is_and_nothing_in_it_can_act() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    sends(&mut ana, id, Uuid::now_v7(), &encoded(ImageFormat::Png)).await;
    let media = only_media(&shop).await;
    for (part, content_type) in [("", "image/png"), ("/thumbnail", "image/jpeg")] {
        let answer = ana.browser.get(&format!("/media/{media}{part}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, content_type));
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "private, no-cache", "a picture is shown without asking who looks");
        assert!(answer.header("content-disposition").starts_with("inline; filename=\"picture."));
    }
    let known = || TestRequest::with_uri(&format!("/media/{media}")).insert_header(("if-none-match", format!("\"{media}\"")));
    assert_eq!(ana.browser.ask(known()).await.status, 304);
    assert_eq!(shop.house.ask(known()).await.status, 401, "a stranger learns that the picture is there");
    let goodbye = ana.browser.post("/sign-out", &[]).await;
    assert_eq!(goodbye.header("clear-site-data"), "\"cache\"", "pictures stay for the next person at this machine");
    assert_eq!(ana.browser.ask(known()).await.status, 401);
}

#[actix_web::test]
async fn what_is_no_picture_is_refused_in_words_and_not_kept() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    let too_large = vec![0; 5 * 1024 * 1024 + 1];
    for (picture, words) in
        [(&b"<svg/>"[..], "Only JPEG and PNG"), (&encoded(ImageFormat::WebP), "Only JPEG and PNG"), (&too_large, "5 MB")]
    {
        let answer = sends(&mut ana, id, Uuid::now_v7(), picture).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(words) && answer.body.contains("Like this?"), "{words} is missing");
    }
    assert_eq!((shop.count("media").await, shop.count("messages").await), (0, 1));
}

#[actix_web::test]
async fn a_picture_that_was_cut_off_is_refused_as_damaged_and_not_kept() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    ana.does(id, "assignment", &[]).await;
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let whole = encoded(format);
        let answer = sends(&mut ana, id, Uuid::now_v7(), &whole[..whole.len() - 20]).await;
        assert_eq!(answer.status, 422, "{format:?}");
        assert!(answer.body.contains("A part of this picture is missing"), "{format:?}: {}", answer.body);
    }
    assert_eq!((shop.count("media").await, shop.count("messages").await), (0, 1));
}

#[actix_web::test]
async fn a_picture_whose_message_is_refused_is_not_kept() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let answer = sends(&mut ana, id, Uuid::now_v7(), &encoded(ImageFormat::Png)).await;
    assert_eq!(answer.status, 409, "nobody holds the conversation yet");
    assert_eq!((shop.count("media").await, shop.count("messages").await), (0, 1));
}

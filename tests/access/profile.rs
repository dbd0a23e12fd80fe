//! What is somebody's own.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, USER_AGENT};
use actix_web::test::TestRequest;
use baton::domain::access::Role;

use crate::house::{Answer, House, PASSWORD};

const NEW: &str = "tres tristes tigres";

#[actix_web::test]
async fn how_pages_look_follows_somebody_into_another_browser() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut browser = house.browser("ana@example.com").await;
    let form = [("name", " Ana María "), ("locale", "es"), ("theme", "dark"), ("density", "compact")];
    assert_eq!(browser.post("/profile", &form).await.location, "/profile?did=profile");
    for mut browser in [browser, house.browser("ana@example.com").await] {
        let page = browser.get("/profile").await;
        for said in ["lang=\"es\"", "data-theme=\"dark\"", "data-density=\"compact\"", "value=\"Ana María\"", "Perfil"] {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
    }
    let mut browser = house.browser("ana@example.com").await;
    let nameless = browser.post("/profile", &[("name", " "), ("locale", "es"), ("theme", "light"), ("density", "compact")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(browser.get("/profile").await.body.contains("data-theme=\"dark\""));
}

#[actix_web::test]
async fn another_password_asks_the_present_one_and_ends_every_other_session() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let mut other = house.browser("ana@example.com").await;
    let mut browser = house.browser("ana@example.com").await;
    let stolen = browser.cookies.clone();
    let form = |current: &'static str, new: &'static str, again: &'static str| [("current", current), ("new", new), ("again", again)];
    for (wrong, words) in [
        (form("wrong horse battery", NEW, NEW), "That is not your present password."),
        (form(PASSWORD, NEW, "tres tristes tigre"), "not the same both times"),
        (form(PASSWORD, "short", "short"), "A password has at least 12 characters."),
        (form(PASSWORD, "password123456", "password123456"), "among the first that others try"),
        (form(PASSWORD, "ana@example.com1", "ana@example.com1"), "little more than your own name"),
    ] {
        let answer = browser.post("/profile/password", &wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
        assert!(!answer.body.contains(NEW) && !answer.body.contains(PASSWORD), "a page repeats a password");
    }
    assert_eq!(browser.post("/profile/password", &form(PASSWORD, NEW, NEW)).await.location, "/profile/sign-in?did=password");
    assert_eq!(browser.get("/profile").await.status, StatusCode::OK, "whoever changed it is signed out");
    assert!(other.get("/").await.is_sent_to_sign_in(), "another browser stays");
    let mut thief = house.stranger();
    thief.cookies = stolen;
    assert!(thief.get("/").await.is_sent_to_sign_in(), "a stolen cookie outlives the password");
    assert_eq!(house.sign_in("ana@example.com", PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.sign_in("ana@example.com", NEW).await.status, StatusCode::SEE_OTHER);
}

/// Whoever was asked for the password that somebody has proved nothing any more once it is another one.
#[actix_web::test]
async fn of_two_who_prove_the_same_password_at_once_one_chooses_another() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    let (mut owner, mut thief) = (house.browser("ana@example.com").await, house.browser("ana@example.com").await);
    let form = |new: &'static str| [("current", PASSWORD), ("new", new), ("again", new)];
    let (theirs, other) = ("otros tres tristes tigres", form("otros tres tristes tigres"));
    let mine = form(NEW);
    let (one, two) = tokio::join!(owner.post("/profile/password", &mine), thief.post("/profile/password", &other));
    let done = |answer: &Answer| answer.location == "/profile/sign-in?did=password";
    assert!(done(&one) != done(&two), "{} {}", one.status, two.status);
    let (right, wrong) = if done(&one) { (NEW, theirs) } else { (theirs, NEW) };
    assert_eq!(house.sign_in("ana@example.com", right).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.sign_in("ana@example.com", wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[actix_web::test]
async fn sessions_are_listed_in_words_and_ended_one_by_one_or_together() {
    let house = House::new().await;
    let here = House::in_store(house.state.store.clone()).await;
    here.hires("ana@example.com", Role::Agent).await;
    here.hires("ben@example.com", Role::Agent).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let form = [("email", "ana@example.com"), ("password", PASSWORD)];
    let phone =
        here.ask_from("203.0.113.77", TestRequest::post().uri("/sign-in").insert_header((USER_AGENT, firefox)).set_form(form)).await;
    let mut phone_browser = here.stranger();
    phone_browser.cookies = phone.cookies.clone();
    let mut ana = here.browser("ana@example.com").await;
    let mut ben = here.browser("ben@example.com").await;
    let listed = ana.get("/profile/sessions").await.body;
    for said in ["Firefox on Linux", "203.0.113.0/24", "This browser", "Unknown browser", "The network you are in now"] {
        assert!(listed.contains(said), "{said}: {listed}");
    }
    assert!(!listed.contains("203.0.113.77"), "{listed}");
    let id = phone.cookies.iter().find(|cookie| cookie.name() == "baton").unwrap().value().split('.').nth(1).unwrap().to_owned();
    ben.post("/profile/sessions", &[("which", &id)]).await;
    assert_eq!(phone_browser.get("/").await.location, "/inbox", "a colleague ends it");
    assert_eq!(ana.post("/profile/sessions", &[("which", &id)]).await.location, "/profile/sessions?did=sessions");
    assert!(phone_browser.get("/").await.is_sent_to_sign_in());
    let mut third = here.browser("ana@example.com").await;
    ana.post("/profile/sessions", &[("which", "others")]).await;
    assert!(third.get("/").await.is_sent_to_sign_in());
    assert_eq!(ana.get("/").await.location, "/inbox");
    let stolen = ana.cookies.clone();
    assert_eq!(ana.post("/profile/sessions", &[("which", "all")]).await.location, "/sign-in");
    let mut thief = here.stranger();
    thief.cookies = stolen;
    assert!(thief.get("/").await.is_sent_to_sign_in(), "a stolen cookie outlives the sign-out");
    assert_eq!(ben.get("/").await.location, "/inbox");
    assert_eq!(ben.post("/profile/sessions", &[("which", "nonsense")]).await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_session_that_was_planted_before_the_sign_in_is_not_the_one_after_it() {
    let house = House::new().await;
    house.hires("ana@example.com", Role::Agent).await;
    house.hires("eve@example.com", Role::Agent).await;
    let eve = house.browser("eve@example.com").await;
    let mut ana = house.stranger();
    ana.cookies = eve.cookies.clone();
    ana.sign_in("ana@example.com", PASSWORD).await;
    let id =
        |cookies: &[actix_web::cookie::Cookie<'static>]| cookies.iter().find(|cookie| cookie.name() == "baton").unwrap().value().to_owned();
    assert_ne!(id(&ana.cookies), id(&eve.cookies));
    assert!(ana.get("/profile").await.body.contains("value=\"Ana\""));
    // The short-lived token alone, kept from before, is nobody.
    let mut token_alone = house.stranger();
    token_alone.cookies = ana.cookies.iter().filter(|cookie| cookie.name() == "baton-token").cloned().collect();
    assert!(token_alone.get("/").await.is_sent_to_sign_in());
}

/// A form with one file, as browsers send it.
fn upload(path: &str, csrf: &str, file: &[u8]) -> TestRequest {
    let head = "--b\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"me.png\"\r\nContent-Type: image/png\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let request = TestRequest::post().uri(path).insert_header(("content-type", "multipart/form-data; boundary=b"));
    request.insert_header((baton::web::edge::csrf::HEADER, csrf.to_owned())).insert_header((ACCEPT, "text/html")).set_payload(body)
}

#[actix_web::test]
async fn a_picture_is_cut_to_a_square_and_written_anew_and_shown_to_colleagues_alone() {
    let house = House::new().await;
    let beside = house.beside().await;
    let ana = house.hires("ana@example.com", Role::Agent).await;
    house.hires("ben@example.com", Role::Agent).await;
    beside.hires("eve@example.com", Role::Admin).await;
    let mut browser = house.browser("ana@example.com").await;
    let csrf = browser.csrf().await;
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(300, 100, image::Rgb([9, 90, 200])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let path = format!("/people/{ana}/picture");
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    for wrong in [&b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>"[..], b"", &png.get_ref()[..60]] {
        assert_eq!(browser.ask(upload("/profile/picture", &csrf, wrong)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(browser.ask(upload("/profile/picture", &csrf, png.get_ref())).await.location, "/profile?did=profile");
    assert!(browser.get("/profile").await.body.contains(&format!("{path}?v=")), "the rail shows nothing");
    let shown = house.browser("ben@example.com").await.get(&path).await;
    assert_eq!(
        (shown.status, shown.header("content-type"), shown.header("x-content-type-options")),
        (StatusCode::OK, "image/jpeg", "nosniff")
    );
    assert_eq!(beside.browser("eve@example.com").await.get(&path).await.status, StatusCode::NOT_FOUND);
    browser.post("/profile/picture/removal", &[]).await;
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

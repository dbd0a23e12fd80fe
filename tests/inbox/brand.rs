//! What a workspace looks like, from an administrator's side and from a stranger's.

use std::io::Cursor;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::TestRequest;
use baton::domain::access::Role;
use baton::domain::inbound::InboundContent;
use baton::web::routes::ROUTES;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::house::{Answer, Browser, House};
use crate::shop::Shop;

const HERE: &str = "/settings/brand";
const BOUNDARY: &str = "a-line-between";

/// Sends the form with a picture, as browsers do.
async fn sends(admin: &mut Browser<'_>, fields: &[(&str, &str)], logo: &[u8]) -> Answer {
    let csrf = admin.csrf().await;
    let mut body = Vec::new();
    for (name, value) in fields.iter().copied().chain([("csrf", csrf.as_str())]) {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"logo.png\"\r\n\r\n").into_bytes());
    body.extend(logo);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    let request = TestRequest::post().uri(HERE).insert_header((CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}")));
    admin.ask(request.set_payload(body)).await
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgba8(RgbaImage::from_pixel(600, 300, Rgba([10, 120, 110, 255]))).to_rgb8().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[actix_web::test]
async fn a_workspace_has_a_logo_and_a_colour_that_strangers_see_too_and_takes_them_back() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    for (bytes, colour, words) in [
        (&svg[..], "#0f766e", "That cannot be a logo"),
        (&[0_u8; 2_000_000][..], "#0f766e", "That cannot be a logo"),
        (&b""[..], "teal", "<bdi>teal</bdi> is no colour"),
        (&b""[..], "#ffd400", "could not be read"),
    ] {
        let refused = sends(&mut root, &[("own_accent", "yes"), ("accent", colour)], bytes).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{}", refused.body);
    }
    let refused = sends(&mut root, &[("own_accent", "yes"), ("accent", "#ffd400")], b"").await;
    let nearest = refused.body.split(r#"name="nearest" value=""#).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    assert_eq!(sends(&mut root, &[("nearest", &nearest)], b"").await.status, 303);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let saved = sends(&mut root, &[("own_accent", "yes"), ("accent", "#0F766E")], &picture(format)).await;
        assert_eq!(saved.status, 303, "{}", saved.body);
    }
    let page = root.get("/sign-in?again").await;
    let page = if page.status == 200 { page } else { house.stranger().get("/sign-in").await };
    for part in ["/assets/brand/0f766e-", ".png"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let address = |ending: &str| {
        let found = page.body.split('"').find(|text| text.starts_with("/assets/brand/") && text.ends_with(ending));
        found.unwrap().to_owned()
    };
    let style = root.get(&address(".css")).await;
    assert!(style.header("cache-control").contains("immutable") && style.body.contains("--accent: light-dark("), "{style:?}");
    let logo = root.get(&address(".png")).await;
    assert_eq!((logo.status.as_u16(), logo.header("content-type")), (200, "image/png"));
    for nothing in ["/assets/brand/x.png", "/assets/brand/zz.css", "/assets/brand/plain"] {
        assert_eq!(root.get(nothing).await.status, 404, "{nothing}");
    }
    let history = root.get(HERE).await.body;
    assert!(history.contains("<ins><bdi>#0f766e</bdi></ins>") && history.contains(&format!("<bdi>{nearest}</bdi>")), "{history}");
}

#[actix_web::test]
async fn with_a_white_label_nothing_names_the_product() {
    let shop = Shop::open_in(House::new().await).await;
    let house = &shop.house;
    let mut root = shop.hires("root@example.com", Role::Admin).await;
    let conversation = shop.hears("34600000001", InboundContent::Text { body: "Hello".to_owned() }).await;
    root.does(conversation, "assignment", &[]).await;
    let mut admin = house.browser("root@example.com").await;
    assert_eq!(sends(&mut admin, &[("white_label", "yes")], b"").await.status, 303);
    let pages = ROUTES.iter().filter(|entry| entry.method == "GET" && !entry.path.contains('{'));
    let pages = pages.map(|entry| entry.path).filter(|path| !["/live", "/metrics", "/schemas/workspace.json"].contains(path));
    let more = [format!("/conversations/{conversation}"), "/conversations/00000000-0000-7000-8000-000000000000".to_owned()];
    let mut faults = Vec::new();
    for language in ["en", "es"] {
        admin.post("/locale", &[("locale", language)]).await;
        for path in pages.clone().map(ToOwned::to_owned).chain(more.clone()) {
            let page = admin.get(&path).await.body;
            faults.extend(page.lines().filter(|line| line.contains("Baton")).map(|line| format!("{path}: {}", line.trim())));
        }
    }
    for path in ["/sign-in", "/sign-in/elsewhere", "/inbox"] {
        let page = house.stranger().get(path).await.body;
        faults.extend(page.lines().filter(|line| line.contains("Baton")).map(|line| format!("{path}: {}", line.trim())));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(admin.get("/inbox").await.body.contains("rail__letters"));
}

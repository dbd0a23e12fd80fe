//! Lists, threads and what an admin sees.

use baton::domain::access::Role;
use baton::web::conversations::present::row_of_change;
use baton::web::live::streams;
use baton::web::locale::Locale;
use uuid::Uuid;

use crate::house::with_single_spaces_in_tags;
use crate::html::{Thread, element};
use crate::shop::Shop;

fn ids(page: &str) -> Vec<&str> {
    page.split("data-conversation=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[actix_web::test]
async fn a_conversation_is_in_the_lists_it_belongs_to() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi there").await.to_string();
    for (view, is_there) in [("unassigned", true), ("queues", true), ("all", true), ("mine", false), ("resolved", false)] {
        let page = ana.sees(&format!("/inbox?view={view}")).await;
        assert_eq!(ids(&page).contains(&id.as_str()), is_there, "{view}");
        let rows = ana.sees(&format!("/inbox/rows?view={view}")).await;
        assert_eq!(ids(&rows), ids(&page), "{view}");
        assert!(rows.trim_start().starts_with("<turbo-frame id=\"rows\""));
    }
}

/// A row without what only its own page knows: how far the viewer has read, what they began to write, and the list it stands in.
fn bare(row: &str) -> String {
    let row = row.replacen(" is-unread", "", 1).replacen("?view=all", "", 1).replacen(" data-drafts=\"\"", "", 1);
    match row.split_once(" data-read=\"").and_then(|(before, rest)| Some((before, rest.split_once('"')?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => row,
    }
}

#[actix_web::test]
async fn a_live_row_is_the_row_that_a_fresh_list_has() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    shop.watch().await;
    let id = shop.hears_text("34600000001", "Hi").await;
    for step in ["assignment", "reply", "resolution"] {
        let view = if step == "resolution" { "resolved" } else { "all" };
        match step {
            "reply" => _ = ana.replies(id, "Hello").await,
            step => ana.does(id, step, &[]).await,
        }
        let change = shop.changes().await.pop().expect("a change");
        let live = with_single_spaces_in_tags(&streams::row(&row_of_change(Locale::default(), &change)));
        let page = ana.sees(&format!("/inbox?view={view}")).await.replace("?view=resolved", "?view=all");
        assert_eq!(bare(element(&page, &format!("row-{id}")).expect("a row")), live, "after {step}");
    }
}

#[actix_web::test]
async fn a_list_goes_on_where_its_page_ends() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    for customer in 0..51 {
        shop.hears_text(&format!("346{customer:08}"), "Hi").await;
    }
    let first = ana.sees("/inbox?view=unassigned").await;
    let link = element(&first, "more").expect("there is more").to_owned();
    let address = link.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    let second = ana.sees(&address).await;
    let (mut all, rest) = (ids(&first), ids(&second));
    assert_eq!((all.len(), rest.len()), (50, 1));
    all.extend(rest);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 51, "a row stands twice");
    assert!(element(&second, "more").is_none());
    assert_eq!(ana.browser.get("/inbox?after=nonsense").await.status, 400);
}

#[actix_web::test]
async fn a_long_thread_comes_in_parts_that_fit_together() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "message 0.").await;
    for message in 1..70 {
        shop.hears_text("34600000001", &format!("message {message}.")).await;
    }
    let page = ana.opens(id).await;
    let thread = Thread::of_page(&page);
    assert_eq!(thread.len(), 60);
    let link = element(&page, "earlier").expect("there is more").to_owned();
    let before = link.split("before=").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(before, thread.first().to_string());
    let earlier = ana.sees(&format!("/conversations/{id}/earlier?before={before}")).await;
    assert!(earlier.contains("message 0.") && !earlier.contains("id=\"earlier\""));
    for message in 0..70 {
        let words = format!("message {message}.");
        assert!(thread.says(&words) != earlier.contains(&words), "{words}");
    }
}

#[actix_web::test]
async fn who_opens_a_conversation_has_read_it() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    assert!(ana.sees("/inbox?view=all").await.contains("is-unread"));
    ana.opens(id).await;
    assert!(!ana.sees("/inbox?view=all").await.contains("is-unread"));
    shop.hears_text("34600000001", "And another thing").await;
    assert!(ana.sees("/inbox?view=all").await.contains("is-unread"));
    assert_eq!(ana.posts(id, "reads", &[("seq", "999")]).await.status, 204);
    assert!(!ana.sees("/inbox?view=all").await.contains("is-unread"));
}

#[actix_web::test]
async fn the_page_shows_who_the_customer_is_and_what_was_before() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let id = shop.hears_text("34600000001", "Hi").await;
    let page = ana.opens(id).await;
    for words in ["+34600000001", "Zoe", "Support", "Shop"] {
        assert!(page.contains(words), "{words} is missing");
    }
    assert_eq!(ana.browser.get(&format!("/conversations/{}", Uuid::now_v7())).await.status, 404);
}

#[actix_web::test]
async fn an_admin_sees_what_was_set_aside() {
    let shop = Shop::open().await;
    let mut root = shop.hires("root@example.com", Role::Admin).await;
    let client = shop.house.state.store.client().await.unwrap();
    let sql = "
        INSERT INTO quarantine (id, workspace_id, source, payload_seq, reason, item, at)
        VALUES ($1, $2, $3, $4, $5, $6, now())";
    let of_the_shop = Some(shop.house.workspace.0);
    client.execute(sql, &[&Uuid::now_v7(), &of_the_shop, &shop.app_id, &4711_i64, &"no JSON", &&b"{<script>"[..]]).await.unwrap();
    let nobodys: Option<Uuid> = None;
    client.execute(sql, &[&Uuid::now_v7(), &nobodys, &shop.app_id, &4712_i64, &"nobody's", &&b"secret"[..]]).await.unwrap();
    let page = root.sees("/admin/quarantine").await;
    for words in ["4711", &shop.app_id, "no JSON"] {
        assert!(page.contains(words), "{words} is missing");
    }
    assert!(!page.contains("{<script>"), "an item became markup");
    assert!(!page.contains("4712") && !page.contains("secret"), "what belongs to no workspace is shown to one");
    root.sees("/admin/notices").await;
}

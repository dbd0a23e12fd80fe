//! Queues that rest or overflow, without scripts: what is said of them, where, and to whom.

use baton::domain::access::Role;

use crate::shop::{Agent, Shop};
use crate::teams::value;

/// Posts a form of a page; answers what is read where that leads.
async fn posts(who: &mut Agent<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    let answer = who.browser.post(path, fields).await;
    assert_eq!(answer.status, 303, "{path}: {}", answer.body);
    who.sees(&answer.location).await
}

#[actix_web::test]
async fn a_paused_queue_says_so_on_the_floor_on_the_wall_on_its_page_and_to_those_who_work_for_it() {
    let shop = Shop::open().await;
    shop.hears_text("34600000001", "hello").await;
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    let mut eve = shop.hires("eve@example.com", Role::Admin).await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    assert!(!ana.sees("/inbox").await.contains("list__trouble"));
    let queue = format!("/floor/queues/{}", shop.queue);
    let panel = iris.sees(&queue).await;
    let form = panel.split(&format!(r#"action="{queue}/rest""#)).nth(1).expect("a form");
    let fields = [("act", value(form, "act")), ("kind", "paused"), ("reason", "Stock count"), ("minutes", "30")];
    let told = posts(&mut iris, &format!("{queue}/rest"), &fields).await;
    for words in ["Paused</bdi> until", "Stock count", "Support is paused, and 1 waits. End the pause, or move them.", "/undo"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(iris.sees("/floor?wall").await.contains("Stock count"));
    assert!(iris.sees(&queue).await.contains(r#"<p class="floor__hint">By "#), "who began it");
    let inbox = ana.sees("/inbox").await;
    assert!(inbox.contains("list__trouble--rest") && inbox.contains("Stock count"), "{inbox}");
    let page = eve.sees(&format!("/settings/queues/{}", shop.queue)).await;
    assert!(page.contains("Stock count") && page.contains("End it"), "{page}");
    let ended = posts(&mut eve, &format!("/settings/queues/{}/rest", shop.queue), &[]).await;
    assert!(ended.contains("Saved.") && ended.contains("How long"), "{ended}");
    assert!(!ana.sees("/inbox").await.contains("list__trouble"));
    let wrong = eve.browser.post(&format!("/settings/queues/{}/rest", shop.queue), &[("kind", "paused"), ("minutes", "30")]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
}

#[actix_web::test]
async fn what_becomes_of_those_who_wait_is_set_up_on_the_page_of_the_queue_and_kept_in_its_history() {
    let shop = Shop::open().await;
    let mut eve = shop.hires("eve@example.com", Role::Admin).await;
    let path = format!("/settings/queues/{}", shop.queue);
    let page = eve.sees(&path).await;
    let team = page.split(r#"name="team""#).nth(1).and_then(|rest| rest.split(r#"<option value=""#).nth(1)).unwrap();
    let team = team.split('"').next().unwrap().to_owned();
    let set = |after: &str, text: &str, most: &str| {
        let all = [
            ("name", "Support"),
            ("key", "support"),
            ("team", &team),
            ("promise", "10"),
            ("open", "always"),
            ("time_zone", "UTC"),
            ("step_after", ""),
            ("step_do", "drop_preferred"),
            ("sticky_days", "30"),
            ("sticky_seconds", "45"),
            ("overflow_after", after),
            ("overflow_nobody", "yes"),
            ("overflow_most", most),
            ("overflow_text:en", text),
        ];
        all.map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let key = value(&page, "key").to_owned();
    let posted = |mut fields: [(String, String); 14]| {
        fields[1].1.clone_from(&key);
        fields
    };
    let saved = posted(set("300", "We answer {queue.promise}.", "50"));
    let saved: Vec<(&str, &str)> = saved.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let told = posts(&mut eve, &path, &saved).await;
    for words in ["Saved.", "We answer {queue.promise}.", r#"name="overflow_most" value="50""#, "After seconds: 300", "30 days, waits 45 s"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    for (after, text, most, words) in [
        ("300", "", "", "Nothing follows when the queue"),
        ("300", "Call {contact.iban}", "", "contact.iban"),
        ("0", "Hello", "", "86400"),
        ("soon", "Hello", "", "86400"),
        ("300", "Hello", "10001", "10000"),
    ] {
        let wrong = posted(set(after, text, most));
        let wrong: Vec<(&str, &str)> = wrong.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let refused = eve.browser.post(&path, &wrong).await;
        assert!(refused.status == 422 && refused.body.contains(words), "{words}: {}", refused.body);
    }
}

//! Whoever signs out or goes away says what becomes of what they hold, by plain forms.

use baton::domain::access::Role;
use baton::domain::ids::ConversationId;

use crate::shop::{Agent, Shop};
use crate::teams::value;

/// Ana holds so many.
async fn holds(shop: &Shop, count: usize) -> (Agent<'_>, Vec<ConversationId>) {
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let mut held = Vec::new();
    for number in 0..count {
        let conversation = shop.hears_text(&format!("3460000{number:04}"), "hello").await;
        ana.does(conversation, "assignment", &[]).await;
        held.push(conversation);
    }
    (ana, held)
}

/// Posts the form of the page, with what it brings itself.
async fn decides(ana: &mut Agent<'_>, then: &str, fields: &[(&str, &str)]) -> crate::house::Answer {
    let shown = ana.sees(&format!("/sign-off?then={then}")).await;
    let form = shown.split(r#"action="/sign-off""#).nth(1).unwrap_or_else(|| panic!("{shown}"));
    let mut all = vec![("act", value(form, "act")), ("then", value(form, "then"))];
    all.extend_from_slice(fields);
    ana.browser.post("/sign-off", &all).await
}

#[actix_web::test]
async fn whoever_signs_out_and_holds_something_is_asked_and_is_signed_out_when_they_have_said() {
    let shop = Shop::open().await;
    let (mut ana, held) = holds(&shop, 2).await;
    let asked = ana.browser.post("/sign-out", &[("ask", "yes")]).await;
    assert_eq!((asked.status.as_u16(), asked.location.as_str()), (303, "/sign-off?then=out"));
    let page = ana.sees(&asked.location).await;
    for words in [
        "You hold 2 conversations. What becomes of them?",
        "Keep for 15 minutes",
        "Keep until",
        "Nobody who is here has room.",
        "Return all",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (fields, words) in [
        (vec![], "Choose what becomes"),
        (vec![("choice", "keep_at"), ("at", "late")], "within the next 24 hours"),
        (vec![("choice", "hand_over"), ("to", "moon")], "not in this workspace"),
    ] {
        let wrong = decides(&mut ana, "out", &fields).await;
        assert!(wrong.status == 422 && wrong.body.contains(words), "{fields:?}: {}", wrong.body);
    }
    let back = decides(&mut ana, "out", &[("choice", "return")]).await;
    assert!(back.is_sent_to_sign_in(), "{back:?}");
    assert!(ana.browser.get("/inbox").await.is_sent_to_sign_in());
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    assert!(iris.opens(held[0]).await.contains("<bdi>Ana</bdi> signed off: it waits in <bdi>Support</bdi> again, in front"));
    assert!(iris.sees("/floor").await.contains("<bdi>2</bdi> of <bdi>Ana</bdi> are back in their queues."));
}

#[actix_web::test]
async fn whoever_goes_away_is_offered_it_and_need_not_say_and_what_they_keep_is_told_to_everybody() {
    let shop = Shop::open().await;
    let (mut ana, held) = holds(&shop, 1).await;
    let away = ana.browser.post("/availability", &[("availability", "away")]).await;
    assert_eq!((away.status.as_u16(), away.location.as_str()), (303, "/sign-off?then=away"));
    assert!(ana.sees("/sign-off?then=away").await.contains("Leave them as they are"));
    let kept = decides(&mut ana, "away", &[("choice", "keep:30")]).await;
    assert_eq!((kept.status.as_u16(), kept.location.as_str()), (303, "/inbox"));
    assert!(ana.opens(held[0]).await.contains("<bdi>Ana</bdi> signed off and keeps it until <time"));
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    assert!(iris.sees("/floor").await.contains("Keeps it until"));
    let client = shop.house.state.store.client().await.unwrap();
    let until = "SELECT count(*) FROM agents WHERE keep_until BETWEEN now() + interval '29 minutes' AND now() + interval '30 minutes'";
    assert_eq!(client.query_one(until, &[]).await.unwrap().get::<_, i64>(0), 1);
    let online = ana.browser.post("/availability", &[("availability", "online")]).await;
    assert_eq!(online.status, 303);
    assert!(!iris.sees("/floor").await.contains("Keeps it until"));
}

#[actix_web::test]
async fn a_colleague_who_is_here_and_has_room_gets_what_there_is_room_for_and_the_rest_is_asked_again() {
    let shop = Shop::open().await;
    let (mut ana, _) = holds(&shop, 2).await;
    let ben = shop.hires("ben@example.com", Role::Agent).await;
    let client = shop.house.state.store.client().await.unwrap();
    client.execute("UPDATE agents SET capacity = 1 WHERE user_id = $1", &[&ben.user.0]).await.unwrap();
    let to = ben.user.to_string();
    assert!(!ana.sees("/sign-off?then=out").await.contains(&to), "he is not here");
    let gone = decides(&mut ana, "out", &[("choice", "hand_over"), ("to", &to)]).await;
    assert!(gone.status == 409 && gone.body.contains("is not here any more"), "{}", gone.body);
    let _page = shop.opens_a_page(&ben);
    let part = decides(&mut ana, "out", &[("choice", "hand_over"), ("to", &to)]).await;
    assert!(part.status == 409 && part.body.contains("For <bdi>1</bdi> there was no room."), "{}", part.body);
    assert!(part.body.contains("You hold 1 conversation. What becomes of it?"), "{}", part.body);
    let full = decides(&mut ana, "out", &[("choice", "hand_over"), ("to", &to)]).await;
    assert!(full.status == 409 && full.body.contains("has no room"), "{}", full.body);
    assert!(decides(&mut ana, "out", &[("choice", "return")]).await.is_sent_to_sign_in());
    // Whoever holds nothing any more and works for no queue is not on the floor; what they did is.
    client.execute("DELETE FROM team_members WHERE user_id = $1", &[&ana.user.0]).await.unwrap();
    let mut iris = shop.hires("iris@example.com", Role::Supervisor).await;
    assert!(iris.sees("/floor").await.contains("<bdi>1</bdi> of <bdi>Ana</bdi> is back in its queue."));
}

#[actix_web::test]
async fn whoever_holds_nothing_signs_out_and_goes_away_as_ever() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let away = ana.browser.post("/availability", &[("availability", "away")]).await;
    assert_ne!(away.location, "/sign-off?then=away");
    assert!(ana.sees("/sign-off?then=out").await.contains("You hold no conversation."));
    assert!(ana.browser.post("/sign-out", &[("ask", "yes")]).await.is_sent_to_sign_in());
}

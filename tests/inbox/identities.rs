//! Who is who, as a person sees it: names instead of raw ids, two contacts that were joined, and how they are parted.

use baton::domain::access::Role;
use baton::domain::contact::Identity;
use baton::runner::now;
use baton::web::locale::Locale;
use baton::web::threads::live_html;
use jiff::SignedDuration;

use crate::html::element;
use crate::shop::Shop;

const ID: &str = "ES.13491208655302741918";

fn phone() -> Identity {
    Identity::Phone("34600000001".to_owned())
}

fn id() -> Identity {
    Identity::UserId(ID.to_owned())
}

/// Runs what a runner left to be done in other lanes.
async fn settles(shop: &Shop) {
    let state = &shop.house.state;
    let (lanes, _) = state.store.lanes_left_behind(now() + SignedDuration::from_hours(1), None).await.unwrap();
    for lane in lanes {
        state.runner.run_lane(lane).await.unwrap();
    }
}

#[actix_web::test]
async fn a_name_chosen_to_be_found_by_stands_in_place_of_a_raw_id() {
    let shop = Shop::open().await;
    let mut ana = shop.hires("ana@example.com", Role::Agent).await;
    let conversation = shop.hears_as(&[id()], None).await;
    let panel = element(&ana.opens(conversation).await, "context").unwrap().to_owned();
    assert!(panel.contains(ID), "{panel}");
    shop.hears_as(&[id()], Some("zoe.r")).await;
    let page = ana.opens(conversation).await;
    let panel = element(&page, "context").unwrap();
    assert!(panel.contains("@zoe.r") && !page.contains(ID), "{panel}");
    assert!(ana.sees("/inbox?view=all").await.contains("@zoe.r"), "the row has no name");
}

#[actix_web::test]
async fn what_was_joined_is_parted_by_whoever_holds_it_or_may_hand_on_any() {
    let shop = Shop::open().await;
    let (mut ana, mut ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let mut sue = shop.hires("sue@example.com", Role::Supervisor).await;
    let left = shop.hears_as(&[phone()], None).await;
    shop.hears_as(&[id()], None).await;
    let kept = shop.hears_as(&[phone(), id()], None).await;
    settles(&shop).await;

    let page = ana.opens(left).await;
    assert!(page.contains("one person with another contact") && page.contains(&format!(r#"href="/conversations/{kept}""#)));
    let page = ana.opens(kept).await;
    assert!(page.contains(&format!(r#"formaction="/conversations/{kept}/parting""#)), "there is no button");
    let other = page.split(r#"name="other" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(page.contains(&format!("/conversations/{left}?")), "what was said before is not among the past conversations");

    let fields = [("other", other.as_str())];
    assert_eq!(ana.posts(kept, "parting", &fields).await.status, 403, "nobody holds it");
    ana.does(kept, "assignment", &[]).await;
    assert_eq!(ben.posts(kept, "parting", &fields).await.status, 409, "Ana holds it");
    shop.watch().await;
    ana.does(kept, "parting", &fields).await;
    let page = ana.opens(kept).await;
    assert!(page.contains("said that these are two people") && !page.contains("/parting"), "there is nothing left to part");
    let change = shop.changes().await.pop().unwrap();
    let told = live_html(Locale::default(), &change, &change.events[0]).unwrap();
    assert!(told.contains(&format!(r#".line__part[value="{other}"]"#)), "{told}");
    assert!(told.contains(r#"target="contact-names""#) && !told.contains("34600000001"), "the panel still has the other's number: {told}");
    sue.does(kept, "parting", &fields).await;
    assert_eq!(shop.count("events WHERE kind = 'contacts_parted' AND subject_kind = 'conversation'").await, 1, "they are parted once");
    assert_eq!(shop.count("contact_identities WHERE standing = 'apart'").await, 1);
}

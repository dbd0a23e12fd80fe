//! Two colleagues at one conversation: who was not quick enough is told so.

use baton::domain::access::Role;

use crate::shop::Shop;

const PHONE: &str = "34600000001";

#[actix_web::test]
async fn of_two_who_transfer_at_once_the_second_is_told_that_the_first_was_quicker() {
    let shop = Shop::open().await;
    let (mut ana, mut ben) = (shop.hires("ana@example.com", Role::Agent).await, shop.hires("ben@example.com", Role::Agent).await);
    let id = shop.hears_text(PHONE, "Hi").await;
    let page = ben.opens(id).await;
    let seen = page.split("<input").find(|field| field.contains("name=\"held_by\"")).expect("the form says who had it");
    let seen = crate::html::attribute(&format!("<input{seen}"), "value").unwrap().to_owned();
    assert_eq!(seen, format!("queue:{}", shop.queue));
    let (to_ana, to_ben) = (format!("agent:{}", ana.user), format!("agent:{}", ben.user));
    ana.does(id, "transfer", &[("to", &to_ana), ("held_by", &seen)]).await;
    let refused = ben.posts(id, "transfer", &[("to", &to_ben), ("held_by", &seen)]).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("A colleague was quicker"), "{}", refused.body);
    let taken = ben.posts(id, "assignment", &[("held_by", &seen)]).await;
    assert_eq!(taken.status, 409);
}

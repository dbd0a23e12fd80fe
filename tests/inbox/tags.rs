//! Tags and fields as administrators define them.

use baton::domain::access::Role;

use crate::house::{Browser, House};
use crate::teams::{takes_back, value};

const TAGS: &str = "/settings/tags";
const FIELDS: &str = "/settings/fields";

/// The page of the thing of this name in a list.
async fn page_of(browser: &mut Browser<'_>, list: &str, name: &str) -> String {
    let body = browser.get(list).await.body;
    let before = body.split(&format!("<bdi>{name}</bdi>")).next().unwrap_or_default();
    let (_, link) = before.rsplit_once(&format!("{list}/")).unwrap_or_else(|| panic!("no {name}: {body}"));
    format!("{list}/{}", link.split('"').next().unwrap_or_default())
}

#[actix_web::test]
async fn tags_are_added_renamed_archived_and_merged_and_each_act_can_be_taken_back() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    assert!(root.get(TAGS).await.body.contains("No tag yet"));
    for (name, colour) in [("VIP", "purple"), ("Important", "red")] {
        assert_eq!(root.post(TAGS, &[("name", name), ("colour", colour)]).await.status, 303);
    }
    let twice = root.post(TAGS, &[("name", "vip"), ("colour", "red")]).await;
    assert!(twice.status == 409 && twice.body.contains("a tag called <bdi>vip</bdi>"), "{}", twice.body);
    let pale = root.post(TAGS, &[("name", "Pale"), ("colour", "#fff")]).await;
    assert!(pale.status == 422 && pale.body.contains("is no colour of tags"), "{}", pale.body);
    let list = root.get(TAGS).await.body;
    assert!(list.contains("dot--purple") && list.contains("Purple") && list.contains("0 conversations"), "never by colour alone: {list}");

    let (vip, important) = (page_of(&mut root, TAGS, "VIP").await, page_of(&mut root, TAGS, "Important").await);
    let seen = value(&root.get(&vip).await.body, "seen").to_owned();
    assert_eq!(root.post(&vip, &[("name", "VIP!"), ("colour", "teal"), ("seen", &seen)]).await.status, 303);
    assert!(root.get(&vip).await.body.contains("<ins><bdi>Teal</bdi></ins>"), "its history says the colour in a word");
    let late = root.post(&vip, &[("name", "V.I.P."), ("colour", "teal"), ("seen", &seen)]).await;
    assert!(late.status == 409 && late.body.contains("It is now"), "{}", late.body);
    assert_eq!(root.post(&format!("{vip}/archiving"), &[]).await.status, 303);
    assert!(root.get(&vip).await.body.contains("archived"));
    assert_eq!(root.post(&format!("{vip}/archiving"), &[]).await.status, 303);
    let id = vip.rsplit('/').next().unwrap_or_default().to_owned();
    assert_eq!(root.post(&format!("{vip}/merging"), &[("into", &id)]).await.status, 422);
    let merged = root.post(&format!("{important}/merging"), &[("into", &id)]).await;
    assert_eq!(merged.status, 303, "{}", merged.body);
    assert!(root.get(TAGS).await.body.contains("merged into"));
    let did = merged.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    assert!(!root.get(TAGS).await.body.contains("merged into"));
}

#[actix_web::test]
async fn fields_are_defined_with_a_key_of_their_label_and_removed_without_losing_what_was_noted() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    assert!(root.get(FIELDS).await.body.contains("No field yet"));
    let new = [("label", "Última talla"), ("of", "contact"), ("kind", "choice"), ("choices", "S\r\n\r\n M \r\nL"), ("shown", "yes")];
    let added = root.post(FIELDS, &new).await;
    assert_eq!(added.status, 303, "{}", added.body);
    let field = added.location.split('?').next().unwrap_or_default().to_owned();
    let page = root.get(&field).await.body;
    assert_eq!(value(&page, "key"), "ultima_talla");
    assert!(page.contains("S\nM\nL") && page.contains("Customer · Choice"), "{page}");
    for (fields, words) in [
        ([("label", "Other"), ("key", "ultima_talla"), ("kind", "text")], "with the key"),
        ([("label", "Other"), ("key", "No-Key"), ("kind", "text")], "cannot be the key of a field"),
        ([("label", "Empty"), ("key", "empty"), ("kind", "choice")], "nothing to choose from"),
    ] {
        let refused = root.post(FIELDS, &fields).await;
        assert!(refused.status.as_u16() >= 409 && refused.body.contains(words), "{words}: {}", refused.body);
    }
    let changed = [("label", "Size"), ("key", "size"), ("choices", "S\nM\nL\nXL"), ("locked", "yes"), ("seen", value(&page, "seen"))];
    assert_eq!(root.post(&field, &changed).await.status, 303);
    let page = root.get(&field).await.body;
    assert!(page.contains("XL") && page.contains("Customer · Choice"), "its kind stays: {page}");
    let removed = root.post(&format!("{field}/removal"), &[]).await;
    assert_eq!((removed.status.as_u16(), root.get(&field).await.status.as_u16()), (303, 404));
    let did = removed.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!((takes_back(&mut root, &did).await.status.as_u16(), root.get(&field).await.status.as_u16()), (303, 200));
}

#[actix_web::test]
async fn fields_are_put_in_order_among_those_of_the_same_kind_of_thing() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    let mut pages = Vec::new();
    for (label, of) in [("One", "contact"), ("Reason", "conversation"), ("Two", "contact"), ("Three", "contact")] {
        let added = root.post(FIELDS, &[("label", label), ("of", of), ("kind", "text"), ("shown", "yes")]).await;
        assert_eq!(added.status, 303, "{}", added.body);
        pages.push(added.location.split('?').next().unwrap_or_default().to_owned());
    }
    let order = async |root: &mut Browser<'_>| {
        let page = root.get(FIELDS).await.body;
        let labels = ["One", "Two", "Three", "Reason"];
        let mut found: Vec<(usize, &str)> =
            labels.iter().map(|label| (page.find(&format!("<bdi>{label}</bdi></a>")).unwrap(), *label)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, label)| label).collect::<Vec<_>>()
    };
    assert_eq!(order(&mut root).await, ["One", "Two", "Three", "Reason"]);
    assert_eq!(root.post(&format!("{}/place", pages[3]), &[("to", "up")]).await.status, 303);
    assert_eq!(order(&mut root).await, ["One", "Three", "Two", "Reason"]);
    assert_eq!(root.post(&format!("{}/place", pages[1]), &[("to", "up")]).await.status, 303, "it is the first of its own");
    let moved = root.post(&format!("{}/place", pages[0]), &[("to", "down")]).await;
    assert_eq!(order(&mut root).await, ["Three", "One", "Two", "Reason"]);
    let did = moved.location.rsplit('=').next().unwrap_or_default().to_owned();
    assert_eq!(takes_back(&mut root, &did).await.status, 303);
    assert_eq!(order(&mut root).await, ["One", "Three", "Two", "Reason"]);
}

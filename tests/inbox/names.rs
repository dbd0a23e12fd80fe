//! The order of names, wherever they are listed.

use baton::domain::access::Role;
use baton::domain::names;

use crate::house::House;
use crate::teams::adds;

/// Names in the order in which people look for them.
const IN_ORDER: [&str; 9] = ["Álvaro", "ana 2", "Ana 10", "ana 20", "Nunca", "Ñandú", "Team 9", "TEAM 10", "Zoë"];

#[actix_web::test]
async fn names_are_listed_by_the_value_of_their_digits_whatever_their_case_and_accents() {
    let house = House::new().await;
    house.hires("root@example.com", Role::Admin).await;
    let mut root = house.browser("root@example.com").await;
    for name in IN_ORDER.iter().rev() {
        adds(&mut root, name).await;
    }
    for page in ["/settings/teams", "/settings/people", "/settings/canned-replies", "/settings/invitations", "/settings/queues"] {
        let page = root.get(page).await.body;
        let places: Vec<Option<usize>> = IN_ORDER.iter().map(|name| page.rfind(&format!(">{name}<"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}: {page}");
    }
}

#[actix_web::test]
async fn names_that_no_database_puts_in_order_stand_in_the_same_one() {
    let house = House::new().await;
    let client = house.state.store.client().await.unwrap();
    let names: Vec<&str> =
        IN_ORDER.into_iter().filter(|name| *name != "Ñandú").chain(["007", "7 b", "11", "Åse 3", "ase 12", "محمد", "王小明"]).collect();
    let rows = client.query("SELECT name FROM unnest($1::text[]) AS name ORDER BY name COLLATE names", &[&names]).await.unwrap();
    let of_database: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let mut ours = names;
    ours.sort_by_cached_key(|name| names::order(name));
    assert_eq!(ours, of_database);
}

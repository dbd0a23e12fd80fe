//! Roles of a workspace's own, one with each permission alone: every address asks for exactly the one that the table names.

use std::collections::BTreeSet;

use baton::domain::access::{Permission, Role};
use baton::domain::ids::RoleId;
use baton::web::edge::entry::{Kind, Who};
use uuid::Uuid;

use crate::house::House;
use crate::matrix::{Place, ask, entries};

/// Addresses that let somebody in whose rule then asks for more: to part contacts one hands on what others hold.
const ASKS_FOR_MORE: [&str; 1] = ["/conversations/{id}/parting"];

#[actix_web::test]
async fn a_role_with_one_permission_may_what_that_one_allows_and_nothing_else() {
    let house = House::new().await;
    let here = Place::of(house, "amber", "34600000001").await;
    let there = Place::of(here.shop.house.beside().await, "cobalt", "34600000002").await;
    let client = here.shop.house.state.store.client().await.unwrap();
    let (mut faults, mut allowed) = (Vec::new(), BTreeSet::new());
    for permission in Permission::ALL {
        let role = RoleId(Uuid::now_v7());
        let sql = "INSERT INTO roles (workspace_id, id, name, permissions, visibility) VALUES ($1, $2, $3, ARRAY[$4], 'all')";
        let workspace = here.shop.house.workspace.0;
        client.execute(sql, &[&workspace, &role.0, &format!("amber {permission:?}"), &permission.as_str()]).await.unwrap();
        let email = format!("{permission:?}@amber.example.com").to_lowercase();
        here.shop.house.hires(&email, Role::Own(role)).await;
        let mut browser = here.shop.house.browser(&email).await;
        for entry in entries() {
            let wanted = match entry.who {
                // What is the installation's no role of a workspace opens.
                Who::Public | Who::Anyone | Who::Owner => continue,
                Who::May(wanted) | Who::Scraper(wanted) => wanted,
            };
            // What is one's own every role opens.
            let is_allowed = wanted == permission || wanted == Permission::ManageSelf;
            // What is set up is put away by other tests; here it would take the people away who are asked next.
            if wanted == permission && permission == Permission::SetUp && entry.kind == Kind::Form {
                allowed.insert(permission.as_str());
                continue;
            }
            let thing = if entry.path.contains("{id}") { here.named_by(entry) } else { Uuid::nil() };
            let (status, told) = ask(&mut browser, entry, thing, &there.shop.app_id).await;
            let fault = match (is_allowed, status.as_u16()) {
                (false, 403) => told.contains(here.secret) && !told.contains(&format!("{permission:?}")),
                (false, _) => true,
                (true, 403) => !ASKS_FOR_MORE.contains(&entry.path),
                (true, status) => status == 401 || status >= 500,
            };
            if fault || told.contains(there.secret) {
                faults.push(format!("{} {}: with {permission:?} alone it is answered {status}", entry.method, entry.path));
            }
            if wanted == permission && status.as_u16() != 403 {
                allowed.insert(permission.as_str());
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
    // Some are no route's: a rule or a page asks for them.
    let unused: Vec<&str> = Permission::ALL.map(Permission::as_str).into_iter().filter(|word| !allowed.contains(word)).collect();
    assert_eq!(unused, ["conversations:take_over", "conversations:transfer_any", "contacts:phones"]);
}

//! Two builds behind one balancer: a page of either finds its files at both.

use actix_web::http::StatusCode;
use baton::store::assets::Asset;
use baton::web::assets::own::asset_path;
use baton::web::assets::publish;

use crate::house::{Answer, House};

const OTHER_BUILD: &str = "0123456789ab";
const SCRIPT: &str = "scripts/app.js";

fn script_of_another_build() -> Asset {
    Asset {
        path: SCRIPT.to_owned(),
        content_type: "text/javascript; charset=utf-8".to_owned(),
        content: b"import { elsewhere } from './elsewhere.js'\n".to_vec(),
    }
}

async fn get(house: &House, path: &str) -> (StatusCode, String, String) {
    let Answer { status, headers, body, .. } = house.stranger().get(path).await;
    let caching = headers.into_iter().find(|(name, _)| name == "cache-control").map(|(_, value)| value).unwrap_or_default();
    (status, caching, body)
}

#[actix_web::test]
async fn a_node_serves_the_files_of_another_build_as_that_build_has_them() {
    let house = House::new().await;
    house.state.store.keep_assets(OTHER_BUILD, &[script_of_another_build()]).await.unwrap();
    let (status, caching, body) = get(&house, &format!("/assets/{OTHER_BUILD}/{SCRIPT}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body.as_bytes(), script_of_another_build().content);
    assert!(caching.contains("immutable"), "{caching}");
    // What that build has not, it is not given from this one: its parts would not fit together.
    assert_eq!(get(&house, &format!("/assets/{OTHER_BUILD}/icon.svg")).await.0, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_node_that_starts_leaves_its_files_where_a_build_that_lacks_them_finds_them() {
    let house = House::new().await;
    let own = asset_path(SCRIPT);
    let version = own.split('/').nth(2).unwrap();
    for _ in 0..2 {
        publish(&house.state.store).await.unwrap();
    }
    let kept = house.state.store.assets_of(version).await.unwrap();
    let script = kept.iter().find(|asset| asset.path == SCRIPT).unwrap();
    assert_eq!(get(&house, &own).await.2.as_bytes(), script.content);
    assert_eq!(script.content_type, "text/javascript; charset=utf-8");
    assert_eq!(house.state.store.asset_versions().await.unwrap(), [version]);
}

#[actix_web::test]
async fn files_of_a_build_that_nobody_knows_are_this_ones_and_are_not_kept() {
    let house = House::new().await;
    let (status, caching, body) = get(&house, &format!("/assets/ffffffffffff/{SCRIPT}")).await;
    assert_eq!((status, caching.as_str()), (StatusCode::OK, "no-store"));
    assert_eq!(body, get(&house, &asset_path(SCRIPT)).await.2);
}

#[actix_web::test]
async fn a_build_that_nobody_has_served_for_a_month_is_forgotten() {
    let house = House::new().await;
    let store = &house.state.store;
    store.keep_assets(OTHER_BUILD, &[script_of_another_build()]).await.unwrap();
    let client = store.client().await.unwrap();
    client.execute("UPDATE assets SET served_at = now() - interval '31 days'", &[]).await.unwrap();
    store.keep_assets("another", &[script_of_another_build()]).await.unwrap();
    assert_eq!(store.asset_versions().await.unwrap(), ["another"]);
}

#[actix_web::test]
async fn all_files_that_a_page_of_another_build_asks_for_at_once_are_of_that_build() {
    let house = House::new().await;
    house.state.store.keep_assets(OTHER_BUILD, &[script_of_another_build()]).await.unwrap();
    let path = format!("/assets/{OTHER_BUILD}/{SCRIPT}");
    let answers = futures_util::future::join_all((0..12).map(|_| get(&house, &path))).await;
    for (status, caching, body) in answers {
        assert_eq!(status, StatusCode::OK);
        assert!(caching.contains("immutable") && body.as_bytes() == script_of_another_build().content, "a file of this build: {caching}");
    }
}

//! The control API: how tests, demos and anyone who checks from outside set the scene and look behind it.
//! Every route is in [`table`], and `/control/openapi.json` describes each of them.
//!
//! Handlers that need no body take it all the same (`_body`): an unread one makes actix close the connection.

mod apps;
mod faults;
mod ledger;
mod numbers;
mod openapi;
mod people;
mod traffic;
mod webhooks;
mod world;

use std::collections::BTreeMap;

use actix_web::{
    Route,
    web::{self, delete, get, patch, post},
};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::errors::Refused;

/// Every route under `/control`.
fn table() -> Vec<(&'static str, &'static str, Route)> {
    vec![
        ("GET", "/control/openapi.json", get().to(openapi::describe)),
        ("GET", "/control/apps", get().to(apps::list)),
        ("POST", "/control/apps", post().to(apps::put)),
        ("GET", "/control/numbers", get().to(numbers::list)),
        ("POST", "/control/numbers", post().to(numbers::put)),
        ("GET", "/control/users", get().to(people::list)),
        ("POST", "/control/users", post().to(people::put)),
        ("GET", "/control/users/{wa_id}", get().to(people::show)),
        ("PATCH", "/control/users/{wa_id}", patch().to(people::change)),
        ("POST", "/control/users/{wa_id}/messages", post().to(people::write)),
        ("GET", "/control/users/{wa_id}/chat", get().to(people::chat)),
        ("GET", "/control/ledger", get().to(ledger::list)),
        ("GET", "/control/faults", get().to(faults::list)),
        ("POST", "/control/faults", post().to(faults::add)),
        ("DELETE", "/control/faults", delete().to(faults::clear)),
        ("POST", "/control/webhooks", post().to(webhooks::send)),
        ("POST", "/control/webhooks/retry", post().to(webhooks::hurry)),
        ("GET", "/control/clock", get().to(world::clock)),
        ("POST", "/control/clock", post().to(world::advance)),
        ("GET", "/control/traffic", get().to(traffic::progress)),
        ("POST", "/control/traffic", post().to(traffic::start)),
        ("DELETE", "/control/traffic", delete().to(traffic::stop)),
        ("GET", "/control/settings", get().to(world::settings)),
        ("POST", "/control/settings", post().to(world::change_settings)),
        ("GET", "/control/counts", get().to(world::counts)),
        ("DELETE", "/control", delete().to(world::reset)),
    ]
}

/// Routes of the control API.
pub fn routes(config: &mut web::ServiceConfig) {
    let mut paths: BTreeMap<&str, Vec<Route>> = BTreeMap::new();
    for (_, path, route) in table() {
        paths.entry(path).or_default().push(route);
    }
    for (path, routes) in paths {
        let resource = routes.into_iter().fold(web::resource(path), actix_web::Resource::route);
        config.service(resource.default_service(web::to(crate::http::not_found)));
    }
}

/// Reads a JSON body whatever its content type says; an empty body is `{}`.
fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    let body: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Refused::bad(format!("The body cannot be read: {error}.")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    #[test]
    fn the_description_names_every_route_and_no_other() {
        let description: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let paths = description["paths"].as_object().unwrap();
        let described = paths
            .iter()
            .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone())));
        let served = super::table().into_iter().map(|(method, path, _)| (method.to_owned(), path.to_owned()));
        assert_eq!(described.collect::<BTreeSet<_>>(), served.collect::<BTreeSet<_>>());
    }
}

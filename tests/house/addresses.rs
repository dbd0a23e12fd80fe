//! There is no way in but the table of routes.

use super::source::{Code, Fault, Source, line_of};

/// What gives an address to a handler.
const WAYS_IN: [&str; 8] = ["web::resource(", "web::scope(", ".service(", ".route(", "#[get(", "#[post(", "#[put(", "#[delete("];

pub fn beside_the_table(source: &Source) -> Vec<Fault> {
    let speaks_http = source.path.starts_with("src/web/") || source.path == "src/app.rs";
    if !speaks_http || source.path == "src/web/routes.rs" || source.is_test_file() {
        return Vec::new();
    }
    let code = Code::of(source).without_tests().code;
    let places = WAYS_IN.iter().flat_map(|way| code.match_indices(way).map(|(place, _)| line_of(&code, place)).collect::<Vec<_>>());
    places.map(|line| source.fault(line, "an address stands in the table of src/web/routes.rs, where the access tests find it")).collect()
}

#[test]
fn a_planted_address_is_caught() {
    let lines = |path: &str, text: &str| beside_the_table(&Source::new(path, text)).iter().map(|fault| fault.line).collect::<Vec<_>>();
    assert_eq!(lines("src/web/x.rs", "fn f() {\n    config.service(web::resource(\"/x\"));\n}\n"), [2, 2]);
    assert_eq!(lines("src/app.rs", "#[get(\"/x\")]\nfn f() {}\n"), [1]);
    assert_eq!(lines("src/workers/x.rs", "fn f() { runner.route(queue) }\n"), [0; 0]);
    assert_eq!(lines("src/web/x.rs", "#[cfg(test)]\nmod tests { fn f() { app.service(x) } }\n"), [0; 0]);
}

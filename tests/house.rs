//! The house is a test: it reads the source and fails where a wall was broken, naming the place and what to do.
//!
//! Every rule is a function from a source to faults, with a test that shows it catching a planted one.

#[path = "house/addresses.rs"]
mod addresses;
#[path = "house/circles.rs"]
mod circles;
#[path = "house/figures.rs"]
mod figures;
#[path = "house/limits.rs"]
mod limits;
#[path = "house/names.rs"]
mod names;
#[path = "house/pages.rs"]
mod pages;
#[path = "statements/registry.rs"]
mod registry;
#[path = "house/rooms.rs"]
mod rooms;
#[path = "house/rust_code.rs"]
mod rust_code;
#[path = "house/source.rs"]
mod source;
#[path = "house/sql.rs"]
mod sql;
#[path = "house/words.rs"]
mod words;
#[path = "house/writes.rs"]
mod writes;

use source::{Fault, Source, sources};

/// Fails with every fault that `rule` finds in `sources`.
fn hold(sources: &[Source], rule: impl Fn(&Source) -> Vec<Fault>) {
    assert!(!sources.is_empty(), "there is nothing to read");
    let faults: Vec<String> = sources.iter().flat_map(rule).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn of_the_server() -> Vec<Source> {
    sources("src", &["rs"])
}

fn all_rust() -> Vec<Source> {
    ["src", "tests", "simulator", "bench"].iter().flat_map(|folder| sources(folder, &["rs"])).collect()
}

#[test]
fn a_room_mentions_only_the_rooms_below_it() {
    hold(&of_the_server(), rooms::other_rooms);
}

#[test]
fn a_room_uses_only_the_crates_that_belong_there() {
    hold(&of_the_server(), rooms::crates);
}

#[test]
fn the_rules_know_no_clock_no_chance_and_no_waiting() {
    hold(&of_the_server(), rooms::purity);
}

#[test]
fn every_folder_of_the_source_is_a_room() {
    let faults = rooms::unknown_rooms(&of_the_server());
    assert!(faults.is_empty(), "{faults:?} are not in the table of tests/house/rooms.rs; say there what they may use");
}

#[test]
fn no_module_uses_one_that_uses_it() {
    let circles = circles::circles(&of_the_server());
    assert!(circles.is_empty(), "\n{}\n", circles.join("\n"));
}

#[test]
fn sql_stands_in_the_store_only() {
    hold(&of_the_server(), sql::outside_the_store);
}

#[test]
fn every_statement_is_bound_to_a_workspace() {
    let faults = sql::unbound(registry::ALL);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_figure_is_described() {
    let faults: Vec<String> = figures::undescribed(&of_the_server()).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn what_a_channel_allows_is_said_once() {
    let pages = [sources("templates", &["html"]), sources("static/scripts", &["js"])].concat();
    let faults: Vec<String> = limits::said_again(&[of_the_server(), pages].concat()).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_change_goes_through_the_runner() {
    let writers = writes::writers(&sources("src/store", &["rs"]), registry::ALL);
    hold(&of_the_server(), |source| writes::past_the_runner(source, &writers));
    let idle = writes::idle(&of_the_server(), &writers);
    assert!(idle.is_empty(), "\n{}\n", idle.join("\n"));
}

#[test]
fn every_address_stands_in_the_table_of_routes() {
    hold(&of_the_server(), addresses::beside_the_table);
}

#[test]
fn every_index_names_the_query_it_serves() {
    hold(&sources("migrations", &["sql"]), sql::unexplained_indexes);
}

#[test]
fn the_environment_is_read_in_one_place() {
    hold(&of_the_server(), rust_code::environment);
}

#[test]
fn nothing_gives_up_outside_start_up() {
    hold(&of_the_server(), rust_code::giving_up);
    hold(&sources("simulator/src", &["rs"]), rust_code::giving_up);
}

#[test]
fn stored_json_is_read_without_a_panic() {
    hold(&of_the_server(), rust_code::careless_json);
}

#[test]
fn a_result_is_never_thrown_away_unseen() {
    hold(&all_rust(), rust_code::thrown_away);
}

#[test]
fn tests_wait_for_events_and_never_sleep() {
    hold(&all_rust(), rust_code::sleeping_tests);
    let of_the_browser = sources("tests/browser", &["js", "mjs", "ts"]);
    hold(&[of_the_browser, sources("tests/browser", &["json"])].concat(), rust_code::sleeping_browser_tests);
}

#[test]
fn a_file_is_read_in_one_sitting() {
    hold(&all_rust(), rust_code::too_long);
}

#[test]
fn a_file_begins_with_a_sentence_about_itself() {
    hold(&all_rust(), rust_code::nameless);
}

#[test]
fn colours_are_tokens() {
    hold(&sources("static/styles", &["css"]), pages::colours_in_styles);
    let others: Vec<Source> = [sources("templates", &["html"]), sources("static", &["svg"]), sources("static/scripts", &["js"])].concat();
    hold(&others, pages::colours_elsewhere);
}

#[test]
fn styles_win_by_their_layer_and_never_by_shouting() {
    hold(&sources("static/styles", &["css"]), pages::important);
}

#[test]
fn a_class_looks_as_one_stylesheet_says() {
    let faults: Vec<String> = pages::classes_told_twice(&sources("static/styles", &["css"])).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn pages_hold_no_style_no_script_and_no_handler_of_their_own() {
    hold(&sources("templates", &["html"]), pages::inline);
}

#[test]
fn a_template_has_an_element_a_line() {
    hold(&sources("templates", &["html"]), pages::crowded);
}

#[test]
fn templates_trust_types_and_not_places() {
    hold(&sources("templates", &["html"]), pages::trusted);
}

#[test]
fn every_handler_of_keys_asks_whether_an_input_method_has_them() {
    hold(&[sources("static/scripts", &["js"]), sources("templates", &["html"])].concat(), pages::unasked_keys);
}

#[test]
fn a_thing_is_called_what_it_is() {
    hold(&of_the_server(), names::vague);
}

#[test]
fn the_repository_speaks_only_of_the_product() {
    hold(&words::everything(), words::forbidden);
}

//! The one door with a real database behind it: several nodes at once, and what must come out of it whatever they do.

#[path = "runner/bodies.rs"]
mod bodies;
#[path = "runner/bots.rs"]
mod bots;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/chance.rs"]
mod chance;
#[path = "runner/deadlines.rs"]
mod deadlines;
#[path = "runner/decisions.rs"]
mod decisions;
#[path = "runner/drafts.rs"]
mod drafts;
#[path = "runner/feed.rs"]
mod feed;
#[path = "runner/floor.rs"]
mod floor;
#[path = "runner/identities.rs"]
mod identities;
#[path = "runner/invariants.rs"]
mod invariants;
#[path = "runner/joining.rs"]
mod joining;
#[path = "runner/keeping.rs"]
mod keeping;
#[path = "runner/kinds.rs"]
mod kinds;
#[path = "runner/lanes.rs"]
mod lanes;
#[path = "runner/late.rs"]
mod late;
#[path = "runner/leases.rs"]
mod leases;
#[path = "runner/leaving.rs"]
mod leaving;
#[path = "runner/lists.rs"]
mod lists;
#[path = "runner/many.rs"]
mod many;
#[path = "runner/migrating.rs"]
mod migrating;
#[path = "runner/newer.rs"]
mod newer;
#[path = "runner/numbers.rs"]
mod numbers;
#[path = "runner/overflowing.rs"]
mod overflowing;
#[path = "runner/people.rs"]
mod people;
#[path = "runner/renamed.rs"]
mod renamed;
#[path = "runner/resting.rs"]
mod resting;
#[path = "runner/routing.rs"]
mod routing;
#[path = "runner/rules.rs"]
mod rules;
#[path = "runner/sends.rs"]
mod sends;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/servers.rs"]
mod servers;
#[path = "runner/setups.rs"]
mod setups;
#[path = "runner/shop.rs"]
mod shop;
#[path = "runner/shown.rs"]
mod shown;
#[path = "runner/signing_off.rs"]
mod signing_off;
#[path = "runner/skills.rs"]
mod skills;
#[path = "runner/sla.rs"]
mod sla;
#[path = "runner/storms.rs"]
mod storms;
#[path = "runner/strange.rs"]
mod strange;
#[path = "support/strangers.rs"]
mod strangers;
#[path = "runner/tags.rs"]
mod tags;
#[path = "runner/their_bodies.rs"]
mod their_bodies;
#[path = "runner/ticks.rs"]
mod ticks;
#[path = "support/trips.rs"]
mod trips;
#[path = "runner/undoing.rs"]
mod undoing;
#[path = "runner/untouched.rs"]
mod untouched;
#[path = "support/viewers.rs"]
mod viewers;
#[path = "runner/workplaces.rs"]
mod workplaces;

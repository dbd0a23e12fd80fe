//! The inbox from a person's side: pages, forms, pictures, and Meta's door, with a real database behind the whole table of routes.

#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/brief.rs"]
mod brief;
#[allow(dead_code, reason = "shared with the access tests")]
#[path = "access/house.rs"]
mod house;
#[path = "support/html.rs"]
mod html;
#[path = "support/viewers.rs"]
mod viewers;

#[path = "inbox/bots.rs"]
mod bots;
#[path = "inbox/brand.rs"]
mod brand;
#[path = "inbox/canned_replies.rs"]
mod canned_replies;
#[path = "inbox/changes.rs"]
mod changes;
#[path = "inbox/door.rs"]
mod door;
#[path = "inbox/drafts.rs"]
mod drafts;
#[path = "inbox/first_run.rs"]
mod first_run;
#[path = "inbox/floor.rs"]
mod floor;
#[path = "inbox/flow_editor.rs"]
mod flow_editor;
#[path = "inbox/flows.rs"]
mod flows;
#[path = "inbox/forms.rs"]
mod forms;
#[path = "inbox/identities.rs"]
mod identities;
#[path = "inbox/invitations.rs"]
mod invitations;
#[path = "inbox/large.rs"]
mod large;
#[path = "support/large.rs"]
mod large_file;
#[path = "inbox/losses.rs"]
mod losses;
#[path = "support/mailbox.rs"]
mod mailbox;
#[path = "inbox/mails.rs"]
mod mails;
#[path = "inbox/names.rs"]
mod names;
#[path = "inbox/numbers.rs"]
mod numbers;
#[path = "inbox/pages.rs"]
mod pages;
#[path = "inbox/paused.rs"]
mod paused;
#[path = "inbox/people.rs"]
mod people;
#[path = "inbox/pictures.rs"]
mod pictures;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/ports.rs"]
mod ports;
#[path = "inbox/queues.rs"]
mod queues;
#[path = "inbox/quicker.rs"]
mod quicker;
#[path = "inbox/resting.rs"]
mod resting;
#[path = "inbox/roles.rs"]
mod roles;
#[path = "inbox/rules.rs"]
mod rules;
#[path = "inbox/search.rs"]
mod search;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/servers.rs"]
mod servers;
#[path = "inbox/shop.rs"]
mod shop;
#[path = "inbox/signing_off.rs"]
mod signing_off;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/simulator.rs"]
mod simulator;
#[path = "inbox/system.rs"]
mod system;
#[path = "inbox/tags.rs"]
mod tags;
#[path = "inbox/teams.rs"]
mod teams;
#[path = "inbox/threads.rs"]
mod threads;
#[path = "support/trips.rs"]
mod trips;
#[path = "inbox/undoing.rs"]
mod undoing;
#[path = "inbox/unspoken.rs"]
mod unspoken;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/waiting.rs"]
mod waiting;
#[path = "inbox/workspace.rs"]
mod workspace;
#[path = "inbox/workspace_file.rs"]
mod workspace_file;

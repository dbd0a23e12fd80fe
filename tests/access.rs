//! Signing in, sessions, keys, and who sees whose things, with a real database behind every address of the table.

#[path = "access/accounts.rs"]
mod accounts;
#[path = "access/assets.rs"]
mod assets;
#[path = "access/floors.rs"]
mod floors;
#[allow(dead_code, reason = "shared with the tests of the inbox")]
#[path = "access/house.rs"]
mod house;
#[path = "access/keys.rs"]
mod keys;
#[path = "access/matrix.rs"]
mod matrix;
#[path = "access/other_workspace.rs"]
mod other_workspace;
#[path = "access/own_roles.rs"]
mod own_roles;
#[path = "access/people.rs"]
mod people;
#[path = "access/phones.rs"]
mod phones;
#[path = "access/poison.rs"]
mod poison;
#[path = "access/profile.rs"]
mod profile;
#[path = "access/proof.rs"]
mod proof;
#[path = "access/rate_limits.rs"]
mod rate_limits;
#[path = "access/reset.rs"]
mod reset;
#[path = "access/second_factor.rs"]
mod second_factor;
#[path = "access/security.rs"]
mod security;
#[allow(dead_code, reason = "shared with the scenarios")]
#[path = "support/servers.rs"]
mod servers;
#[path = "access/sessions.rs"]
mod sessions;
#[allow(dead_code, reason = "shared with the tests of the inbox")]
#[path = "inbox/shop.rs"]
mod shop;
#[path = "access/sign_in.rs"]
mod sign_in;
#[path = "access/sockets.rs"]
mod sockets;
#[path = "access/two_apps.rs"]
mod two_apps;
#[path = "support/viewers.rs"]
mod viewers;
#[path = "access/visibility.rs"]
mod visibility;

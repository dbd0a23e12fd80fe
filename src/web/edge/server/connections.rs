//! How many connections there may be: in all, and from one address, so that nobody can have them all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Network;
use crate::web::edge::client_address::network_of;

/// One address has one of so many parts at most: an office behind one address is many people, but not everybody.
const SHARE: usize = 4;

/// The connections of this node.
pub struct Connections {
    most: usize,
    /// Everybody comes through these: they count as nobody's address.
    proxies: Vec<Network>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    count: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// The place of one connection; given back when dropped.
pub struct Place {
    connections: Arc<Connections>,
    network: Option<IpAddr>,
}

impl Connections {
    /// At most `most`; those of `proxies` are bounded only by that.
    #[must_use]
    pub fn new(most: usize, proxies: Vec<Network>) -> Self {
        Self { most, proxies, open: Mutex::default() }
    }

    #[must_use]
    pub fn most(&self) -> usize {
        self.most
    }

    /// A place for a connection from `peer`, if there is one.
    #[must_use]
    pub fn take_up(self: &Arc<Self>, peer: Option<IpAddr>) -> Option<Place> {
        let network = peer.filter(|peer| !self.proxies.iter().any(|proxy| proxy.contains(*peer))).map(network_of);
        let mut open = self.open();
        let of_network = network.map_or(0, |network| open.by_network.get(&network).copied().unwrap_or(0));
        if open.count >= self.most || of_network >= self.most.div_ceil(SHARE) {
            metrics::counter!("baton_connections_refused_total").increment(1);
            return None;
        }
        open.count += 1;
        if let Some(network) = network {
            open.by_network.insert(network, of_network + 1);
        }
        Some(Place { connections: self.clone(), network })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.count = open.count.saturating_sub(1);
        let Some(network) = self.network else { return };
        match open.by_network.get_mut(&network) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => _ = open.by_network.remove(&network),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(most: usize) -> Arc<Connections> {
        Arc::new(Connections::new(most, vec!["10.0.0.0/8".parse().unwrap()]))
    }

    fn takes(connections: &Arc<Connections>, peer: &str, count: usize) -> Vec<Place> {
        (0..count).filter_map(|_| connections.take_up(Some(peer.parse().unwrap()))).collect()
    }

    #[test]
    fn one_address_never_has_all_places() {
        let connections = connections(100);
        let greedy = takes(&connections, "192.0.2.1", 200);
        assert_eq!(greedy.len(), 25);
        assert_eq!(takes(&connections, "192.0.2.2", 1).len(), 1);
        drop(greedy);
        assert_eq!(takes(&connections, "192.0.2.1", 200).len(), 25, "places were not given back");
        assert!(connections.open().by_network.is_empty(), "addresses that left are remembered");
    }

    #[test]
    fn addresses_of_one_ipv6_network_share() {
        let connections = connections(8);
        let first = takes(&connections, "2001:db8:1:2::1", 2);
        assert_eq!((first.len(), takes(&connections, "2001:db8:1:2::2", 2).len()), (2, 0));
    }

    #[test]
    fn a_trusted_proxy_brings_everybody_and_still_not_more_than_there_are_places_for() {
        let connections = connections(100);
        assert_eq!(takes(&connections, "10.1.2.3", 200).len(), 100);
        let all = takes(&connections, "10.1.2.3", 100);
        assert!(connections.take_up(None).is_none());
        drop(all);
        assert!(connections.take_up(None).is_some());
    }
}

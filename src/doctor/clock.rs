//! This machine's clock against the database's.

use jiff::Timestamp;

use super::Finding;

/// Asking takes time, and small differences do no harm.
const TOLERATED_SECONDS: f64 = 2.0;

pub(super) fn examine(of_database: Timestamp, own: Timestamp) -> Finding {
    let difference = of_database.duration_since(own).as_secs_f64().abs();
    if difference > TOLERATED_SECONDS {
        return Finding::wrong(format!(
            "This machine's clock and the database's are {difference:.0} s apart; set both by NTP, or deadlines come early or late."
        ));
    }
    Finding::fine("This machine's clock and the database's agree.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn clocks_apart_are_wrong_in_either_direction() {
        let noon = Timestamp::from_second(1_790_000_000).unwrap();
        let later = Timestamp::from_second(1_790_000_040).unwrap();
        assert_eq!(examine(noon, noon).health, Health::Fine);
        assert_eq!(examine(noon, later), examine(later, noon));
        assert!(examine(noon, later).words.contains("40 s apart"));
    }
}

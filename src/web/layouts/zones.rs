//! Time zones that people choose from.

use std::sync::LazyLock;

use jiff::tz;

/// What the database of time zones names beside places.
const NOT_PLACES: [&str; 3] = ["Etc/", "posix/", "right/"];

static ZONES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let is_place = |name: &String| name.contains('/') && !NOT_PLACES.iter().any(|begin| name.starts_with(begin));
    let mut places: Vec<String> = tz::db().available().map(|name| name.to_string()).filter(is_place).collect();
    places.sort_unstable();
    std::iter::once("UTC".to_owned()).chain(places).collect()
});

/// UTC, then those of places, by name.
#[must_use]
pub fn zones() -> &'static [String] {
    &ZONES
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::zones;

    #[test]
    fn the_time_zones_are_those_of_places() {
        assert!(zones().len() > 300 && zones().iter().all(|name| TimeZone::get(name).is_ok()), "{}", zones().len());
        for name in ["Europe/Madrid", "America/Argentina/Ushuaia"] {
            assert!(zones().iter().any(|known| known == name), "{name}");
        }
        assert_eq!(zones()[0], "UTC");
        assert!(!zones().iter().any(|name| name.starts_with("Etc/")));
    }
}

//! How urgent a conversation is: whoever waits in a queue with a higher one comes first.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// From the lowest to the highest; as stored, a smallint of 0 to 3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low = 0,
    #[default]
    Normal = 1,
    High = 2,
    Urgent = 3,
}

impl Priority {
    /// From the lowest to the highest.
    pub const ALL: [Priority; 4] = [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Priority::Low => "low",
            Priority::Normal => "normal",
            Priority::High => "high",
            Priority::Urgent => "urgent",
        }
    }

    /// As it is stored; what is higher than any known one is the highest.
    #[must_use]
    pub fn of(stored: i16) -> Self {
        let highest = Priority::Urgent;
        Priority::ALL.into_iter().find(|priority| *priority as i16 >= stored).unwrap_or(highest)
    }
}

impl FromStr for Priority {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Priority::ALL.into_iter().find(|priority| priority.as_str() == text).ok_or_else(|| format!("no priority is called {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_is_read_as_it_is_stored_and_called() {
        for priority in Priority::ALL {
            assert_eq!((Priority::of(priority as i16), priority.as_str().parse()), (priority, Ok(priority)));
        }
        assert_eq!((Priority::of(-1), Priority::of(9)), (Priority::Low, Priority::Urgent));
        assert!("higher".parse::<Priority>().is_err() && Priority::Urgent > Priority::default());
    }
}

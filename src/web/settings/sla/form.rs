//! The form of an SLA policy.

use crate::domain::setup::SetupRefusal;
use crate::domain::sla::{Clock, SlaPolicy, Targets};

/// Priorities as forms name them, from the lowest.
pub const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];

/// What a form says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// Read from a form.
    pub is_of_form: bool,
    pub name: String,
    /// Minutes for each clock and priority, as they were typed.
    pub targets: [[String; 4]; 3],
    pub in_hours: bool,
    /// `none`, `minutes` or `percent`.
    pub warn_by: String,
    pub warn: String,
    pub pauses: bool,
}

impl Default for Typed {
    /// While the queue is open, told when three quarters of the time have passed.
    fn default() -> Self {
        Self {
            is_of_form: false,
            name: String::new(),
            targets: Default::default(),
            in_hours: true,
            warn_by: "percent".to_owned(),
            warn: "75".to_owned(),
            pauses: true,
        }
    }
}

impl Typed {
    #[must_use]
    pub fn of(policy: &SlaPolicy) -> Self {
        let shown = |minutes: Option<i32>| minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
        let (warn_by, warn) = match (policy.warn_minutes, policy.warn_percent) {
            (Some(minutes), _) => ("minutes", minutes.to_string()),
            (None, Some(percent)) => ("percent", percent.to_string()),
            (None, None) => ("none", String::new()),
        };
        Self {
            is_of_form: false,
            name: policy.name.clone(),
            targets: Clock::ALL.map(|clock| policy.targets(clock).all().map(shown)),
            in_hours: policy.in_hours,
            warn_by: warn_by.to_owned(),
            warn,
            pauses: policy.pauses,
        }
    }

    /// What a form says, and up to where its author had seen the journal.
    pub(super) fn read(fields: &[(String, String)]) -> (Self, Option<i64>) {
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
        let target = |clock: Clock| PRIORITIES.map(|priority| value(&format!("{}_{priority}", clock.as_str())));
        let typed = Self {
            is_of_form: true,
            name: value("name"),
            targets: Clock::ALL.map(target),
            in_hours: value("in_hours") != "no",
            warn_by: value("warn_by"),
            warn: value("warn"),
            pauses: !value("pauses").is_empty(),
        };
        (typed, value("seen").parse().ok())
    }

    /// # Errors
    /// What is no number.
    pub(super) fn policy(&self) -> Result<SlaPolicy, SetupRefusal> {
        let mut targets = [Targets::default(); 3];
        for (read, typed) in targets.iter_mut().zip(&self.targets) {
            let mut minutes = [None; 4];
            for (read, typed) in minutes.iter_mut().zip(typed).filter(|(_, typed)| !typed.is_empty()) {
                *read = Some(number(typed, SlaPolicy::LEAST, SlaPolicy::MOST)?);
            }
            *read = Targets::read(&minutes);
        }
        let [first_response, next_response, resolution] = targets;
        let (warn_minutes, warn_percent) = match self.warn_by.as_str() {
            "minutes" => (Some(number(&self.warn, 1, SlaPolicy::MOST)?), None),
            "percent" => (None, Some(number(&self.warn, 1, 99)?)),
            _ => (None, None),
        };
        let (name, in_hours, pauses) = (self.name.clone(), self.in_hours, self.pauses);
        Ok(SlaPolicy { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses })
    }
}

fn number(typed: &str, least: i32, most: i32) -> Result<i32, SetupRefusal> {
    typed.parse().map_err(|_| SetupRefusal::OutOfRange { value: 0, least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_comes_back_as_it_was_sent_and_says_what_is_no_number() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut fields = vec![
            field("name", " Gold "),
            field("first_response_normal", "15"),
            field("first_response_urgent", "5"),
            field("resolution_low", ""),
            field("in_hours", "yes"),
            field("warn_by", "minutes"),
            field("warn", "3"),
            field("seen", "7"),
        ];
        let (typed, seen) = Typed::read(&fields);
        let policy = typed.policy().unwrap();
        assert_eq!((policy.name.as_str(), seen, policy.pauses, policy.in_hours), ("Gold", Some(7), false, true));
        assert_eq!(policy.first_response.all(), [None, Some(15), None, Some(5)]);
        assert_eq!((policy.warn_minutes, policy.warn_percent, policy.resolution), (Some(3), None, Targets::default()));
        assert_eq!(Typed { is_of_form: true, ..Typed::of(&policy) }, typed);
        for wrong in ["soon", "1.5", "99999999999"] {
            fields[2].1 = wrong.to_owned();
            let refused = Typed::read(&fields).0.policy().unwrap_err();
            assert_eq!(refused, SetupRefusal::OutOfRange { value: 0, least: 1, most: SlaPolicy::MOST }, "{wrong}");
        }
    }
}

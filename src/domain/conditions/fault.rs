//! What is wrong with a condition, with its place.

use std::fmt;

use super::{DEEPEST, LONGEST_VALUE, LONGEST_VALUES, MOST_GROUPS, MOST_LEAVES, MOST_VALUES};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The row, counted from 1 through groups and comparisons as they are read.
    pub row: usize,
    pub wrong: Wrong,
}

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fitting {
    Number,
    Date,
    YesNo,
    Time,
    Weekday,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Wrong {
    #[error("this is no condition: write all, any or not with a list, or a subject with one comparison")]
    Shape,
    #[error("there is no comparison “{0}”")]
    UnknownComparison(String),
    #[error("“{0}” is nothing that is known of a conversation that comes in")]
    UnknownSubject(String),
    #[error("there is no field “{0}”")]
    UnknownField(String),
    #[error("there is no such tag")]
    UnknownTag,
    #[error("there is no such number")]
    UnknownInbox,
    #[error("there is no such person")]
    UnknownPerson,
    #[error("{subject} cannot be compared by “{comparison}”")]
    Misfit { subject: String, comparison: String },
    #[error("“{value}” is no {}", match .fitting {
        Fitting::Number => "number",
        Fitting::Date => "date; write it as 2026-11-28",
        Fitting::YesNo => "yes or no",
        Fitting::Time => "time of day; write it as 09:30",
        Fitting::Weekday => "day of the week; write it as mon",
    })]
    Value { value: String, fitting: Fitting },
    #[error("a value is missing")]
    ValueMissing,
    #[error("of “{value}” nothing is left to compare: case, accents and punctuation do not count")]
    NothingToCompare { value: String },
    #[error("a value is longer than {LONGEST_VALUE} characters")]
    ValueTooLong,
    #[error("that is the whole day; write two times that differ, and not midnight alone")]
    WholeDay,
    #[error("the group is empty")]
    EmptyGroup,
    #[error("groups within groups go {DEEPEST} deep at most")]
    TooDeep,
    #[error("there can be at most {MOST_LEAVES} comparisons and {MOST_GROUPS} groups")]
    TooMany,
    #[error("there can be at most {MOST_VALUES} values with {LONGEST_VALUES} characters together in one condition")]
    TooCostly,
}

impl Wrong {
    /// The name of its words.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Wrong::Shape => "condition_shape",
            Wrong::UnknownComparison(_) => "condition_comparison",
            Wrong::UnknownSubject(_) => "condition_subject",
            Wrong::UnknownField(_) => "condition_field",
            Wrong::UnknownTag => "condition_tag",
            Wrong::UnknownInbox => "condition_inbox",
            Wrong::UnknownPerson => "condition_person",
            Wrong::Misfit { .. } => "condition_misfit",
            Wrong::Value { fitting: Fitting::Number, .. } => "condition_number",
            Wrong::Value { fitting: Fitting::Date, .. } => "condition_date",
            Wrong::Value { fitting: Fitting::YesNo, .. } => "condition_yes_no",
            Wrong::Value { fitting: Fitting::Time, .. } => "condition_time",
            Wrong::Value { fitting: Fitting::Weekday, .. } => "condition_weekday",
            Wrong::ValueMissing => "condition_value_missing",
            Wrong::NothingToCompare { .. } => "condition_nothing",
            Wrong::ValueTooLong => "condition_value_too_long",
            Wrong::WholeDay => "condition_whole_day",
            Wrong::EmptyGroup => "condition_empty_group",
            Wrong::TooDeep => "condition_too_deep",
            Wrong::TooMany => "condition_too_many",
            Wrong::TooCostly => "condition_too_costly",
        }
    }

    /// What its words are filled in with.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Wrong::UnknownComparison(what) | Wrong::UnknownSubject(what) | Wrong::UnknownField(what) => vec![("what", what.clone())],
            Wrong::Misfit { subject, comparison } => vec![("subject", subject.clone()), ("comparison", comparison.clone())],
            Wrong::Value { value, .. } | Wrong::NothingToCompare { value } => vec![("value", value.clone())],
            Wrong::ValueTooLong => vec![("most", LONGEST_VALUE.to_string())],
            Wrong::TooDeep => vec![("most", DEEPEST.to_string())],
            Wrong::TooMany => vec![("most", MOST_LEAVES.to_string()), ("groups", MOST_GROUPS.to_string())],
            Wrong::TooCostly => vec![("most", MOST_VALUES.to_string()), ("characters", LONGEST_VALUES.to_string())],
            Wrong::Shape
            | Wrong::UnknownTag
            | Wrong::UnknownInbox
            | Wrong::UnknownPerson
            | Wrong::ValueMissing
            | Wrong::WholeDay
            | Wrong::EmptyGroup => Vec::new(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.wrong)
    }
}

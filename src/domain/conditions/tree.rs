//! A condition as it was written.

/// Conditions together, or one comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Group(Group, Vec<Condition>),
    Leaf(Leaf),
}

/// How conditions go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Every one of them; of none it is so.
    All,
    /// At least one of them.
    Any,
    /// None of them.
    Not,
}

impl Group {
    pub const ALL: [Group; 3] = [Group::All, Group::Any, Group::Not];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Group::All => "all",
            Group::Any => "any",
            Group::Not => "not",
        }
    }

    /// Of a stored word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == word)
    }
}

/// One comparison: of a subject, such as `contact.language`, with values. An id stands there for what is set up: a tag, a number, a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub subject: String,
    pub comparison: Comparison,
    /// One, but for [`Comparison::OneOf`] and [`Comparison::Between`]; none for presence.
    pub values: Vec<String>,
}

/// How a subject is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    Is,
    OneOf,
    Contains,
    StartsWith,
    AtLeast,
    AtMost,
    MoreThan,
    LessThan,
    Before,
    After,
    /// From the first to just before the second; over midnight, where the second is the earlier one.
    Between,
    Has,
    Present,
    Absent,
}

/// How many values a comparison takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    None,
    One,
    Two,
    Some,
}

impl Comparison {
    pub const ALL: [Comparison; 14] = [
        Comparison::Is,
        Comparison::OneOf,
        Comparison::Contains,
        Comparison::StartsWith,
        Comparison::AtLeast,
        Comparison::AtMost,
        Comparison::MoreThan,
        Comparison::LessThan,
        Comparison::Before,
        Comparison::After,
        Comparison::Between,
        Comparison::Has,
        Comparison::Present,
        Comparison::Absent,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::Is => "is",
            Comparison::OneOf => "one_of",
            Comparison::Contains => "contains",
            Comparison::StartsWith => "starts_with",
            Comparison::AtLeast => "at_least",
            Comparison::AtMost => "at_most",
            Comparison::MoreThan => "more_than",
            Comparison::LessThan => "less_than",
            Comparison::Before => "before",
            Comparison::After => "after",
            Comparison::Between => "between",
            Comparison::Has => "has",
            Comparison::Present => "present",
            Comparison::Absent => "absent",
        }
    }

    /// Of a stored word.
    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.as_str() == word)
    }

    #[must_use]
    pub fn takes(self) -> Takes {
        match self {
            Comparison::Present | Comparison::Absent => Takes::None,
            Comparison::OneOf => Takes::Some,
            Comparison::Between => Takes::Two,
            Comparison::Is
            | Comparison::Contains
            | Comparison::StartsWith
            | Comparison::AtLeast
            | Comparison::AtMost
            | Comparison::MoreThan
            | Comparison::LessThan
            | Comparison::Before
            | Comparison::After
            | Comparison::Has => Takes::One,
        }
    }
}

impl Condition {
    /// What holds of everything.
    #[must_use]
    pub fn always() -> Self {
        Condition::Group(Group::All, Vec::new())
    }

    /// Every comparison in it, from first to last.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Leaf> {
        match self {
            Condition::Leaf(leaf) => vec![leaf],
            Condition::Group(_, inner) => inner.iter().flat_map(Condition::leaves).collect(),
        }
    }

    /// The same with each comparison put through `change`.
    #[must_use]
    pub fn with_leaves(self, change: &mut impl FnMut(Leaf) -> Leaf) -> Self {
        match self {
            Condition::Leaf(leaf) => Condition::Leaf(change(leaf)),
            Condition::Group(group, inner) => {
                Condition::Group(group, inner.into_iter().map(|condition| condition.with_leaves(change)).collect())
            }
        }
    }
}

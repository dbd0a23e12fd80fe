//! What is wrong with a file, each fault in a sentence with its place.

use std::fmt;

use super::super::refusal::SetupRefusal;

/// One thing that is wrong, and where. Sorted by its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// From 1.
    pub line: u64,
    pub column: u64,
    /// Such as `queues[2].team`.
    pub path: String,
    pub wrong: Wrong,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, path, wrong } = self;
        write!(f, "{line}:{column} ")?;
        if path.is_empty() { write!(f, "{wrong}") } else { write!(f, "{path}: {wrong}") }
    }
}

/// What something may have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Text,
    Number,
    YesOrNo,
    List,
    Mapping,
}

impl Kind {
    /// As its words are called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
            Kind::YesOrNo => "yes_or_no",
            Kind::List => "list",
            Kind::Mapping => "mapping",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Wrong {
    /// In the words of whoever reads YAML.
    #[error("{0}")]
    Syntax(String),
    #[error("“{0}” is missing")]
    Missing(String),
    #[error("nothing is called so here")]
    Strange,
    #[error("this must be {}", match .0 {
        Kind::Text => "a text; put it between quotes",
        Kind::Number => "a whole number",
        Kind::YesOrNo => "true or false",
        Kind::List => "a list",
        Kind::Mapping => "a group of names with values",
    })]
    MustBe(Kind),
    #[error("this must be one of: {0}")]
    NotOneOf(String),
    #[error("“{name}” stands in {other} already")]
    Twice { name: String, other: String },
    #[error("there is no “{0}”, neither here nor in the workspace")]
    NoSuch(String),
    #[error("{0}")]
    Hours(String),
    #[error("{0}")]
    Flow(String),
    #[error("a secret is never written here; write ${{secret:NAME}}")]
    SecretInTheOpen,
    #[error("{0} is a setting of the installation; call the secret otherwise")]
    SecretIsSetting(String),
    #[error("the secret {0} has to be supplied")]
    SecretMissing(String),
    #[error("it is another number than the one that is connected; connect it by itself")]
    AnotherNumber,
    #[error("the number “{0}” is not connected here; connect it by itself")]
    NumberToConnect(String),
    #[error("{0} has an account already; invite them")]
    PersonToInvite(String),
    #[error("the rule names “{0}”, which is not here yet; add it when it is")]
    RuleNames(String),
    #[error("{0}")]
    Refused(SetupRefusal),
}

impl Wrong {
    /// The key of its words below `file.wrong.`, or nothing where a refusal has its own.
    #[must_use]
    pub fn key(&self) -> Option<&'static str> {
        Some(match self {
            Wrong::Syntax(_) => "syntax",
            Wrong::Missing(_) => "missing",
            Wrong::Strange => "strange",
            Wrong::MustBe(Kind::Text) => "must_be_text",
            Wrong::MustBe(Kind::Number) => "must_be_number",
            Wrong::MustBe(Kind::YesOrNo) => "must_be_yes_or_no",
            Wrong::MustBe(Kind::List) => "must_be_list",
            Wrong::MustBe(Kind::Mapping) => "must_be_mapping",
            Wrong::NotOneOf(_) => "not_one_of",
            Wrong::Twice { .. } => "twice",
            Wrong::NoSuch(_) => "no_such",
            Wrong::Hours(_) => "hours",
            Wrong::Flow(_) => "flow",
            Wrong::SecretInTheOpen => "secret_in_the_open",
            Wrong::SecretIsSetting(_) => "secret_is_setting",
            Wrong::SecretMissing(_) => "secret_missing",
            Wrong::AnotherNumber => "another_number",
            Wrong::NumberToConnect(_) => "number_to_connect",
            Wrong::PersonToInvite(_) => "person_to_invite",
            Wrong::RuleNames(_) => "rule_names",
            Wrong::Refused(_) => return None,
        })
    }

    /// What its words are filled in with.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Wrong::Syntax(what) | Wrong::NotOneOf(what) | Wrong::Hours(what) | Wrong::Flow(what) => vec![("what", what.clone())],
            Wrong::Missing(name)
            | Wrong::NoSuch(name)
            | Wrong::SecretIsSetting(name)
            | Wrong::SecretMissing(name)
            | Wrong::NumberToConnect(name)
            | Wrong::PersonToInvite(name)
            | Wrong::RuleNames(name) => vec![("name", name.clone())],
            Wrong::Twice { name, other } => vec![("name", name.clone()), ("other", other.clone())],
            Wrong::Refused(refusal) => refusal.values(),
            Wrong::Strange | Wrong::MustBe(_) | Wrong::SecretInTheOpen | Wrong::AnotherNumber => Vec::new(),
        }
    }
}

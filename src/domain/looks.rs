//! How somebody wants their pages to look and sound, in whichever browser they sign in.

use serde::{Deserialize, Serialize};

/// Light, dark, or as the machine has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// A stored one; one of a newer version is as the machine has it.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word).unwrap_or_default()
    }
}

impl From<String> for Theme {
    fn from(word: String) -> Self {
        Self::of(&word)
    }
}

/// How close things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", from = "String")]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

impl Density {
    pub const ALL: [Density; 2] = [Density::Comfortable, Density::Compact];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Density::Comfortable => "comfortable",
            Density::Compact => "compact",
        }
    }

    /// A stored one; one of a newer version is comfortable.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::ALL.into_iter().find(|density| density.as_str() == word).unwrap_or_default()
    }
}

impl From<String> for Density {
    fn from(word: String) -> Self {
        Self::of(&word)
    }
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    pub theme: Theme,
    pub density: Density,
    /// Whether a page makes itself heard.
    pub sounds: bool,
}

impl Default for Looks {
    fn default() -> Self {
        Self { theme: Theme::default(), density: Density::default(), sounds: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back_and_what_is_strange_is_as_it_was_before_anybody_chose() {
        assert!(Theme::ALL.into_iter().all(|theme| Theme::of(theme.as_str()) == theme));
        assert!(Density::ALL.into_iter().all(|density| Density::of(density.as_str()) == density));
        assert_eq!((Theme::of("sepia"), Density::of("airy")), (Theme::System, Density::Comfortable));
        let looks: Looks = serde_json::from_str(r#"{"theme":"sepia","density":"compact","sounds":false}"#).unwrap();
        assert_eq!(looks, Looks { theme: Theme::System, density: Density::Compact, sounds: false });
    }
}

//! Skills in words: who could have a conversation.

use std::collections::HashMap;

use uuid::Uuid;

use super::words::plain;
use crate::domain::ids::SkillId;
use crate::domain::routing::skills::LOWEST;
use crate::domain::routing::{Levels, Named, RuleSkills};
use crate::web::locale::Locale;

/// Such as `speaks Spanish and has the skill Refunds (level 3 or higher)`.
#[must_use]
pub fn who(locale: Locale, all: &[Named]) -> String {
    let one = |named: &Named| {
        let verb = if named.is_language { "speaks" } else { "has" };
        let level = if named.level > LOWEST { "_level" } else { "" };
        plain(&locale, &format!("skills.{verb}{level}"), &[("skill", &named.name), ("level", &named.level.to_string())])
    };
    all.iter().map(one).collect::<Vec<_>>().join(&locale.t("skills.and"))
}

/// Such as `Spanish, Refunds (level 3 or higher)`.
#[must_use]
pub fn listed(locale: Locale, all: &[Named]) -> String {
    let one = |named: &Named| {
        let key = if named.level > LOWEST { "skills.plain_level" } else { "skills.plain" };
        plain(&locale, key, &[("skill", &named.name), ("level", &named.level.to_string())])
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What somebody is good at, or what is asked for, by the names of the skills: `Spanish 3, Refunds 1`.
#[must_use]
pub fn levels(locale: Locale, names: &HashMap<Uuid, String>, levels: &Levels) -> String {
    let name = |skill: &SkillId| names.get(&skill.0).cloned().unwrap_or_else(|| locale.t("change.gone").into_owned());
    let all: Vec<String> = levels.iter().map(|(skill, level)| format!("{} {level}", name(skill))).collect();
    if all.is_empty() { "–".to_owned() } else { all.join(", ") }
}

/// What a rule asks for of whoever is to have it; nothing where that is nothing.
#[must_use]
pub fn asked(locale: Locale, names: &HashMap<Uuid, String>, skills: &RuleSkills) -> Option<String> {
    let said = |key: &str, what: String| format!("{}: {what}", locale.t(key));
    let of = |key: &str, all: &Levels| (!all.is_empty()).then(|| said(key, levels(locale, names, all)));
    let language = skills.language.map(|it| {
        let key = if it.is_required { "skills.required" } else { "skills.preferred" };
        said(key, format!("{} {}", locale.t("rules.customers_language"), it.level))
    });
    let all = [language, of("skills.required", &skills.asked.required), of("skills.preferred", &skills.asked.preferred)];
    (!skills.is_empty()).then(|| all.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// How long somebody waited, such as `45 s` or `3 min`.
#[must_use]
pub fn waited(seconds: i64) -> String {
    if seconds < 120 && seconds != 60 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skills_are_told_as_what_somebody_does_or_has() {
        let named = |name: &str, level, is_language| Named { skill: SkillId(Uuid::nil()), name: name.to_owned(), level, is_language };
        let all = [named("Spanish", 1, true), named("Refunds", 3, false)];
        assert_eq!(who(Locale::default(), &all), "speaks Spanish and has the skill Refunds (level 3 or higher)");
        assert_eq!(listed(Locale::default(), &all), "Spanish, Refunds (level 3 or higher)");
        assert_eq!([5, 60, 90, 120, 3_700].map(waited), ["5 s", "1 min", "90 s", "2 min", "61 min"]);
    }
}

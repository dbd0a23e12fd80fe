//! Skills: what people are good at, and what a conversation wants of whoever has it. A language is one.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::ids::SkillId;

/// How good somebody is at something, from [`LOWEST`] to [`HIGHEST`].
pub type Level = i16;

pub const LOWEST: Level = 1;
pub const HIGHEST: Level = 5;

/// Skills that one conversation wants at most, and that somebody has.
pub const MOST_WANTED: usize = 10;
pub const MOST_OF_PERSON: usize = 100;

/// Skills with their levels: what somebody has, or the least that is wanted.
pub type Levels = BTreeMap<SkillId, Level>;

/// A skill as it is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    pub id: SkillId,
    pub name: String,
    /// BCP 47, of one that is a language.
    pub language: Option<String>,
}

/// The one that is a language that somebody speaks: that very one, or the one that it is a kind of, as `es` for `es-MX`.
#[must_use]
pub fn of_language<'a>(skills: &'a [Skill], spoken: &str) -> Option<&'a Skill> {
    let spoken = spoken.to_lowercase();
    let fits = |language: &String| {
        let rest = spoken.strip_prefix(&language.to_lowercase());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let fitting = skills.iter().filter(|skill| skill.language.as_ref().is_some_and(fits));
    fitting.max_by_key(|skill| skill.language.as_ref().map_or(0, String::len))
}

/// What is wanted of whoever has it: each skill with its lowest level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Nobody has it without.
    pub required: Levels,
    /// Whoever has more of it comes first.
    pub preferred: Levels,
}

impl Asked {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.preferred.is_empty()
    }

    #[must_use]
    pub fn count(&self) -> usize {
        self.required.len() + self.preferred.len()
    }

    /// What both want.
    fn at_most(&self, other: &Self) -> Self {
        let both =
            |one: &Levels, other: &Levels| one.iter().filter_map(|(skill, level)| Some((*skill, *level.min(other.get(skill)?)))).collect();
        Self { required: both(&self.required, &other.required), preferred: both(&self.preferred, &other.preferred) }
    }

    /// What is wanted of the skills that there are.
    fn of(&self, skills: &[Skill]) -> Self {
        let known = |levels: &Levels| {
            levels.iter().filter(|(id, _)| skills.iter().any(|skill| skill.id == **id)).map(|(id, level)| (*id, *level)).collect()
        };
        Self { required: known(&self.required), preferred: known(&self.preferred) }
    }

    /// The same after a step.
    #[must_use]
    pub fn widened(&self, does: Widening) -> Self {
        let mut asked = self.clone();
        match does {
            Widening::DropPreferred => asked.preferred.clear(),
            Widening::LowerLevel => asked.required.values_mut().for_each(|level| *level = (*level - 1).max(LOWEST)),
            Widening::DropRequired => asked.required.clear(),
        }
        asked
    }
}

/// What a conversation wants, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    /// As it stands.
    #[serde(flatten)]
    pub asked: Asked,
    /// As it was before a step was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Asked>,
    /// Since when it waits for somebody who has it: steps are counted from then.
    #[serde(default)]
    pub since: Timestamp,
}

impl Wants {
    #[must_use]
    pub fn new(asked: Asked, since: Timestamp) -> Self {
        Self { asked, first: None, since }
    }

    /// It waits in a queue from now on; in another one as at first. One that keeps its place has waited as long as before.
    pub fn waits(&mut self, is_elsewhere: bool, keeps_place: bool, now: Timestamp) {
        if is_elsewhere {
            self.asked = self.first.take().unwrap_or_else(|| std::mem::take(&mut self.asked));
        }
        if !keeps_place {
            self.since = now;
        }
    }
}

/// What a conversation wants, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub required: Vec<Named>,
    pub preferred: Vec<Named>,
    /// What was wanted at first, and is not any more, or less of it.
    pub widened: Vec<Named>,
}

impl Told {
    #[must_use]
    pub fn of(wants: Option<&Wants>, skills: &[Skill]) -> Self {
        let Some(Wants { asked, first, .. }) = wants else { return Self::default() };
        let (required, preferred) = (Named::all(&asked.required, skills), Named::all(&asked.preferred, skills));
        let named = |levels: &Levels| Named::all(levels, skills);
        let first = first.iter().flat_map(|first| [named(&first.required), named(&first.preferred)]).flatten();
        let widened = first.filter(|named| !required.contains(named) && !preferred.contains(named)).collect();
        Self { required, preferred, widened }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.required.is_empty() && self.preferred.is_empty() && self.widened.is_empty()
    }
}

/// What all that require the same have in common; 0 of those that require nothing. FNV-1a, so that it is the same on each node.
#[must_use]
pub fn needs(required: &Levels) -> i64 {
    if required.is_empty() {
        return 0;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (skill, level) in required {
        for byte in skill.0.as_bytes().iter().copied().chain(level.to_be_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash.cast_signed() | 1
}

/// A skill by its name, as it was called when it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub skill: SkillId,
    pub name: String,
    pub level: Level,
    /// One speaks it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_language: bool,
}

impl Named {
    /// Those of them that there are, by name.
    #[must_use]
    pub fn all(levels: &Levels, skills: &[Skill]) -> Vec<Self> {
        let named = |(id, level): (&SkillId, &Level)| {
            let skill = skills.iter().find(|skill| skill.id == *id)?;
            Some(Self { skill: *id, name: skill.name.clone(), level: *level, is_language: skill.language.is_some() })
        };
        levels.iter().filter_map(named).collect()
    }

    #[must_use]
    pub fn levels(all: &[Self]) -> Levels {
        all.iter().map(|named| (named.skill, named.level)).collect()
    }
}

/// What an entry rule asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSkills {
    #[serde(flatten)]
    pub asked: Asked,
    /// Whoever speaks the customer's language, where there is a skill for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<RuleLanguage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleLanguage {
    pub is_required: bool,
    pub level: Level,
}

impl RuleSkills {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.asked.is_empty() && self.language.is_none()
    }

    #[must_use]
    pub fn names(&self, skill: SkillId) -> bool {
        self.asked.required.contains_key(&skill) || self.asked.preferred.contains_key(&skill)
    }

    /// What it comes to for a customer.
    #[must_use]
    pub fn asked_for(&self, language: Option<&str>, skills: &[Skill]) -> Asked {
        let mut asked = self.asked.clone();
        let spoken = language.and_then(|spoken| of_language(skills, spoken));
        if let (Some(wish), Some(skill)) = (self.language, spoken) {
            let levels = if wish.is_required { &mut asked.required } else { &mut asked.preferred };
            let level = levels.entry(skill.id).or_insert(wish.level);
            *level = wish.level.max(*level);
        }
        asked.preferred.retain(|skill, level| asked.required.get(skill).is_none_or(|required| required < level));
        asked
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Widening {
    DropPreferred,
    /// Each level that is required, by one.
    LowerLevel,
    DropRequired,
}

impl Widening {
    pub const ALL: [Widening; 3] = [Widening::DropPreferred, Widening::LowerLevel, Widening::DropRequired];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Widening::DropPreferred => "drop_preferred",
            Widening::LowerLevel => "lower_level",
            Widening::DropRequired => "drop_required",
        }
    }

    #[must_use]
    pub fn read(word: &str) -> Option<Self> {
        Widening::ALL.into_iter().find(|does| does.as_str() == word)
    }
}

/// A step of a queue: what is wanted less of, once somebody has waited for so long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WideningStep {
    /// Seconds.
    pub after: i32,
    /// One of [`Widening`]'s, or a word of a newer version: this one passes over it.
    #[serde(rename = "do")]
    pub does: String,
}

impl WideningStep {
    /// Steps of a queue at most, and the longest wait, in seconds.
    pub const MOST: usize = 5;
    pub const LONGEST: i32 = 24 * 60 * 60;

    #[must_use]
    pub fn widening(&self) -> Option<Widening> {
        Widening::read(&self.does)
    }
}

/// The next step of a queue that changes anything of what is wanted of the skills that there are, and what is wanted after it. Steps are
/// taken from what was wanted at first, so that it does not matter which of them were there when others were taken; what was let go once
/// is not wanted again.
#[must_use]
pub fn next_step<'a>(steps: &'a [WideningStep], wants: &Wants, skills: &[Skill]) -> Option<(&'a WideningStep, Widening, Asked)> {
    let mut by_then = wants.first.as_ref().unwrap_or(&wants.asked).clone();
    steps.iter().filter_map(|step| Some((step, step.widening()?))).find_map(|(step, does)| {
        by_then = by_then.widened(does);
        let after = wants.asked.at_most(&by_then);
        (after.of(skills) != wants.asked.of(skills)).then_some((step, does, after))
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> SkillId {
        SkillId(Uuid::from_u128(number))
    }

    fn skill(number: u128, language: Option<&str>) -> Skill {
        Skill { id: id(number), name: format!("skill {number}"), language: language.map(str::to_owned) }
    }

    fn asked(required: &[(u128, Level)], preferred: &[(u128, Level)]) -> Asked {
        let levels = |all: &[(u128, Level)]| all.iter().map(|(number, level)| (id(*number), *level)).collect();
        Asked { required: levels(required), preferred: levels(preferred) }
    }

    #[test]
    fn the_skill_of_a_language_is_the_one_that_says_most_about_it() {
        let skills = [skill(1, Some("es")), skill(2, Some("pt")), skill(3, Some("pt-BR")), skill(4, None)];
        let of = |spoken: &str| of_language(&skills, spoken).map(|skill| skill.id.0.as_u128());
        assert_eq!(["es", "ES-mx", "pt-br", "pt-PT", "est", "en", ""].map(of), [Some(1), Some(1), Some(3), Some(2), None, None, None]);
    }

    #[test]
    fn a_rule_asks_for_the_customers_language_where_somebody_could_have_it() {
        let skills = [skill(1, Some("es")), skill(2, None)];
        let language = Some(RuleLanguage { is_required: true, level: 3 });
        let rule = RuleSkills { asked: asked(&[], &[(1, 2), (2, 4)]), language };
        assert_eq!(rule.asked_for(Some("es-AR"), &skills), asked(&[(1, 3)], &[(2, 4)]), "what is required is not preferred as well");
        assert_eq!(rule.asked_for(Some("ca"), &skills), asked(&[], &[(1, 2), (2, 4)]));
        assert_eq!(rule.asked_for(None, &skills), asked(&[], &[(1, 2), (2, 4)]));
        let preferring = RuleSkills { language: Some(RuleLanguage { is_required: false, level: 3 }), ..rule };
        assert_eq!(preferring.asked_for(Some("es"), &skills), asked(&[], &[(1, 3), (2, 4)]));
    }

    #[test]
    fn what_requires_the_same_has_the_same_in_common() {
        let of = |required: &[(u128, Level)]| needs(&asked(required, &[]).required);
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[(1, 2), (3, 1)]), of(&[(3, 1), (1, 2)]));
        let all = [of(&[(1, 2)]), of(&[(1, 3)]), of(&[(2, 2)]), of(&[(1, 2), (2, 2)]), 0];
        assert!(all.iter().enumerate().all(|(place, one)| !all[..place].contains(one)), "{all:?}");
    }

    #[test]
    fn steps_that_change_nothing_or_that_nobody_knows_are_passed_over() {
        let step = |after: i32, does: &str| WideningStep { after, does: does.to_owned() };
        let steps = [step(10, "drop_preferred"), step(20, "wait_for_rain"), step(30, "lower_level"), step(40, "drop_required")];
        let mut wants = Wants::new(asked(&[(1, 2), (2, 1)], &[]), Timestamp::UNIX_EPOCH);
        let skills = [skill(1, None), skill(2, None)];
        let next = |wants: &Wants| next_step(&steps, wants, &skills).map(|(step, _, after)| (step.after, after));
        let lower = asked(&[(1, 1), (2, 1)], &[]);
        assert_eq!(next(&wants), Some((30, lower.clone())), "nothing is preferred, and one step is of a newer version");
        assert_eq!(next_step(&steps, &wants, &[]), None, "nobody is asked for skills that are gone");
        wants = Wants { first: Some(std::mem::replace(&mut wants.asked, lower.clone())), asked: lower, ..wants };
        assert_eq!(next(&wants), Some((40, asked(&[], &[]))), "lower than that is none");
        wants.asked = asked(&[], &[]);
        assert_eq!(next(&wants), None);
    }

    #[test]
    fn in_another_queue_it_is_as_at_first_and_in_the_same_one_as_it_was_left() {
        let at = |seconds: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds);
        let widened = Wants { asked: asked(&[], &[]), first: Some(asked(&[(1, 2)], &[])), since: at(10) };
        let after = |is_elsewhere, keeps_place| {
            let mut wants = widened.clone();
            wants.waits(is_elsewhere, keeps_place, at(99));
            wants
        };
        assert_eq!(after(false, false), Wants { since: at(99), ..widened.clone() });
        assert_eq!(after(true, false), Wants::new(asked(&[(1, 2)], &[]), at(99)));
        assert_eq!(after(true, true), Wants::new(asked(&[(1, 2)], &[]), at(10)), "it has waited as long as before");
        let read: Wants = serde_json::from_value(serde_json::to_value(&widened).unwrap()).unwrap();
        assert_eq!(read, widened);
    }
}

//! Skills, known by their keys; and what asks for them, or has them, by the same.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::{Ids, Names};
use super::{Found, Wrong, no_twins, unfit_text};
use crate::domain::ids::SkillId;
use crate::domain::routing::skills::{Level, Levels, RuleLanguage};
use crate::domain::routing::{Asked, RuleSkills};
use crate::domain::setup::check::{self, LONGEST_NAME};
use crate::domain::setup::draft::Draft;
use crate::domain::setup::refusal::SetupRefusal;
use crate::domain::setup::value::{Setup, Skill};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenSkill {
    pub(super) key: String,
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    /// Of one that is a language, such as es or pt-BR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

impl WrittenSkill {
    pub(super) fn of(skill: &Skill) -> Self {
        let Skill { key, name, language } = skill.clone();
        Self { key, name, language }
    }
}

/// A skill and a level: what somebody has, or the least that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenLevel {
    /// The key of the skill.
    skill: String,
    #[schemars(range(min = 1, max = 5))]
    level: Level,
}

/// Whoever speaks the customer's language, where there is a skill for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenLanguage {
    /// Otherwise they come first.
    required: bool,
    #[schemars(range(min = 1, max = 5))]
    level: Level,
}

/// What a rule asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenWants {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    required: Vec<WrittenLevel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    preferred: Vec<WrittenLevel>,
    /// Whoever speaks the customer's language, where there is a skill for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<WrittenLanguage>,
}

/// By the keys of the skills, in their order.
pub(super) fn levels(setup: &Setup, levels: &Levels) -> Vec<WrittenLevel> {
    let written = |(skill, level): (&SkillId, &Level)| Some(WrittenLevel { skill: setup.skills.get(skill)?.key.clone(), level: *level });
    let mut all: Vec<WrittenLevel> = levels.iter().filter_map(written).collect();
    all.sort_by(|one, other| one.skill.cmp(&other.skill));
    all
}

/// As they would be in this set-up; what is not there is left out.
pub(super) fn read_levels(setup: &Setup, written: &[WrittenLevel]) -> Levels {
    let id = |key: &str| setup.skills.iter().find(|(_, skill)| skill.key == key).map(|(id, _)| *id);
    written.iter().filter_map(|one| Some((id(&one.skill)?, one.level))).collect()
}

impl WrittenWants {
    /// Nothing of a rule that asks for nothing.
    pub(super) fn of(setup: &Setup, skills: &RuleSkills) -> Option<Self> {
        let language = skills.language.map(|wish| WrittenLanguage { required: wish.is_required, level: wish.level });
        let (required, preferred) = (levels(setup, &skills.asked.required), levels(setup, &skills.asked.preferred));
        (!skills.is_empty()).then_some(Self { required, preferred, language })
    }

    pub(super) fn read(&self, setup: &Setup) -> RuleSkills {
        let asked = Asked { required: read_levels(setup, &self.required), preferred: read_levels(setup, &self.preferred) };
        let language = self.language.as_ref().map(|wish| RuleLanguage { is_required: wish.required, level: wish.level });
        RuleSkills { asked, language }
    }

    pub(super) fn check(&self, path: &str, names: &Names, found: &mut Found) {
        check_levels(&format!("{path}.required"), &self.required, names, found);
        check_levels(&format!("{path}.preferred"), &self.preferred, names, found);
    }
}

/// Notes skills that there are not, and would not be.
pub(super) fn check_levels(path: &str, levels: &[WrittenLevel], names: &Names, found: &mut Found) {
    no_twins(path, "skill", levels.iter().map(|one| one.skill.as_str()), found);
    for (place, one) in levels.iter().enumerate().filter(|(_, one)| !names.skills.contains(&one.skill)) {
        found.push((format!("{path}[{place}].skill"), Wrong::NoSuch(one.skill.clone())));
    }
}

pub(super) fn check(skills: &[WrittenSkill], found: &mut Found) {
    no_twins("skills", "key", skills.iter().map(|skill| skill.key.as_str()), found);
    for (place, skill) in skills.iter().enumerate() {
        let path = |part: &str| format!("skills[{place}].{part}");
        if !check::is_key(&skill.key) {
            found.push((path("key"), Wrong::Refused(SetupRefusal::KeyUnfit { key: skill.key.clone() })));
        }
        unfit_text(|| path("name"), &skill.name, LONGEST_NAME, found);
        let languages: BTreeSet<String> = skill.language.iter().cloned().collect();
        found.extend(check::languages_fault(&languages).map(|refusal| (path("language"), Wrong::Refused(refusal))));
    }
}

pub(super) fn bring_in(skills: &[WrittenSkill], ids: &mut Ids, draft: &mut Draft) {
    for WrittenSkill { key, name, language } in skills.iter().cloned() {
        let known = draft.setup.skills.iter().find(|(_, skill)| skill.key == key).map(|(id, _)| *id);
        let name = name.trim().to_owned();
        draft.setup.skills.insert(known.unwrap_or_else(|| SkillId(ids.next())), Skill { key, name, language });
    }
}

/// Removes those that the file does not name; whoever had them has them no more. Answers those that a rule still asks for.
pub(super) fn prune(skills: &[WrittenSkill], draft: &mut Draft) -> Found {
    let kept: BTreeSet<&str> = skills.iter().map(|skill| skill.key.as_str()).collect();
    let gone = draft.setup.skills.iter().filter(|(_, skill)| !kept.contains(&*skill.key)).map(|(id, _)| *id);
    let gone: Vec<SkillId> = gone.collect();
    let refused = |skill| draft.remove_skill(skill).err().map(|refusal| ("skills".to_owned(), Wrong::Refused(refusal)));
    gone.into_iter().filter_map(refused).collect()
}

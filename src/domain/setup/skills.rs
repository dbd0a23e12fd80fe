//! What must fit of skills, of those who have them, and of what asks for them.

use std::collections::BTreeSet;

use super::check::{few, fit_name, in_range, is_key, languages_fault};
use super::refusal::{SetupRefusal, Thing};
use super::value::{Queue, Setup};
use crate::domain::routing::skills::{HIGHEST, LOWEST, Levels, MOST_OF_PERSON, MOST_WANTED};
use crate::domain::routing::{RuleSkills, WideningStep};

pub(super) fn faults(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    few(setup.skills.len(), faults);
    let (mut names, mut keys, mut languages) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for skill in setup.skills.values() {
        fit_name(&skill.name, faults);
        if !names.insert(skill.name.to_lowercase()) {
            faults.insert(SetupRefusal::SkillNameTaken { name: skill.name.clone() });
        }
        if !is_key(&skill.key) {
            faults.insert(SetupRefusal::KeyUnfit { key: skill.key.clone() });
        }
        if !keys.insert(&skill.key) {
            faults.insert(SetupRefusal::SkillKeyTaken { key: skill.key.clone() });
        }
        let Some(language) = &skill.language else { continue };
        faults.extend(languages_fault(&[language.clone()].into()));
        if !languages.insert(language.to_lowercase()) {
            faults.insert(SetupRefusal::SkillLanguageTaken { skill: skill.name.clone(), language: language.clone() });
        }
    }
    for member in setup.members.values() {
        levels(setup, &member.skills, faults);
        let count = i32::try_from(member.skills.len()).unwrap_or(i32::MAX);
        in_range(count, 0, i32::try_from(MOST_OF_PERSON).unwrap_or(i32::MAX), faults);
    }
    for RuleSkills { asked, language } in setup.entry_rules.values().map(|rule| &rule.skills) {
        levels(setup, &asked.required, faults);
        levels(setup, &asked.preferred, faults);
        language.iter().for_each(|wish| in_range(wish.level.into(), LOWEST.into(), HIGHEST.into(), faults));
        if asked.count() + usize::from(language.is_some()) > MOST_WANTED {
            faults.insert(SetupRefusal::TooManyWanted { most: MOST_WANTED });
        }
    }
    setup.queues.values().for_each(|queue| steps(queue, faults));
}

fn levels(setup: &Setup, levels: &Levels, faults: &mut BTreeSet<SetupRefusal>) {
    for (skill, level) in levels {
        in_range((*level).into(), LOWEST.into(), HIGHEST.into(), faults);
        if !setup.skills.contains_key(skill) {
            faults.insert(SetupRefusal::Unknown(Thing::Skill));
        }
    }
}

fn steps(queue: &Queue, faults: &mut BTreeSet<SetupRefusal>) {
    if queue.widening.len() > WideningStep::MOST {
        faults.insert(SetupRefusal::TooManySteps { most: WideningStep::MOST });
    }
    for step in &queue.widening {
        in_range(step.after, 1, WideningStep::LONGEST, faults);
        if step.widening().is_none() {
            faults.insert(SetupRefusal::StepUnknown { step: step.does.chars().take(super::check::LONGEST_KEY).collect() });
        }
    }
    if queue.widening.windows(2).any(|two| two[0].after >= two[1].after) {
        faults.insert(SetupRefusal::StepsUnordered { queue: queue.name.clone() });
    }
}

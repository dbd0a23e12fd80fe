//! Who could have a conversation, and what rules somebody out.

use super::reason::{Considered, Exclusion, Fit};
use super::skills::{Level, Levels, Named};
use crate::domain::agent::{Agent, Presence};

/// A member of the queue's team.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub agent: Agent,
    pub presence: Presence,
    pub skills: Levels,
}

impl Candidate {
    /// What rules them out whatever is wanted.
    pub(super) fn exclusion(&self) -> Option<Exclusion> {
        match self.presence {
            _ if !self.agent.may_reply => Some(Exclusion::MayNotReply),
            Presence::Offline => Some(Exclusion::Offline),
            Presence::Away => Some(Exclusion::Away),
            Presence::Online => (!self.agent.has_room()).then_some(Exclusion::Full),
        }
    }

    fn level(&self, wanted: &Named) -> Level {
        self.skills.get(&wanted.skill).copied().unwrap_or(0)
    }

    fn has(&self, wanted: &Named) -> bool {
        self.level(wanted) >= wanted.level
    }
}

/// What a conversation wants, of what there is: a skill that is gone asks for nothing.
pub(super) struct Wanted {
    pub required: Vec<Named>,
    pub preferred: Vec<Named>,
}

impl Wanted {
    pub fn exclusion(&self, candidate: &Candidate) -> Option<Exclusion> {
        candidate.exclusion().or_else(|| {
            let lacking = self.required.iter().find(|wanted| !candidate.has(wanted))?;
            Some(Exclusion::LacksSkill { name: lacking.name.clone(), level: lacking.level, has: candidate.level(lacking) })
        })
    }

    /// Whether they are here and have what it takes, however much they hold.
    pub fn could(&self, candidate: &Candidate) -> bool {
        let is_here = candidate.agent.may_reply && candidate.presence == Presence::Online;
        is_here && self.required.iter().all(|wanted| candidate.has(wanted))
    }

    /// How much of what is preferred they lack.
    pub fn lack(&self, candidate: &Candidate) -> usize {
        self.preferred.iter().filter(|wanted| !candidate.has(wanted)).count()
    }

    pub fn fit(&self, chosen: &Candidate, candidates: &[Candidate]) -> Option<Fit> {
        let preferred: Vec<Named> = self.preferred.iter().filter(|wanted| chosen.has(wanted)).cloned().collect();
        if self.required.is_empty() && preferred.is_empty() {
            return None;
        }
        let others = || candidates.iter().filter(|other| other.agent.user != chosen.agent.user && other.exclusion().is_none());
        let is_only_one = others().next().is_some() && others().all(|other| self.exclusion(other).is_some());
        Some(Fit { required: self.required.clone(), preferred, is_only_one })
    }

    pub fn considered(&self, candidate: &Candidate) -> Considered {
        Considered {
            user: candidate.agent.user,
            name: candidate.agent.name.clone(),
            load: candidate.agent.load,
            capacity: candidate.agent.capacity,
            excluded: self.exclusion(candidate),
        }
    }
}

//! What must fit of SLA policies.

use std::collections::BTreeSet;

use super::check::{fit_name, in_range};
use super::refusal::{SetupRefusal, Thing};
use super::value::{Setup, SlaPolicy};
use crate::domain::sla::Clock;

/// Policies of a workspace at most: every queue offers all of them.
pub const MOST_POLICIES: usize = 100;

/// Minutes before something is due at which it is told, at most.
pub const LONGEST_WARNING: i32 = 7 * 24 * 60;

pub(super) fn faults(setup: &Setup, faults: &mut BTreeSet<SetupRefusal>) {
    if setup.sla_policies.len() > MOST_POLICIES {
        faults.insert(SetupRefusal::TooManyDefined { most: MOST_POLICIES });
    }
    let mut taken = BTreeSet::new();
    for policy in setup.sla_policies.values() {
        fit_name(&policy.name, faults);
        if !taken.insert(policy.name.to_lowercase()) {
            faults.insert(SetupRefusal::SlaPolicyNameTaken { name: policy.name.clone() });
        }
        faults.extend(policy_faults(policy));
    }
    let is_known = |policy| setup.sla_policies.contains_key(policy);
    if !setup.queues.values().filter_map(|queue| queue.sla_policy.as_ref()).all(is_known) {
        faults.insert(SetupRefusal::Unknown(Thing::SlaPolicy));
    }
}

/// What is wrong with one by itself, but for its name.
pub(super) fn policy_faults(policy: &SlaPolicy) -> BTreeSet<SetupRefusal> {
    let mut faults = BTreeSet::new();
    let minutes = Clock::ALL.iter().flat_map(|clock| policy.targets(*clock).all()).flatten();
    minutes.for_each(|minutes| in_range(minutes, SlaPolicy::LEAST, SlaPolicy::MOST, &mut faults));
    policy.warn_minutes.iter().for_each(|minutes| in_range(*minutes, 1, LONGEST_WARNING, &mut faults));
    policy.warn_percent.iter().for_each(|percent| in_range(*percent, 1, 99, &mut faults));
    if policy.is_empty() {
        faults.insert(SetupRefusal::SlaPolicyIdle { policy: policy.name.clone() });
    }
    if policy.warn_minutes.is_some() && policy.warn_percent.is_some() {
        faults.insert(SetupRefusal::SlaWarningTwice { policy: policy.name.clone() });
    }
    faults
}

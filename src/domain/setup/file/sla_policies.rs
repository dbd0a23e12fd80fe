//! SLA policies, known by their names.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::import::Ids;
use super::{Found, Wrong, no_twins, unfit_text};
use crate::domain::ids::SlaPolicyId;
use crate::domain::setup::check::LONGEST_NAME;
use crate::domain::setup::draft::Draft;
use crate::domain::setup::sla;
use crate::domain::setup::value::{Setup, SlaPolicy, Targets};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrittenSlaPolicy {
    #[schemars(length(min = 1, max = 80))]
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "WrittenTargets::is_empty")]
    first_response: WrittenTargets,
    #[serde(default, skip_serializing_if = "WrittenTargets::is_empty")]
    next_response: WrittenTargets,
    #[serde(default, skip_serializing_if = "WrittenTargets::is_empty")]
    resolution: WrittenTargets,
    /// Whether only the time counts at which the queue is open.
    #[serde(default = "yes")]
    in_hours: bool,
    /// So many minutes before something is due it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10080))]
    warn_minutes: Option<i32>,
    /// It is told when so much of the time has passed, in hundredths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 99))]
    warn_percent: Option<i32>,
    /// Whether the time does not count to the resolution in which it is the customer's turn.
    #[serde(default = "yes")]
    pauses: bool,
}

/// Minutes for each priority; without any, there is no target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WrittenTargets {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    low: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    normal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    high: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86400))]
    urgent: Option<i32>,
}

fn yes() -> bool {
    true
}

impl WrittenTargets {
    fn of(Targets { low, normal, high, urgent }: Targets) -> Self {
        Self { low, normal, high, urgent }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn targets(&self) -> Targets {
        let Self { low, normal, high, urgent } = *self;
        Targets { low, normal, high, urgent }
    }
}

impl WrittenSlaPolicy {
    pub(super) fn of(policy: &SlaPolicy) -> Self {
        let SlaPolicy { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses } = policy.clone();
        let [first_response, next_response, resolution] = [first_response, next_response, resolution].map(WrittenTargets::of);
        Self { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses }
    }

    fn policy(&self) -> SlaPolicy {
        let Self { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses } = self.clone();
        let [first_response, next_response, resolution] = [first_response, next_response, resolution].map(|written| written.targets());
        SlaPolicy { name, first_response, next_response, resolution, in_hours, warn_minutes, warn_percent, pauses }
    }
}

/// The name of a policy.
pub(super) fn name(setup: &Setup, policy: SlaPolicyId) -> Option<String> {
    setup.sla_policies.get(&policy).map(|policy| policy.name.clone())
}

/// The policy of that name.
pub(super) fn named(setup: &Setup, name: &str) -> Option<SlaPolicyId> {
    setup.sla_policies.iter().find(|(_, policy)| policy.name == name).map(|(id, _)| *id)
}

pub(super) fn check(policies: &[WrittenSlaPolicy], found: &mut Found) {
    no_twins("sla_policies", "name", policies.iter().map(|policy| policy.name.as_str()), found);
    for (place, policy) in policies.iter().enumerate() {
        unfit_text(|| format!("sla_policies[{place}].name"), &policy.name, LONGEST_NAME, found);
        let faults = sla::policy_faults(&policy.policy());
        found.extend(faults.into_iter().map(|refusal| (format!("sla_policies[{place}]"), Wrong::Refused(refusal))));
    }
}

pub(super) fn bring_in(policies: &[WrittenSlaPolicy], ids: &mut Ids, draft: &mut Draft) {
    for policy in policies {
        let id = named(&draft.setup, &policy.name).unwrap_or_else(|| SlaPolicyId(ids.next()));
        draft.setup.sla_policies.insert(id, policy.policy());
    }
}

/// Removes those that the file does not name; answers those that a queue still has.
pub(super) fn prune(policies: &[WrittenSlaPolicy], draft: &mut Draft) -> Found {
    let kept: BTreeSet<&str> = policies.iter().map(|policy| policy.name.as_str()).collect();
    let gone: Vec<SlaPolicyId> = draft.setup.sla_policies.iter().filter(|(_, it)| !kept.contains(&*it.name)).map(|(id, _)| *id).collect();
    let needed = |policy| draft.remove_policy(policy).err();
    gone.into_iter().filter_map(needed).map(|refusal| ("sla_policies".to_owned(), Wrong::Refused(refusal))).collect()
}

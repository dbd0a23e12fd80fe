//! Two who change the same thing without knowing of each other.

use super::event::{RecordedSetup, SetupEvent, Who};
use super::refusal::SetupRefusal;

/// Whether nobody changed the same parts of the same things since whoever acts has looked. `since` is what the journal says since then.
///
/// # Errors
/// [`SetupRefusal::ChangedMeanwhile`], with whoever was last.
pub fn check_unchanged(since: &[RecordedSetup], events: &[SetupEvent]) -> Result<(), SetupRefusal> {
    let wanted: Vec<_> = events.iter().filter_map(SetupEvent::about).collect();
    let is_same = |recorded: &&RecordedSetup| {
        let Some((thing, parts)) = recorded.event.about() else { return false };
        wanted.iter().any(|(wanted, these)| *wanted == thing && these.overlap(&parts))
    };
    match since.iter().rev().find(is_same) {
        None => Ok(()),
        Some(RecordedSetup { who: Who::Person { name, .. }, .. }) => Err(SetupRefusal::ChangedMeanwhile { name: Some(name.clone()) }),
        Some(_) => Err(SetupRefusal::ChangedMeanwhile { name: None }),
    }
}

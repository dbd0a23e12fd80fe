//! Whatever is done to a number in whatever order, what can be taken back is taken back, and nothing else.

use super::*;

const DRAWS: u32 = 4;
const LENGTH: u32 = 5;

fn drawn(draw: u32, number: &Number) -> SetupCommand {
    match draw {
        0 => SetupCommand::PauseInbox { inbox: NUMBER },
        1 => SetupCommand::ResumeInbox { inbox: NUMBER },
        2 => SetupCommand::DisconnectInbox { inbox: NUMBER },
        _ => SetupCommand::ReconnectInbox { inbox: NUMBER, number: number.clone(), token: Secret::new("another".to_owned()) },
    }
}

/// What it is then, and why it is not done otherwise.
fn expected(draw: u32, state: InboxState) -> Result<InboxState, SetupRefusal> {
    match (draw, state) {
        (3, InboxState::Disconnected) => Ok(InboxState::Active),
        (3, _) => Err(SetupRefusal::NumberTaken),
        (_, InboxState::Disconnected) => Err(SetupRefusal::NumberDisconnected),
        (0, _) => Ok(InboxState::Paused),
        (1, _) => Ok(InboxState::Active),
        (_, _) => Ok(InboxState::Disconnected),
    }
}

/// Every order of five there is.
#[test]
fn a_number_is_paused_resumed_disconnected_and_connected_again_in_any_order() {
    let shop = shop();
    let number = shop.inboxes[&NUMBER].number.clone().unwrap();
    for order in 0..DRAWS.pow(LENGTH) {
        let mut setup = shop.clone();
        for place in 0..LENGTH {
            let (draw, before) = (order / DRAWS.pow(place) % DRAWS, setup.inboxes[&NUMBER].state);
            let after = match expected(draw, before) {
                Ok(after) => after,
                Err(refusal) => {
                    assert_eq!(refused(&setup, drawn(draw, &number)), refusal, "{draw} when {before:?}");
                    continue;
                }
            };
            let (changed, act) = does(&setup, &By::CommandLine, drawn(draw, &number)).unwrap();
            assert_eq!(changed.inboxes[&NUMBER].state, after, "{draw} when {before:?}");
            assert_eq!(act.is_empty(), before == after, "{draw} when {before:?}");
            let crosses = (before == InboxState::Disconnected) != (after == InboxState::Disconnected);
            let holds = Reversal::of(&changed).holds(&act.iter().collect::<Vec<_>>());
            assert_eq!(holds, !act.is_empty() && !crosses, "{draw} when {before:?}");
            if crosses {
                assert_eq!(refused(&changed, SetupCommand::Undo { act }), SetupRefusal::CannotBeUndone);
            } else if !act.is_empty() {
                assert_eq!(self::after(&changed, SetupCommand::Undo { act }), setup);
            }
            setup = changed;
        }
    }
}

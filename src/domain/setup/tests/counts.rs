//! How much there may be of one kind: less than is read of it, so that nothing is there that no command can speak of.

use super::*;
use crate::domain::setup::command::NewInvitation;

/// A kind, how many there are, and what adds another one.
type Kind = (&'static str, usize, fn(usize) -> SetupCommand);

fn id(number: usize) -> Uuid {
    Uuid::from_u128(1_000_000 + number as u128)
}

#[test]
fn there_is_never_more_of_one_kind_than_is_read_of_it() {
    let shop = shop();
    let rights = Role::Agent.rights().unwrap();
    let kinds: [Kind; 4] = [
        ("teams", shop.teams.len(), |number| SetupCommand::AddTeam { team: TeamId(id(number)), name: format!("T{number}") }),
        ("queues", shop.queues.len(), |number| queue(QueueId(id(number)), &format!("q{number}"), EVERYBODY)),
        ("flows", shop.flows.len(), |number| SetupCommand::BeginFlow { flow: FlowId(id(number)), name: format!("F{number}") }),
        ("invitations", 0, |number| SetupCommand::Invite {
            invitation: crate::domain::ids::InvitationId(id(number)),
            new: NewInvitation {
                email: None,
                role: Role::Agent,
                capacity: 8,
                teams: BTreeSet::new(),
                languages: BTreeSet::new(),
                expires_at: jiff::Timestamp::MAX,
            },
            secret: Secret::new(String::new()),
        }),
    ];
    for (kind, there, add) in kinds {
        let full = after(&shop, SetupCommand::Several((there..1_000).map(add).collect()));
        assert_eq!(refused(&full, add(2_000)), SetupRefusal::TooManyDefined { most: 1_000 }, "{kind}");
    }
    let trainee = |number: usize| value::Role { name: format!("R{number}"), rights };
    let mut full = shop.clone();
    full.roles.extend((0..1_000).map(|number| (RoleId(id(number)), trainee(number))));
    full.members.extend((3..9_000).map(|number| {
        let email = format!("m{number}@example.com");
        (UserId(id(number)), value::Member { email, ..shop.members[&ANA].clone() })
    }));
    let role = SetupCommand::AddRole { role: RoleId(id(2_000)), new: trainee(2_000) };
    assert_eq!(refused(&full, role), SetupRefusal::TooManyDefined { most: 1_000 });
    let eve = joins(UserId(id(10_000)), "eve", Role::Agent, &[EVERYBODY]);
    assert_eq!(refused(&full, eve), SetupRefusal::TooManyDefined { most: 9_000 });
}

//! What whoever sets up may give to others.

use jiff::Timestamp;

use super::*;
use crate::domain::ids::InvitationId;
use crate::domain::setup::command::NewInvitation;

#[test]
fn whoever_sets_up_gives_nobody_more_than_they_have_themselves() {
    let keeper = [Permission::SetUp, Permission::SeeInbox, Permission::ManageSelf];
    let shop = after(&shop(), role(TRAINEE, "Keeper", &keeper, Visibility::OwnTeams));
    let shop = after(&shop, SetupCommand::role(BEN, Role::Own(TRAINEE)));
    let by = By::Person(Person { user: BEN, name: "Ben".to_owned(), rights: shop.rights(Role::Own(TRAINEE)) });
    let (link, another) = (InvitationId(Uuid::from_u128(71)), InvitationId(Uuid::from_u128(72)));
    let invites = |invitation, role| {
        let new = NewInvitation {
            email: None,
            role,
            capacity: 5,
            teams: BTreeSet::new(),
            languages: BTreeSet::new(),
            expires_at: Timestamp::UNIX_EPOCH,
        };
        SetupCommand::Invite { invitation, new, secret: Secret::new("a".repeat(64)) }
    };
    let invited = after(&shop, invites(link, Role::Admin));
    let anew = SetupCommand::RenewInvitation { invitation: link, expires_at: Timestamp::UNIX_EPOCH, secret: Secret::new("b".repeat(64)) };
    let wider = |permissions, visibility| {
        let change = RoleChange { permissions, visibility, ..RoleChange::default() };
        SetupCommand::ChangeRole { role: TRAINEE, change }
    };
    let more = Permissions::of(&[Permission::SetUp, Permission::SeeInbox, Permission::SeePhones]);
    let other = RoleId(Uuid::from_u128(62));
    for command in [
        SetupCommand::role(ANA, Role::Admin),
        SetupCommand::role(BEN, Role::Admin),
        joins(UserId(Uuid::from_u128(9)), "Eve", Role::Admin, &[]),
        wider(Some(more), None),
        wider(None, Some(Visibility::All)),
        role(other, "Seer", &[Permission::SeeInbox], Visibility::All),
        invites(another, Role::Admin),
        anew,
        // With another password they could be Iris.
        SetupCommand::ReplacePassword { member: IRIS, hash: Secret::new("$argon2id$".to_owned()) },
        SetupCommand::RemoveSecondFactor { member: IRIS },
        member(IRIS, MemberChange { email: Some("ben@elsewhere.example".parse().unwrap()), ..MemberChange::default() }),
    ] {
        assert_eq!(does(&invited, &by, command.clone()), Err(SetupRefusal::GivesMore.into()), "{command:?}");
        assert!(does(&invited, &person(IRIS, Role::Admin), command).is_ok());
    }
    for command in [
        role(other, "Looker", &[Permission::SeeInbox], Visibility::Mine),
        SetupCommand::role(ANA, Role::Own(TRAINEE)),
        member(IRIS, MemberChange { name: Some("Iris Two".to_owned()), ..MemberChange::default() }),
        SetupCommand::ReplacePassword { member: BEN, hash: Secret::new("$argon2id$".to_owned()) },
        invites(another, Role::Own(TRAINEE)),
        SetupCommand::RevokeInvitation { invitation: link },
    ] {
        assert!(does(&invited, &by, command.clone()).is_ok(), "{command:?}: {:?}", does(&invited, &by, command.clone()));
    }
}

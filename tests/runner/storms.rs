//! Many people at the same conversations at once: nobody waits for ever, and in the end everything adds up.

use baton::domain::access::Role;
use baton::domain::command::{Command, Person, ReplyContent, TransferTarget};
use baton::domain::ids::{ConversationId, MessageId, NoteId, QueueId, WorkspaceId};
use baton::runner::{Error, Runner};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::shop::Shop;

const CONVERSATIONS: i64 = 12;
const PEOPLE: usize = 16;
const COMMANDS_OF_EACH: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_takes_transfers_and_resolutions_ends_and_adds_up() {
    let shop = Shop::opens().await;
    let mut nodes = [shop.node(10), shop.node(10)];
    let conversations = shop.customers_wait(shop.support, CONVERSATIONS).await;
    let mut people = Vec::new();
    for number in 0..6 {
        let role = if number < 2 { Role::Supervisor } else { Role::Agent };
        let person = shop.hires(&format!("Person {number}"), role, 3).await;
        nodes.iter_mut().for_each(|node| node.is_visited_by(shop.workspace, person.user));
        people.push(person);
    }
    let mut tasks = JoinSet::new();
    for number in 0..PEOPLE {
        let runner = nodes[number % 2].runner.clone();
        let storm = Storm { runner, people: people.clone(), conversations: conversations.clone(), chance: Chance(number as u64 * 7_919) };
        let (workspace, queues) = (shop.workspace, [shop.orders, shop.support]);
        tasks.spawn(async move { storm.rages(workspace, queues).await });
    }
    let (mut done, mut refused) = (0, 0);
    while let Some(ended) = tasks.join_next().await {
        let (own_done, own_refused) = ended.unwrap();
        done += own_done;
        refused += own_refused;
    }
    assert_eq!(done + refused, PEOPLE * COMMANDS_OF_EACH);
    assert!(done > PEOPLE * 5 && refused > PEOPLE, "{done} done and {refused} refused is no storm");
    shop.is_consistent().await;
}

struct Storm {
    runner: Runner,
    people: Vec<Person>,
    conversations: Vec<ConversationId>,
    chance: Chance,
}

/// A linear congruential sequence.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn one_of<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())].clone()
    }
}

impl Storm {
    /// Answers how many commands were carried out and how many refused. A fault ends the test.
    async fn rages(mut self, workspace: WorkspaceId, queues: [QueueId; 2]) -> (usize, usize) {
        let (mut done, mut refused) = (0, 0);
        for _ in 0..COMMANDS_OF_EACH {
            let (conversation, queue) = (self.chance.one_of(&self.conversations), self.chance.one_of(&queues));
            let outcome = match self.chance.below(9) {
                0 => self.runner.route(workspace, queue).await.map(drop),
                1 => self.acts_and_undoes(workspace, conversation, queue).await,
                _ => {
                    let command = self.command(queue);
                    self.runner.run(workspace, conversation, command).await.map(drop)
                }
            };
            match outcome {
                Ok(()) => done += 1,
                Err(Error::Refused(_)) => refused += 1,
                Err(fault) => panic!("{fault}"),
            }
        }
        (done, refused)
    }

    /// Does something and takes it back at once; whoever was quicker makes it too late.
    async fn acts_and_undoes(&mut self, workspace: WorkspaceId, conversation: ConversationId, queue: QueueId) -> Result<(), Error> {
        let by = self.chance.one_of(&self.people);
        let command = match self.chance.below(4) {
            0 => Command::Take { by: by.clone() },
            1 => Command::Transfer { by: by.clone(), to: TransferTarget::Queue(queue), note: None },
            2 => Command::Reopen { by: by.clone() },
            _ => Command::Resolve { by: by.clone() },
        };
        let done = self.runner.run(workspace, conversation, command).await?;
        let seq = done.events.iter().find(|recorded| recorded.act().is_some()).expect("an act").seq;
        if self.chance.below(2) == 0 {
            self.runner.route(workspace, queue).await?;
        }
        self.runner.run(workspace, conversation, Command::Undo { by, seq }).await.map(drop)
    }

    fn command(&mut self, queue: QueueId) -> Command {
        let (by, colleague) = (self.chance.one_of(&self.people), self.chance.one_of(&self.people));
        match self.chance.below(7) {
            0 | 1 => Command::Take { by },
            2 => Command::Transfer { by, to: TransferTarget::Agent(colleague.user), note: None },
            3 => Command::Transfer { by, to: TransferTarget::Queue(queue), note: Some("look".to_owned()) },
            4 => Command::Resolve { by },
            5 => Command::Reopen { by },
            _ if self.chance.below(2) == 0 => Command::AddNote { by, note: NoteId(Uuid::now_v7()), body: "hm".to_owned() },
            _ => {
                let content = ReplyContent::Text { body: "let me see".to_owned() };
                Command::Reply { by, message: MessageId(Uuid::now_v7()), content, reply_to: None, seen: None }
            }
        }
    }
}

//! Small files that are very large pictures.

use std::io::Cursor;
use std::time::Duration;

use futures_util::future::join_all;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use uuid::Uuid;

use baton::domain::ids::ConversationId;

use crate::support::World;
use crate::support::agent::Agent;
use crate::support::chance::size;
use crate::support::node::Node;
use crate::support::staff::Staff;
use crate::support::waiting::eventually;

/// Uploads at once.
const UPLOADS: usize = 24;

/// Decoding one of them takes 134 MB; two are decoded at once.
const MOST: usize = 450 * 1024 * 1024;

/// A picture of 8192 × 4095 pixels in a file of some hundred kilobytes.
fn very_large_picture() -> Vec<u8> {
    let (width, height) = (8_192, 4_095);
    let mut file = Cursor::new(Vec::new());
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up);
    encoder.write_image(&vec![0x40; width as usize * height as usize * 4], width, height, ExtendedColorType::Rgba8).unwrap();
    file.into_inner()
}

async fn uploads(agent: &Agent, conversation: ConversationId, picture: &[u8]) -> Vec<u16> {
    let uploads = size("BATON_SCENARIO_PICTURES", UPLOADS);
    let answers = join_all((0..uploads).map(|_| agent.posts_picture(conversation, Uuid::now_v7().into(), picture))).await;
    assert!(answers.iter().all(|status| matches!(status, 303 | 503)), "{answers:?}");
    assert!(answers.contains(&303), "not one picture was taken: {answers:?}");
    answers
}

/// What a node that has done it once holds when the threads that decoded are gone. Its connections are open then, and the allocator has
/// what it keeps for each thread (some 10 MB, however often it is done): what comes on top the next time stayed.
async fn warmed_up(node: &Node, agent: &Agent, conversation: ConversationId, picture: &[u8]) -> usize {
    let threads = node.threads();
    uploads(agent, conversation, picture).await;
    eventually("the threads that decoded end", Duration::from_secs(30), async || node.threads() <= threads).await;
    node.resident()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_very_large_pictures_at_once_are_decoded_two_at_a_time() {
    let world = World::quick_alone().await;
    let ana = world.agent("Ana").await;
    let _presence = Staff::keeps_page(&ana);
    let phone = world.phone("Mia Berg").await;
    let conversation = world.conversation_of(&ana, &phone).await;
    let picture = tokio::task::spawn_blocking(very_large_picture).await.unwrap();
    assert!(picture.len() < 1024 * 1024, "{} bytes", picture.len());
    let node = &world.nodes[0];
    let cold = node.resident();
    node.forgets_its_peak();
    let before = warmed_up(node, &ana, conversation, &picture).await;
    let answers = uploads(&ana, conversation, &picture).await;
    let grown = node.peak() - cold;
    eprintln!("{} MB, then {} MB, at most {} MB more; answers {answers:?}", cold >> 20, before >> 20, grown >> 20);
    assert!(grown < MOST, "{} MB more", grown >> 20);
    let returns = before + before / 5;
    eventually("the memory is given back", Duration::from_secs(30), async || node.resident() <= returns).await;
    eprintln!("{} MB afterwards", node.resident() >> 20);
}

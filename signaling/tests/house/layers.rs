//! How large pages show what, and which layers their people are to send.

use protocol::media::{MediaCommand, MediaEventKind, SlotSize};
use protocol::ws::{ClientMessage, MAX_SLOT_SIZES, Resume, ServerMessage};
use protocol::{ErrorCode, Role};

use crate::support::{Client, House};

fn sizes(count: u8) -> Vec<SlotSize> {
    (0..count).map(|slot| SlotSize { slot, height: 360 }).collect()
}

#[tokio::test]
async fn the_node_hears_how_large_a_page_shows_its_slots() {
    let house = House::open().await;
    let (_, mut page) = Client::seated(&house, Role::Spectator).await;
    // Before there is a PeerConnection it means nothing, and is no error.
    page.does(ClientMessage::ShowSlots { slots: sizes(1) }).await;
    let session = page.offers("v=0").await;
    page.does(ClientMessage::ShowSlots { slots: sizes(2) }).await;
    let told = house
        .node
        .wait("the sizes", |told| {
            told.iter().find_map(|request| match &request.command {
                MediaCommand::SetSizes { session, sizes } => Some((*session, sizes.clone())),
                _ => None,
            })
        })
        .await;
    assert_eq!(told, (session, sizes(2)));
    let many = sizes(u8::try_from(MAX_SLOT_SIZES).unwrap() + 1);
    assert_eq!(page.fails(ClientMessage::ShowSlots { slots: many }).await, ErrorCode::BadRequest);
}

#[tokio::test]
async fn a_page_hears_which_of_its_layers_are_watched_and_again_when_it_comes_afresh() {
    let house = House::open().await;
    let (person, token) = house.token(Role::Actor).await;
    let mut page = Client::greet(&house, &token, None).await.client;
    let former = page.offers("first").await;
    let session = page.offers("second").await;
    let layers = |session, wanted: &[&str]| MediaEventKind::Layers {
        participant: person.into(),
        session,
        wanted: wanted.iter().map(|&rid| rid.to_owned()).collect(),
    };
    house.node.report(house.room(), layers(former, &["q"])).await;
    house.node.report(house.room(), layers(session, &["q", "f"])).await;
    let heard = |said: &ServerMessage| match said {
        ServerMessage::Layers { media_session, wanted } => Some((*media_session, wanted.clone())),
        _ => None,
    };
    let expected = (session, vec!["q".to_owned(), "f".to_owned()]);
    assert_eq!(page.until("layers", heard).await, expected, "not those of a former connection");
    // Somebody who has missed more than the house remembers is told everything anew.
    let resume = page.resume().map(|resume| Resume { seq: u64::MAX, ..resume });
    page.vanish();
    let greeting = Client::greet(&house, &token, resume).await;
    assert!(!greeting.welcome.resumed);
    assert_eq!(greeting.welcome.media_session, Some(session));
    let mut page = greeting.client;
    assert_eq!(page.until("layers", heard).await, expected);
}

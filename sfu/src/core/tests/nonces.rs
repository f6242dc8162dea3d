//! A key never seals the same (SSRC, rollover count, sequence) twice, whatever the story: a
//! repeat would give an eavesdropper the XOR of two packets, and AES-GCM's authentication key.

use proptest::prelude::*;

use super::client::offer;
use super::*;
use crate::rtcp;
use crate::srtp::record;

const ACTORS: usize = 3;
const VIEWERS: usize = 2;

/// What may happen.
#[derive(Clone, Debug)]
enum Turn {
    /// An actor sends pictures from here on in steps; some are keyframes.
    Play {
        actor: usize,
        steps: Vec<(u8, bool)>,
    },
    /// An actor's numbers jump, as after a restart of the encoder, or over the edge.
    Jump {
        actor: usize,
        by: u16,
    },
    /// An actor comes back with a new connection.
    Reconnect {
        actor: usize,
    },
    Show {
        actors: Vec<usize>,
    },
    Grant {
        actor: usize,
        audio: bool,
        video: bool,
    },
    /// A viewer asks for packets again, counted back from the last one it got.
    Nack {
        viewer: usize,
        back: Vec<u16>,
    },
    Wait {
        millis: u16,
    },
}

fn turn() -> impl Strategy<Value = Turn> {
    let actor = || 0..ACTORS;
    prop_oneof![
        6 => (actor(), prop::collection::vec((0u8..6, any::<bool>()), 1..20))
            .prop_map(|(actor, steps)| Turn::Play { actor, steps }),
        1 => (actor(), any::<u16>()).prop_map(|(actor, by)| Turn::Jump { actor, by }),
        1 => actor().prop_map(|actor| Turn::Reconnect { actor }),
        2 => prop::collection::vec(actor(), 0..3).prop_map(|actors| Turn::Show { actors }),
        1 => (actor(), any::<bool>(), any::<bool>())
            .prop_map(|(actor, audio, video)| Turn::Grant { actor, audio, video }),
        3 => (0..VIEWERS, prop::collection::vec(0u16..400, 1..12))
            .prop_map(|(viewer, back)| Turn::Nack { viewer, back }),
        1 => (0u16..2_000).prop_map(|millis| Turn::Wait { millis }),
    ]
}

/// An actor, and the number of its next packet.
struct Actor {
    client: Client,
    next: u64,
}

fn connect_actor(stage: &mut Stage, actor: usize) -> Actor {
    // Numbers begin shortly before their wrap.
    let client = stage.connect(100 + actor as u128, &offer("sendonly", true));
    Actor { client, next: 65_500 }
}

/// Tells the story. Returns what was sealed by the node and by the actors, and the repeats.
fn tell(turns: Vec<Turn>) -> Result<(usize, usize), TestCaseError> {
    record::take();
    let mut stage = Stage::new(1);
    let mut actors: Vec<_> = (0..ACTORS).map(|actor| connect_actor(&mut stage, actor)).collect();
    // One viewer repairs by retransmission, the other has none.
    let mut viewers: Vec<_> = (0..VIEWERS)
        .map(|viewer| stage.connect(200 + viewer as u128, &offer("recvonly", viewer == 0)))
        .collect();
    stage.show(&[100]);
    for turn in turns {
        match turn {
            Turn::Play { actor, steps } => {
                let Actor { client, next } = &mut actors[actor];
                for (step, keyframe) in steps {
                    // A step of nothing goes back: a packet that comes late.
                    let sequence = if step == 0 { next.saturating_sub(9) } else { *next };
                    *next += u64::from(step);
                    let packets = [client.video(sequence, keyframe), client.audio()];
                    for mut packet in packets.into_iter().flatten() {
                        // The network delivers some twice.
                        let mut again = packet.clone();
                        stage.receive(client.address, &mut packet);
                        stage.receive(client.address, &mut again);
                    }
                }
            }
            Turn::Jump { actor, by } => actors[actor].next += u64::from(by % 30_000),
            Turn::Reconnect { actor } => actors[actor] = connect_actor(&mut stage, actor),
            Turn::Show { actors } => {
                let people: Vec<_> = actors.into_iter().map(|actor| 100 + actor as u128).collect();
                stage.show(&people);
            }
            Turn::Grant { actor, audio, video } => {
                let participant = ParticipantId(Uuid::from_u128(100 + actor as u128));
                let publish = TrackSet { audio, video };
                stage.command(MediaCommand::SetPublish { participant, publish });
            }
            Turn::Nack { viewer, back } => {
                let viewer = &mut viewers[viewer];
                if let Some((ssrc, last)) = viewer.watching {
                    let mut asked: Vec<_> = back.iter().map(|b| last.wrapping_sub(*b)).collect();
                    asked.sort_unstable();
                    let mut compound = Vec::new();
                    rtcp::write_nack(1, ssrc, &asked, &mut compound);
                    let mut sealed = viewer.rtcp(compound);
                    stage.receive(viewer.address, &mut sealed);
                }
            }
            Turn::Wait { millis } => stage.advance(Duration::from_millis(millis.into())),
        }
        stage.advance(Duration::ZERO);
        for viewer in &mut viewers {
            let sent = stage.sent_to(viewer.address);
            let opened = viewer.open(sent);
            prop_assert!(opened.is_ok(), "the viewer cannot open: {:?}", opened);
        }
    }
    prop_assert_eq!(stage.core.counters().rooms_failed, 0);
    Ok(record::take())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_index_is_sealed_twice(turns in prop::collection::vec(turn(), 1..60)) {
        let (_, repeats) = tell(turns)?;
        prop_assert_eq!(repeats, 0);
    }
}

#[test]
fn the_stories_seal_something_on_both_sides() {
    let play = |actor| Turn::Play { actor, steps: vec![(1, true), (1, false), (2, false)] };
    let turns = vec![
        play(0),
        Turn::Nack { viewer: 0, back: vec![0, 1] },
        Turn::Show { actors: vec![1] },
        play(1),
    ];
    let (sealed, repeats) = tell(turns).expect("a story that ends well");
    // Two plays of three pictures and three sounds by the actors, and what two viewers got.
    assert!(sealed > 12 + 12, "only {sealed} packets were sealed");
    assert_eq!(repeats, 0);
}

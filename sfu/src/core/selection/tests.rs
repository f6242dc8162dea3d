use proptest::prelude::*;

use super::*;
use crate::dependency::tests::scalable::{Mode, Part};
use crate::dependency::tests::{L1T3, L3T3, L3T3_KEY};
use crate::ring::{Description, Ring};
use crate::scalability::{Reader, Reading};
use crate::sdp::CodecKind;

/// An encoder and one subscriber of what it makes, a packet a frame.
struct Feed {
    mode: Mode,
    /// With dependency descriptors, or by VP9's own.
    described: bool,
    reader: Reader,
    selection: Option<Selection>,
    pictures: u64,
    since: u64,
    number: u16,
    sequence: u64,
    /// By frame number: whether it was sent.
    sent: Vec<bool>,
}

/// A frame that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sent {
    spatial: u8,
    temporal: u8,
    marker: bool,
    decodable: bool,
    announced: Option<Target>,
}

impl Feed {
    fn new(mode: Mode, described: bool) -> Self {
        Self {
            mode,
            described,
            reader: Reader::default(),
            selection: None,
            pictures: 0,
            since: 0,
            number: 0,
            sequence: 100,
            sent: Vec::new(),
        }
    }

    /// The frames that are sent of the next picture, and whether the subscriber is stuck.
    fn picture(&mut self, wish: (u8, u8), keyframe: bool) -> (Vec<Sent>, bool) {
        if keyframe || self.pictures == 0 {
            self.since = 0;
        }
        let wish = Target::new(wish.0, wish.1);
        let (mut sent, mut stuck) = (Vec::new(), false);
        for spatial in 0..self.mode.spatial {
            let shape = self.mode.shape(self.since, spatial);
            let first = shape.keyframe && spatial == 0;
            let part = Part {
                begins: true,
                ends: true,
                number: self.number,
                attached: first,
                ..Part::default()
            };
            let bytes = self.mode.descriptor(shape, part);
            let payload = vp9(self.pictures as u16, shape, self.mode);
            let told = self.described.then_some(&bytes[..]);
            let reading = self.reader.read(CodecKind::Vp9, &payload, told);
            let Reading::Frame(frame) = reading else { panic!("{reading:?}") };
            let description = Description {
                sequence: self.sequence,
                timestamp: (self.pictures * 3_000) as u32,
                marker: spatial + 1 == self.mode.spatial,
                codec: CodecKind::Vp9,
                keyframe: self.reader.starts_keyframe(CodecKind::Vp9, &payload, &reading),
                frame: Some(frame),
                orientation: None,
                captured: None,
                red: None,
            };
            assert_eq!(description.keyframe, first);
            let mut ring = Ring::new(1);
            ring.store(description, &payload, &bytes);
            let packet = ring.get(self.sequence).expect("just stored");
            let selection = self.selection.get_or_insert_with(|| Selection::new(packet, wish));
            let verdict = selection.judge(packet, &frame, Some(wish), Order::Next);
            stuck |= verdict.stuck;
            let references = self.mode.references(shape);
            let is_there = |back: &u16| self.sent[usize::from(self.number - back)];
            let decodable = references.iter().all(is_there);
            if verdict.send {
                sent.push(Sent {
                    spatial,
                    temporal: shape.temporal,
                    marker: selection.ends_picture(packet, &frame),
                    decodable,
                    announced: selection.announced(packet, &frame),
                });
            }
            self.sent.push(verdict.send);
            self.number += 1;
            self.sequence += 1;
        }
        self.pictures += 1;
        self.since += 1;
        (sent, stuck)
    }

    /// What is sent of the next pictures, as spatial layers by picture.
    fn run(&mut self, wish: (u8, u8), pictures: usize) -> Vec<Vec<u8>> {
        let spatial = |sent: Vec<Sent>| sent.iter().map(|frame| frame.spatial).collect();
        (0..pictures).map(|_| spatial(self.picture(wish, false).0)).collect()
    }
}

/// A VP9 payload that is not flexible, with a structure in keyframes.
fn vp9(picture: u16, shape: crate::dependency::tests::scalable::Shape, mode: Mode) -> Vec<u8> {
    let first = shape.keyframe && shape.spatial == 0;
    let predicted = if shape.keyframe { 0 } else { 0x40 };
    let [high, low] = picture.to_be_bytes();
    let below = u8::from(shape.spatial > 0 && (shape.keyframe || !mode.key));
    let switching = u8::from(shape.place <= 2);
    let layers = shape.temporal << 5 | switching << 4 | shape.spatial << 1 | below;
    let mut payload = vec![0xac | predicted, 0x80 | high, low, layers, 0];
    if first {
        payload[0] |= 0x02;
        payload.push((mode.spatial - 1) << 5);
    }
    payload
}

#[test]
fn lower_layers_of_a_keyed_picture_are_left_out() {
    let mut feed = Feed::new(L3T3_KEY, true);
    assert_eq!(feed.run((2, 2), 4), [vec![0, 1, 2], vec![2], vec![2], vec![2]]);
    let mut feed = Feed::new(L3T3, true);
    assert_eq!(feed.run((2, 2), 2), [vec![0, 1, 2], vec![0, 1, 2]]);
    let mut feed = Feed::new(L3T3_KEY, false);
    assert_eq!(feed.run((1, 2), 2), [vec![0, 1], vec![0, 1]], "VP9 alone does not tell");
}

#[test]
fn fewer_pictures_at_once_and_more_where_they_build_on_what_was_sent() {
    for described in [true, false] {
        let mut feed = Feed::new(L3T3, described);
        feed.run((1, 2), 5);
        // The fifth to eighth of a pattern that began with picture 4.
        let all = vec![0, 1];
        assert_eq!(feed.run((1, 0), 3), vec![Vec::<u8>::new(); 3]);
        assert_eq!(feed.run((1, 0), 1), std::slice::from_ref(&all));
        feed.run((1, 1), 4);
        assert_eq!(feed.run((1, 1), 4), [vec![], all.clone(), vec![], all.clone()]);
        feed.run((1, 2), 4);
        assert_eq!(feed.run((1, 2), 4), vec![all; 4]);
    }
}

#[test]
fn a_smaller_picture_needs_a_keyframe_only_where_its_layers_stand_alone() {
    let mut feed = Feed::new(L3T3, true);
    feed.run((2, 2), 5);
    // On the way there are fewer pictures; the next one that others build on is the way in.
    assert_eq!(feed.run((0, 2), 4), [vec![], vec![0], vec![0], vec![0]]);

    let mut feed = Feed::new(L3T3_KEY, true);
    feed.run((2, 2), 8);
    let (sent, stuck) = feed.picture((0, 2), false);
    assert!(stuck, "the layers below were not sent");
    assert_eq!(sent.iter().map(|frame| frame.spatial).collect::<Vec<_>>(), [2], "until then");
    let (sent, stuck) = feed.picture((0, 2), true);
    assert_eq!((sent.len(), stuck), (1, false));
    assert_eq!(feed.run((0, 2), 3), [[0], [0], [0]]);
}

#[test]
fn a_larger_picture_waits_for_a_keyframe_and_says_so() {
    for mode in [L3T3, L3T3_KEY] {
        for described in [true, false] {
            let mut feed = Feed::new(mode, described);
            feed.run((0, 2), 4);
            let (sent, stuck) = feed.picture((2, 2), false);
            assert_eq!((sent.len(), stuck), (1, true), "{mode:?} {described}");
            let (sent, stuck) = feed.picture((2, 2), true);
            assert_eq!((sent.len(), stuck), (3, false), "{mode:?} {described}");
        }
    }
}

#[test]
fn receivers_are_told_what_to_expect() {
    let mut feed = Feed::new(L1T3, true);
    let announced = |(sent, _): (Vec<Sent>, bool)| sent.first().and_then(|frame| frame.announced);
    let target = |temporal| Some(Target { spatial: 0, temporal });
    assert_eq!(announced(feed.picture((0, 2), false)), target(2), "with the structure");
    assert_eq!(announced(feed.picture((0, 2), false)), None);
    feed.run((0, 2), 2);
    assert_eq!(announced(feed.picture((0, 0), false)), target(0), "when it changes");
    feed.run((0, 0), 3);
    assert_eq!(announced(feed.picture((0, 0), false)), None);
}

#[test]
fn a_late_packet_shares_the_fate_of_its_frame() {
    let mut decided = Decided::default();
    decided.note(1_000, true);
    decided.note(1_003, false);
    assert_eq!(
        [1_000, 1_001, 1_003, 1_004].map(|n| decided.get(n)),
        [Some(true), None, Some(false), None]
    );
    decided.note(1_001, true);
    assert_eq!(decided.get(1_001), Some(true));
    decided.note(1_000 + FRAMES, true);
    assert_eq!(decided.get(1_000), None, "forgotten");
    assert_eq!(decided.get(1_001), Some(true));
    decided.note(5_000, false);
    assert_eq!((decided.get(1_001), decided.get(5_000)), (None, Some(false)));
}

proptest! {
    /// Whatever is wished for, and whenever keyframes come: what is sent can be decoded, every
    /// picture has one end, and a keyframe leads to the wish.
    #[test]
    fn what_is_sent_can_be_decoded(
        mode in prop_oneof![Just(L1T3), Just(L3T3), Just(L3T3_KEY)],
        described in any::<bool>(),
        steps in proptest::collection::vec((0..4_u8, 0..4_u8, 0..12_u8), 1..80),
    ) {
        let mut feed = Feed::new(mode, described);
        for (index, (spatial, temporal, keyframe)) in steps.into_iter().enumerate() {
            let keyframe = index == 0 || keyframe == 0;
            let (sent, stuck) = feed.picture((spatial, temporal), keyframe);
            prop_assert!(sent.iter().all(|frame| frame.decodable), "{sent:?}");
            let ends: Vec<_> = sent.iter().map(|frame| frame.marker).collect();
            let expected: Vec<_> = (1..=sent.len()).map(|n| n == sent.len()).collect();
            prop_assert_eq!(ends, expected);
            if keyframe {
                let highest = sent.last().map(|frame| frame.spatial);
                prop_assert_eq!(highest, Some(spatial.min(mode.spatial - 1)));
                prop_assert!(!stuck);
            }
        }
    }
}

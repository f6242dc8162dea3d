//! Sound: who of many is heard and who speaks, redundancy, silence, and times of capture.

use protocol::media::{MediaEventKind, SlotSource};

use super::client::{AUDIO_PT, AUDIO_SSRC, Received, Sound, offer};
use super::*;
use crate::rtcp;
use crate::rtp::CaptureTime;

const FRAME: Duration = Duration::from_millis(20);
const RED_PT: u8 = 63;
const LEVEL: u8 = 1;
const CAPTURE: u8 = 2;
/// What follows an Opus frame of silence for a while, when silence is not sent.
const COMFORT: Duration = Duration::from_millis(400);

/// One section of each kind, with all that this file is about, or without redundant audio.
fn sounding(direction: &str, red: bool) -> String {
    let plain = offer(direction, true);
    let extensions = format!(
        "a=rtpmap:111 opus/48000/2\r\na=extmap:{LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
         a=extmap:{CAPTURE} http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\r\n"
    );
    let sounding = plain.replace("a=rtpmap:111 opus/48000/2\r\n", &extensions);
    if !red {
        return sounding;
    }
    sounding
        .replace("SAVPF 111\r\n", "SAVPF 63 111\r\n")
        .replace("a=rtpmap:111", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:111")
}

/// As many audio sections.
fn voices(count: usize) -> String {
    let one = sounding("recvonly", false);
    let (session, video) = one.split_once("m=video").expect("a picture");
    let audio = &video[video.find("m=audio").expect("a sound")..];
    let mids: Vec<String> = (0..count).map(|mid| mid.to_string()).collect();
    let session = session.replace("BUNDLE 0 1", &format!("BUNDLE {}", mids.join(" ")));
    let sections = mids.iter().map(|mid| audio.replace("a=mid:1\r\n", &format!("a=mid:{mid}\r\n")));
    session + &sections.collect::<String>()
}

impl Stage {
    /// Somebody says this, as loud as this.
    fn say(&mut self, who: &mut Client, sequence: u64, level: u8, payload: &[u8]) {
        let mut packet = who.sound(&Sound {
            sequence,
            timestamp: sequence as u32 * 960,
            payload_type: AUDIO_PT,
            elements: &[(LEVEL, &[level])],
            payload,
        });
        self.receive(who.address, &mut packet);
    }

    /// Somebody says this, and what they said in the packet before.
    fn repeat(&mut self, who: &mut Client, sequence: u64, before: &[u8], payload: &[u8]) {
        let mut red = vec![0x80 | AUDIO_PT];
        red.extend_from_slice(&(960 << 10 | before.len() as u32).to_be_bytes()[1..]);
        red.push(AUDIO_PT);
        red.extend_from_slice(before);
        red.extend_from_slice(payload);
        let mut packet = who.sound(&Sound {
            sequence,
            timestamp: sequence as u32 * 960,
            payload_type: RED_PT,
            elements: &[(LEVEL, &[20])],
            payload: &red,
        });
        self.receive(who.address, &mut packet);
    }

    fn hears(&mut self, who: &mut Client) -> Vec<Received> {
        let sent = self.sent_to(who.address);
        who.open(sent).expect("what the node sends opens")
    }

    fn events(&mut self) -> Vec<MediaEventKind> {
        std::iter::from_fn(|| self.core.poll_event()).map(|event| event.kind).collect()
    }
}

fn payloads(received: &[Received]) -> Vec<(u8, &[u8])> {
    received.iter().map(|packet| (packet.payload_type, packet.payload.as_slice())).collect()
}

#[test]
fn the_loudest_three_of_ten_are_heard_besides_the_six_pairs() {
    let mut stage = Stage::new(1);
    let mut people: Vec<_> =
        (0..16).map(|who| stage.connect(100 + who, &sounding("sendonly", false))).collect();
    let mut viewer = stage.connect(900, &voices(9));
    stage.show(&(100..116).collect::<Vec<_>>());
    let mut slots: Vec<SlotSource> = Vec::new();
    let mut heard = std::collections::BTreeSet::new();
    // Whoever came last is the loudest; then the quietest of them shouts.
    for (act, seconds) in [(0, 8), (1, 6)] {
        for step in act * 400..act * 400 + seconds * 50 {
            for (who, person) in people.iter_mut().enumerate() {
                let level = if act == 1 && who == 6 { 5 } else { 60 - 3 * who as u8 };
                stage.say(person, step, level, &[0xfc, who as u8]);
            }
            stage.advance(FRAME);
            let received = stage.hears(&mut viewer);
            heard = received.iter().filter_map(|packet| packet.payload.get(1)).copied().collect();
            for event in stage.events() {
                if let MediaEventKind::Assigned { slots: now, .. } = event {
                    slots = now;
                }
            }
        }
        let loudest = [[13, 14, 15], [6, 14, 15]][act as usize];
        let mut expected: Vec<u8> = (0..6).chain(loudest).collect();
        expected.sort_unstable();
        assert_eq!(heard.iter().copied().collect::<Vec<_>>(), expected);
        let mut voiced: Vec<_> = (slots.iter().filter(|slot| slot.slot >= 6))
            .map(|slot| slot.participant.0.as_u128() as u8 - 100)
            .collect();
        voiced.sort_unstable();
        assert_eq!(voiced, loudest, "and that is what was announced");
    }
}

#[test]
fn who_speaks_is_told_now_and_then_and_who_is_muted_ceases_at_once() {
    let mut stage = Stage::new(2);
    let mut one = stage.connect(100, &sounding("sendonly", false));
    let mut two = stage.connect(101, &sounding("sendonly", false));
    stage.show(&[100, 101]);
    let speaking = |stage: &mut Stage| {
        let lists = stage.events().into_iter().filter_map(|event| match event {
            MediaEventKind::Speaking { speakers } => Some(speakers),
            _ => None,
        });
        lists.map(|who| who.iter().map(|p| p.0.as_u128()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let mut step = 0;
    let mut talk = |stage: &mut Stage, seconds: u64, levels: [u8; 2]| {
        for _ in 0..seconds * 50 {
            stage.say(&mut one, step, levels[0], &[0xfc]);
            stage.say(&mut two, step, levels[1], &[0xfc]);
            step += 1;
            stage.advance(FRAME);
        }
    };
    talk(&mut stage, 2, [25, 127]);
    assert_eq!(speaking(&mut stage), [vec![100]], "once, while nothing changes");
    talk(&mut stage, 2, [25, 30]);
    assert_eq!(speaking(&mut stage), [vec![100, 101]]);
    talk(&mut stage, 3, [127, 30]);
    assert_eq!(speaking(&mut stage), [vec![101]]);
    let participant = ParticipantId(Uuid::from_u128(101));
    stage.command(MediaCommand::SetPublish { participant, publish: TrackSet::NONE });
    assert_eq!(speaking(&mut stage), [Vec::<u128>::new()]);
}

#[test]
fn redundancy_goes_to_those_who_read_it_and_its_content_to_the_others() {
    let mut stage = Stage::new(3);
    let mut actor = stage.connect(100, &sounding("sendonly", true));
    let mut reads = stage.connect(200, &sounding("recvonly", true));
    let mut plain = stage.connect(201, &sounding("recvonly", false));
    stage.show(&[100]);
    for step in 10..13 {
        stage.repeat(&mut actor, step, &[step as u8 - 1], &[step as u8]);
        stage.advance(FRAME);
    }
    let received = stage.hears(&mut plain);
    assert_eq!(payloads(&received), [(AUDIO_PT, &[10][..]), (AUDIO_PT, &[11]), (AUDIO_PT, &[12])]);
    let received = stage.hears(&mut reads);
    // The first one repeats what came before the listener.
    assert_eq!(payloads(&received)[0], (AUDIO_PT, &[10][..]));
    let redundant: Vec<_> = received[1..].iter().map(|packet| packet.payload_type).collect();
    assert_eq!(redundant, [RED_PT, RED_PT]);
    assert_eq!(received[1].payload[5..], [10, 11], "untouched");
}

#[test]
fn a_lost_packet_is_found_in_the_next_one() {
    let mut stage = Stage::new(4);
    let mut actor = stage.connect(100, &sounding("sendonly", true));
    let mut plain = stage.connect(201, &sounding("recvonly", false));
    stage.show(&[100]);
    // 12 and 15 are lost.
    for step in [10, 11, 13, 14, 16] {
        stage.repeat(&mut actor, step, &[step as u8 - 1], &[step as u8]);
        stage.advance(FRAME);
    }
    let received = stage.hears(&mut plain);
    let frames: Vec<_> = received.iter().map(|packet| packet.payload[0]).collect();
    assert_eq!(frames, [10, 11, 12, 13, 14, 15, 16]);
    for pair in received.windows(2) {
        assert_eq!(pair[1].sequence.wrapping_sub(pair[0].sequence), 1);
        assert_eq!(pair[1].timestamp.wrapping_sub(pair[0].timestamp), 960);
    }
    assert_eq!(stage.core.counters().audio_recovered, 2);
    // What was found is a duplicate when it comes after all.
    let before = stage.core.counters().dropped_media;
    stage.repeat(&mut actor, 15, &[14], &[15]);
    stage.advance(FRAME);
    assert!(stage.hears(&mut plain).is_empty());
    assert_eq!(stage.core.counters().dropped_media, before + 1);
}

#[test]
fn what_was_said_while_muted_does_not_come_out_by_repetition() {
    let mut stage = Stage::new(5);
    let mut actor = stage.connect(100, &sounding("sendonly", true));
    let mut reads = stage.connect(200, &sounding("recvonly", true));
    let participant = ParticipantId(Uuid::from_u128(100));
    stage.show(&[100]);
    for (step, publish) in [(10, TrackSet::ALL), (11, TrackSet::NONE), (12, TrackSet::ALL)] {
        stage.command(MediaCommand::SetPublish { participant, publish });
        stage.repeat(&mut actor, step, &[step as u8 - 1], &[step as u8]);
        stage.advance(FRAME);
    }
    let received = stage.hears(&mut reads);
    assert_eq!(payloads(&received), [(AUDIO_PT, &[10][..]), (AUDIO_PT, &[12])]);
}

#[test]
fn redundancy_that_cannot_be_read_goes_as_it_is_to_those_who_take_it() {
    let mut stage = Stage::new(6);
    let mut actor = stage.connect(100, &sounding("sendonly", true));
    let mut reads = stage.connect(200, &sounding("recvonly", true));
    let mut plain = stage.connect(201, &sounding("recvonly", false));
    stage.show(&[100]);
    let payloads_sent: [&[u8]; 5] = [&[0xef], &[0xef, 0], &[0xef, 0, 0, 200, 111, 1], &[50], &[9]];
    for (sequence, payload) in (10..).zip(payloads_sent) {
        let (timestamp, payload_type) = (sequence as u32 * 960, RED_PT);
        let sound = Sound { sequence, timestamp, payload_type, elements: &[], payload };
        stage.receive(actor.address, &mut actor.sound(&sound));
        stage.advance(FRAME);
    }
    assert!(stage.hears(&mut plain).is_empty());
    let received = stage.hears(&mut reads);
    // The first two may repeat what came before the listener.
    let whole: Vec<_> = payloads_sent[2..].iter().map(|payload| (RED_PT, *payload)).collect();
    assert_eq!(payloads(&received), whole);
}

#[test]
fn silence_that_is_not_sent_is_neither_loss_nor_absence() {
    let mut stage = Stage::new(7);
    let mut actor = stage.connect(100, &sounding("sendonly", false));
    let mut viewer = stage.connect(200, &sounding("recvonly", false));
    stage.show(&[100]);
    stage.say(&mut actor, 10, 25, &[0xfc, 1]);
    stage.advance(FRAME);
    stage.events();
    for (count, sequence) in (1..=50).zip(11..) {
        stage.advance(COMFORT);
        let timestamp = 9_600 + count * 20 * 960;
        let elements: &[(u8, &[u8])] = &[(LEVEL, &[127])];
        let payload: &[u8] = &[0xf8];
        let sound = Sound { sequence, timestamp, payload_type: AUDIO_PT, elements, payload };
        stage.receive(actor.address, &mut actor.sound(&sound));
        stage.advance(Duration::ZERO);
    }
    let received = stage.hears(&mut viewer);
    assert_eq!(received.len(), 51);
    let steps = received.windows(2).map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp));
    assert!(steps.skip(1).all(|step| step == 20 * 960), "time goes on in silence");
    let absent = |event: &MediaEventKind| matches!(event, MediaEventKind::Live { .. });
    assert!(!stage.events().iter().any(absent), "and the actor stays there");
    assert_eq!(stage.core.counters().nacks_sent, 0);
}

#[test]
fn times_of_capture_are_told_by_the_nodes_clock() {
    let mut stage = Stage::new(8);
    let mut actor = stage.connect(100, &sounding("sendonly", false));
    let mut viewer = stage.connect(200, &sounding("recvonly", false));
    stage.show(&[100]);
    let captured = |offset: Option<i64>| CaptureTime { ntp: 5 << 32, offset }.bytes();
    let mut hear = |stage: &mut Stage, sequence: u64, value: &[u8]| {
        let (timestamp, payload_type) = (sequence as u32 * 960, AUDIO_PT);
        let elements: &[(u8, &[u8])] = &[(CAPTURE, value)];
        let sound = Sound { sequence, timestamp, payload_type, elements, payload: &[0xfc] };
        stage.receive(actor.address, &mut actor.sound(&sound));
        stage.advance(Duration::ZERO);
        let received = stage.hears(&mut viewer);
        let of = |(id, value): &(u8, Vec<u8>)| (*id == CAPTURE).then(|| CaptureTime::read(value));
        let told = received[0].elements.iter().find_map(of).map(|time| time.expect("it is whole"));
        if sequence == 10 {
            // By the actor's clock it is now 1904 or so.
            let (ssrc, ntp, rtp) = (AUDIO_SSRC, 4 << 32, 0);
            let info = rtcp::SenderInfo { ssrc, ntp, rtp, packets: 1, octets: 1 };
            let mut report = Vec::new();
            rtcp::write_sender_report(&info, &mut report);
            stage.receive(actor.address, &mut actor.rtcp(report));
        }
        told
    };
    assert_eq!(hear(&mut stage, 10, &captured(None)), None, "the actor's clock is not known yet");
    let now = stage.core.shared.timeline.ntp(stage.now);
    let second = CaptureTime { ntp: now + (1 << 32), offset: Some(0) };
    assert_eq!(hear(&mut stage, 11, &captured(None)[..8]), Some(second));
    assert_eq!(hear(&mut stage, 12, &captured(Some(-(1 << 32)))).map(|t| t.ntp), Some(now));
    assert_eq!(hear(&mut stage, 13, &[1, 2, 3]), None, "malformed");
}

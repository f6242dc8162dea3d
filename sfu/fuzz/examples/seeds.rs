//! Writes the committed seeds that cannot be typed: `cargo run --example seeds`.

use std::fs;
use std::path::Path;

use protocol::{
    AccessLink, InviteId, Keyring, LinkKind, PerformanceId, PersonId, Role, SessionClaims,
    SessionId, TicketId, Timestamp,
};
use sfu::bits::BitWriter;
use sfu::srtp::{KeyingMaterial, Profile};
use uuid::Uuid;
use zeroize::Zeroizing;

#[path = "../../tests/support/scalable.rs"]
mod scalable;

use scalable::{Mode, Part};

const ID: Uuid = Uuid::from_u128(0x018f_4a2e_0000_7000_8000_0000_0000_0001);

fn main() -> std::io::Result<()> {
    let keyring = Keyring::new(vec![(1, Zeroizing::new(vec![7; 32]))]).unwrap();
    links(&keyring)?;
    tokens(&keyring)?;
    srtp()?;
    scalable_packets()?;
    core()
}

/// Eight pictures of a scalable stream in the shape of the target, with a mask in the middle.
fn scalable_packets() -> std::io::Result<()> {
    let step = |codec: u8, descriptor: &[u8], payload: &[u8]| {
        [&[codec, descriptor.len() as u8, payload.len() as u8], descriptor, payload].concat()
    };
    for (name, spatial, key) in [("l1t3", 1, false), ("l3t3", 3, false), ("l3t3_key", 3, true)] {
        let mode = Mode { spatial, temporal: 3, key, height: 180 };
        let (mut described, mut alone) = (Vec::new(), Vec::new());
        for number in 0..8 * u16::from(spatial) {
            let (picture, layer) = (u64::from(number / u16::from(spatial)), number as u8 % spatial);
            let shape = mode.shape(picture, layer);
            let part = Part {
                begins: true,
                ends: true,
                number,
                attached: number == 0,
                active: (picture == 4 && layer == 0).then_some(1),
                custom: picture == 5,
                ..Part::default()
            };
            described.extend(step(4, &mode.descriptor(shape, part), &[0x10, 1]));
            let flags = 0xac | u8::from(!shape.keyframe) << 6;
            let layers = shape.temporal << 5 | 0x10 | layer << 1 | u8::from(layer > 0);
            alone.extend(step(3, &[], &[flags, 0x80, picture as u8, layers, 0]));
        }
        write("scalable_packets", &format!("{name}_descriptors"), &described)?;
        write("scalable_packets", &format!("{name}_vp9"), &alone)?;
    }
    let sps = [0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc, 0xb0, 0x0f, 0x08];
    write("scalable_packets", "h264", &[step(2, &[], &sps), step(2, &[], &[0x7c, 0x85])].concat())
}

fn write(target: &str, name: &str, content: &[u8]) -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join(name), content)
}

fn links(keyring: &Keyring) -> std::io::Result<()> {
    for (name, kind) in
        [("ticket", LinkKind::Ticket(TicketId(ID))), ("invite", LinkKind::Invite(InviteId(ID)))]
    {
        write("access_link", name, AccessLink { kind, version: 3 }.seal(keyring).as_bytes())?;
    }
    Ok(())
}

fn tokens(keyring: &Keyring) -> std::io::Result<()> {
    for (name, sealed_at) in [("valid", 1_000_000), ("expired", -1_000_000_000)] {
        let claims = SessionClaims {
            session: SessionId(ID),
            performance: PerformanceId(ID),
            person: PersonId(ID),
            role: Role::Spectator,
            ticket: Some(TicketId(ID)),
        };
        let (token, _) = claims.seal(keyring, Timestamp(sealed_at));
        write("session_token", name, token.as_bytes())?;
    }
    Ok(())
}

/// A packet of each kind, in the clear for the target to seal, and sealed.
fn srtp() -> std::io::Result<()> {
    let mut rtp =
        b"\x90\x60\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02\xbe\xde\x00\x01\x10\xff\0\0".to_vec();
    let rtp_header_len = rtp.len();
    rtp.extend_from_slice(b"payload");
    let rtcp = b"\x80\xc9\x00\x01\x00\x00\x00\x02\x81\xce\x00\x02\x00\x00\x00\x02\x00\x00\x00\x03";

    for (choice, name, profile) in
        [(0, "aes_cm", Profile::Aes128CmHmacSha1_80), (1, "gcm", Profile::AeadAes128Gcm)]
    {
        let block = vec![7; profile.keying_material_len()];
        let (_, mut outbound) = KeyingMaterial::from_exporter(profile, &block, true).unwrap();
        let case = |choice: u8, packet: &[u8]| [&[choice, rtp_header_len as u8], packet].concat();

        write("srtp_open", &format!("{name}_rtp_plain"), &case(choice | 4, &rtp))?;
        let index = outbound.stream(2).unwrap().claim(7).unwrap();
        let mut sealed = rtp.clone();
        sealed.resize(rtp.len() + profile.rtp_overhead(), 0);
        outbound.seal_rtp(index, &mut sealed, rtp_header_len, rtp.len() - rtp_header_len);
        write("srtp_open", &format!("{name}_rtp_sealed"), &case(choice, &sealed))?;

        write("srtp_open", &format!("{name}_rtcp_plain"), &case(choice | 6, rtcp))?;
        let mut sealed = rtcp.to_vec();
        sealed.resize(rtcp.len() + profile.rtcp_overhead(), 0);
        outbound.seal_rtcp(&mut sealed, rtcp.len());
        write("srtp_open", &format!("{name}_rtcp_sealed"), &case(choice | 2, &sealed))?;
    }
    Ok(())
}

/// One step of the `core_datagram` target.
fn step(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).unwrap().to_le_bytes();
    [&[kind], &len[..], body].concat()
}

/// The actor's RTP: payload type, sequence, SSRC, header extensions as (id, value), payload.
fn rtp(pt: u8, sequence: u16, ssrc: u32, extensions: &[(u8, &[u8])], payload: &[u8]) -> Vec<u8> {
    let mut block = Vec::new();
    for (id, value) in extensions {
        block.push(id << 4 | (value.len() as u8 - 1));
        block.extend_from_slice(value);
    }
    block.resize(block.len().next_multiple_of(4), 0);
    let mut packet = vec![0x90, 0x80 | pt];
    packet.extend_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&(u32::from(sequence) * 3000).to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    packet.extend_from_slice(&[0xbe, 0xde]);
    packet.extend_from_slice(&((block.len() / 4) as u16).to_be_bytes());
    packet.extend_from_slice(&block);
    packet.extend_from_slice(payload);
    packet
}

/// Steps of a lively house. Payload types and extension ids are those of the offers that the
/// target connects with.
fn core() -> std::io::Result<()> {
    let opus =
        |sequence| step(3, &rtp(111, sequence, 2_202_350_502, &[(4, b"0"), (3, &[0, 1])], b"opus"));
    // a descriptor with picture id and TL0PICIDX, and the start of a keyframe
    let keyframe = b"\x90\xe0\x80\x11\x22\x00\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00";
    let vp8 = |sequence, rid: &[u8]| {
        let ssrc = u32::from(rid[0]);
        step(3, &rtp(96, sequence, ssrc, &[(4, b"1"), (10, rid), (3, &[0, 2])], keyframe))
    };
    let rtx =
        step(3, &rtp(97, 9, 99, &[(4, b"1"), (11, b"f")], b"\x00\x02\x90\xe0\x80\x11\x22\x00"));
    let sender_report =
        b"\x80\xc8\0\x06\x83\x45\x33\xa6\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05";
    let goodbye = b"\x81\xcb\0\x01\x83\x45\x33\xa6";
    let nack = step(16, b"\x00\x01\x0d\x00\x00\x00\x00");
    let pli = step(16, b"\x01\x01\x0e");
    let wait = |quarter_milliseconds: u8| step(10, &[quarter_milliseconds]);

    let audio = [opus(1), opus(2), wait(5), opus(4), wait(250), opus(5)].concat();
    write("core_datagram", "sound_with_a_gap", &audio)?;
    let red = |sequence: u16| {
        let payload = b"\xef\x0f\x00\x02\x6f\x01\x02own";
        let extensions: &[(u8, &[u8])] = &[(4, b"0"), (1, b"\x19"), (5, b"\0\0\0\x01\0\0\0\x02")];
        step(3, &rtp(63, sequence, 2_202_350_502, extensions, payload))
    };
    let redundancy = [red(1), red(2), red(4), step(6, b"\x80\xc8"), red(5), opus(7), red(9)];
    let redundancy = redundancy.concat();
    write("core_datagram", "redundant_sound_with_gaps", &redundancy)?;
    let layers = [vp8(1, b"q"), vp8(1, b"h"), vp8(1, b"f"), vp8(3, b"f"), wait(20), rtx].concat();
    write("core_datagram", "picture_in_layers_with_a_repair", &layers)?;
    let feedback = [
        opus(1),
        vp8(65_535, b"f"),
        vp8(0, b"f"),
        wait(10),
        nack,
        pli,
        step(16, b"\x01\x01\x0d\xff\xff\x00\x01"),
        wait(250),
    ]
    .concat();
    write("core_datagram", "feedback_from_the_house", &feedback)?;
    let reports =
        [opus(1), step(6, sender_report), wait(250), step(6, goodbye), wait(250)].concat();
    write("core_datagram", "reports", &reports)?;
    let burst =
        [vp8(1, b"f"), step(15, &[40]), step(4, b"\x80\x60\0\x2b\0\0\0\x01\0\0\0\x66\x90\xe0")]
            .concat();
    write("core_datagram", "burst", &burst)?;
    let commands = [
        opus(1),
        step(11, &[0]),
        opus(2),
        step(11, &[3]),
        opus(3),
        step(12, &[0]),
        step(12, &[1]),
        step(13, &[0]),
        step(8, &[0, 0]),
        step(9, &[3]),
        step(14, &[]),
        opus(4),
    ]
    .concat();
    write("core_datagram", "commands", &commands)?;
    let strangers = [
        step(0, b"\0\x01\0\0\x21\x12\xa4\x42abcdefghijkl"),
        step(1, &[22, 254, 253]),
        step(2, &[0x80; 40]),
        step(0, &[0x80; 40]),
    ];
    let strangers = strangers.concat();
    write("core_datagram", "strangers", &strangers)?;
    // The longest seed is how long the fuzzer lets its inputs grow.
    let evening = [audio, layers, feedback, reports, burst, commands, strangers].concat();
    write("core_datagram", "evening", &evening.repeat(3))
}

//! H.264 payloads (RFC 6184): the types of NAL units are read, and of sequence parameter sets
//! the height of the picture.

use crate::bits::BitReader;

const NAL_IDR: u8 = 5;
const NAL_SPS: u8 = 7;
const NAL_STAP_A: u8 = 24;
const NAL_FU_A: u8 = 28;

/// Whether the packet begins an access unit that a decoder can start at: it carries an SPS, or
/// the first fragment of an IDR slice. Browsers send the SPS first, so that a stream forwarded
/// from there has its parameters.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    match payload.first().map(|byte| byte & 0x1f) {
        Some(NAL_SPS | NAL_IDR) => true,
        Some(NAL_STAP_A) => aggregated(&payload[1..]).any(|nal| nal == NAL_SPS || nal == NAL_IDR),
        Some(NAL_FU_A) => payload.get(1).is_some_and(|fu| fu & 0x80 != 0 && fu & 0x1f == NAL_IDR),
        _ => false,
    }
}

/// Whether the packet carries a sequence parameter set.
#[must_use]
pub fn has_parameters(payload: &[u8]) -> bool {
    match payload.first().map(|byte| byte & 0x1f) {
        Some(NAL_SPS) => true,
        Some(NAL_STAP_A) => aggregated(&payload[1..]).any(|nal| nal == NAL_SPS),
        _ => false,
    }
}

/// The height of the picture in pixels, if the packet carries a sequence parameter set.
#[must_use]
pub fn height(payload: &[u8]) -> Option<u16> {
    match payload.first()? & 0x1f {
        NAL_SPS => sps_height(&payload[1..]),
        NAL_STAP_A => {
            let sps = units(&payload[1..]).find(|unit| unit[0] & 0x1f == NAL_SPS)?;
            sps_height(&sps[1..])
        }
        _ => None,
    }
}

/// The types of the NAL units of an aggregate.
fn aggregated(rest: &[u8]) -> impl Iterator<Item = u8> {
    units(rest).map(|unit| unit[0] & 0x1f)
}

/// The NAL units of an aggregate, none of them empty.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let unit = after.get(..length).filter(|unit| !unit.is_empty())?;
        rest = &after[length..];
        Some(unit)
    })
}

/// The longest sequence parameter set that is read, in bytes, and more than browsers send.
const MAX_SPS: usize = 64;

/// The height in a sequence parameter set (ITU-T H.264 section 7.3.2.1.1), without its first byte.
fn sps_height(sps: &[u8]) -> Option<u16> {
    // A byte 3 behind two zeros is no content (section 7.4.1).
    let (mut bytes, mut length, mut zeros) = ([0; MAX_SPS], 0, 0);
    for &byte in sps.iter().take(MAX_SPS) {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes[length] = byte;
        length += 1;
    }
    let mut bits = BitReader::new(&bytes[..length]);
    let profile = bits.bits(8)?;
    bits.bits(16)?;
    bits.golomb()?;
    let mut chroma = 1;
    if [100, 110, 122, 244, 44, 83, 86, 118, 128].contains(&profile) {
        chroma = bits.golomb()?;
        if chroma == 3 {
            bits.flag()?;
        }
        bits.golomb()?;
        bits.golomb()?;
        bits.flag()?;
        if bits.flag()? {
            // Scaling matrices: no browser sends them.
            return None;
        }
    }
    bits.golomb()?;
    match bits.golomb()? {
        0 => {
            bits.golomb()?;
        }
        1 => return None,
        _ => {}
    }
    bits.golomb()?;
    bits.flag()?;
    bits.golomb()?;
    let units = bits.golomb()? + 1;
    let frames_only = bits.flag()?;
    let fields = if frames_only { 1 } else { 2 };
    if !frames_only {
        bits.flag()?;
    }
    bits.flag()?;
    let mut cropped = 0;
    if bits.flag()? {
        bits.golomb()?;
        bits.golomb()?;
        let unit = if chroma == 1 { 2 } else { 1 };
        cropped = (bits.golomb()? + bits.golomb()?) * unit * fields;
    }
    u16::try_from((units * 16 * fields).checked_sub(cropped)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tells_keyframes() {
        for (payload, expected) in [
            (&[0x67, 1, 2][..], true),
            (&[0x65, 1], true),
            (&[0x41, 1], false),
            (&[0x78, 0, 2, 0x67, 0, 0, 2, 0x68, 0], true),
            (&[0x78, 0, 2, 0x41, 0], false),
            (&[0x7c, 0x85], true),
            (&[0x7c, 0x05], false),
            (&[0x7c], false),
            (&[0x78, 0, 200, 0x41], false),
            (&[], false),
        ] {
            assert_eq!(starts_keyframe(payload), expected, "{payload:x?}");
        }
    }
    #[test]
    fn tells_the_height_of_the_picture() {
        // Sequence parameter sets of OpenH264 in Constrained Baseline: 640 × 360 is 23 rows of
        // macroblocks, of which the last is cut in half.
        let sps = [0x67, 0x42, 0xc0, 0x1f, 0x8c, 0x8d, 0x40, 0x50, 0x17, 0xfc, 0xb0, 0x0f, 0x08];
        assert_eq!(height(&sps), Some(360));
        let mut aggregate = vec![0x78, 0, sps.len() as u8];
        aggregate.extend(sps);
        aggregate.extend([0, 2, 0x68, 0xce]);
        assert_eq!(height(&aggregate), Some(360));
        for length in 0..8 {
            assert_eq!(height(&sps[..length]), None);
        }
        assert_eq!(height(&[0x65, 1]), None);
    }

    proptest! {
        #[test]
        fn garbage_never_panics(
            first in prop_oneof![Just(0x67), Just(0x78), Just(0x7c), any::<u8>()],
            mut payload in proptest::collection::vec(any::<u8>(), 0..100),
        ) {
            payload.insert(0, first);
            let _ = (height(&payload), starts_keyframe(&payload));
        }
    }
}

//! H.264 payloads (RFC 6184): only the NAL unit types are read.

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

fn aggregated(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let nal = after.first()? & 0x1f;
        rest = after.get(length..)?;
        Some(nal)
    })
}

#[cfg(test)]
mod tests {
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
}

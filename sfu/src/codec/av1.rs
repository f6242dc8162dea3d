//! AV1 payloads (AV1 RTP specification, section 4.4): only the aggregation header is read.

/// `N`: the packet begins a coded video sequence.
const BEGINS_SEQUENCE: u8 = 0x08;

/// Whether a decoder can start at this packet.
#[must_use]
pub fn starts_keyframe(payload: &[u8]) -> bool {
    payload.first().is_some_and(|header| header & BEGINS_SEQUENCE != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_keyframes() {
        for (payload, expected) in
            [(&[0x18, 0x0a][..], true), (&[0x10, 0x32], false), (&[0x98], true), (&[], false)]
        {
            assert_eq!(starts_keyframe(payload), expected, "{payload:x?}");
        }
    }
}

//! Descriptors of one encoding, changed so that they continue those of another, and that no
//! receiver waits for what is not sent.

use super::{FLAGS, Layout, MANDATORY};
use crate::bits::BitWriter;

/// What to add to the running numbers of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// To frame numbers.
    pub frame: u16,
    /// To the numbers of templates, modulo 64.
    pub template: u8,
}

/// Writes the descriptor in `bytes`, which has this `layout`, with shifted numbers and, if
/// `active` is given, the mask of the decode targets that are sent from here on. Returns its
/// length in bytes; nothing if `out` is too short.
#[inline]
pub fn rewrite(
    bytes: &[u8],
    layout: &Layout,
    shift: Shift,
    active: Option<u32>,
    out: &mut [u8],
) -> Option<usize> {
    let (&[first, high, low], rest) = bytes.split_first_chunk::<3>()?;
    let template = (first & 0x3f).wrapping_add(shift.template) & 0x3f;
    let number = u16::from_be_bytes([high, low]).wrapping_add(shift.frame);
    let [high, low] = number.to_be_bytes();
    let mandatory = [first & 0xc0 | template, high, low];
    // Most packets end here: nothing follows, or nothing that changes.
    let unchanged = active.is_none() && !(layout.attached && shift.template != 0);
    if unchanged {
        out.get_mut(..3)?.copy_from_slice(&mandatory);
        out.get_mut(3..bytes.len())?.copy_from_slice(rest);
        return Some(bytes.len());
    }
    let mut writer = BitWriter::new(out);
    for byte in mandatory {
        writer.bits(byte.into(), 8);
    }
    let (begin, end) = (usize::from(layout.mask.0), usize::from(layout.mask.1));
    writer.flag(layout.attached);
    writer.flag(active.is_some() || begin != end);
    if !layout.extended {
        writer.bits(0, 3);
        writer.bits(active.unwrap_or(0), layout.targets.into());
        return writer.finish();
    }
    writer.copy(bytes, MANDATORY + 2, MANDATORY + FLAGS);
    let mut copied = MANDATORY + FLAGS;
    if layout.attached {
        let offset = offset(bytes).wrapping_add(shift.template) & 0x3f;
        writer.bits(offset.into(), 6);
        copied += 6;
    }
    writer.copy(bytes, copied, begin);
    match active {
        Some(active) => writer.bits(active, layout.targets.into()),
        None => writer.copy(bytes, begin, end),
    }
    writer.copy(bytes, end, layout.end.into());
    writer.finish()
}

/// `template_id_offset`: six bits behind the flags.
fn offset(bytes: &[u8]) -> u8 {
    let word = u16::from_be_bytes([bytes[3], bytes.get(4).copied().unwrap_or(0)]);
    (word >> 5 & 0x3f) as u8
}

//! The dependency descriptor: the header extension that tells a forwarder what a packet's frame
//! needs and who needs it, whatever the codec (AV1 RTP specification, appendix A).

mod rewrite;
mod structure;

pub use rewrite::{Shift, rewrite};
pub use structure::{DecodeTarget, Structure};

use crate::bits::BitReader;

/// The longest descriptor, in bytes: what an element of the two-byte form holds.
pub const MAX_LENGTH: usize = 255;
/// What a rewritten descriptor grows by at most, in bytes: flags and the mask of decode targets.
pub const MAX_GROWTH: usize = 5;
/// The most frames that a frame refers to. Encoders use up to three.
pub const MAX_REFERENCES: usize = 8;

/// Length of the part that every descriptor has, in bits.
const MANDATORY: usize = 24;
/// Length of the flags that follow it in longer ones, in bits.
const FLAGS: usize = 5;

/// What a descriptor says, its template filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The first packet of its frame.
    pub begins: bool,
    /// The last packet of its frame.
    pub ends: bool,
    /// The frame's number.
    pub number: u16,
    /// The frame's spatial layer.
    pub spatial: u8,
    /// The frame's temporal layer.
    pub temporal: u8,
    /// What the frame is to each decode target.
    pub indications: Indications,
    /// How far before this frame those lie that it is predicted from.
    pub references: References,
    /// The decode targets that are sent from here on, one bit each, if this changes.
    pub active: Option<u32>,
    /// The structure that comes with it.
    pub structure: Option<Box<Structure>>,
    /// For [`rewrite`].
    pub layout: Layout,
}

/// Where the parts of a descriptor are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// It has more than the mandatory part.
    extended: bool,
    /// It brings a structure.
    pub attached: bool,
    /// The bits of the mask of decode targets, whether it is there (then they differ) or not.
    mask: (u16, u16),
    /// Where the last field ends, in bits.
    end: u16,
    /// How many decode targets there are: the width of the mask.
    targets: u8,
}

impl Layout {
    /// It brings a mask of decode targets.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.mask.0 != self.mask.1
    }

    /// How many decode targets there are.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.targets.into()
    }
}

/// What a frame is to a decode target (table A.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indication {
    /// Not part of it.
    NotPresent,
    /// Part of it, and nothing else builds on it.
    Discardable,
    /// Part of it, and whoever decodes this can decode all that follows of it.
    Switch,
    /// Part of it, and others build on it.
    Required,
}

/// One [`Indication`] for each of up to 32 decode targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indications(u64);

impl Indications {
    /// What the frame is to the decode target of this number.
    #[must_use]
    pub fn of(self, target: usize) -> Indication {
        match self.0 >> (target * 2) & 3 {
            0 => Indication::NotPresent,
            1 => Indication::Discardable,
            2 => Indication::Switch,
            _ => Indication::Required,
        }
    }

    fn read(bits: &mut BitReader<'_>, targets: usize) -> Option<Self> {
        let mut indications = 0;
        for target in 0..targets {
            indications |= u64::from(bits.bits(2)?) << (target * 2);
        }
        Some(Self(indications))
    }
}

/// Differences of frame numbers, up to [`MAX_REFERENCES`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct References {
    count: u8,
    differences: [u16; MAX_REFERENCES],
}

impl References {
    /// The differences, each at least 1.
    #[must_use]
    pub fn as_slice(&self) -> &[u16] {
        &self.differences[..usize::from(self.count)]
    }

    fn push(&mut self, difference: u32) -> Option<()> {
        *self.differences.get_mut(usize::from(self.count))? = difference as u16;
        self.count += 1;
        Some(())
    }
}

impl std::fmt::Debug for References {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// Why a descriptor cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Cut short, or against the specification.
    Malformed,
    /// It names a template of a structure that has not arrived.
    NoStructure,
}

impl Descriptor {
    /// Reads a descriptor whose template is one of `known`'s, or of the structure that it brings.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn parse(bytes: &[u8], known: Option<&Structure>) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_LENGTH {
            return Err(Unreadable::Malformed);
        }
        let mut bits = BitReader::new(bytes);
        let read = Fields::read(&mut bits).ok_or(Unreadable::Malformed)?;
        let structure = read.structure.as_deref().or(known).ok_or(Unreadable::NoStructure)?;
        let template = structure.template(read.template).ok_or(Unreadable::NoStructure)?;
        let rest = Definition::read(&mut bits, &read, structure, bytes.len() * 8)
            .ok_or(Unreadable::Malformed)?;
        let layout = Layout {
            extended: read.extended,
            attached: read.structure.is_some(),
            mask: rest.mask,
            end: bits.position() as u16,
            targets: structure.targets().len() as u8,
        };
        Ok(Self {
            begins: read.begins,
            ends: read.ends,
            number: read.number,
            spatial: template.spatial,
            temporal: template.temporal,
            indications: rest.indications.unwrap_or(template.indications),
            references: rest.references.unwrap_or(template.references),
            active: rest.active.or(read.structure.as_ref().map(|_| structure.all())),
            structure: read.structure,
            layout,
        })
    }
}

/// The fields before the mask.
struct Fields {
    begins: bool,
    ends: bool,
    template: u8,
    number: u16,
    extended: bool,
    active: bool,
    custom_indications: bool,
    custom_references: bool,
    custom_chains: bool,
    structure: Option<Box<Structure>>,
}

impl Fields {
    fn read(bits: &mut BitReader<'_>) -> Option<Self> {
        let mut fields = Self {
            begins: bits.flag()?,
            ends: bits.flag()?,
            template: bits.bits(6)? as u8,
            number: bits.bits(16)? as u16,
            extended: false,
            active: false,
            custom_indications: false,
            custom_references: false,
            custom_chains: false,
            structure: None,
        };
        let Some(attached) = bits.flag() else { return Some(fields) };
        fields.extended = true;
        fields.active = bits.flag()?;
        fields.custom_indications = bits.flag()?;
        fields.custom_references = bits.flag()?;
        fields.custom_chains = bits.flag()?;
        if attached {
            fields.structure = Some(Box::new(Structure::read(bits)?));
        }
        Some(fields)
    }
}

/// The fields from the mask on.
struct Definition {
    mask: (u16, u16),
    active: Option<u32>,
    indications: Option<Indications>,
    references: Option<References>,
}

impl Definition {
    fn read(
        bits: &mut BitReader<'_>,
        fields: &Fields,
        structure: &Structure,
        length: usize,
    ) -> Option<Self> {
        let targets = structure.targets().len();
        let begin = bits.position() as u16;
        let active = if fields.active { Some(bits.bits(targets as u32)?) } else { None };
        let mask = (begin, bits.position() as u16);
        let indications = match fields.custom_indications {
            true => Some(Indications::read(bits, targets)?),
            false => None,
        };
        let references = if fields.custom_references { Some(references(bits)?) } else { None };
        if fields.custom_chains {
            for _ in 0..structure.chains() {
                bits.bits(8)?;
            }
        }
        (bits.position() <= length).then_some(Self { mask, active, indications, references })
    }
}

/// `frame_fdiffs()`.
fn references(bits: &mut BitReader<'_>) -> Option<References> {
    let mut references = References::default();
    loop {
        let size = bits.bits(2)?;
        if size == 0 {
            return Some(references);
        }
        references.push(bits.bits(4 * size)? + 1)?;
    }
}

#[cfg(test)]
pub(crate) mod tests;

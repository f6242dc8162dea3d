//! The template dependency structure: what descriptors of an encoding refer to until the next
//! keyframe brings another.

use super::{Indication, Indications, References};
use crate::bits::BitReader;

/// Templates are numbered with six bits.
const MAX_TEMPLATES: usize = 64;

/// The shapes that frames of an encoding have, and the qualities it can be decoded at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    offset: u8,
    targets: Vec<DecodeTarget>,
    templates: Vec<Template>,
    chains: u8,
    resolutions: Vec<(u32, u32)>,
}

/// A quality that a stream can be decoded at: the highest layers that are part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DecodeTarget {
    /// The highest spatial layer.
    pub spatial: u8,
    /// The highest temporal layer.
    pub temporal: u8,
}

/// The shape of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) spatial: u8,
    pub(super) temporal: u8,
    pub(super) indications: Indications,
    pub(super) references: References,
}

impl Structure {
    /// The number of the first template.
    #[must_use]
    pub fn offset(&self) -> u8 {
        self.offset
    }

    /// The number after that of the last template: where the next structure's may begin.
    #[must_use]
    pub fn next_offset(&self) -> u8 {
        (self.offset + self.templates.len() as u8) % MAX_TEMPLATES as u8
    }

    /// The qualities, in the order of the bits of masks.
    #[must_use]
    pub fn targets(&self) -> &[DecodeTarget] {
        &self.targets
    }

    /// The mask of all decode targets.
    #[must_use]
    pub fn all(&self) -> u32 {
        u32::MAX >> (32 - self.targets.len())
    }

    /// The height of a spatial layer in pixels, if the structure tells.
    #[must_use]
    pub fn height(&self, spatial: u8) -> Option<u16> {
        let (_, height) = self.resolutions.get(usize::from(spatial))?;
        u16::try_from(*height).ok()
    }

    pub(super) fn chains(&self) -> u8 {
        self.chains
    }

    pub(super) fn template(&self, number: u8) -> Option<&Template> {
        let index = number.wrapping_sub(self.offset) % MAX_TEMPLATES as u8;
        self.templates.get(usize::from(index))
    }

    /// `template_dependency_structure()`.
    pub(super) fn read(bits: &mut BitReader<'_>) -> Option<Self> {
        let offset = bits.bits(6)? as u8;
        let targets = bits.bits(5)? as usize + 1;
        let mut templates = layers(bits)?;
        for template in &mut templates {
            template.indications = Indications::read(bits, targets)?;
        }
        for template in &mut templates {
            while bits.flag()? {
                template.references.push(bits.bits(4)? + 1)?;
            }
        }
        let chains = bits.below(targets as u32 + 1)?;
        if chains > 0 {
            for _ in 0..targets {
                bits.below(chains)?;
            }
            for _ in 0..templates.len() as u32 * chains {
                bits.bits(4)?;
            }
        }
        let targets = (0..targets).map(|target| decode_target(&templates, target)).collect();
        let mut resolutions = Vec::new();
        if bits.flag()? {
            let spatial_layers = templates.last().map_or(0, |template| template.spatial) + 1;
            for _ in 0..spatial_layers {
                resolutions.push((bits.bits(16)? + 1, bits.bits(16)? + 1));
            }
        }
        Some(Self { offset, targets, templates, chains: chains as u8, resolutions })
    }
}

/// `template_layers()`.
fn layers(bits: &mut BitReader<'_>) -> Option<Vec<Template>> {
    let mut templates = vec![Template::default()];
    let (mut spatial, mut temporal) = (0, 0);
    loop {
        match bits.bits(2)? {
            0 => {}
            1 => temporal += 1,
            2 => (spatial, temporal) = (spatial + 1, 0),
            _ => return Some(templates),
        }
        // There are two bits for spatial layers in every codec, and three for temporal ones.
        if templates.len() == MAX_TEMPLATES || spatial > 3 || temporal > 7 {
            return None;
        }
        templates.push(Template { spatial, temporal, ..Template::default() });
    }
}

/// `decode_target_layers()`.
fn decode_target(templates: &[Template], target: usize) -> DecodeTarget {
    let part = |template: &&Template| template.indications.of(target) != Indication::NotPresent;
    let parts = templates.iter().filter(part);
    parts.fold(DecodeTarget::default(), |highest, template| DecodeTarget {
        spatial: highest.spatial.max(template.spatial),
        temporal: highest.temporal.max(template.temporal),
    })
}

//! A scalable encoder, as far as forwarding sees it: which frames it makes, what they are
//! predicted from, and the descriptors that say so.

use super::BitWriter;

/// What a stream is made of: `L3T3` is three spatial and three temporal layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) spatial: u8,
    /// 1 or 3.
    pub(crate) temporal: u8,
    /// Spatial layers build on each other in keyframes alone.
    pub(crate) key: bool,
    /// The height of the smallest spatial layer; each further one has twice that. 0: the structure
    /// does not tell.
    pub(crate) height: u16,
}

/// A frame: one spatial layer of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) spatial: u8,
    pub(crate) temporal: u8,
    pub(crate) keyframe: bool,
    /// Pictures since the last keyframe, modulo four.
    pub(crate) place: u8,
}

/// A packet of a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Part {
    pub(crate) begins: bool,
    pub(crate) ends: bool,
    pub(crate) number: u16,
    /// Of the first template.
    pub(crate) offset: u8,
    /// The structure comes with it.
    pub(crate) attached: bool,
    pub(crate) active: Option<u32>,
    /// What the template says is said once more.
    pub(crate) custom: bool,
}

impl Mode {
    /// The spatial layer `spatial` of the picture `since` pictures after a keyframe.
    pub(crate) fn shape(self, since: u64, spatial: u8) -> Shape {
        let place = (since % 4) as u8;
        let temporal = match (self.temporal, place) {
            (1, _) | (_, 0) => 0,
            (_, 2) => 1,
            _ => 2,
        };
        Shape { spatial, temporal, keyframe: since == 0, place }
    }

    /// How many frames before this one those lie that it is predicted from.
    pub(crate) fn references(self, shape: Shape) -> Vec<u16> {
        let below = (shape.spatial > 0 && (shape.keyframe || !self.key)).then_some(1);
        let pictures = match (shape.keyframe, self.temporal, shape.place) {
            (true, ..) => None,
            (_, 1, _) => Some(1),
            (_, _, 0) => Some(4),
            (_, _, 2) => Some(2),
            _ => Some(1),
        };
        let before = pictures.map(|pictures| pictures * u16::from(self.spatial));
        below.into_iter().chain(before).collect()
    }

    fn template(self, shape: Shape) -> u8 {
        let within = if shape.keyframe { 0 } else { 1 + shape.temporal };
        shape.spatial * (1 + self.temporal) + within
    }

    /// 0: not part of the decode target, 1: nothing builds on it, 2: a way in, 3: needed.
    pub(crate) fn indication(self, shape: Shape, spatial: u8, temporal: u8) -> u32 {
        let apart = self.key && !shape.keyframe && shape.spatial != spatial;
        if shape.spatial > spatial || shape.temporal > temporal || apart {
            0
        } else if shape.keyframe {
            2
        } else if shape.spatial < spatial {
            3
        } else if shape.temporal == temporal && temporal > 0 {
            1
        } else {
            2
        }
    }

    fn targets(self) -> impl Iterator<Item = (u8, u8)> {
        (0..self.spatial).flat_map(move |s| (0..self.temporal).map(move |t| (s, t)))
    }

    /// The descriptor of a packet.
    pub(crate) fn descriptor(self, shape: Shape, part: Part) -> Vec<u8> {
        let mut bytes = vec![0; 255];
        let mut writer = BitWriter::new(&mut bytes);
        writer.flag(part.begins);
        writer.flag(part.ends);
        writer.bits(u32::from((self.template(shape) + part.offset) % 64), 6);
        writer.bits(part.number.into(), 16);
        if part.attached || part.active.is_some() || part.custom {
            writer.flag(part.attached);
            writer.flag(part.active.is_some());
            writer.flag(part.custom);
            writer.flag(part.custom);
            writer.flag(part.custom);
            if part.attached {
                self.write_structure(&mut writer, part.offset);
            }
            if let Some(active) = part.active {
                writer.bits(active, u32::from(self.spatial * self.temporal));
            }
            if part.custom {
                for (s, t) in self.targets() {
                    writer.bits(self.indication(shape, s, t), 2);
                }
                for reference in self.references(shape) {
                    writer.bits(2, 2);
                    writer.bits(u32::from(reference) - 1, 8);
                }
                writer.bits(0, 2);
                for chain in 0..self.spatial {
                    writer.bits(chain.into(), 8);
                }
            }
        }
        let length = writer.finish().expect("it fits");
        bytes.truncate(length);
        bytes
    }

    fn write_structure(self, writer: &mut BitWriter<'_>, offset: u8) {
        let targets = u32::from(self.spatial * self.temporal);
        writer.bits(offset.into(), 6);
        writer.bits(targets - 1, 5);
        let shapes = self.shapes();
        for pair in shapes.windows(2) {
            let next = match () {
                () if pair[0].spatial != pair[1].spatial => 2,
                () if pair[0].temporal != pair[1].temporal => 1,
                () => 0,
            };
            writer.bits(next, 2);
        }
        writer.bits(3, 2);
        for shape in &shapes {
            for (s, t) in self.targets() {
                writer.bits(self.indication(*shape, s, t), 2);
            }
        }
        for shape in &shapes {
            for reference in self.references(*shape) {
                writer.flag(true);
                writer.bits(u32::from(reference) - 1, 4);
            }
            writer.flag(false);
        }
        let chains = u32::from(self.spatial);
        writer.below(chains, targets + 1);
        for (spatial, _) in self.targets() {
            writer.below(spatial.into(), chains);
        }
        for _ in 0..shapes.len() as u32 * chains {
            writer.bits(1, 4);
        }
        writer.flag(self.height > 0);
        for spatial in (0..self.spatial).filter(|_| self.height > 0) {
            let height = u32::from(self.height) << spatial;
            writer.bits(height * 16 / 9 - 1, 16);
            writer.bits(height - 1, 16);
        }
    }

    fn shapes(self) -> Vec<Shape> {
        let mut shapes = Vec::new();
        for spatial in 0..self.spatial {
            shapes.push(Shape { spatial, temporal: 0, keyframe: true, place: 0 });
            for temporal in 0..self.temporal {
                let place = [0, 2, 1][usize::from(temporal)];
                shapes.push(Shape { spatial, temporal, keyframe: false, place });
            }
        }
        shapes
    }
}

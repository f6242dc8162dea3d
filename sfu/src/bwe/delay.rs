//! Whether queues on the way grow: the trend of one-way delay (draft-ietf-rmcat-gcc-02 section
//! 5, with the line fit that browsers use in place of the Kalman filter).

use std::collections::VecDeque;

use super::history::Acknowledged;

/// Packets sent within this, in µs, are one group.
const GROUP: i64 = 5_000;
/// Groups that a trend is drawn through.
const WINDOW: usize = 20;
const SMOOTHING: f64 = 0.9;
const GAIN: f64 = 4.0;
/// A trend counts as if it were this long at most.
const MAX_GROUPS: f64 = 60.0;
/// How long, in ms, a trend must be too steep before it counts.
const OVERUSE_TIME: f64 = 10.0;
const INITIAL_THRESHOLD: f64 = 12.5;
/// A trend is a queue only where packets are later than they have been by this much, in ms: the
/// delay of radio strays by some tens of ms, for as long as a trend is drawn, and no queue grows.
const STANDING: f64 = 30.0;
/// How long the least delay is remembered, in ms: once to twice this.
const MEMORY: f64 = 5_000.0;
/// The receiver's clock or the path jumped; everything begins anew. In µs.
const JUMP: i64 = 3_000_000;

/// What a link suffers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Usage {
    #[default]
    Normal,
    /// A queue empties.
    Under,
    /// A queue grows.
    Over,
}

impl Usage {
    pub(super) fn worst(self, other: Self) -> Self {
        match (self, other) {
            (Self::Over, _) | (_, Self::Over) => Self::Over,
            (Self::Under, _) | (_, Self::Under) => Self::Under,
            _ => Self::Normal,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: i64,
    last_sent: i64,
    first_arrived: i64,
    last_arrived: i64,
}

/// Watches arrivals.
#[derive(Debug)]
pub(super) struct DelayDetector {
    current: Option<Group>,
    previous: Option<Group>,
    points: VecDeque<(f64, f64)>,
    begun: Option<i64>,
    groups: f64,
    accumulated: f64,
    smoothed: f64,
    least: Least,
    threshold: f64,
    adapted: f64,
    over_for: f64,
    over_count: u32,
    last_trend: f64,
    usage: Usage,
}

impl Default for DelayDetector {
    fn default() -> Self {
        Self {
            current: None,
            previous: None,
            points: VecDeque::with_capacity(WINDOW),
            begun: None,
            groups: 0.0,
            accumulated: 0.0,
            smoothed: 0.0,
            least: Least::default(),
            threshold: INITIAL_THRESHOLD,
            adapted: 0.0,
            over_for: 0.0,
            over_count: 0,
            last_trend: 0.0,
            usage: Usage::Normal,
        }
    }
}

impl DelayDetector {
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes a packet; says what the link suffers when a group is complete.
    pub(super) fn note(&mut self, packet: &Acknowledged) -> Option<Usage> {
        let (sent, arrived) = (packet.sent as i64, packet.arrived);
        let fresh = Group {
            first_sent: sent,
            last_sent: sent,
            first_arrived: arrived,
            last_arrived: arrived,
        };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if sent < current.first_sent {
            return None;
        }
        if current.takes(sent, arrived) {
            current.last_sent = current.last_sent.max(sent);
            current.last_arrived = current.last_arrived.max(arrived);
            return None;
        }
        let complete = *current;
        self.current = Some(fresh);
        let previous = self.previous.replace(complete)?;
        let sent = complete.last_sent - previous.last_sent;
        let arrived = complete.last_arrived - previous.last_arrived;
        if arrived < 0 || (arrived - sent).abs() > JUMP {
            *self = Self { threshold: self.threshold, ..Self::default() };
            return None;
        }
        self.trend(sent as f64 / 1e3, arrived as f64 / 1e3, complete.last_arrived);
        Some(self.usage)
    }

    fn trend(&mut self, sent: f64, arrived: f64, at: i64) {
        let begun = *self.begun.get_or_insert(at);
        let at = (at - begun) as f64 / 1e3;
        self.groups += 1.0;
        self.accumulated += arrived - sent;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        if self.points.len() == WINDOW {
            self.points.pop_front();
        }
        self.points.push_back((at, self.smoothed));
        let trend = if self.points.len() == WINDOW {
            slope(&self.points).unwrap_or(self.last_trend)
        } else {
            0.0
        };
        let standing = self.smoothed - self.least.note(at, self.accumulated);
        let scaled = self.groups.min(MAX_GROUPS) * trend * GAIN;
        if scaled > self.threshold && standing > STANDING {
            self.over_for += if self.over_count == 0 { sent / 2.0 } else { sent };
            self.over_count += 1;
            if self.over_for > OVERUSE_TIME && self.over_count > 1 && trend >= self.last_trend {
                self.over_for = 0.0;
                self.over_count = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = 0.0;
            self.over_count = 0;
            self.usage = if scaled < -self.threshold { Usage::Under } else { Usage::Normal };
        }
        self.last_trend = trend;
        self.adapt(scaled.abs(), at);
    }

    /// A link with competing traffic needs a higher threshold, or it would be starved by it.
    fn adapt(&mut self, scaled: f64, at: f64) {
        let waited = (at - self.adapted).min(100.0);
        self.adapted = at;
        if scaled > self.threshold + 15.0 {
            return;
        }
        let pace = if scaled < self.threshold { 0.039 } else { 0.0087 };
        self.threshold += pace * (scaled - self.threshold) * waited;
        self.threshold = self.threshold.clamp(6.0, 600.0);
    }
}

/// The least of what was noted lately.
#[derive(Clone, Copy, Debug, Default)]
struct Least {
    /// In this period, and in the one before it.
    current: Option<f64>,
    previous: Option<f64>,
    since: f64,
}

impl Least {
    /// Notes a value at a time in ms, and gives the least.
    fn note(&mut self, at: f64, value: f64) -> f64 {
        if at - self.since > MEMORY {
            (self.previous, self.current, self.since) = (self.current, None, at);
        }
        let current = self.current.map_or(value, |least| least.min(value));
        self.current = Some(current);
        self.previous.map_or(current, |previous| previous.min(current))
    }
}

impl Group {
    /// Whether a packet was sent together with these, or left a queue together with them.
    fn takes(&self, sent: i64, arrived: i64) -> bool {
        let (waited, gap) = (arrived - self.last_arrived, sent - self.last_sent);
        let bunched = waited < gap && waited <= GROUP && arrived - self.first_arrived < 100_000;
        sent - self.first_sent <= GROUP || bunched
    }
}

/// Least squares.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    let count = points.len() as f64;
    let (sum_x, sum_y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut over, mut under) = (0.0, 0.0);
    for (x, y) in points {
        over += (x - mean_x) * (y - mean_y);
        under += (x - mean_x) * (x - mean_x);
    }
    (under > 0.0).then(|| over / under)
}

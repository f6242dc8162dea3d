//! The estimator against links whose capacity is known.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use protocol::Entropy as _;
use protocol::clock::SeededEntropy;

use super::*;
use crate::twcc::ArrivalRecorder;

const STEP: Duration = Duration::from_millis(1);
const FEEDBACK: Duration = Duration::from_millis(100);
const PACKET: usize = 1_200;
/// A packet of sound, and its bit/s.
const SOUND: usize = 150;
const VOICE: u64 = 60_000;
/// The memory of a delay that strays.
const DRIFT: Duration = Duration::from_millis(100);
/// Three layers of a picture, in bit/s.
const LADDER: [u64; 3] = [150_000, 650_000, 2_500_000];

/// A bottleneck with a queue, and a sender that picks the best layer it may.
struct Link {
    now: Instant,
    estimator: Estimator,
    receiver: ArrivalRecorder,
    random: SeededEntropy,
    capacity: u64,
    loss: f64,
    delay: Duration,
    /// How far the delay strays, as a standard deviation in ms; it drifts with a memory of
    /// [`DRIFT`], and packets keep their order.
    strays: f64,
    strayed: f64,
    last_arrival: Instant,
    queue_limit: Duration,
    /// When the bottleneck has sent all that it holds.
    free: Instant,
    under_way: VecDeque<(Instant, u16)>,
    reports: VecDeque<(Instant, Vec<u8>)>,
    next_feedback: Instant,
    next_frame: Instant,
    next_sound: Instant,
    owed: u64,
    /// Queueing delays of the last run.
    queued: Vec<Duration>,
    sent: u64,
}

impl Link {
    fn new(capacity: u64) -> Self {
        let now = Instant::now();
        Self {
            now,
            estimator: Estimator::new(now),
            receiver: ArrivalRecorder::new(now),
            random: SeededEntropy::new(7),
            capacity,
            loss: 0.0,
            delay: Duration::from_millis(25),
            strays: 0.0,
            strayed: 0.0,
            last_arrival: now,
            queue_limit: Duration::from_millis(400),
            free: now,
            under_way: VecDeque::new(),
            reports: VecDeque::new(),
            next_feedback: now,
            next_frame: now,
            next_sound: now,
            owed: 0,
            queued: Vec::new(),
            sent: 0,
        }
    }

    fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.queued.clear();
        self.sent = 0;
        while self.now < end {
            self.now += STEP;
            let memory = (-STEP.as_secs_f64() / DRIFT.as_secs_f64()).exp();
            // The sum of twelve even draws is close to normal.
            let news: f64 = (0..12).map(|_| self.chance()).sum::<f64>() - 6.0;
            self.strayed = self.strayed * memory + news * (1.0 - memory * memory).sqrt();
            self.estimator.want(self.now, (LADDER[2] + VOICE) * 7 / 6);
            if self.now >= self.next_frame {
                self.next_frame += Duration::from_millis(33);
                let target = self.estimator.target();
                let layer = LADDER.into_iter().rfind(|bitrate| bitrate + VOICE <= target);
                self.owed += layer.unwrap_or(LADDER[0]) * 33 / 8_000;
                while self.owed >= PACKET as u64 {
                    self.owed -= PACKET as u64;
                    self.send(PACKET);
                }
            }
            if self.now >= self.next_sound {
                self.next_sound += Duration::from_millis(20);
                self.send(SOUND);
            }
            let mut probe = self.estimator.poll_probe(self.now);
            while probe > 0 {
                self.send(PACKET);
                probe = probe.saturating_sub(PACKET);
            }
            self.deliver();
        }
    }

    fn send(&mut self, size: usize) {
        let number = self.estimator.sent(self.now, size);
        self.sent += size as u64;
        let begins = self.free.max(self.now);
        let waits = begins - self.now;
        if waits > self.queue_limit || self.chance() < self.loss {
            return;
        }
        self.queued.push(waits);
        self.free = begins + Duration::from_micros(size as u64 * 8_000_000 / self.capacity);
        let strays =
            Duration::from_secs_f64((self.strayed.clamp(-2.0, 2.0) + 2.0) * self.strays / 1e3);
        self.last_arrival = self.last_arrival.max(self.free + self.delay + strays);
        self.under_way.push_back((self.last_arrival, number));
    }

    /// Evenly distributed in [0, 1].
    fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.random.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    }

    fn deliver(&mut self) {
        while let Some((at, number)) = self.under_way.front().copied().filter(|p| p.0 <= self.now) {
            self.under_way.pop_front();
            self.receiver.arrived(number, at);
        }
        if self.now >= self.next_feedback && !self.receiver.is_empty() {
            self.next_feedback = self.now + FEEDBACK;
            let mut report = Vec::new();
            self.receiver.write_feedback(1, 2, &mut report);
            self.reports.push_back((self.now + self.delay, report));
        }
        while self.reports.front().is_some_and(|(at, _)| *at <= self.now) {
            let Some((at, report)) = self.reports.pop_front() else { return };
            for feedback in crate::rtcp::transport_feedback(&report) {
                self.estimator.on_feedback(at, &feedback);
            }
        }
    }

    fn sent_bitrate(&self, over: Duration) -> u64 {
        self.sent * 8_000 / over.as_millis() as u64
    }

    fn queue(&self, share: f64) -> Duration {
        let mut queued = self.queued.clone();
        queued.sort_unstable();
        queued[((queued.len() - 1) as f64 * share) as usize]
    }
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_wide_link_carries_the_best_soon() {
    let mut link = Link::new(10_000_000);
    link.run(Duration::from_secs(4));
    assert!(link.estimator.target() >= LADDER[2], "{}", link.estimator.target());
    link.run(LONG);
    assert!(link.sent_bitrate(LONG) > 2_300_000, "{}", link.sent_bitrate(LONG));
    assert!(!link.estimator.is_limited());
}

#[test]
fn a_narrow_link_is_filled_and_not_flooded() {
    for capacity in [300_000, 800_000, 1_500_000] {
        let mut link = Link::new(capacity);
        link.run(LONG);
        link.run(LONG);
        let target = link.estimator.target();
        // No more than one and a half times what arrives is believed without a probe.
        assert!(target <= capacity * 3 / 2, "{target} of {capacity}");
        assert!(target >= capacity * 5 / 10, "{target} of {capacity}");
        assert!(link.estimator.is_limited());
        assert!(link.queue(0.95) < Duration::from_millis(150), "{:?}", link.queue(0.95));
    }
}

#[test]
fn a_link_that_gets_worse_is_left_in_time_and_found_again() {
    let mut link = Link::new(5_000_000);
    link.run(LONG);
    assert!(link.estimator.target() >= LADDER[2]);
    link.capacity = 900_000;
    link.run(Duration::from_secs(4));
    link.run(LONG);
    assert!(link.estimator.target() <= link.capacity * 3 / 2, "{}", link.estimator.target());
    assert!(link.queue(0.95) < Duration::from_millis(150), "{:?}", link.queue(0.95));
    link.capacity = 5_000_000;
    link.run(LONG);
    assert!(link.estimator.target() >= LADDER[2], "{}", link.estimator.target());
}

#[test]
fn loss_that_is_no_congestion_costs_nothing() {
    let mut link = Link::new(5_000_000);
    link.loss = 0.05;
    link.run(LONG);
    assert!(link.estimator.target() >= LADDER[2], "{}", link.estimator.target());
}

#[test]
fn a_delay_that_strays_is_no_queue() {
    for (capacity, floor) in [(5_000_000, LADDER[2]), (1_000_000, LADDER[1] * 3 / 4)] {
        let mut link = Link::new(capacity);
        (link.loss, link.strays, link.delay) = (0.02, 7.5, Duration::from_millis(40));
        let mut lowest = u64::MAX;
        link.run(LONG);
        for _ in 0..60 {
            link.run(Duration::from_secs(1));
            lowest = lowest.min(link.estimator.target());
        }
        assert!(lowest >= floor, "{lowest} of {capacity}");
    }
}

#[test]
fn heavy_loss_is_congestion() {
    let mut link = Link::new(50_000_000);
    link.run(LONG);
    link.loss = 0.3;
    link.run(LONG);
    assert!(link.estimator.target() < LADDER[1], "{}", link.estimator.target());
}

#[test]
fn garbage_is_no_feedback() {
    let mut estimator = Estimator::new(Instant::now());
    let now = Instant::now();
    estimator.sent(now, 100);
    for contents in
        [&[][..], &[0; 7], &[0; 8], &[0xff; 8], &[0xff; 40], &[0, 0, 0, 9, 0, 0, 0, 0, 0, 0]]
    {
        if let Some(feedback) = Feedback::parse(contents) {
            let _ = feedback.packets().count();
            estimator.on_feedback(now, &feedback);
        }
    }
}

#[test]
fn another_path_is_learned_anew() {
    let mut link = Link::new(10_000_000);
    link.run(LONG);
    assert!(link.estimator.target() >= LADDER[2]);

    // From Wi-Fi to a poor mobile link, with another delay, and feedback about the old one still
    // under way.
    link.capacity = 800_000;
    link.delay = Duration::from_millis(150);
    link.estimator.on_path_change();
    assert_eq!(link.estimator.target(), START_BITRATE);
    assert!(!link.estimator.is_limited(), "nothing is known of it");
    link.run(LONG);
    let target = link.estimator.target();
    assert!((300_000..=900_000).contains(&target), "{target}");

    // And back to a good one, which is found by probes again.
    link.capacity = 10_000_000;
    link.delay = Duration::from_millis(25);
    link.estimator.on_path_change();
    link.run(LONG);
    assert!(link.estimator.target() >= LADDER[2], "{}", link.estimator.target());
}

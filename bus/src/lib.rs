//! Messages between services: who publishes need not know who listens, nor where.
//!
//! A bus carries news, not truth. Delivery is at most once: a subscriber that was too slow is
//! told so with [`Delivery::Lagged`], and one that was away hears nothing of what it missed.
//! Both then read the truth where it lives, in the database.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What can travel on a bus: it must survive a change of process, even while there is only one.
pub trait Message: Clone + Send + Serialize + DeserializeOwned + 'static {}

impl<M: Clone + Send + Serialize + DeserializeOwned + 'static> Message for M {}

/// How many messages a subscriber may fall behind before the oldest are dropped for it.
pub const DEFAULT_CAPACITY: usize = 1024;

/// A bus for messages of one type. Clones are handles to the same bus.
#[derive(Clone, Debug)]
pub struct Bus<M> {
    sender: broadcast::Sender<M>,
}

impl<M: Message> Bus<M> {
    /// A bus within this process that keeps [`DEFAULT_CAPACITY`] messages for a slow subscriber.
    #[must_use]
    pub fn in_process() -> Self {
        Self::with_capacity(DEFAULT_CAPACITY)
    }

    /// A bus within this process that keeps at least `capacity` messages for a slow subscriber.
    ///
    /// # Panics
    /// When `capacity` is 0.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { sender: broadcast::Sender::new(capacity) }
    }

    /// Tells everybody who is subscribed now, without waiting for them. Nobody listening is no
    /// error: whoever comes later reads the database first.
    pub fn publish(&self, message: M) {
        // The error says only that there is no subscriber.
        let _ = self.sender.send(message);
    }

    /// Hears everything that is published from now on. Subscribe before reading the state that
    /// the messages change, so that no change falls between the two.
    #[must_use]
    pub fn subscribe(&self) -> Subscription<M> {
        Subscription { receiver: self.sender.subscribe() }
    }
}

/// What a subscriber hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery<M> {
    /// A message, in the order of publication.
    Message(M),
    /// Messages were dropped because this subscriber was too slow. What it knows may be stale:
    /// read the state again from the database, then go on receiving.
    Lagged {
        /// How many.
        missed: u64,
    },
}

/// One listener's place on a [`Bus`].
#[derive(Debug)]
pub struct Subscription<M> {
    receiver: broadcast::Receiver<M>,
}

impl<M: Message> Subscription<M> {
    /// Waits for the next delivery; none when every handle of the bus is gone and everything
    /// was heard. Safe to cancel: no message is lost.
    pub async fn recv(&mut self) -> Option<Delivery<M>> {
        match self.receiver.recv().await {
            Ok(message) => Some(Delivery::Message(message)),
            Err(RecvError::Lagged(missed)) => Some(Delivery::Lagged { missed }),
            Err(RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Option<Delivery<String>> {
        Some(Delivery::Message(text.to_owned()))
    }

    #[tokio::test]
    async fn every_subscriber_hears_every_message_in_order() {
        let bus = Bus::in_process();
        let (mut first, mut second) = (bus.subscribe(), bus.clone().subscribe());
        bus.publish("one".to_owned());
        bus.publish("two".to_owned());
        for subscription in [&mut first, &mut second] {
            assert_eq!(subscription.recv().await, heard("one"));
            assert_eq!(subscription.recv().await, heard("two"));
        }
    }

    #[tokio::test]
    async fn a_late_subscriber_hears_only_what_follows() {
        let bus = Bus::in_process();
        bus.publish("before".to_owned());
        let mut subscription = bus.subscribe();
        bus.publish("after".to_owned());
        assert_eq!(subscription.recv().await, heard("after"));
    }

    #[tokio::test]
    async fn a_slow_subscriber_is_told_how_much_it_missed_and_goes_on() {
        let bus = Bus::with_capacity(2);
        let mut subscription = bus.subscribe();
        for text in ["one", "two", "three", "four", "five"] {
            bus.publish(text.to_owned());
        }
        assert_eq!(subscription.recv().await, Some(Delivery::Lagged { missed: 3 }));
        assert_eq!(subscription.recv().await, heard("four"));
        assert_eq!(subscription.recv().await, heard("five"));
    }

    #[tokio::test]
    async fn the_end_comes_after_the_last_message() {
        let bus = Bus::in_process();
        let mut subscription = bus.subscribe();
        bus.publish("last".to_owned());
        drop(bus);
        assert_eq!(subscription.recv().await, heard("last"));
        assert_eq!(subscription.recv().await, None);
    }
}

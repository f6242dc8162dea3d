//! How often somebody may do something.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::AddressKey;
use crate::config::{Limits, Rate};

/// Above a rate: try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooOften;

fn quota(rate: Rate) -> Quota {
    Quota::with_period(rate.every).expect("invariant: a rate has a period").allow_burst(rate.burst)
}

/// The rate of new sessions, in all and from each address.
pub(crate) struct AddressRates {
    all: DefaultDirectRateLimiter,
    by_address: DefaultKeyedRateLimiter<AddressKey>,
}

impl AddressRates {
    pub(crate) fn new(all: Rate, per_address: Rate) -> Self {
        Self {
            all: RateLimiter::direct(quota(all)),
            by_address: RateLimiter::keyed(quota(per_address)),
        }
    }

    /// Counts one from `address`. The address is asked first, so that one that is refused takes
    /// nothing from the others.
    ///
    /// # Errors
    /// When a rate is exceeded.
    pub(crate) fn check(&self, address: AddressKey) -> Result<(), TooOften> {
        self.by_address.check_key(&address).map_err(|_| TooOften)?;
        self.all.check().map_err(|_| TooOften)
    }

    /// Forgets addresses that have their whole burst again.
    pub(crate) fn forget_idle(&self) {
        self.by_address.retain_recent();
        self.by_address.shrink_to_fit();
    }
}

/// The rates of one WebSocket.
pub(crate) struct MessageRates {
    messages: DefaultDirectRateLimiter,
    bytes: DefaultDirectRateLimiter,
    offers: DefaultDirectRateLimiter,
}

impl MessageRates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            messages: RateLimiter::direct(quota(limits.messages)),
            bytes: RateLimiter::direct(quota(limits.message_bytes)),
            offers: RateLimiter::direct(quota(limits.offers)),
        }
    }

    /// Counts one message of `bytes`.
    ///
    /// # Errors
    /// When a rate is exceeded.
    pub(crate) fn check_message(&self, bytes: usize) -> Result<(), TooOften> {
        self.messages.check().map_err(|_| TooOften)?;
        let Some(bytes) = u32::try_from(bytes).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        match self.bytes.check_n(bytes) {
            Ok(Ok(())) => Ok(()),
            _ => Err(TooOften),
        }
    }

    /// Counts one offer.
    ///
    /// # Errors
    /// When the rate is exceeded.
    pub(crate) fn check_offer(&self) -> Result<(), TooOften> {
        self.offers.check().map_err(|_| TooOften)
    }
}

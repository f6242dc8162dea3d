//! In steady state a packet costs no allocation, from its arrival to the last subscriber.

mod support {
    pub(crate) mod allocations;
    pub(crate) mod inline;
}

use support::allocations::{self, Counting};
use support::inline::InlineHouse;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Pictures until every ring, queue and map has grown to its size: as many packets as the ring of
/// a layer and a subscriber's history hold, several times.
const WARM_UP: u32 = 400;
/// Together less than the 30 s that a session lives without a check.
const PICTURES: u32 = 400;

#[test]
fn forwarding_allocates_nothing() {
    let mut house = InlineHouse::open(50);
    house.pictures(WARM_UP, allocations::count);
    let (packets, allocated) = house.pictures(PICTURES, allocations::count);
    assert!(packets > u64::from(PICTURES) * 10 * 49, "the house is served: {packets} packets");
    assert_eq!(allocated, 0, "allocations for {packets} packets");
}

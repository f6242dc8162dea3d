//! Numbers that keep one visitor from costing the others.

mod address;
mod connections;
mod rates;

#[cfg(test)]
mod tests;

pub(crate) use address::{AddressKey, ClientAddress, Proxies};
pub(crate) use connections::{ConnectionGate, ConnectionPermit, Crowded};
#[cfg(test)]
pub(crate) use rates::TooOften;
pub(crate) use rates::{AddressRates, MessageRates};

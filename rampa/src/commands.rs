//! The subcommands, one a file.

pub(crate) mod doctor;
pub(crate) mod migrate;
pub(crate) mod people;
pub(crate) mod sfu;
pub(crate) mod turn;

//! Signalling as its clients meet it: a real database, a real listener, and a media node that
//! says what the test wants.

mod access;
mod layers;
mod limits;
mod media;
mod public;
mod quality;
mod resume;
mod stage;
mod support;
mod survival;
mod whip;

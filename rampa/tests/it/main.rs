//! The real binary, in a folder of its own, on ports of its own.

mod control;
mod demo;
mod http;
mod people;
mod postgres;
mod settings;
mod support;
mod tls;

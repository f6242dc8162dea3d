//! Encryption of the web side: certificates from files or from an ACME authority.

mod acme;
mod files;

#[cfg(test)]
mod tests;

pub(crate) use acme::Renewal;
pub(crate) use files::Certificate;

/// HTTP/1.1 only: the live part of a page is one WebSocket, which HTTP/2 does not carry here.
const ALPN: [&[u8]; 1] = [b"http/1.1"];

/// Makes AWS-LC the process's cryptography. First thing in `main`: whoever asks for TLS before
/// panics.
pub(crate) fn install_provider() {
    // A second call, as tests in one process make, finds the same provider in place.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

//! HTTP of WHIP and WHEP (RFC 9725).

use anyhow::{Context, Result, ensure};

/// A session that HTTP began.
pub(crate) struct Session {
    address: String,
    token: String,
}

/// Offers; answers with the answer and the session.
pub(crate) fn post(url: &str, token: &str, offer: &str) -> Result<(String, Session)> {
    let mut response = ureq::post(url)
        .header("Authorization", format!("Bearer {token}"))
        .header("Content-Type", "application/sdp")
        .send(offer)?;
    ensure!(response.status() == 201, "answered with {}", response.status());
    let location = response.headers().get("location").context("no address of the session")?;
    let path = location.to_str()?;
    let origin: String = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let address = format!("{origin}{path}");
    let answer = response.body_mut().read_to_string()?;
    Ok((answer, Session { address, token: token.to_owned() }))
}

impl Session {
    /// Ends the session.
    pub(crate) fn delete(&self) -> Result<()> {
        ureq::delete(&self.address)
            .header("Authorization", format!("Bearer {}", self.token))
            .call()?;
        Ok(())
    }
}

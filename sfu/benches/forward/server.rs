//! What the bench asks of a server, whichever it is.

use anyhow::Result;

use crate::machine::Process;
use crate::support::peer::Peer;

/// A media server with one room, in a process of its own.
pub(crate) trait Server {
    /// Its process.
    ///
    /// # Errors
    /// When it is gone.
    fn process(&self) -> Result<Process>;

    /// Connects somebody who publishes and is seen by all. Returns the answer.
    ///
    /// # Errors
    /// When the server refuses.
    fn connect_publisher(&mut self, offer: String) -> Result<String>;

    /// Connects somebody who watches. Which side offers is the server's to say.
    ///
    /// # Errors
    /// When the server refuses.
    fn add_subscriber(&mut self) -> Result<Peer>;
}

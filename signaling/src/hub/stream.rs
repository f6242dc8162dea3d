//! What a person was told, so that a lost connection can be taken up again.

use std::collections::VecDeque;

use protocol::SessionId;
use protocol::ws::Resume;

use super::outbox::{Encoded, Outgoing};

/// A numbered sequence of messages, the last of which are kept.
#[derive(Debug)]
pub(super) struct Stream {
    id: SessionId,
    last_seq: u64,
    kept: VecDeque<Encoded>,
    capacity: usize,
}

impl Stream {
    /// An empty stream that keeps `capacity` messages.
    pub(super) fn new(id: SessionId, capacity: usize) -> Self {
        Self { id, last_seq: 0, kept: VecDeque::new(), capacity }
    }

    pub(super) fn id(&self) -> SessionId {
        self.id
    }

    /// Numbers a message and keeps it.
    pub(super) fn push(&mut self, message: Encoded) -> Outgoing {
        self.last_seq += 1;
        if self.kept.len() >= self.capacity {
            self.kept.pop_front();
        }
        if self.capacity > 0 {
            self.kept.push_back(message.clone());
        }
        Outgoing { seq: Some(self.last_seq), id: None, message }
    }

    /// What was said after `resume`. None: not this stream, or more was said than is kept.
    pub(super) fn since(&self, resume: Resume) -> Option<impl Iterator<Item = Outgoing> + '_> {
        if resume.stream != self.id {
            return None;
        }
        let missed = usize::try_from(self.last_seq.checked_sub(resume.seq)?).ok()?;
        let skipped = self.kept.len().checked_sub(missed)?;
        let numbered = (resume.seq + 1..).zip(self.kept.iter().skip(skipped));
        Some(numbered.map(|(seq, message)| Outgoing {
            seq: Some(seq),
            id: None,
            message: message.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use protocol::ws::ServerMessage;
    use uuid::Uuid;

    use super::*;

    const ID: SessionId = SessionId(Uuid::from_u128(1));

    fn seqs(stream: &Stream, seq: u64) -> Option<Vec<(u64, String)>> {
        let since = stream.since(Resume { stream: ID, seq })?;
        Some(since.map(|outgoing| (outgoing.seq.unwrap(), outgoing.to_text())).collect())
    }

    #[test]
    fn what_was_missed_is_said_once_and_without_gaps() {
        let mut stream = Stream::new(ID, 3);
        let said: Vec<_> = (0..5)
            .map(|count| {
                let outgoing = stream.push(Encoded::new(&ServerMessage::House { count }));
                (outgoing.seq.unwrap(), outgoing.to_text())
            })
            .collect();
        assert_eq!(said.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(seqs(&stream, 5).unwrap(), []);
        assert_eq!(seqs(&stream, 3).unwrap(), said[3..]);
        assert_eq!(seqs(&stream, 2).unwrap(), said[2..]);
        assert_eq!(seqs(&stream, 1), None, "older than what is kept");
        assert_eq!(seqs(&stream, 6), None, "never said");
        let other = Resume { stream: SessionId(Uuid::from_u128(2)), seq: 5 };
        assert!(stream.since(other).is_none(), "another stream");
    }
}

//! What can be told of an offer before it is read, to find the worker that will read it.

/// Whether the client may send in some section. In doubt, it may.
#[must_use]
pub fn offers_to_send(offer: &str) -> bool {
    let mut sections = offer.split("\nm=");
    // What stands before the first section is about all of them.
    sections.next();
    sections.any(|section| {
        let media = section.starts_with("audio") || section.starts_with("video");
        let silent = |line: &str| matches!(line.trim_end(), "a=recvonly" | "a=inactive");
        media && !section.lines().any(silent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_without_a_direction_may_send() {
        let offer = |directions: &[&str]| {
            let section = |direction: &&str| format!("m=video 9 X 96\r\na=mid:0\r\n{direction}");
            let sections: String = directions.iter().map(section).collect();
            format!("v=0\r\na=group:BUNDLE 0\r\n{sections}m=application 9 X\r\n")
        };
        assert!(!offers_to_send(&offer(&[])));
        assert!(!offers_to_send(&offer(&["a=recvonly\r\n", "a=inactive\r\n"])));
        assert!(offers_to_send(&offer(&["a=recvonly\r\n", "a=sendonly\r\n"])));
        assert!(offers_to_send(&offer(&["a=sendrecv\r\n"])));
        assert!(offers_to_send(&offer(&[""])));
    }
}

//! `If-Match` (RFC 9110 section 13.1.1).

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;

use crate::hub::Precondition;

/// What a request demands. Weak tags match nothing here: the comparison is strong.
pub(super) fn parse(headers: &HeaderMap) -> Precondition {
    let mut values = headers.get_all(IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Precondition::Missing;
    }
    // Our tags hold no comma, so that splitting at one loses none of them.
    let tags: Vec<String> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().to_owned())
        .collect();
    if tags.iter().any(|tag| tag == "*" || tag == "\"*\"") {
        Precondition::Any
    } else {
        Precondition::OneOf(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_a_list_or_nothing() {
        let parse_all = |values: &[&str]| {
            parse(&values.iter().map(|value| (IF_MATCH, value.parse().unwrap())).collect())
        };
        assert_eq!(parse_all(&[]), Precondition::Missing);
        assert_eq!(parse_all(&["*"]), Precondition::Any);
        assert_eq!(parse_all(&["\"*\""]), Precondition::Any, "as some clients write it");
        assert_eq!(
            parse_all(&["\"a\", W/\"b\"", "\"c\""]),
            Precondition::OneOf(["\"a\"", "W/\"b\"", "\"c\""].map(str::to_owned).to_vec()),
        );
    }
}

//! Which language to answer in when a request does not say it in its body.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use protocol::Language;

/// The first language of `Accept-Language` that the house speaks; Russian when there is none.
/// Weights are not read: browsers list the preferred language first.
pub(crate) fn of(headers: &HeaderMap) -> Language {
    let tags = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let spoken = |tag: &str| {
        let primary = tag.trim().split(['-', ';']).next()?;
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Language::En),
            "ru" => Some(Language::Ru),
            _ => None,
        }
    };
    tags.split(',').find_map(spoken).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_the_house_speaks_counts() {
        let table = [
            ("en-GB,en;q=0.9,ru;q=0.8", Language::En),
            ("ru-RU, en", Language::Ru),
            ("de, EN;q=0.5", Language::En),
            ("de", Language::Ru),
            ("", Language::Ru),
            ("*", Language::Ru),
        ];
        for (value, language) in table {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, value.parse().unwrap())]);
            assert_eq!(of(&headers), language, "{value}");
        }
        assert_eq!(of(&HeaderMap::new()), Language::Ru);
    }
}

//! Bodies of requests, up to a size.

use axum::body::{Body, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::error::Problem;

/// Whether the body is said to be of a media type, whatever its parameters.
pub(crate) fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|said| said.trim().eq_ignore_ascii_case(media_type))
}

/// Reads a body of at most `limit` bytes as text.
///
/// # Errors
/// When it is larger, breaks off or is no UTF-8.
pub(crate) async fn text(headers: &HeaderMap, body: Body, limit: usize) -> Result<String, Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Problem::TooLarge);
    }
    let bytes = to_bytes(body, limit).await.map_err(|error| {
        let too_large = std::error::Error::source(&error)
            .is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if too_large { Problem::TooLarge } else { Problem::BadRequest }
    })?;
    String::from_utf8(bytes.into()).map_err(|_| Problem::BadRequest)
}
